"""Expected values: the equations of the cited papers by hand, and the tests of the R package clinPK where named."""

import math
from itertools import pairwise

import pytest

from core.clinic.formulas.body import (
    SurfaceFormula,
    adjusted_body_weight,
    body_mass_index,
    body_surface_area,
    fat_free_mass,
    fat_free_mass_of_child,
    ideal_body_weight,
)
from core.clinic.patient import Sex
from core.errors import OutOfDomain

F, M = Sex.FEMALE, Sex.MALE


def height_of(weight: float, index: float) -> float:
    return 100.0 * math.sqrt(weight / index)


@pytest.mark.parametrize(
    ("formula", "weight", "height", "expected"),
    [
        # 80 kg, 180 cm: clinPK's tests (2.000 / 1.996 / 2.007 / 2.009 / 2.007)
        (SurfaceFormula.MOSTELLER, 80, 180, 2.0),
        (SurfaceFormula.DU_BOIS, 80, 180, 1.9964),
        (SurfaceFormula.HAYCOCK, 80, 180, 2.0066),
        (SurfaceFormula.GEHAN_GEORGE, 80, 180, 2.0095),
        (SurfaceFormula.BOYD, 80, 180, 2.0074),
        (SurfaceFormula.MOSTELLER, 20, 110, 0.7817),
        (SurfaceFormula.DU_BOIS, 20, 110, 0.7750),
        (SurfaceFormula.HAYCOCK, 20, 110, 0.7832),
    ],
)
def test_surface_area_is_as_published(formula: SurfaceFormula, weight: float, height: float, expected: float) -> None:
    assert body_surface_area(weight, height, formula) == pytest.approx(expected, abs=6e-5)


@pytest.mark.parametrize("weight", [20.0, 30.0, 70.0, 120.0])  # below, Du Bois runs low
def test_surface_formulas_agree_within_a_tenth(weight: float) -> None:
    height = height_of(weight, 18.0 if weight < 40 else 25.0)
    values = [body_surface_area(weight, height, formula) for formula in SurfaceFormula]
    assert max(values) / min(values) < 1.1


@pytest.mark.parametrize(("height", "sex", "expected"), [(180, M, 74.9921), (160, F, 52.3819)])  # clinPK: 75.0
def test_ideal_weight_is_devines(height: float, sex: Sex, expected: float) -> None:
    assert ideal_body_weight(40, height, sex) == pytest.approx(expected, abs=1e-4)


def test_ideal_weight_below_five_feet_must_be_asked_for() -> None:
    with pytest.raises(OutOfDomain) as caught:
        ideal_body_weight(40, 150, M)
    assert caught.value.field == "height"
    assert ideal_body_weight(40, 150, M, extrapolate=True) == pytest.approx(47.8268, abs=1e-4)  # clinPK: 47.8


def test_children_have_no_ideal_weight_by_devine() -> None:
    with pytest.raises(OutOfDomain):
        ideal_body_weight(17, 165, F)


@pytest.mark.parametrize(
    ("weight", "ideal", "expected"), [(80, 74.9921, 76.9953), (150, 47.8268, 88.6961), (50, 40, 44.0)]
)
def test_adjusted_weight_counts_two_fifths_of_the_excess(weight: float, ideal: float, expected: float) -> None:
    # clinPK's tests: 77.0, 88.7, 44.0
    assert adjusted_body_weight(weight, ideal) == pytest.approx(expected, abs=1e-3)


def test_nobody_below_the_ideal_weight_is_adjusted() -> None:
    with pytest.raises(OutOfDomain):
        adjusted_body_weight(50, 60)


@pytest.mark.parametrize(("index", "sex", "expected"), [(20, M, 67.4182), (30, M, 56.3526), (30, F, 46.0621)])
def test_adult_fat_free_mass_is_janmahasatians(index: float, sex: Sex, expected: float) -> None:
    # 80 kg; clinPK's tests: 67, 56, 46
    assert fat_free_mass(40, 80, height_of(80, index), sex) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("age", "weight", "height", "sex", "expected"),
    [(12, 60, 140, F, 35.5828), (6, 20, 115, M, 16.403), (30, 70, 175, M, 55.8569)],  # the first is clinPK's test (36)
)
def test_child_fat_free_mass_is_al_sallamis(
    age: float, weight: float, height: float, sex: Sex, expected: float
) -> None:
    assert fat_free_mass_of_child(age, weight, height, sex) == pytest.approx(expected, abs=1e-3)


def test_the_childs_formula_grows_into_the_adults() -> None:
    for sex in (F, M):
        child = fat_free_mass_of_child(30, 70, 175, sex)
        assert child == pytest.approx(fat_free_mass(30, 70, 175, sex), rel=0.02)


def test_fat_free_mass_rises_with_weight_even_in_severe_obesity() -> None:
    values = [fat_free_mass(40, weight, 170, F) for weight in range(50, 200, 5)]
    assert all(later > earlier for earlier, later in pairwise(values))
    assert all(value < weight for value, weight in zip(values, range(50, 200, 5), strict=True))


def test_fat_free_mass_holds_only_within_the_cohorts() -> None:
    for call in (
        lambda: fat_free_mass(17, 70, 175, M),
        lambda: fat_free_mass(40, 45, 175, M),  # 14.7 kg/m2
        lambda: fat_free_mass_of_child(2.9, 14, 95, M),
        lambda: fat_free_mass_of_child(31, 70, 175, M),
        lambda: fat_free_mass_of_child(10, 90, 135, M),  # 49 kg/m2
    ):
        with pytest.raises(OutOfDomain):
            call()


def test_body_mass_index_divides_by_the_square_of_metres() -> None:
    assert body_mass_index(81, 180) == pytest.approx(25.0)
    with pytest.raises(OutOfDomain) as caught:
        body_mass_index(81, 1.8)
    assert caught.value.field == "height"


@pytest.mark.parametrize("age", [5.0, 13.4, 16.0])
def test_a_boys_fat_free_mass_matures_as_published(age: float) -> None:
    # Al-Sallami 2015, written out
    index = 45 / 1.5**2
    maturation = 0.88 + (1 - 0.88) / (1 + (age / 13.4) ** -12.7)
    assert fat_free_mass_of_child(age, 45, 150, M) == pytest.approx(maturation * 9270 * 45 / (6680 + 216 * index))


@pytest.mark.parametrize(
    ("low", "high", "outside", "of"),
    [
        # the cohorts of Janmahasatian 2005 and Al-Sallami 2015
        (17.2, 69.8, (17.0, 70.0), "adult"),
        (12.1, 44.8, (11.9, 45.0), "child"),
    ],
)
def test_body_mass_index_of_the_cohorts_is_the_limit(
    low: float, high: float, outside: tuple[float, float], of: str
) -> None:
    def mass(index: float) -> float:
        weight = index * 1.6**2
        return fat_free_mass(40, weight, 160, F) if of == "adult" else fat_free_mass_of_child(12, weight, 160, F)

    assert 0 < mass(low) < mass(high)
    for index in outside:
        with pytest.raises(OutOfDomain) as caught:
            mass(index)
        assert caught.value.field == "body_mass_index"


def test_age_limits_of_the_childs_formula() -> None:
    assert fat_free_mass_of_child(3.0, 14, 95, M) > 0
    assert fat_free_mass_of_child(30.0, 70, 175, M) > 0
    for age in (2.95, 30.1):
        with pytest.raises(OutOfDomain):
            fat_free_mass_of_child(age, 40, 150, M)


def test_size_limits_of_ideal_and_adjusted_weight() -> None:
    assert ideal_body_weight(40, 120, F, extrapolate=True) > 0
    for height in (119.0, 251.0):
        with pytest.raises(OutOfDomain):
            ideal_body_weight(40, height, F, extrapolate=True)
    with pytest.raises(OutOfDomain):
        adjusted_body_weight(401, 70)
    for factor in (-0.01, 1.01):
        with pytest.raises(OutOfDomain):
            adjusted_body_weight(100, 70, factor)


def test_a_factor_of_none_or_all_gives_ideal_or_total_weight() -> None:
    assert adjusted_body_weight(100, 70, 0.0) == 70
    assert adjusted_body_weight(100, 70, 1.0) == 100
