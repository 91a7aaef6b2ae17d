"""Derived covariates by the formula a model names, over the time of a case."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from core import session
from core.clinic.case import Case
from core.clinic.covariate import CovariateValue
from core.clinic.formulas.body import fat_free_mass_of_child, lean_body_weight
from core.clinic.level import CoMedication
from core.clinic.patient import Patient, Sex
from core.clinic.regimen import Dose, Route
from core.drugs.covariates import Body, CovariateReader, Expected, FatFree, Recipes, change_times
from core.errors import OutOfDomain
from core.units import Quantity


def case(age: float = 40.0, sex: Sex = Sex.MALE, **values: tuple[float, str]) -> Case:
    return Case(
        Patient("x", sex, age=age),
        "any",
        dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        covariates=tuple(CovariateValue(name, Quantity(*value)) for name, value in values.items()),
        co_medication=(CoMedication("amiodarone", 24.0, 72.0), CoMedication("valproate", 48.0)),
        doses=(Dose(10.0, Quantity(100.0, "mg"), Route.ORAL),),
    )


ADULT = case(weight=(120.0, "kg"), height=(175.0, "cm"), serum_creatinine=(88.4, "umol/L"))


def test_cockcroft_gault_takes_the_weight_the_model_names() -> None:
    # (140 - 40) kg / (72 x 1 mg/dL); fat-free mass 9270 W/(6680 + 216 BMI), ideal weight 50 + 2.3 (in - 60),
    # lean weight 1.1 W - 0.0128 BMI W
    body = {Body.TOTAL: 120.0, Body.FAT_FREE: 73.460, Body.IDEAL: 70.465, Body.LEAN: 71.814}
    for kind, kilograms in body.items():
        found = CovariateReader(ADULT, Recipes(clearance_weight=kind)).at("creatinine_clearance", 0.0)
        assert found == pytest.approx(100.0 * kilograms / 72.0, rel=1e-4)


def test_an_entered_clearance_wins_only_over_one_by_total_weight() -> None:
    entered = case(
        weight=(70.0, "kg"),
        height=(175.0, "cm"),
        serum_creatinine=(88.4, "umol/L"),
        creatinine_clearance=(33.0, "mL/min"),
    )
    assert CovariateReader(entered).at("creatinine_clearance", 0.0) == 33.0
    assert CovariateReader(entered, Recipes(clearance_weight=Body.FAT_FREE)).at("creatinine_clearance", 0.0) != 33.0
    assert "creatinine_clearance" not in Recipes(clearance_weight=Body.LEAN).entered(("creatinine_clearance",))


def test_a_floor_of_creatinine_holds_for_the_formula() -> None:
    low = case(weight=(72.0, "kg"), serum_creatinine=(40.0, "umol/L"))
    floored = CovariateReader(low, Recipes(creatinine_at_least=88.4)).at("creatinine_clearance", 0.0)
    assert floored == pytest.approx(100.0)


def test_clearance_per_surface_uses_the_named_formula_of_the_surface() -> None:
    known = case(weight=(70.0, "kg"), height=(170.0, "cm"), creatinine_clearance=(100.0, "mL/min"))
    surface = (70.0 * 170.0 / 3600.0) ** 0.5  # Mosteller
    assert CovariateReader(known).at("creatinine_clearance_indexed", 0.0) == pytest.approx(173.0 / surface)


def test_fat_free_mass_of_a_child_needs_the_formula_for_children() -> None:
    child = case(age=6.0, weight=(20.0, "kg"), height=(115.0, "cm"))
    with pytest.raises(OutOfDomain):
        CovariateReader(child).at("fat_free_mass", 0.0)
    found = CovariateReader(child, Recipes(fat_free=FatFree.CHILD)).at("fat_free_mass", 0.0)
    assert found == fat_free_mass_of_child(6.0, 20.0, 115.0, Sex.MALE)


def test_postmenstrual_age_adds_weeks_and_says_when_the_birth_was_assumed() -> None:
    newborn = case(age=14.0 / 365.25, gestational_age=(30.0, "week"))
    assert CovariateReader(newborn).at("postmenstrual_age", 0.0) == pytest.approx(32.0, abs=1e-3)
    reader = CovariateReader(case(age=30.0), defaults={"gestational_age": Quantity(40.0, "week")})
    assert reader.at("postmenstrual_age", 0.0) == pytest.approx(40.0 + 30.0 * 52.1775)
    assert reader.assumed == {"gestational_age": "40 week"}


def test_creatinine_is_compared_with_the_expected_one_of_the_model() -> None:
    # Colin 2019: exp(-1.228 + 0.672 log10(PMA in years) + 6.27 exp(-3.11 PMA)) mg/dL, 0.83 at 35 years
    adult = case(age=35.0, serum_creatinine=(88.4, "umol/L"), gestational_age=(40.0, "week"))
    assert CovariateReader(adult).at("creatinine_excess", 0.0) == pytest.approx(88.4 * (1.0 - 0.8319), abs=0.01)
    # Hennig 2013 in adults: 84 umol/L men, 69.5 women
    means = Recipes(expected=Expected.ADULT)
    assert CovariateReader(adult, means).at("creatinine_ratio", 0.0) == pytest.approx(88.4 / 84.0)
    # Germovsek 2016: 166.48 - 2.8488 PMA
    newborn = case(age=0.0, serum_creatinine=(52.528, "umol/L"), gestational_age=(40.0, "week"))
    assert CovariateReader(newborn, Recipes(expected=Expected.NEWBORN)).at("creatinine_ratio", 0.0) == pytest.approx(
        1.0
    )


def test_other_drugs_count_while_they_are_taken() -> None:
    reader = CovariateReader(ADULT)
    assert [reader.at("co_medication", time) for time in (0.0, 24.0, 50.0, 72.0)] == [
        frozenset(),
        frozenset({"amiodarone"}),
        frozenset({"amiodarone", "valproate"}),
        frozenset({"valproate"}),
    ]
    assert change_times(ADULT, ("co_medication",)) == [0.0, 24.0, 48.0, 72.0]


def test_time_on_therapy_starts_with_the_first_dose() -> None:
    assert [CovariateReader(ADULT).at("time_on_therapy", time) for time in (0.0, 10.0, 34.0)] == [0.0, 0.0, 24.0]


def test_lean_weight_is_refused_where_its_curve_turns_round() -> None:
    assert lean_body_weight(70.0, 170.0, Sex.MALE) == pytest.approx(55.3, abs=0.05)
    with pytest.raises(OutOfDomain):
        lean_body_weight(150.0, 170.0, Sex.MALE)


def test_what_is_missing_is_named_by_what_a_person_enters() -> None:
    assert CovariateReader(case(weight=(70.0, "kg"))).missing("creatinine_clearance_indexed", 0.0) == "serum_creatinine"


def infant(days: float, **more: object) -> Case:
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    born = (start - dt.timedelta(days=days)).date()
    row = Dose(0.0, Quantity(10.0, "mg"), Route.INTRAVENOUS, every=Quantity(12.0, "h"), count=28)
    return Case(Patient("x", Sex.MALE, born=born), "any", start, doses=(row,), **more)


def test_a_small_child_grows_older_during_the_course() -> None:
    # two weeks of doses from the tenth day of life: looked at every three days, and no further than the next decision
    assert change_times(infant(10), ("age",)) == [0.0, 72.0, 144.0, 216.0, 288.0]
    assert change_times(infant(10), ("postmenstrual_age",))[1] == 72.0
    assert change_times(infant(500), ("age",)) == [0.0, 336.0]
    assert change_times(infant(800), ("age",)) == [0.0]
    assert change_times(infant(10), ("weight",)) == [0.0]
    age = [CovariateReader(infant(10)).at("age", time) for time in (0.0, 288.0)]
    assert age[1] - age[0] == pytest.approx(12.0 / 365.25)


def test_the_clearance_of_a_newborn_rises_with_its_age() -> None:
    """Frymoyer 2014: clearance goes with PMA^4.53 / (PMA^4.53 + 34.8^4.53), PMA in weeks, at 32 weeks of gestation."""
    values = (
        CovariateValue("weight", Quantity(1.5, "kg")),
        CovariateValue("serum_creatinine", Quantity(60.0, "umol/L")),
        CovariateValue("gestational_age", Quantity(32.0, "week")),
    )
    case = replace(infant(5, covariates=values), drug="vancomycin")
    bound = session.library().model("vancomycin.frymoyer2014").bind(case)
    clearance = [float(bound.parameters(np.zeros((1, len(bound.model.etas))), t)["clearance"][0]) for t in (0.0, 300.0)]
    first, last = ((32.0 + days / 7.0) ** 4.53 for days in (5.0, 17.0))
    risen = (last / (last + 34.8**4.53)) / (first / (first + 34.8**4.53))
    assert clearance[1] / clearance[0] == pytest.approx(risen, rel=1e-4)
    assert risen > 1.1
    assert bound.constant_from <= case.now
