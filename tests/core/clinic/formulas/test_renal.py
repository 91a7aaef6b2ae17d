"""Expected values: the equations of the cited papers by hand, and the tests of the R package clinPK where named."""

import math
from itertools import pairwise

import pytest

from core.clinic.formulas.body import adjusted_body_weight, ideal_body_weight
from core.clinic.formulas.renal import (
    CREATININE_UMOL_PER_MG_DL,
    MdrdVariant,
    ckd_epi_2009,
    ckd_epi_2021,
    cockcroft_gault,
    deindex,
    mdrd,
    schwartz_bedside,
    schwartz_original,
)
from core.clinic.patient import Sex
from core.errors import InputError, OutOfDomain

F, M = Sex.FEMALE, Sex.MALE


def umol(mg_dl: float) -> float:
    return mg_dl * CREATININE_UMOL_PER_MG_DL


@pytest.mark.parametrize(
    ("age", "weight", "creatinine", "sex", "expected"),
    [(40, 80, 1.0, M, 111.1111), (70, 60, 1.5, F, 33.0556)],  # the first is also clinPK's test (111)
)
def test_cockcroft_gault_gives_the_worked_clearance(
    age: float, weight: float, creatinine: float, sex: Sex, expected: float
) -> None:
    assert cockcroft_gault(age, weight, umol(creatinine), sex) == pytest.approx(expected, abs=1e-4)


def test_cockcroft_gault_takes_ideal_and_adjusted_weight() -> None:
    ideal = ideal_body_weight(50, 180, M)
    # clinPK's tests: 131 with adjusted weight at 150 kg, 104 with ideal weight
    assert cockcroft_gault(50, adjusted_body_weight(150, ideal), umol(1.0), M) == pytest.approx(131.2441, abs=1e-3)
    assert cockcroft_gault(40, ideal, umol(1.0), M) == pytest.approx(104.1557, abs=1e-3)


@pytest.mark.parametrize(
    ("age", "sex", "creatinine", "expected"),
    [(80, F, 0.8, 74.4386), (80, M, 0.8, 89.4655), (50, M, 1.2, 73.6735)],  # the first two are clinPK's tests (74, 89)
)
def test_ckd_epi_2021_gives_the_worked_filtration(age: float, sex: Sex, creatinine: float, expected: float) -> None:
    assert ckd_epi_2021(age, umol(creatinine), sex) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("age", "sex", "creatinine", "black", "expected"),
    [(40, M, 1.0, True, 108.6305), (65, F, 1.1, False, 52.6439)],  # the first is clinPK's test (109)
)
def test_ckd_epi_2009_gives_the_worked_filtration(
    age: float, sex: Sex, creatinine: float, black: bool, expected: float
) -> None:
    assert ckd_epi_2009(age, umol(creatinine), sex, black=black) == pytest.approx(expected, abs=1e-3)


def test_both_mdrd_scales_give_the_worked_filtration() -> None:
    # clinPK's tests: 100 and 107
    assert mdrd(40, umol(1.0), M, black=True) == pytest.approx(100.305, abs=1e-3)
    assert mdrd(40, umol(1.0), M, black=True, variant=MdrdVariant.ORIGINAL) == pytest.approx(106.6099, abs=1e-3)
    assert mdrd(60, umol(1.4), F, black=False) == pytest.approx(38.3571, abs=1e-3)


def test_schwartz_gives_the_worked_filtration() -> None:
    # clinPK's tests: 41.3, and 45 by the original equation in a term infant
    assert schwartz_bedside(1, 50, umol(0.5)) == pytest.approx(41.3)
    assert schwartz_bedside(6, 120, umol(0.6)) == pytest.approx(82.6)
    assert schwartz_original(0.1, 50, umol(0.5), F, preterm=False) == pytest.approx(45.0)


def test_original_schwartz_changes_its_constant_with_age_and_sex() -> None:
    # constants of Schwartz 1987: 0.33 preterm, 0.55 child and girl, 0.7 boy from 13 years
    values = [
        schwartz_original(0.5, 100, umol(1.0), F, preterm=True),
        schwartz_original(8, 100, umol(1.0), M, preterm=False),
        schwartz_original(15, 100, umol(1.0), F, preterm=False),
        schwartz_original(15, 100, umol(1.0), M, preterm=False),
    ]
    assert values == pytest.approx([33.0, 55.0, 55.0, 70.0])


def test_deindexing_scales_by_the_patients_surface() -> None:
    assert deindex(60.0, 1.73) == pytest.approx(60.0)
    assert deindex(60.0, 2.0) == pytest.approx(69.3642, abs=1e-4)  # 60 * 2 / 1.73


@pytest.mark.parametrize("age", [17.99, -1.0, 121.0])
def test_adult_formulas_refuse_children_and_impossible_ages(age: float) -> None:
    for formula in (
        lambda: cockcroft_gault(age, 60, 80, M),
        lambda: ckd_epi_2021(age, 80, M),
        lambda: ckd_epi_2009(age, 80, M, black=False),
        lambda: mdrd(age, 80, M, black=False),
    ):
        with pytest.raises(OutOfDomain) as caught:
            formula()
        assert caught.value.field == "age"


@pytest.mark.parametrize("creatinine", [1.2, 17.9, 1769.0, 110 * 88.4])
def test_a_creatinine_in_the_wrong_unit_is_refused_by_name(creatinine: float) -> None:
    with pytest.raises(OutOfDomain) as caught:
        cockcroft_gault(60, 70, creatinine, M)
    assert caught.value.field == "serum_creatinine"
    assert caught.value.values["low"] == "18 umol/L"


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        ckd_epi_2021(math.nan, 80, M)
    assert (caught.value.field, caught.value.reason) == ("age", "number_not_finite")


def test_infants_and_adults_are_outside_bedside_schwartz() -> None:
    for age in (0.99, 18.01):
        with pytest.raises(OutOfDomain):
            schwartz_bedside(age, 100, 40)


def test_the_oldest_still_clear_something() -> None:
    assert 0.0 < cockcroft_gault(120, 40, 100, F) < 10.0


@pytest.mark.parametrize("sex", [F, M])
def test_clearance_falls_as_creatinine_rises(sex: Sex) -> None:
    steps = [18.0 + 5.0 * i for i in range(300)]
    for formula in (
        lambda c: cockcroft_gault(60, 70, c, sex),
        lambda c: ckd_epi_2021(60, c, sex),
        lambda c: ckd_epi_2009(60, c, sex, black=False),
        lambda c: mdrd(60, c, sex, black=False),
    ):
        values = [formula(step) for step in steps]
        assert all(later < earlier for earlier, later in pairwise(values))


@pytest.mark.parametrize(("sex", "knot"), [(F, 0.7), (M, 0.9)])
def test_ckd_epi_has_no_jump_at_its_knot(sex: Sex, knot: float) -> None:
    assert ckd_epi_2021(60, umol(knot) - 1e-6, sex) == pytest.approx(ckd_epi_2021(60, umol(knot) + 1e-6, sex), rel=1e-6)


@pytest.mark.parametrize(
    ("sex", "creatinine", "expected_2021", "expected_2009"),
    [
        # the papers' equations below the knot, written out: age 50, 0.5 mg/dL
        (F, 44.2, 142 * (0.5 / 0.7) ** -0.241 * 0.9938**50 * 1.012, 141 * (0.5 / 0.7) ** -0.329 * 0.993**50 * 1.018),
        (M, 44.2, 142 * (0.5 / 0.9) ** -0.302 * 0.9938**50, 141 * (0.5 / 0.9) ** -0.411 * 0.993**50),
    ],
)
def test_ckd_epi_below_the_knot(sex: Sex, creatinine: float, expected_2021: float, expected_2009: float) -> None:
    assert ckd_epi_2021(50, creatinine, sex) == pytest.approx(expected_2021, rel=1e-9)
    assert ckd_epi_2009(50, creatinine, sex, black=False) == pytest.approx(expected_2009, rel=1e-9)


def test_88_4_micromoles_per_litre_are_one_milligram_per_decilitre() -> None:
    # 10 mg/L over 113.12 g/mol
    assert umol(1.0) == pytest.approx(10_000 / 113.12, rel=1e-4)
    assert cockcroft_gault(40, 72, 88.4, M) == pytest.approx(100.0)


def test_schwartz_constants_change_at_one_and_thirteen_years() -> None:
    before_1, from_1 = (schwartz_original(age, 100, umol(1.0), M, preterm=False) for age in (0.99, 1.0))
    before_13, from_13 = (schwartz_original(age, 100, umol(1.0), M, preterm=False) for age in (12.99, 13.0))
    assert [before_1, from_1, before_13, from_13] == pytest.approx([45.0, 55.0, 55.0, 70.0])
    assert schwartz_original(0.0, 50, 40, F, preterm=False) > 0.0
    with pytest.raises(OutOfDomain):
        schwartz_original(18.1, 170, 60, F, preterm=False)


@pytest.mark.parametrize("surface", [0.09, 4.1])
def test_deindexing_refuses_an_impossible_surface(surface: float) -> None:
    assert deindex(60.0, 0.1) + deindex(60.0, 4.0) == pytest.approx(60.0 * 4.1 / 1.73)
    with pytest.raises(OutOfDomain):
        deindex(60.0, surface)


def test_ckd_epi_uses_the_steep_exponent_right_above_the_knot() -> None:
    # Inker 2021, written out: a man of 50 with 2 % above 0.9 mg/dL
    assert ckd_epi_2021(50, umol(0.918), M) == pytest.approx(142 * 1.02**-1.2 * 0.9938**50, rel=1e-9)
