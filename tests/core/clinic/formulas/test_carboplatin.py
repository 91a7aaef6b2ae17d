import pytest

from core.clinic.formulas.carboplatin import CalvertVariant, calvert_dose
from core.errors import OutOfDomain


@pytest.mark.parametrize(("auc", "filtration", "dose"), [(5, 100, 625), (6, 60, 510)])
def test_calvert_dose_is_target_times_filtration_plus_25(auc: float, filtration: float, dose: float) -> None:
    # Calvert 1989 by hand
    assert calvert_dose(auc, filtration, estimated=False) == pytest.approx(dose)


def test_the_first_formula_of_the_paper_is_a_named_choice() -> None:
    # the R package clinPK implements this one: (5, 100) -> 700
    assert calvert_dose(5, 100, estimated=False, variant=CalvertVariant.RETROSPECTIVE) == pytest.approx(700)


def test_an_estimated_filtration_above_125_is_refused_not_capped() -> None:
    assert calvert_dose(5, 125, estimated=True) == pytest.approx(750)
    assert calvert_dose(5, 130, estimated=False) == pytest.approx(775)
    with pytest.raises(OutOfDomain) as caught:
        calvert_dose(5, 130, estimated=True)
    assert (caught.value.field, caught.value.values["high"]) == ("filtration", "125 mL/min")


@pytest.mark.parametrize(("auc", "filtration"), [(5, 32.9), (5, 137), (1.4, 80), (8.1, 80), (400, 80)])
def test_outside_the_papers_range_there_is_no_dose(auc: float, filtration: float) -> None:
    with pytest.raises(OutOfDomain):
        calvert_dose(auc, filtration, estimated=False)


def test_the_limits_themselves_are_inside() -> None:
    assert calvert_dose(1.5, 33, estimated=True) == pytest.approx(87)
    assert calvert_dose(8, 136, estimated=False) == pytest.approx(1288)
