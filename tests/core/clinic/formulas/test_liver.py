"""Expected values: the published definitions by hand, and the tests of the R package transplantr where named."""

import pytest

from core.clinic.formulas.liver import (
    BILIRUBIN_UMOL_PER_MG_DL,
    AlbuminCut,
    Ascites,
    ChildPugh,
    ChildPughClass,
    Encephalopathy,
    MeldNaVariant,
    albi,
    child_pugh,
    meld,
    meld_na,
)
from core.errors import OutOfDomain


def umol(mg_dl: float) -> float:
    return mg_dl * BILIRUBIN_UMOL_PER_MG_DL


def test_child_pugh_of_the_three_worked_patients() -> None:
    # cuts of the Cleveland Clinic Journal of Medicine table, which are Pugh's
    mildest = child_pugh(umol(1.5), 40, 1.2, Ascites.NONE, Encephalopathy.NONE)
    middle = child_pugh(umol(2.5), 30, 1.9, Ascites.MILD, Encephalopathy.NONE)
    worst = child_pugh(umol(4.0), 25, 2.5, Ascites.MODERATE_TO_SEVERE, Encephalopathy.GRADE_3_4)
    assert mildest == ChildPugh(5, ChildPughClass.A)
    assert middle == ChildPugh(9, ChildPughClass.B)
    assert worst == ChildPugh(15, ChildPughClass.C)


@pytest.mark.parametrize(
    ("bilirubin", "albumin", "inr", "score"),
    [
        (33.9, 35.1, 1.69, 5),
        (34.0, 35.1, 1.69, 6),
        (51.0, 35.1, 1.69, 6),
        (51.1, 35.1, 1.69, 7),
        (33.9, 35.0, 1.69, 6),
        (33.9, 28.0, 1.69, 6),
        (33.9, 27.9, 1.69, 7),
        (33.9, 35.1, 1.70, 6),
        (33.9, 35.1, 2.30, 6),
        (33.9, 35.1, 2.31, 7),
    ],
)
def test_child_pugh_cuts_fall_on_the_published_side(bilirubin: float, albumin: float, inr: float, score: int) -> None:
    assert child_pugh(bilirubin, albumin, inr, Ascites.NONE, Encephalopathy.NONE).score == score


def test_the_other_albumin_table_is_a_named_choice() -> None:
    # PMC3017746 table 1: three points below 30 g/L
    arguments = (20.0, 29.0, 1.2, Ascites.NONE, Encephalopathy.NONE)
    assert child_pugh(*arguments).score == 6
    assert child_pugh(*arguments, albumin_cut=AlbuminCut.THIRTY) == ChildPugh(7, ChildPughClass.B)


def test_an_albumin_in_the_wrong_unit_is_refused() -> None:
    with pytest.raises(OutOfDomain) as caught:
        child_pugh(20.0, 4.0, 1.2, Ascites.NONE, Encephalopathy.NONE)
    assert caught.value.field == "albumin"


def test_meld_gives_the_worked_score() -> None:
    assert meld(50, 170, 54, 2.0, dialysis=False) == pytest.approx(24.798, abs=2e-3)  # transplantr's test


def test_meld_counts_small_values_as_one_and_dialysis_as_four() -> None:
    assert meld(50, 0.9 * 88.4, umol(0.8), 1.0, dialysis=False) == pytest.approx(6.43)
    capped = meld(50, 6.0 * 88.4, umol(0.8), 1.0, dialysis=False)
    assert capped == pytest.approx(6.43 + 9.57 * 1.3862944)  # ln 4
    assert meld(50, 100.0, umol(0.8), 1.0, dialysis=True) == pytest.approx(capped)


def test_meld_is_not_for_children_under_twelve() -> None:
    with pytest.raises(OutOfDomain):
        meld(11.9, 80, 20, 1.0, dialysis=False)


def test_meld_with_sodium_gives_the_worked_score() -> None:
    base = meld(50, 2.0 * 88.4, umol(2.0), 1.8, dialysis=False)
    assert meld_na(base, 131) == pytest.approx(26.2567, abs=1e-3)  # transplantr's test: 26.257


def test_sodium_outside_the_bounds_counts_as_the_bound() -> None:
    assert meld_na(20, 120) == meld_na(20, 125) == pytest.approx(27.5)  # 20 + 15 - 0.025*20*15
    assert meld_na(20, 145) == meld_na(20, 140) == 20


def test_the_allocation_variant_differs_as_its_formula_says() -> None:
    # OPTN policy 9 of 2016: MELD + 1.32 (137 - Na) - 0.033 MELD (137 - Na), above MELD 11 only
    assert meld_na(20, 130, MeldNaVariant.OPTN_2016) == pytest.approx(20 + 1.32 * 7 - 0.033 * 20 * 7)
    assert meld_na(11, 130, MeldNaVariant.OPTN_2016) == 11
    with pytest.raises(OutOfDomain):
        meld_na(20, 13.1)


@pytest.mark.parametrize(
    ("bilirubin", "albumin", "score", "grade"),
    [(17.1, 40, -2.5862, 2), (85.5, 25, -0.8499, 3), (10, 42, -2.91, 1)],  # Johnson 2015 by hand
)
def test_albi_gives_the_worked_score_and_grade(bilirubin: float, albumin: float, score: float, grade: int) -> None:
    result = albi(bilirubin, albumin)
    assert result.score == pytest.approx(score, abs=1e-4)
    assert result.grade == grade


@pytest.mark.parametrize(
    ("albumin", "grade"),
    # at 10 umol/L the score is 0.66 - 0.085 albumin; Johnson 2015 cuts at -2.60 and -1.39
    [(38.4, 1), (38.3, 2), (24.2, 2), (24.1, 3)],
)
def test_albi_grades_change_at_the_published_cuts(albumin: float, grade: int) -> None:
    assert albi(10, albumin).grade == grade


def test_albi_refuses_albumin_in_grams_per_decilitre() -> None:
    with pytest.raises(OutOfDomain):
        albi(17.1, 4.0)


def test_the_other_albumin_table_cuts_at_30() -> None:
    def points(albumin: float) -> int:
        cut = AlbuminCut.THIRTY
        return child_pugh(20.0, albumin, 1.2, Ascites.NONE, Encephalopathy.NONE, albumin_cut=cut).score

    assert [points(29.9), points(30.0), points(35.0), points(35.1)] == [7, 6, 6, 5]


def test_the_allocation_variant_bounds_sodium_at_125_and_137() -> None:
    variant = MeldNaVariant.OPTN_2016
    assert meld_na(20, 120, variant) == meld_na(20, 125, variant) == pytest.approx(20 + 1.32 * 12 - 0.033 * 20 * 12)
    assert meld_na(20, 137, variant) == meld_na(20, 142, variant) == 20
    assert meld_na(20, 136, variant) == pytest.approx(20 + 1.32 - 0.033 * 20)
    assert meld_na(11.1, 130, variant) > 11.1


def test_limits_of_meld() -> None:
    assert meld(12.0, 80, 20, 1.0, dialysis=False) > 6
    assert meld_na(6.0, 100.0) > 6
    assert meld_na(60.0, 180.0) == 60
    for call in (
        lambda: meld(121, 80, 20, 1.0, dialysis=False),
        lambda: meld_na(5.9, 135),
        lambda: meld_na(60.1, 135),
        lambda: meld_na(20, 99),
        lambda: meld_na(20, 181),
    ):
        with pytest.raises(OutOfDomain):
            call()
