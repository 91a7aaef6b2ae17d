import pytest

from core.clinic.formulas.correction import (
    CalciumSlope,
    corrected_calcium,
    corrected_phenytoin,
    corrected_phenytoin_unrounded,
)
from core.errors import InputError, OutOfDomain

MG_DL_PER_MMOL_L = 4.0078  # calcium, 40.078 g/mol


def test_calcium_rises_by_a_fiftieth_per_gram_of_missing_albumin() -> None:
    assert corrected_calcium(1.83, 26) == pytest.approx(2.11)  # worked example of theguidewire.net
    assert corrected_calcium(2.25, 40) == pytest.approx(2.25)
    # the rule in mg/dL: 8.0 at 2.5 g/dL gives 9.2; the two roundings differ by less than 0.01 mg/dL
    assert corrected_calcium(8.0 / MG_DL_PER_MMOL_L, 25) * MG_DL_PER_MMOL_L == pytest.approx(9.2, abs=0.01)


def test_paynes_own_slope_is_a_named_choice() -> None:
    # Payne 1973, abstract: calcium - albumin + 4.0 in mg and g per 100 ml; 8.0 - 2.5 + 4.0 = 9.5
    payne = corrected_calcium(8.0 / MG_DL_PER_MMOL_L, 25, CalciumSlope.PAYNE_1973)
    assert payne * MG_DL_PER_MMOL_L == pytest.approx(9.5, abs=1e-3)


def test_calcium_in_the_wrong_unit_is_refused() -> None:
    with pytest.raises(OutOfDomain) as caught:
        corrected_calcium(8.0, 25)
    assert caught.value.field == "calcium"


def test_phenytoin_is_corrected_as_worked() -> None:
    # Sheiner & Tozer by hand
    assert corrected_phenytoin(8, 25, renal_failure=False, valproate=False) == pytest.approx(13.3333, abs=1e-4)
    assert corrected_phenytoin(8, 25, renal_failure=True, valproate=False) == pytest.approx(22.8571, abs=1e-4)
    assert corrected_phenytoin_unrounded(10, 44, valproate=False) == pytest.approx(10.0)


def test_phenytoin_beside_valproate_is_refused() -> None:
    for call in (
        lambda: corrected_phenytoin(8, 25, renal_failure=False, valproate=True),
        lambda: corrected_phenytoin_unrounded(8, 25, valproate=True),
    ):
        with pytest.raises(InputError) as caught:
            call()
        assert caught.value.reason == "phenytoin_displaced_by_valproate"


def test_phenytoin_refuses_albumin_in_grams_per_decilitre() -> None:
    with pytest.raises(OutOfDomain):
        corrected_phenytoin(8, 2.5, renal_failure=False, valproate=False)


def test_limits_of_the_measured_totals() -> None:
    for calcium in (0.49, 6.1):
        with pytest.raises(OutOfDomain):
            corrected_calcium(calcium, 40)
    for total in (-0.01, 201.0):
        with pytest.raises(OutOfDomain):
            corrected_phenytoin(total, 40, renal_failure=False, valproate=False)
    assert corrected_calcium(0.5, 40) == pytest.approx(0.5)
    assert corrected_phenytoin(0.0, 40, renal_failure=False, valproate=False) == 0.0
