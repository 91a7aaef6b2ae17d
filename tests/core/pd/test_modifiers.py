from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.drugs.library import resources_folder
from core.errors import DrugFileError, InputError, ModelError
from core.pd.library import EffectModel, load_effect, load_effects, load_effects_on_request

FILE = """\
id: example
drug: example drug
kind: myelosuppression
parameters:
  baseline: 5 10^9/L
  mtt: 5 day
  slope: 2 L/mg
  feedback: 0.2
driver:
  output: plasma
covariates:
  - parameter: slope
    by: albumin
    form: linear
    centre: 40 g/L
    coefficient: -0.05
  - parameter: baseline
    by: sex
    form: factor
    values: {female: 0.9}
variability:
  slope: 0.09
unit: 10^9/L
evidence: low
system: invented for this test
source:
  citation: none
"""


def _load(folder: Path, text: str = FILE) -> EffectModel:
    path = folder / "example.yaml"
    path.write_text(text, encoding="utf-8")
    return load_effect(path)


def test_facts_change_the_parameters_they_name_and_missing_ones_are_told(tmp_path: Path) -> None:
    model = _load(tmp_path)
    assert model.covariates == ("albumin", "sex")
    assert model.parameters["mtt"] == 120.0
    assert model.assumed({"sex": "female"}) == ("albumin",)
    woman = model.for_patient({"sex": "female", "albumin": 30.0})
    assert woman.parameters["slope"] == pytest.approx(2 * 1.5)
    assert woman.parameters["baseline"] == pytest.approx(4.5)
    assert model.for_patient({"sex": "male"}).parameters["baseline"] == 5
    assert model.parameters["slope"] == 2  # the model itself is unchanged


def test_a_relation_that_would_turn_a_parameter_negative_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="albumin"):
        _load(tmp_path).for_patient({"albumin": 65.0})


def test_a_text_for_a_number_and_an_unknown_choice_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        _load(tmp_path).for_patient({"albumin": "high"})
    with pytest.raises(InputError):
        load_effects_on_request()["warfarin_inr_hamberg2010"].for_patient({"vkorc1_genotype": "GX"})
    with pytest.raises(InputError):
        load_effects_on_request()["warfarin_inr_hamberg2010"].for_patient({"vkorc1_genotype": 2.0})


def test_the_patients_own_baseline_takes_the_place_of_the_typical_one(tmp_path: Path) -> None:
    own = _load(tmp_path).with_baseline(3.1)
    count = own.evaluate(np.zeros((1, 2)), np.array([0.0, 10.0]))
    np.testing.assert_allclose(count, 3.1)
    with pytest.raises(ModelError):
        load_effects()["gefitinib_egfr_kinase"].with_baseline(1.0)


def test_drawn_patients_have_the_published_spread_and_the_same_seed_the_same_patients(tmp_path: Path) -> None:
    model = _load(tmp_path)
    drawn = model.draw(200_000, np.random.default_rng(7))
    assert np.log(drawn["slope"]).std() == pytest.approx(0.3, rel=0.01)
    assert np.median(drawn["slope"]) == pytest.approx(2.0, rel=0.01)
    assert np.all(drawn["mtt"] == 120.0)
    again = model.draw(200_000, np.random.default_rng(7))
    np.testing.assert_array_equal(drawn["slope"], again["slope"])


def test_each_patient_gets_the_curve_of_his_own_parameters(tmp_path: Path) -> None:
    model = _load(tmp_path)
    times = np.linspace(0, 300, 31)
    level = np.tile(0.3 * np.exp(-0.1 * times), (3, 1))
    drawn = model.draw(3, np.random.default_rng(1))
    together = model.evaluate(level, times, drawn)
    for row in range(3):
        alone = model.evaluate(level[row : row + 1], times, {name: v[row : row + 1] for name, v in drawn.items()})
        np.testing.assert_allclose(together[row], alone[0], rtol=1e-4)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("by: albumin", "by: colour", "not a covariate"),
        ("by: albumin", "by: vkorc1_genotype", "not a covariate with a number"),
        ("centre: 40 g/L", "centre: 40", "cannot be read"),
        ("{female: 0.9}", "{woman: 0.9}", "not one of"),
        ("form: factor", "form: values", "a value is needed for each"),
        ("parameter: slope", "parameter: tilt", "not one of"),
        ("  slope: 0.09", "  slope: 0", "above 0"),
        ("  slope: 0.09", "  tilt: 0.09", "unknown key"),
        ("    coefficient: -0.05", "    coefficient: -5 %", "plain number"),
    ],
)
def test_a_wrong_covariate_or_variance_is_refused(tmp_path: Path, before: str, after: str, reason: str) -> None:
    assert before in FILE
    with pytest.raises(DrugFileError, match=reason):
        _load(tmp_path, FILE.replace(before, after))


def test_a_genotype_that_is_not_known_is_drawn_as_often_as_it_occurs() -> None:
    """IWPC 2009: of 1,433 patients of European ancestry 524 GG, 693 AG, 216 AA; EC50 4.1, 3.0094, 1.9188 mg/L."""
    model = load_effects_on_request()["warfarin_inr_hamberg2010"]
    unknown = replace(model.for_patient({}, "european"), variability={})
    drawn = unknown.draw(40_000, np.random.default_rng(5))["ec50"]
    for value, count in ((4.1, 524), (3.0094, 693), (1.9188, 216)):
        assert np.isclose(drawn, value).mean() == pytest.approx(count / 1433, abs=0.01)
    assert unknown.parameters["ec50"] == pytest.approx(3.0094)  # the most frequent
    assert model.for_patient({}, "east_asian").parameters["ec50"] == pytest.approx(1.9188)
    assert model.drawn({}) == ("vkorc1_genotype",)
    assert model.drawn({"vkorc1_genotype": "GG"}) == ()
    assert "vkorc1_genotype" not in model.assumed({})
    for ancestry in ("", "unknown", "south_asian"):
        with pytest.raises(InputError, match="covariate_or_ancestry_missing"):
            model.for_patient({}, ancestry)


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ("martian: {GG: 1, AG: 1, AA: 1}", "martian"),
        ("european: {GG: 1, AG: 1}", "AA"),
        ("european: {GG: 1, AG: 1, AA: -1}", "counts of people"),
        ("european: {GG: 0, AG: 0, AA: 0}", "counts of people"),
    ],
)
def test_counts_that_are_none_are_refused_with_their_line(tmp_path: Path, counts: str, said: str) -> None:
    shipped = Path(str(resources_folder() / "effects" / "on_request" / "warfarin_inr_hamberg2010.yaml"))
    lines = [
        line for line in shipped.read_text("utf-8").splitlines() if "{GG: 11," not in line and "{GG: 197," not in line
    ]
    text = "\n".join(f"      {counts}" if "{GG: 524," in line else line for line in lines)
    path = tmp_path / shipped.name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DrugFileError, match=said):
        load_effect(path)
