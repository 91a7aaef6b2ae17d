import csv

import pytest

from core.clinic.alert import Severity
from core.clinic.covariate import CATALOGUE
from core.clinic.plausibility import (
    USUAL,
    Suspicion,
    albumin_unit,
    bilirubin_unit,
    creatinine_unit,
    height_unit,
    unusual_value,
    weight_leap,
    weight_unit,
)
from tests.conftest import SHARED

COHORT = SHARED / "data" / "iwpc" / "iwpc_dev.csv"
ADULT = 60.0


def id_of(suspicion: Suspicion | None) -> str | None:
    return suspicion.id if suspicion else None


def test_usual_ranges_lie_inside_what_the_living_can_have() -> None:
    for name, (low, high) in USUAL.items():
        kind = CATALOGUE[name]
        assert kind.low <= low < high <= kind.high


@pytest.mark.parametrize("name", USUAL)
def test_only_values_outside_the_usual_range_are_asked_about(name: str) -> None:
    low, high = USUAL[name]
    assert unusual_value(name, low, ADULT) is None
    assert unusual_value(name, high, ADULT) is None
    assert id_of(unusual_value(name, low * 0.99, ADULT)) == "value_unusual"
    assert id_of(unusual_value(name, high * 1.01, ADULT)) == "value_unusual"


def test_usual_ranges_say_nothing_of_children_or_of_other_covariates() -> None:
    assert unusual_value("weight", 12.0, 2.0) is None
    assert unusual_value("mic", 512.0, ADULT) is None


@pytest.mark.parametrize("mg_dl", [0.2, 0.5, 0.9, 1.3, 2.0, 5.0, 12.0, 17.9])
def test_every_creatinine_in_mg_dl_typed_as_umol_is_met(mg_dl: float) -> None:
    found = creatinine_unit(mg_dl)
    assert found is not None
    assert found.id == "creatinine_maybe_mg_dl"
    assert found.values["instead"] == pytest.approx(mg_dl * 88.4)


@pytest.mark.parametrize("umol", [18.0, 35.0, 60.0, 80.0, 110.0, 400.0, 1200.0])
def test_every_creatinine_in_umol_typed_as_mg_dl_is_met(umol: float) -> None:
    found = creatinine_unit(umol * 88.4)
    assert found is not None
    assert found.id == "creatinine_maybe_umol_l"
    assert found.values["instead"] == pytest.approx(umol)


@pytest.mark.parametrize("umol", [20.1, 35.0, 68.0, 91.0, 400.0, 1500.0])
def test_a_creatinine_in_its_own_unit_is_not_asked_about(umol: float) -> None:
    assert creatinine_unit(umol) is None


@pytest.mark.parametrize("index", [20.5, 22.0, 25.0, 30.0, 40.0])
def test_pounds_typed_as_kilograms_are_met_from_a_true_index_of_20_5(index: float) -> None:
    true_weight = index * 1.7**2
    found = weight_unit(true_weight / 0.45359237, ADULT, 170.0)
    assert found is not None
    assert found.id == "weight_maybe_pounds"
    assert found.values["instead"] == pytest.approx(true_weight)


@pytest.mark.parametrize("index", [18.0, 22.0, 30.0])
def test_kilograms_taken_for_pounds_are_met(index: float) -> None:
    true_weight = index * 1.7**2
    found = weight_unit(true_weight * 0.45359237, ADULT, 170.0)
    assert found is not None
    assert found.id == "weight_maybe_kilograms"
    assert found.values["instead"] == pytest.approx(true_weight)


def test_true_weights_are_not_asked_about() -> None:
    for weight in (42.0, 48.0, 70.0, 120.0):
        assert weight_unit(weight, ADULT, 170.0) is None
    assert weight_unit(160.0, ADULT) is None  # without a height there is no index to doubt


def test_grams_typed_as_kilograms_are_met() -> None:
    found = weight_unit(3500.0, 0.0)
    assert found is not None
    assert (found.id, found.values["instead"]) == ("weight_maybe_grams", 3.5)


def test_a_childs_weight_is_judged_by_age() -> None:
    # expected 22 kg at 5 years (Luscombe & Owens 2007)
    assert weight_unit(18.0, 5.0) is None
    assert weight_unit(30.0, 5.0) is None
    assert id_of(weight_unit(22.0 / 0.45359237, 5.0)) == "weight_maybe_pounds"
    assert id_of(weight_unit(22.0 * 0.45359237, 5.0)) == "weight_maybe_kilograms"
    assert weight_unit(70.0, 15.0) is None


def test_an_impossible_height_leaves_the_weight_undoubted() -> None:
    assert weight_unit(70.0, ADULT, 1.7) is None


@pytest.mark.parametrize(
    ("height", "age", "id_", "instead"),
    [(67.0, ADULT, "height_maybe_inches", 170.18), (1.7, ADULT, "height_maybe_metres", 170.0)],
)
def test_inches_and_metres_typed_as_centimetres_are_met(height: float, age: float, id_: str, instead: float) -> None:
    found = height_unit(height, age)
    assert found is not None
    assert (found.id, found.values["instead"]) == (id_, pytest.approx(instead))


def test_an_infants_67_cm_are_not_inches() -> None:
    assert height_unit(67.0, 0.6) is None
    assert height_unit(155.0, ADULT) is None


@pytest.mark.parametrize(
    ("albumin", "id_"), [(4.0, "albumin_maybe_g_dl"), (400.0, "albumin_maybe_g_l"), (12.0, None), (40.0, None)]
)
def test_albumin_units_are_told_apart(albumin: float, id_: str | None) -> None:
    assert id_of(albumin_unit(albumin)) == id_


@pytest.mark.parametrize(
    ("bilirubin", "id_"), [(0.8, "bilirubin_maybe_mg_dl"), (700.0, "bilirubin_maybe_umol_l"), (12.0, None)]
)
def test_bilirubin_units_are_asked_about_at_the_ends(bilirubin: float, id_: str | None) -> None:
    assert id_of(bilirubin_unit(bilirubin)) == id_


def test_a_leap_of_more_than_fifteen_percent_is_asked_about() -> None:
    assert weight_leap(60.0, 69.0) is None
    assert weight_leap(60.0, 51.0) is None
    up, down = weight_leap(60.0, 70.0), weight_leap(60.0, 50.0)
    assert up is not None
    assert down is not None
    assert (up.id, up.values["percent"], down.values["percent"]) == (
        "weight_leap",
        pytest.approx(16.667, abs=1e-3),
        pytest.approx(-16.667, abs=1e-3),
    )


def test_a_suspicion_becomes_an_alert_with_written_numbers() -> None:
    found = creatinine_unit(1.2)
    assert found is not None
    alert = found.alert()
    assert (alert.severity, alert.id, alert.about) == (Severity.CAUTION, "creatinine_maybe_mg_dl", "serum_creatinine")
    assert alert.values == {"value": "1.2", "instead": "106.1"}


@pytest.mark.skipif(not COHORT.exists(), reason="the consortium's patients are not here")
def test_real_adults_are_rarely_troubled_and_their_slips_are_met() -> None:
    with COHORT.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["Height (cm)"] and row["Weight (kg)"]]
    sizes = [(float(row["Height (cm)"]), float(row["Weight (kg)"])) for row in rows if not row["Age"].startswith("10")]
    assert len(sizes) > 3000
    slips = sum(weight_unit(weight / 0.45359237, ADULT, height) is not None for height, weight in sizes)
    needless = sum(weight_unit(weight, ADULT, height) is not None for height, weight in sizes)
    assert slips / len(sizes) > 0.90
    assert needless / len(sizes) < 0.03
    assert all(height_unit(height / 2.54, ADULT) is not None for height, _ in sizes)
    assert all(height_unit(height, ADULT) is None for height, _ in sizes)
