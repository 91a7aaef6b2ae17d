import numpy as np
import pytest

from core.clinic.patient import Sex
from core.pbpk.development import (
    adult_albumin,
    cardiac_ageing,
    enzyme_maturity,
    liver_flow_ageing,
    microsomes,
    organ_ageing,
    protein_maturity,
    typical_gfr,
)
from core.pbpk.individual import Traits, build_individual
from core.pbpk.physiology import PERFUSED, PORTAL, TISSUES

CHILDREN = [(0.0, 51, 3.5), (1.0, 76, 10), (5.0, 109, 19), (10.0, 138, 32), (15.0, 161, 53)]


def child(age: float, height: float, weight: float, sex: Sex = Sex.FEMALE) -> Traits:
    return Traits.of(sex, age, height, weight)


@pytest.mark.parametrize(("age", "height", "weight"), CHILDREN)
@pytest.mark.parametrize("sex", list(Sex))
def test_a_child_of_any_age_is_whole(age: float, height: float, weight: float, sex: Sex) -> None:
    person = build_individual(child(age, height, weight, sex))
    assert sum(person.mass.values())[0] == pytest.approx(weight, rel=1e-12)
    assert all(person.mass[tissue][0] > 0 for tissue in TISSUES)
    supplied = sum(person.flow[tissue][0] for tissue in (*PORTAL, *PERFUSED, "liver"))
    assert supplied == pytest.approx(person.cardiac_output[0], rel=1e-12)


def test_reference_children_come_back_unchanged() -> None:
    """ICRP Publication 89: newborn liver 0.13 kg, output 0.6 L/min; five years liver 0.57 kg, muscle 5.6 kg."""
    newborn, five = (build_individual(child(*CHILDREN[row], sex=Sex.MALE)) for row in (0, 2))
    assert (newborn.mass["liver"][0], newborn.cardiac_output[0]) == pytest.approx((0.13, 36.0))
    assert (five.mass["liver"][0], five.mass["muscle"][0]) == pytest.approx((0.57, 5.6))


def test_a_newborns_brain_takes_a_third_of_its_blood() -> None:
    """12 % in adults; specific flow times mass gives about 36 % at birth."""
    newborn = build_individual(child(0.0, 51, 3.5))
    assert 0.25 < (newborn.flow["brain"] / newborn.cardiac_output)[0] < 0.40


def test_enzymes_ripen_as_published() -> None:
    """Johnson 2006: CYP3A4 age^0.83/(0.31 + age^0.83) is 0.763 at one year; CYP2D6 0.036 at birth; all adult at 18."""
    one = enzyme_maturity(np.array([1.0]))["CYP3A4"][0] * (18**0.83 / (0.31 + 18**0.83))
    assert one == pytest.approx(1 / 1.31, rel=1e-9)
    birth = enzyme_maturity(np.array([0.0]))["CYP2D6"][0] * (1.01 * 18 / 18.101 + 0.036)
    assert birth == pytest.approx(0.036, abs=0.011)
    assert {name: value[0] for name, value in enzyme_maturity(np.array([40.0])).items()} == pytest.approx(
        dict.fromkeys(enzyme_maturity(np.array([40.0])), 1.0)
    )


def test_everything_is_continuous_where_a_child_becomes_an_adult() -> None:
    ages = np.array([17.999, 18.001])
    assert np.diff(microsomes(ages))[0] == pytest.approx(0.0, abs=1e-4)
    for value in (*enzyme_maturity(ages).values(), *protein_maturity(ages)):
        assert np.diff(value)[0] == pytest.approx(0.0, abs=1e-4)
    young, grown = (build_individual(child(age, 176, 73, Sex.MALE)) for age in ages)
    assert grown.gfr[0] == pytest.approx(young.gfr[0], rel=0.02)
    assert grown.cardiac_output[0] == pytest.approx(young.cardiac_output[0], rel=1e-3)
    for tissue in TISSUES:
        assert grown.volume[tissue][0] == pytest.approx(young.volume[tissue][0], rel=0.02)


def test_filtration_grows_up_as_published() -> None:
    """Rhodin 2009: 121.2 mL/min * (W/70)^0.75, half mature 47.7 weeks after conception, Hill 3.4."""
    weight, surface = np.array([3.5]), np.array([0.22])
    newborn = typical_gfr(np.array([0.0]), weight, surface)[0]
    assert newborn == pytest.approx(121.2 * 0.05**0.75 * 40**3.4 / (40**3.4 + 47.7**3.4))
    half = typical_gfr(np.array([7.7 * 7 / 365.25]), np.array([70.0]), surface)[0]
    assert half == pytest.approx(121.2 / 2, rel=1e-9)


def test_old_age_takes_muscle_liver_and_blood_flow_and_leaves_fat() -> None:
    young, old = (build_individual(child(age, 170, 75, Sex.MALE)) for age in (35.0, 80.0))
    for tissue in ("muscle", "liver", "kidney", "skin"):
        assert old.mass[tissue][0] < young.mass[tissue][0]
    assert old.mass["adipose"][0] > young.mass["adipose"][0]
    assert old.mass["liver"][0] / young.mass["liver"][0] == pytest.approx(np.exp(-0.0014 * 45))
    flows = [sum(person.flow[tissue][0] for tissue in (*PORTAL, "liver")) for person in (young, old)]
    assert 0.55 < flows[1] / flows[0] < 0.75  # 35 to 40 % less liver blood in the old (Wynne 1989)


def test_ageing_functions_are_one_up_to_thirty_five_years() -> None:
    age, female, surface = np.array([18.0, 35.0]), np.zeros(2), np.full(2, 1.9)
    for value in (
        cardiac_ageing(age, surface),
        liver_flow_ageing(age, female),
        *organ_ageing(age, female, surface).values(),
    ):
        assert value == pytest.approx(1.0)


def test_albumin_of_adults_falls_with_age() -> None:
    assert adult_albumin(np.array([60.0]))[0] == pytest.approx(51.4 - 0.107 * 60)  # Han 2025, equation 22
