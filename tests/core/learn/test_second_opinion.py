"""The second opinion of the predictors that are shipped."""

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from core import session
from core.advise.candidates import limits_met
from core.advise.recommendation import Outcome, Recommendation, Regimen, SecondOpinion, doses_in_turn
from core.clinic.alert import Severity
from core.clinic.case import Case, Target, TargetKind
from core.clinic.case_file import load_case
from core.clinic.covariate import CovariateValue
from core.clinic.patient import Patient, Sex
from core.clinic.regimen import Route
from core.drugs.library import resources_folder
from core.learn.probe import _compare
from core.learn.recipe import read_recipe
from core.learn.second_opinion import second_opinion, with_second_opinion
from core.learn.virtual_course import limits_of, virtual_patient
from core.report.wording import LANGUAGES, Wording
from core.units import Quantity, parse_quantity

EXAMPLES = resources_folder() / "examples"
MODELS = resources_folder() / "models"
FALLING = load_case(EXAMPLES / "vancomycin_falling_renal_function.case.json")
# the same man with steady kidneys and lower levels, in whom the drug need not fall first
VANCOMYCIN = replace(
    FALLING,
    covariates=tuple(item for item in FALLING.covariates if item.time == 0.0),
    levels=(
        replace(FALLING.levels[0], value=Quantity(11.2, "mg/L")),
        replace(FALLING.levels[1], value=Quantity(12.6, "mg/L")),
    ),
)
GEFITINIB = load_case(EXAMPLES / "gefitinib_itraconazole.case.json")


@pytest.fixture(scope="module")
def advised() -> dict[str, Recommendation]:
    return {case.drug: session.recommend(case, session.individualise(case)) for case in (VANCOMYCIN, GEFITINIB)}


def opinion(case: Case, recommendation: Recommendation, folder: Path | None = None) -> SecondOpinion:
    return second_opinion(case, session.bind_models(case), recommendation, folder)


def with_weight(case: Case, weight: float) -> Case:
    others = tuple(item for item in case.covariates if item.name != "weight")
    return replace(case, covariates=(*others, CovariateValue("weight", Quantity(weight, "kg"))))


@pytest.mark.parametrize("case", [VANCOMYCIN, GEFITINIB], ids=["vancomycin", "gefitinib"])
def test_it_speaks_beside_the_worked_cases(case: Case, advised: dict[str, Recommendation]) -> None:
    found = advised[case.drug].second_opinion
    assert found is not None
    assert found.abstains == ""
    assert found.low < found.daily < found.high or found.high == pytest.approx(found.daily)
    assert found.coverage == 0.9
    assert len(found.file_hash) == 64


@pytest.mark.parametrize("case", [VANCOMYCIN, GEFITINIB], ids=["vancomycin", "gefitinib"])
def test_reasons_add_up_to_the_dose_less_that_of_the_background(case: Case, advised: dict[str, Recommendation]) -> None:
    from core.learn.second_opinion import predictor_at

    found = advised[case.drug].second_opinion
    assert found is not None
    base = predictor_at(MODELS / f"{case.drug}.dwm").base()
    assert sum(change for _, change in found.reasons) == pytest.approx(found.daily - base, rel=1e-4, abs=1e-2)


def test_it_changes_nothing_but_alerts_and_itself(advised: dict[str, Recommendation]) -> None:
    bare = replace(advised["vancomycin"], second_opinion=None)
    again = with_second_opinion(VANCOMYCIN, session.bind_models(VANCOMYCIN), bare)
    assert replace(again, second_opinion=None, alerts=()) == replace(bare, alerts=())
    assert {a.id for a in bare.alerts} <= {a.id for a in again.alerts}


def test_the_same_case_gets_the_same_opinion(advised: dict[str, Recommendation]) -> None:
    assert opinion(VANCOMYCIN, advised["vancomycin"]) == opinion(VANCOMYCIN, advised["vancomycin"])


def test_a_patient_of_250_kg_gets_none(advised: dict[str, Recommendation]) -> None:
    found = opinion(with_weight(VANCOMYCIN, 250.0), advised["vancomycin"])
    assert found.abstains in ("predictor_outside_range", "predictor_outside_combination")
    assert found.amount == found.daily == 0.0
    assert found.agrees


def test_a_blocked_recommendation_gets_none(advised: dict[str, Recommendation]) -> None:
    blocked = replace(advised["vancomycin"], outcome=Outcome.BLOCKED, options=())
    assert opinion(VANCOMYCIN, blocked).abstains == "predictor_blocked"


def test_it_waits_where_the_recommendation_waits() -> None:
    recommendation = session.recommend(FALLING, session.individualise(FALLING))
    found = recommendation.second_opinion
    assert recommendation.options[0].regimen.first_dose > FALLING.now
    assert found is not None
    assert found.abstains == ""
    assert found.wait in {option.regimen.first_dose - FALLING.now for option in recommendation.options} | {0.0}


def test_another_target_gets_none(advised: dict[str, Recommendation]) -> None:
    target = Target(TargetKind.TROUGH, Quantity(15.0, "mg/L"), Quantity(20.0, "mg/L"))
    assert opinion(VANCOMYCIN, replace(advised["vancomycin"], target=target)).abstains == "predictor_other_target"


def test_a_drug_without_predictor_gets_none(advised: dict[str, Recommendation], tmp_path: Path) -> None:
    assert opinion(VANCOMYCIN, advised["vancomycin"], tmp_path).abstains == "predictor_none"


def test_a_damaged_file_is_not_used_and_said(advised: dict[str, Recommendation], tmp_path: Path) -> None:
    raw = bytearray((MODELS / "vancomycin.dwm").read_bytes())
    raw[len(raw) // 3] ^= 0x55
    (tmp_path / "vancomycin.dwm").write_bytes(bytes(raw))
    bare = replace(advised["vancomycin"], second_opinion=None)
    found = with_second_opinion(VANCOMYCIN, session.bind_models(VANCOMYCIN), bare, tmp_path)
    assert found.second_opinion is not None
    assert found.second_opinion.abstains == "predictor_broken"
    assert [a.severity for a in found.alerts if a.id == "predictor_broken"] == [Severity.NOTE]
    assert found.options == bare.options


def test_a_file_that_is_replaced_is_read_anew(advised: dict[str, Recommendation], tmp_path: Path) -> None:
    shutil.copy(MODELS / "vancomycin.dwm", tmp_path / "vancomycin.dwm")
    assert opinion(VANCOMYCIN, advised["vancomycin"], tmp_path).abstains == ""
    (tmp_path / "vancomycin.dwm").write_bytes(b"\x80\x04nothing")
    assert opinion(VANCOMYCIN, advised["vancomycin"], tmp_path).abstains == "predictor_broken"


def test_a_wide_disagreement_is_a_caution_naming_both(advised: dict[str, Recommendation]) -> None:
    best = advised["vancomycin"].options[0]
    far = replace(best, regimen=Regimen(2000.0, 8.0, Route.INTRAVENOUS, 3.5, best.regimen.first_dose), utility=9.0)
    doctored = replace(advised["vancomycin"], options=(far,), alerts=())
    found = with_second_opinion(VANCOMYCIN, session.bind_models(VANCOMYCIN), doctored)
    assert found.second_opinion is not None
    assert not found.second_opinion.agrees
    (alert,) = [a for a in found.alerts if a.id == "second_opinion_disagrees"]
    assert alert.severity is Severity.CAUTION
    assert found.options == doctored.options
    for language in LANGUAGES:
        assert "2000 mg" in Wording(language).alert(alert)


def test_the_same_regimen_is_no_disagreement(advised: dict[str, Recommendation]) -> None:
    found = opinion(VANCOMYCIN, advised["vancomycin"])
    best = advised["vancomycin"].options[0]
    same = replace(best, regimen=replace(best.regimen, amount=found.amount, every=found.every), utility=9.0)
    assert opinion(VANCOMYCIN, replace(advised["vancomycin"], options=(same,))).agrees
    far = replace(best, regimen=Regimen(2000.0, 8.0, Route.INTRAVENOUS, 3.5, best.regimen.first_dose), utility=10.0)
    assert opinion(
        VANCOMYCIN, replace(advised["vancomycin"], options=(same, far))
    ).agrees  # what stands first counts too
    fewer = doses_in_turn([found.amount, 0.0, 0.0, 0.0], same.regimen)
    quarter = replace(same, regimen=fewer)
    assert not opinion(VANCOMYCIN, replace(advised["vancomycin"], options=(quarter,))).agrees


def test_a_patients_own_limits_are_no_change_of_the_model() -> None:
    """Limits per kilogram become a light patient's own milligrams; the file is what it was."""
    facts = {"weight": "45 kg", "height": "155 cm", "serum_creatinine": "70 umol/L", "icu": "no", "dialysis": "no"}
    covariates = tuple(
        CovariateValue(name, value if value in ("no", "yes") else parse_quantity(value))
        for name, value in facts.items()
    )
    start = dt.datetime(2026, 1, 5, 8, tzinfo=dt.UTC)
    light = Case(Patient("P-1", Sex.FEMALE, age=60.0), "gentamicin", start, covariates=covariates)
    _compare.cache_clear()
    found = session.recommend(light, session.individualise(light)).second_opinion
    assert found is not None
    assert found.abstains != "predictor_other_models"
    bound = session.bind_models(light)[0]
    assert bound.model.limits.single < bound.model.as_read.limits.single


def test_models_that_say_something_else_silence_it(advised: dict[str, Recommendation]) -> None:
    bounds = session.bind_models(VANCOMYCIN)
    model = bounds[0].model
    other = replace(model.as_read, omega=model.omega * 1.1, file_hash="other")  # type: ignore[type-var]
    own = replace(model, unbound=other)  # type: ignore[type-var]
    changed = [replace(bounds[0], model=own), *bounds[1:]]  # type: ignore[type-var]
    assert second_opinion(VANCOMYCIN, changed, advised["vancomycin"]).abstains == "predictor_other_models"


@pytest.mark.parametrize("drug", ["vancomycin", "gefitinib"])
def test_no_patient_gets_what_cannot_be_given(drug: str, advised: dict[str, Recommendation]) -> None:
    recipe = read_recipe(resources_folder() / "recipes" / f"{drug}.yaml")
    models = [session.library().model(name) for name in recipe.models]
    spoke = 0
    for number in range(100_000, 100_025):
        patient = virtual_patient(recipe, models, number)
        option = advised[drug].options[0]
        at_once = replace(option, regimen=replace(option.regimen, first_dose=patient.case.now))
        found = second_opinion(patient.case, patient.bounds, replace(advised[drug], options=(at_once,)))
        if found.abstains:
            continue
        spoke += 1
        model = patient.bounds[0].model
        assert any(
            found.route is form.route and found.amount in form.doses and found.every in form.every
            for form in model.given_as
        )
        limits = limits_of(model, patient.case)
        assert not limits_met(Regimen(found.amount, found.every, found.route), limits)
        assert found.high <= limits.daily
    assert spoke >= 20


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_way_to_stay_silent_has_a_text(language: str) -> None:
    gaps = dict.fromkeys(("covariate", "value", "low", "high"), "x")
    for message in (
        "predictor_none",
        "predictor_broken",
        "predictor_blocked",
        "predictor_other_target",
        "predictor_other_models",
        "predictor_outside_range",
        "predictor_outside_combination",
        "predictor_feature_missing",
        "predictor_level_below_limit",
        "predictor_level_before_dose",
    ):
        assert Wording(language).text(message, gaps)


def test_a_trough_at_the_first_dose_of_a_steady_state_keeps_the_predictor_silent() -> None:
    case = load_case(resources_folder() / "examples" / "vancomycin_falling_renal_function.case.json")
    row = replace(case.doses[0], steady_state=True)
    case = replace(case, doses=(row,), levels=(replace(case.levels[0], time=row.time),))
    found = session.recommend(case, session.individualise(case))
    assert found.second_opinion is not None
    assert found.second_opinion.abstains == "predictor_level_before_dose"
