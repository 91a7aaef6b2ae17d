"""Which of a drug's models are asked about a patient when none is named."""

import datetime as dt

import pytest

from core import session
from core.clinic.case import Case
from core.clinic.covariate import CovariateValue
from core.clinic.patient import Patient, Sex
from core.clinic.regimen import Dose, Route
from core.errors import InputError
from core.units import Quantity

ADULT = {"weight": (70.0, "kg"), "height": (172.0, "cm"), "serum_creatinine": (90.0, "umol/L")}
NEWBORN = {"weight": (2.9, "kg"), "serum_creatinine": (60.0, "umol/L"), "gestational_age": (38.0, "week")}


def bound(age: float, numbers: dict[str, tuple[float, str]], drug: str = "vancomycin", **chosen: str) -> set[str]:
    values = [CovariateValue(name, Quantity(*value)) for name, value in numbers.items()]
    values += [CovariateValue(name, value) for name, value in chosen.items()]
    case = Case(
        Patient("x", Sex.MALE, age=age),
        drug,
        dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        covariates=tuple(values),
        doses=(Dose(0.0, Quantity(1000.0, "mg"), Route.INTRAVENOUS, Quantity(1.0, "h")),),
    )
    return {item.model.id.partition(".")[2] for item in session.bind_models(case)}


def test_an_adult_on_a_ward_is_described_by_the_general_models_only() -> None:
    assert bound(60.0, ADULT) == {"colin2019", "goti2018", "thomson2009"}


def test_the_models_of_intensive_care_join_when_the_patient_is_there() -> None:
    assert bound(60.0, ADULT, icu="yes") == {"colin2019", "goti2018", "thomson2009", "revilla2010", "roberts2011"}


def test_the_very_obese_have_models_of_their_own() -> None:
    heavy = {**ADULT, "weight": (140.0, "kg")}
    assert {"adane2015", "hughes2024"} <= bound(60.0, heavy)


def test_on_dialysis_only_the_models_made_with_it_remain() -> None:
    assert bound(60.0, ADULT, dialysis="yes") == {"goti2018"}
    assert bound(60.0, ADULT, renal_replacement="cvvhdf") == {"crrt2019"}


def test_newborns_and_children_never_meet_a_model_of_adults() -> None:
    assert bound(10 / 365.25, NEWBORN) == {"dao2020", "frymoyer2014", "capparelli2001"}
    child = {"weight": (20.0, "kg"), "height": (115.0, "cm"), "serum_creatinine": (40.0, "umol/L")}
    assert bound(6.0, child) == {"le2014"}


def test_a_model_that_lacks_a_covariate_leaves_the_word_to_the_others() -> None:
    assert bound(60.0, {"weight": (70.0, "kg"), "creatinine_clearance": (80.0, "mL/min")}) >= {
        "goti2018",
        "thomson2009",
    }


def test_when_every_model_lacks_it_the_person_is_asked_for_it() -> None:
    with pytest.raises(InputError, match="serum_creatinine: covariate_missing"):
        bound(60.0, {"weight": (70.0, "kg")})
