"""A drug file is read to the letter or refused with its line."""

from pathlib import Path

import numpy as np
import pytest

from core.drugs.check import check_file
from core.drugs.library import library_files, load_model, resources_folder
from core.drugs.loader import load_population_model
from core.drugs.pbpk_model import PbpkModel
from core.errors import DrugFileError

TEXT = """\
schema: 1
id: testdrug.author2000
drug: {name: testdrug, zh: 试药, atc: V03AX, molar_mass: 400 g/mol}
source: {citation: "none, a file for tests", population: nobody, n: 1, evidence: none}
model: {structure: one_compartment_oral}
parameters:
  clearance:
    typical: 10 L/h
    between_subject_sd: 0.3
    covariates: [{by: weight, form: power, exponent: 0.75, centre: 70 kg}]
  volume: {typical: 50 L, between_subject_sd: 0.2}
  absorption_rate: {typical: 1 1/h}
correlations: [{between: [clearance, volume], value: 0.5}]
residual: {proportional: 0.2}
analyte: {unit: ng/mL}
domain:
  age: {between: [18 year, 90 year], outside: stop}
  weight: {between: [40 kg, 120 kg], outside: caution}
given_as: [{route: oral, doses: [100 mg], every: [12 h, 24 h]}]
targets: [{kind: trough, low: 100 ng/mL, evidence: low, meaning: target_of_case, source: none}]
limits: {single: 200 mg, daily: 400 mg, source: none}
judged_after: 48 h
checks:
  - {patient: {sex: female, age: 40 year, weight: 70 kg}, parameter: clearance, value: 10 L/h, source: typical}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "testdrug.author2000.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_numbers_units_and_correlations_arrive(tmp_path: Path) -> None:
    model = load_population_model(write(tmp_path, TEXT))
    assert model.etas == ("clearance", "volume")
    assert np.allclose(model.omega, [[0.09, 0.03], [0.03, 0.04]])
    assert model.targets[0].target.low is not None
    assert model.targets[0].target.low.to("mg/L") == pytest.approx(0.1)
    assert model.covariates == ("weight",)
    assert check_file(write(tmp_path, TEXT)).problems == ()


@pytest.mark.parametrize(
    ("old", "new", "line", "word"),
    [
        ("typical: 10 L/h", "typical: 10 L", 8, "L/h"),
        ("typical: 10 L/h", "typical: 10", 8, "L/h"),
        ("typical: 10 L/h", "typical: 1e1 L/h", 8, "L/h"),
        ("typical: 10 L/h", "typical: -10 L/h", 8, "positive"),
        ("between_subject_sd: 0.3", "between_subject_sd: 0", 9, "positive"),
        ("centre: 70 kg", "centre: 70 cm", 10, "kg"),
        ("by: weight", "by: wieght", 10, "unknown covariate"),
        ("form: power", "form: cubic", 10, "cubic"),
        ("exponent: 0.75, ", "", 10, "exponent"),
        ("  volume: {", "  volume: {typical: 5 L}\n  volume: {", 12, "twice"),
        ("  volume: {typical: 50 L, between_subject_sd: 0.2}\n", "", 7, "volume"),
        ("  absorption_rate", "  absorbtion_rate", 7, "absorption_rate"),
        ("value: 0.5", "value: 1.5", 13, "positive definite"),
        ("proportional: 0.2", "proportional: 0", 14, "positive"),
        ("unit: ng/mL", "unit: kg", 15, "concentration"),
        ("[40 kg, 120 kg]", "[120 kg, 40 kg]", 18, "lower"),
        ("outside: stop", "outside: maybe", 17, "maybe"),
        ("route: oral", "route: nasal", 19, "nasal"),
        ("low: 100 ng/mL", "low: 100 kg", 20, "mg/L"),
        ("judged_after: 48 h\n", "", 1, "judged_after"),
        ("schema: 1", "schema: 2", 1, "2"),
        ("name: testdrug", "name: 5 L/h", 3, "small letters"),
        ("residual:", "resdiual:", 14, "unknown key"),
    ],
)
def test_a_slip_is_refused_with_its_line(tmp_path: Path, old: str, new: str, line: int, word: str) -> None:
    assert old in TEXT
    with pytest.raises(DrugFileError) as refusal:
        load_population_model(write(tmp_path, TEXT.replace(old, new, 1)))
    assert refusal.value.line == line
    assert word in str(refusal.value)


RICH = """\
schema: 1
id: testdrug.author2000
drug: {name: testdrug, zh: 试药, atc: V03AX, molar_mass: 400 g/mol}
source: {citation: "none, a file for tests", population: nobody, n: 1, evidence: none}
salt: {dosed_as: prodrug, counted_as: drug, factor: 0.8, source: none}
occasion: 24 h
model: {structure: two_compartment_oral, absorption: transit, steps: 3, measured: total_of_unbound}
parameters:
  clearance: {sum_of: [renal_clearance, nonrenal_clearance], between_subject_sd: 0.3, between_occasion_sd: 0.1}
  renal_clearance: {typical: 5 L/h, covariates: [{by: dialysis, form: factor, is: "yes", factor: 0}]}
  nonrenal_clearance: {typical: 5 L/h, covariates: [{by: sex, form: shift, is: male, amount: 1 L/h}]}
  central_volume: {typical: 50 L}
  intercompartmental_clearance: {typical: 3 L/h}
  peripheral_volume: {typical: 50 L, eta: {of: clearance, scale: 0.5}}
  transit_rate: {typical: 2 1/h,
    covariates: [{by: age, form: proportional, centre: 9 year, where: [{by: sex, is: male}]}]}
  bioavailability: {typical: 0.7, between_subject_sd: 0.5, eta: {kind: logit}}
  binding_ratio: {typical: 3}
covariates: {dialysis: {default: "no"}}
residual: {proportional: 0.1, additive: 1 umol/L, combined: deviations_add}
analyte: {unit: ng/mL}
domain:
  dialysis: {one_of: ["no"], outside: stop, unknown: outside}
given_as: [{route: oral, doses: [100 mg], every: [12 h]}]
targets: [{kind: trough, low: 100 ng/mL, evidence: low, meaning: target_of_case, source: none}]
limits: {single: 200 mg, daily: 400 mg, daily_per_kg: 5 mg/kg, source: none}
judged_after: 48 h
"""


def test_the_richer_parts_of_a_file_arrive(tmp_path: Path) -> None:
    model = load_population_model(write(tmp_path, RICH))
    assert model.structure.graph.states[:3] == ("transit_1", "transit_2", "transit_3")
    assert model.etas == ("clearance", "bioavailability")
    assert model.occasions is not None
    assert model.occasions.variances == {"clearance": pytest.approx(0.01)}
    assert model.residual.additive == pytest.approx(0.4)  # 1 umol/L of 400 g/mol
    assert model.residual.variance(np.array([2.0]))[0] == pytest.approx((0.2 + 0.4) ** 2)
    assert model.residual.growth(np.array([2.0]))[0] == pytest.approx(2 * 0.1 * (0.2 + 0.4))
    assert model.limits.at(10.0).daily == 50.0
    assert model.required == ()
    assert check_file(write(tmp_path, RICH)).problems == ()


@pytest.mark.parametrize(
    ("old", "new", "line", "word"),
    [
        ("factor: 0.8", "factor: 1.2", 5, "not above 1"),
        ("occasion: 24 h\n", "", 1, "occasion"),
        (", between_occasion_sd: 0.1", "", 6, "occasions"),
        ("steps: 3", "steps: 0", 7, "steps"),
        ("absorption: transit, steps: 3, ", "", 9, "absorption_rate"),
        ("measured: total_of_unbound", "measured: saliva", 7, "saliva"),
        (
            "sum_of: [renal_clearance, nonrenal_clearance]",
            "sum_of: [renal_clearance, nonrenal_clearance, dialysis_clearance]",
            9,
            "not among",
        ),
        ("sum_of: [renal_clearance, nonrenal_clearance]", "sum_of: [renal_clearance]", 11, "nonrenal"),
        ('form: factor, is: "yes", factor: 0', 'form: factor, is: "yes", factor: -1', 10, "positive"),
        ('form: factor, is: "yes"', 'form: factor, is: "often"', 10, "often"),
        ("amount: 1 L/h", "amount: 1 L", 11, "L/h"),
        ("form: shift, is: male, amount", "form: shift, amount", 11, "condition"),
        ("eta: {of: clearance", "eta: {of: central_volume", 14, "vary"),
        ("kind: logit", "kind: logit_box_cox", 17, "shape"),
        ("where: [{by: sex, is: male}]", "is: male", 16, "where"),
        ("where: [{by: sex, is: male}]", "where: [{by: sex, when: male}]", 16, "unknown key"),
        ("  binding_ratio: {typical: 3}\n", "", 9, "binding_ratio"),
        ("additive: 1 umol/L", "additive: 1 kg", 20, "mg/L"),
        ("combined: deviations_add", "combined: both", 20, "both"),
        ('one_of: ["no"]', 'one_of: ["never"]', 23, "never"),
        ("{dialysis: {default: ", "{dialysis: {formula: cockcroft_gault, default: ", 19, "formulas"),
        ("{dialysis: {default: ", "{dialysis: {weight: ideal, default: ", 19, "creatinine_clearance"),
        ("5 mg/kg", "5 mg", 26, "mg/kg"),
        (
            "is: male, amount: 1 L/h}]",
            "is: male, amount: 1 L/h}, {by: sex, form: shift, is: male, amount: 2 L/h}]",
            11,
            "twice",
        ),
        ("every: [12 h]}", "every: [12 h], where: [{by: age}]}", 24, "states the condition"),
        ("every: [12 h]}", "every: [12 h], unless: [{enough: 2, of: [{by: sex, is: male}]}]}", 24, "never be reached"),
    ],
)
def test_a_slip_in_the_richer_parts_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, word: str
) -> None:
    assert old in RICH
    with pytest.raises(DrugFileError) as refusal:
        load_population_model(write(tmp_path, RICH.replace(old, new, 1)))
    assert refusal.value.line == line
    assert word in str(refusal.value)


def test_a_published_value_that_is_not_reproduced_is_a_problem_with_its_line(tmp_path: Path) -> None:
    checked = check_file(write(tmp_path, TEXT.replace("value: 10 L/h, source", "value: 12 L/h, source")))
    assert len(checked.problems) == 1
    assert ":24:" in checked.problems[0]
    assert "published 12" in checked.problems[0]


def test_a_corner_of_the_domain_where_the_model_breaks_is_a_problem(tmp_path: Path) -> None:
    broken = TEXT.replace("form: power, exponent: 0.75, centre: 70 kg", "form: linear, slope: 0.03 1/kg, centre: 90 kg")
    problems = check_file(write(tmp_path, broken)).problems
    assert any("weight 40 kg" in problem and "impossible" in problem for problem in problems)


@pytest.mark.parametrize("path", library_files(), ids=lambda path: path.stem)
def test_a_shipped_file_holds_at_its_typical_patient_its_corners_and_its_published_values(path: Path) -> None:
    checked = check_file(path)
    assert checked.problems == ()
    assert checked.published_checks >= 1 or isinstance(checked.model, PbpkModel)  # those have tests of their own


@pytest.mark.parametrize("path", library_files(), ids=lambda path: path.stem)
def test_a_shipped_file_is_named_after_its_id(path: Path) -> None:
    assert path.stem in {load_model(path).id, load_model(path).drug.name}


@pytest.mark.parametrize(
    "path", sorted((resources_folder() / "drugs").glob("*.common.yaml")), ids=lambda path: path.stem
)
def test_a_shipped_common_file_can_be_checked_alone(path: Path) -> None:
    assert check_file(path).problems == ()


def test_a_slip_in_a_common_file_is_named_with_its_line(tmp_path: Path) -> None:
    source = resources_folder() / "drugs" / "vancomycin.common.yaml"
    text = source.read_text(encoding="utf-8")
    line = next(i for i, row in enumerate(text.splitlines(), 1) if "judged_after" in row)
    path = tmp_path / "vancomycin.common.yaml"
    path.write_text(text.replace("judged_after: 120 h", "judged_after: 120 kg"), encoding="utf-8")
    problems = check_file(path).problems
    assert len(problems) == 1
    assert f":{line}:" in problems[0]
