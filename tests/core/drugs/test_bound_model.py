"""A population model bound to a patient: each feature against its own arithmetic."""

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.clinic.alert import Severity
from core.clinic.case import Case
from core.clinic.covariate import CovariateValue
from core.clinic.level import CoMedication, Level
from core.clinic.patient import Patient, Sex
from core.clinic.regimen import Dose, Route
from core.drugs.bound_model import BoundPopulationModel
from core.drugs.library import resources_folder
from core.drugs.loader import load_population_model
from core.errors import DrugFileError, InputError, OutOfDomain
from core.infer.map_estimate import estimate_map
from core.infer.posterior import FitStatus
from core.units import Quantity

BASE = """\
schema: 1
id: testdrug.author2000
drug: {name: testdrug, zh: 试药, atc: V03AX, molar_mass: 400 g/mol}
source: {citation: "none, a file for tests", population: nobody, n: 1, evidence: none}
MODEL
residual: {proportional: 0.2}
analyte: {unit: mg/L}
domain:
  age: {between: [18 year, 90 year], outside: stop}
DOMAIN
given_as: [{route: oral, doses: [100 mg], every: [12 h, 24 h]}]
targets: [{kind: trough, low: 1 mg/L, evidence: low, meaning: target_of_case, source: none}]
limits: {single: 200 mg, daily: 400 mg, single_per_kg: 2 mg/kg, source: none}
judged_after: 48 h
"""
ORAL = """\
model: {structure: one_compartment_oral}
parameters:
  clearance: {typical: 4 L/h, between_subject_sd: 0.3}
  volume: {typical: 40 L, between_subject_sd: 0.2}
  absorption_rate: {typical: 1 1/h}
"""
DOSES = (Dose(0.0, Quantity(100.0, "mg"), Route.ORAL, every=Quantity(12.0, "h"), count=6),)
TIMES = np.linspace(0.0, 80.0, 161)
Binder = Callable[..., BoundPopulationModel]


@pytest.fixture
def bind(tmp_path: Path) -> Binder:
    def build(text: str = ORAL, domain: str = "", **case: object) -> BoundPopulationModel:
        path = tmp_path / "testdrug.author2000.yaml"
        path.write_text(BASE.replace("MODEL\n", text).replace("DOMAIN\n", domain), encoding="utf-8")
        return load_population_model(path).bind(patient(**case))

    return build


def patient(
    age: float = 40.0,
    levels: tuple[Level, ...] = (),
    taken: tuple[CoMedication, ...] = (),
    chosen: dict[str, str] | None = None,
    weight: float = 70.0,
) -> Case:
    return Case(
        Patient("x", Sex.MALE, age=age),
        "testdrug",
        dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        covariates=(
            CovariateValue("weight", Quantity(weight, "kg")),
            *(CovariateValue(name, value) for name, value in (chosen or {}).items()),
        ),
        co_medication=taken,
        doses=DOSES,
        levels=levels,
    )


def typical(bound: BoundPopulationModel, doses: tuple[Dose, ...] = DOSES) -> np.ndarray:
    return bound.concentrations(np.zeros((1, len(bound.model.etas))), doses, TIMES)[0]


def test_what_is_dosed_may_hold_less_of_what_is_counted_by_one_route(bind: Binder) -> None:
    salted = ORAL + "salt: {dosed_as: a prodrug, counted_as: the drug, factor: 0.72, routes: [oral], source: none}\n"
    intravenous = (Dose(0.0, Quantity(100.0, "mg"), Route.INTRAVENOUS),)
    assert np.allclose(typical(bind(salted)), 0.72 * typical(bind()))
    assert np.allclose(typical(bind(salted), intravenous), typical(bind(), intravenous))


def test_bioavailability_may_fall_with_the_dose_and_the_model_is_then_not_linear(bind: Binder) -> None:
    text = (
        ORAL
        + "  bioavailability: {typical: 1, covariates: [{by: dose, form: saturating_loss, share: 0.5, half: 100 mg}]}\n"
    )
    bound = bind(text)
    assert not bound.model.linear
    double = (Dose(0.0, Quantity(200.0, "mg"), Route.ORAL),)
    single = (Dose(0.0, Quantity(100.0, "mg"), Route.ORAL),)
    # shares absorbed: 1 - 0.5/2 of 100 mg and 1 - 0.5 x 2/3 of 200 mg
    assert np.allclose(typical(bound, double) * 0.75, typical(bound, single) * 2.0 * (2.0 / 3.0))
    assert "dose" not in bound.model.covariates


def test_bound_drug_is_measured_with_the_unbound(bind: Binder) -> None:
    text = ORAL.replace("oral}", "oral, measured: total_of_unbound}") + "  binding_ratio: {typical: 8}\n"
    assert np.allclose(typical(bind(text)), 9.0 * typical(bind()))
    window, plain = (b.window(np.zeros((1, 2)), DOSES, TIMES) for b in (bind(text), bind()))
    assert np.allclose(window.area, 9.0 * plain.area)


def test_whole_blood_holds_what_red_cells_bind_and_its_area_is_summed_finely(bind: Binder) -> None:
    text = ORAL.replace("oral}", "oral, measured: whole_blood}")
    text += "  binding_capacity: {typical: 2 mg/L}\n  dissociation_constant: {typical: 0.5 mg/L}\n"
    bound, central = bind(text), typical(bind())
    assert not bound.model.linear
    assert np.allclose(typical(bound), central * (1.0 + 2.0 / (central + 0.5)))
    window = bound.window(np.zeros((1, 2)), DOSES, TIMES)
    fine = np.linspace(0.0, 80.0, 64001)
    exact = np.trapezoid(bound.concentrations(np.zeros((1, 2)), DOSES, fine)[0], fine)
    assert window.area[0, -1] == pytest.approx(exact, rel=1e-5)
    assert np.allclose(window.concentration[0], typical(bound))


def test_a_metabolite_is_a_further_output_in_its_own_mass(bind: Binder) -> None:
    text = ORAL + (
        "  metabolite_fraction: {typical: 0.5}\n  metabolite_clearance: {typical: 8 L/h}\n"
        "  metabolite_volume: {typical: 10 L}\nmetabolite: {name: product, molar_mass: 300 g/mol}\n"
    )
    bound = bind(text)
    assert bound.outputs == ("metabolite",)
    steady = (Dose(0.0, Quantity(100.0, "mg"), Route.ORAL, every=Quantity(12.0, "h"), steady_state=True),)
    curves = bound.curves(("plasma", "metabolite"), np.zeros((1, 2)), steady, np.linspace(0.0, 12.0, 1201))
    areas = {name: float(np.trapezoid(curve[0], dx=0.01)) for name, curve in curves.items()}
    # steady state: area of drug = dose/CL, of metabolite = share x dose x (300/400) / CLm
    assert areas["plasma"] == pytest.approx(100.0 / 4.0, rel=1e-4)
    assert areas["metabolite"] == pytest.approx(0.5 * 100.0 * 0.75 / 8.0, rel=1e-4)
    plasma = bound.concentrations(np.zeros((1, 2)), steady, np.linspace(0.0, 12.0, 1201))
    assert np.allclose(curves["plasma"], plasma)
    with pytest.raises(InputError, match="output_unknown"):
        bound.curves(("liver",), np.zeros((1, 2)), steady, TIMES)


def test_induction_raises_clearance_in_steps_towards_its_end(bind: Binder) -> None:
    rise = "{by: time_on_therapy, form: approach, share: 0.6, rate: 0.02 1/h}"
    bound = bind(ORAL.replace("typical: 4 L/h,", f"typical: 4 L/h, covariates: [{rise}],"))
    eta = np.zeros((1, 2))
    found = [float(bound.parameters(eta, time)["clearance"][0]) for time in (0.0, 60.0, 120.0, 1e4)]
    exact = [4.0 * (1.0 - 0.6 * np.exp(-0.02 * time)) for time in (0.0, 60.0, 120.0, 1e4)]
    assert np.allclose(found, exact, atol=4.0 * 0.6 / 16.0)  # a sixteenth of the way at a step
    assert found[-1] == pytest.approx(4.0)
    assert bound.constant_from == pytest.approx(math.log(33.0) / 0.02)  # 32/33 of the way


def test_a_change_on_the_second_day_begins_then(bind: Binder) -> None:
    day = "{by: time_on_therapy, form: factor, from: 24 h, factor: 0.5}"
    bound = bind(ORAL.replace("typical: 4 L/h,", f"typical: 4 L/h, covariates: [{day}],"))
    values = [float(bound.parameters(np.zeros((1, 2)), time)["clearance"][0]) for time in (0.0, 23.9, 24.0, 900.0)]
    assert values == [4.0, 4.0, 2.0, 2.0]


def test_occasions_with_a_level_get_etas_of_their_own_and_the_future_one_more(bind: Binder) -> None:
    text = "occasion: 24 h\n" + ORAL.replace(
        "between_subject_sd: 0.3", "between_subject_sd: 0.3, between_occasion_sd: 0.2"
    )
    levels = (Level(11.9, Quantity(1.1, "mg/L")), Level(59.9, Quantity(2.5, "mg/L")))
    bound = bind(text, levels=levels)
    assert bound.model.etas == ("clearance", "volume", "clearance@1", "clearance@2", "clearance@3")
    assert np.allclose(np.diag(bound.model.omega), [0.09, 0.04, 0.04, 0.04, 0.04])
    eta = np.array([[0.1, 0.0, 0.2, 0.3, 0.4]])
    found = {time: np.log(float(bound.parameters(eta, time)["clearance"][0]) / 4.0) for time in (3.0, 30.0, 50.0, 90.0)}
    # the second day has no level and keeps the patient's mean
    assert found == pytest.approx({3.0: 0.3, 30.0: 0.1, 50.0: 0.4, 90.0: 0.5})


def test_a_fit_with_occasions_converges_and_explains_days_that_differ(bind: Binder) -> None:
    text = "occasion: 24 h\n" + ORAL.replace(
        "between_subject_sd: 0.3", "between_subject_sd: 0.3, between_occasion_sd: 0.3"
    )
    levels = tuple(Level(time, Quantity(value, "mg/L")) for time, value in ((11.9, 1.0), (35.9, 3.0), (59.9, 1.2)))
    fits = [estimate_map(bind(source, levels=levels), DOSES, levels) for source in (text, ORAL)]
    assert all(fit.status is FitStatus.CONVERGED for fit in fits)
    assert fits[0].objective < fits[1].objective


def test_limits_per_kilogram_become_those_of_the_patient(bind: Binder) -> None:
    assert bind(weight=60.0).model.limits.single == 120.0
    assert bind(weight=150.0).model.limits.single == 200.0


def test_a_model_for_some_people_only_is_not_for_one_of_whom_it_is_not_known(bind: Binder) -> None:
    domain = '  icu: {one_of: ["yes"], outside: stop, unknown: outside}\n'
    assert [alert.id for alert in bind(domain=domain).findings] == ["covariate_not_known_to_be_studied"]
    assert bind(domain=domain, chosen={"icu": "yes"}).findings == ()
    outside = bind(domain=domain, chosen={"icu": "no"}).findings
    assert [(alert.id, alert.severity) for alert in outside] == [("covariate_not_studied", Severity.STOP)]
    assert "icu" in bind(domain=domain).model.covariates


def test_other_drugs_can_lie_outside_a_models_domain(bind: Binder) -> None:
    domain = "  co_medication: {none_of: [rifampicin], outside: stop}\n"
    assert bind(domain=domain).findings == ()
    taken = (CoMedication("rifampicin", 0.0),)
    assert [alert.severity for alert in bind(domain=domain, taken=taken).findings] == [Severity.STOP]


def test_a_missing_covariate_of_a_patient_outside_the_domain_counts_as_outside(bind: Binder) -> None:
    born = "{by: gestational_age, form: power, exponent: 1, centre: 40 week}"
    text = ORAL.replace("typical: 4 L/h,", f"typical: 4 L/h, covariates: [{born}],")
    with pytest.raises(OutOfDomain):
        bind(text, age=95.0)
    with pytest.raises(InputError, match="covariate_missing"):
        bind(text, age=40.0)


def test_what_must_be_known_and_is_read_is_asked_for_when_it_is_missing(bind: Binder) -> None:
    grows = "{by: ciclosporin_dose, form: power, exponent: 1, centre: 300 mg}"
    text = ORAL.replace("typical: 4 L/h,", f"typical: 4 L/h, covariates: [{grows}],")
    domain = "  ciclosporin_dose: {between: [100 mg, 1000 mg], outside: stop, unknown: outside}\n"
    with pytest.raises(OutOfDomain, match="covariate_not_known_to_be_studied") as caught:
        bind(text, domain=domain)
    assert caught.value.field == "covariates.ciclosporin_dose"


def test_the_effect_of_another_drug_begins_and_ends_with_it(bind: Binder) -> None:
    effect = "{by: co_medication, form: factor, any_of: [amiodarone], factor: 0.5}"
    bound = bind(
        ORAL.replace("typical: 4 L/h,", f"typical: 4 L/h, covariates: [{effect}],"),
        taken=(CoMedication("amiodarone", 24.0, 48.0),),
    )
    assert bound.model.modelled_drugs == ("amiodarone",)
    values = [float(bound.parameters(np.zeros((1, 2)), time)["clearance"][0]) for time in (0.0, 24.0, 47.0, 48.0)]
    assert values == [4.0, 2.0, 2.0, 4.0]


def test_a_clearance_by_another_weight_is_said_aloud() -> None:
    model = load_population_model(resources_folder() / "drugs" / "vancomycin.hughes2024.yaml")
    values = (("weight", 120.0, "kg"), ("height", 175.0, "cm"), ("serum_creatinine", 88.4, "umol/L"))
    case = Case(
        Patient("x", Sex.MALE, age=40.0),
        "vancomycin",
        dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        covariates=tuple(CovariateValue(name, Quantity(value, unit)) for name, value, unit in values),
    )
    notes = {alert.id: alert.values["value"] for alert in model.bind(case).findings}
    assert notes == {"clearance_by_fat_free_weight": "102 mL/min"}


def test_a_steady_state_at_the_first_dose_is_that_of_a_long_treatment() -> None:
    """Voriconazole (Friberg 2012) loses most saturable elimination within hours; the trough is that of day 30."""
    model = load_population_model(resources_folder() / "drugs" / "voriconazole.friberg2012.yaml")
    facts = (CovariateValue("weight", Quantity(70.0, "kg")), CovariateValue("cyp2c19_phenotype", "normal"))
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    every, amount = Quantity(12.0, "h"), Quantity(200.0, "mg")
    troughs = []
    for count, settled, time in ((2, True, 12.0), (60, False, 708.0)):
        dose = Dose(0.0, amount, Route.ORAL, every=every, count=count, steady_state=settled)
        case = Case(Patient("v", Sex.MALE, age=50.0), "voriconazole", start, facts, doses=(dose,))
        bound = model.bind(case)
        troughs.append(bound.concentrations(np.zeros((1, len(model.etas))), case.doses, np.array([time]))[0, 0])
    assert troughs[0] == pytest.approx(troughs[1], rel=0.01)


def test_what_leaves_with_the_urine_adds_up_to_the_share_of_what_entered(bind: Binder) -> None:
    """In the end the urine holds share x bioavailability x dose, whatever clearance and absorption are."""
    shared = ORAL + "  bioavailability: {typical: 0.8}\n  renal_share: {typical: 0.65}\n"
    bound = bind(shared)
    dose = (Dose(0.0, Quantity(100.0, "mg"), Route.ORAL),)
    times = np.linspace(0.0, 400.0, 40001)
    eta = np.array([[0.0, 0.0], [0.4, -0.3]])
    excreted = bound.curves(("plasma", "urine"), eta, dose, times)["urine"]
    assert np.trapezoid(excreted, times, axis=1) == pytest.approx([0.65 * 0.8 * 100.0] * 2, rel=1e-5)
    assert bound.rates == ("urine",)
    assert bind().rates == ()
    with pytest.raises(InputError, match="output_unknown"):
        bind().curves(("urine",), eta, dose, times)


def test_a_share_above_one_is_refused_with_its_line(bind: Binder) -> None:
    with pytest.raises(DrugFileError, match="at most 1"):
        bind(ORAL + "  renal_share: {typical: 1.2}\n")


def test_furosemides_share_in_urine_falls_with_the_kidneys() -> None:
    """0.65 with healthy kidneys, and no more; 0.149 at 16.7 mL/min (doi:10.1007/BF03259733)."""
    model = load_population_model(resources_folder() / "drugs" / "furosemide.hornik2025.yaml")
    for clearance, share in ((150.0, 0.65), (100.0, 0.65), (16.7, 0.149)):
        bound = model.bind(replace(patient(), drug="furosemide", covariates=_kidneys(clearance)))
        found = bound.parameters(np.zeros(len(model.etas)), 0.0)["renal_share"]
        assert float(found[0]) == pytest.approx(share, rel=0.01)


def _kidneys(clearance: float) -> tuple[CovariateValue, ...]:
    entered = {"weight": Quantity(70.0, "kg"), "creatinine_clearance": Quantity(clearance, "mL/min")}
    return tuple(CovariateValue(name, value, 0.0) for name, value in entered.items())
