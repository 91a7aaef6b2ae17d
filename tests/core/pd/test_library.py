from pathlib import Path

import numpy as np
import pytest

from core.errors import DrugFileError
from core.pd.library import EVIDENCE, load_effect, load_effects, load_effects_on_request

EXAMPLE = """\
id: example
drug: example drug
kind: sigmoid_emax
parameters:
  e0: 0 %
  emax: 80 %
  ec50: 2 umol/L
  hill: 2
  ke0: 0.5 1/h
  molar_mass: 500 g/mol
driver:
  output: plasma
  fraction_unbound: 0.25
  source:
    citation: Someone 1999
unit: "%"
evidence: low
system: in vitro
source:
  citation: Someone 2000
  doi: 10.1000/1
"""


def _write(folder: Path, text: str, name: str = "example") -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_shipped_effect_says_what_it_was_measured_in_and_where_it_was_published() -> None:
    shown, requested = load_effects(), load_effects_on_request()
    assert {"gefitinib", "vancomycin"} <= {model.drug for model in shown.values()}
    assert not set(shown) & set(requested)
    for identity, model in {**shown, **requested}.items():
        assert model.id == identity
        assert model.evidence in EVIDENCE
        assert model.system
        assert model.source.citation
        assert model.name == f"effect_name_{identity}"
        assert model.note == f"effect_note_{identity}"


def test_what_is_shown_with_every_case_needs_no_facts_about_the_patient_and_no_solver() -> None:
    times = np.linspace(0, 168, 480)
    level = np.abs(np.sin(times))[None, :].repeat(500, axis=0)
    for model in load_effects().values():
        assert model.covariates == ()
        assert model.driver.exposure in ("concentration", "excretion")  # both come with the curves
        assert model.evaluate(level, times).shape == (500, 480)
        assert model.kind in ("emax", "sigmoid_emax")


def test_every_effect_on_request_can_be_evaluated_for_a_patient() -> None:
    facts = {"vkorc1_genotype": "AG", "weight": 60.0}
    times = np.linspace(0, 240, 25)
    for model in load_effects_on_request().values():
        patient = model.for_patient({name: facts[name] for name in model.covariates if name in facts})
        if model.driver.exposure == "trough":
            assert np.all(np.isfinite(patient.respond(np.array([0.0, 10.0]))))
        else:
            drawn = patient.draw(2, np.random.default_rng(1))
            assert np.all(np.isfinite(patient.evaluate(np.full((2, 25), 0.4), times, drawn)))


def test_micromoles_become_milligrams_per_litre_and_only_the_unbound_part_acts(tmp_path: Path) -> None:
    model = load_effect(_write(tmp_path, EXAMPLE))
    assert model.parameters["ec50"] == pytest.approx(1.0)  # 2 umol/L of 500 g/mol
    level = np.full((1, 3), 4.0)  # unbound 1 mg/L, in balance: half of 80 %
    np.testing.assert_allclose(model.evaluate(level, np.array([0.0, 1.0, 5.0])), 40.0)


def test_the_effect_compartment_delays_the_effect(tmp_path: Path) -> None:
    model = load_effect(_write(tmp_path, EXAMPLE))
    level = np.array([[0.0, 4.0, 4.0, 4.0]])
    effect = model.evaluate(level, np.array([0.0, 1e-9, 1.0, 100.0]))[0]
    assert effect[0] == 0
    assert effect[2] == pytest.approx(80 * (1 - np.exp(-0.5)) ** 2 / (1 + (1 - np.exp(-0.5)) ** 2), rel=1e-6)
    assert effect[3] == pytest.approx(40, rel=1e-9)


def test_gefitinib_at_a_usual_trough_holds_about_half_of_the_kinase() -> None:
    # Median trough 173.9 ng/mL (87 Chinese patients, Sci Rep 2015;5:12675); 9 % unbound = 0.0350 umol/L, IC50 0.033
    effect = load_effects()["gefitinib_egfr_kinase"].evaluate(np.array([[0.1739]]), np.array([0.0]))
    unbound = 0.1739 * 0.09 / 446.9 * 1000
    assert effect[0, 0] == pytest.approx(100 * unbound / (0.033 + unbound), rel=1e-12)
    assert effect[0, 0] == pytest.approx(51.5, abs=0.1)


def test_vancomycin_at_a_usual_trough_spoils_enough_divisions_for_the_staphylococci_to_fall() -> None:
    # Wicha 2017, equation 8: two cells for each division that succeeds; above 50 % fewer than one cell per division
    times = np.linspace(0, 96, 97)
    effect = load_effects()["vancomycin_staphylococcus_doubling"].evaluate(np.full((1, 97), 15.0), times)
    assert np.all(effect > 50)
    assert np.all(effect <= 74.3)


def test_adapted_staphylococci_grow_again_below_three_milligrams_per_litre() -> None:
    # Adapted EC50 0.46 * (1 + 3.59) = 2.11 mg/L unbound, with hill 20 a threshold; 2.7 mg/L total is 1.95 unbound
    times = np.linspace(0, 400, 401)
    model = load_effects()["vancomycin_staphylococcus_doubling"]
    assert model.evaluate(np.full((1, 401), 2.7), times)[0, -1] < 50
    assert model.evaluate(np.full((1, 401), 3.5), times)[0, -1] > 50


def test_vancomycin_kills_streptococci_at_the_published_rate() -> None:
    # Nielsen 2011, table 3: half of 1.52 1/h at 0.304 mg/L unbound
    model = load_effects()["vancomycin_streptococcus_kill"]
    effect = model.evaluate(np.full((1, 2), 0.304 / 0.722), np.array([0.0, 1.0]))
    np.testing.assert_allclose(effect, 0.76, rtol=1e-12)


@pytest.mark.parametrize(
    ("before", "after", "line", "reason"),
    [
        ("hill: 2", "hill: 0", 8, "above 0"),
        ("ec50: 2 umol/L", "ec50: 2", 7, "unit_missing"),
        ("ec50: 2 umol/L", "ec50: 2 kg", 7, "unit_mismatch"),
        ("ke0: 0.5 1/h", "ke0: 0.5 h", 9, "unit_mismatch"),
        ("emax: 80 %", "emax: 8e1 %", 6, "number_unreadable"),
        ("evidence: low", "evidence: A", 17, "not one of"),
        ("kind: sigmoid_emax", "kind: linear", 3, "not one of"),
        ("id: example", "id: other", 1, "file's name"),
        ("  hill: 2\n", "", 5, "'hill' is missing"),
        ("system: in vitro\n", "", 1, "'system' is missing"),
        ("drug: example drug", "drug: x\ncolour: red", 3, "unknown key"),
        ("fraction_unbound: 0.25", "fraction_unbound: 25", 13, "fraction unbound"),
        ("  ke0: 0.5 1/h", "  adaptation: 3", 5, "belong together"),
    ],
)
def test_a_wrong_file_is_refused_at_its_line(tmp_path: Path, before: str, after: str, line: int, reason: str) -> None:
    assert before in EXAMPLE
    with pytest.raises(DrugFileError, match=reason) as caught:
        load_effect(_write(tmp_path, EXAMPLE.replace(before, after)))
    assert caught.value.line == line


def test_the_total_concentration_acts_where_no_fraction_is_named(tmp_path: Path) -> None:
    text = EXAMPLE.replace("  fraction_unbound: 0.25\n  source:\n    citation: Someone 1999\n", "")
    model = load_effect(_write(tmp_path, text))
    assert model.driver.fraction_unbound is None
    np.testing.assert_allclose(model.evaluate(np.array([[1.0]]), np.array([0.0])), 40.0)
