from dataclasses import replace

import numpy as np
import pytest

from core import session
from core.clinic.case_file import load_case
from core.clinic.level import CoMedication
from core.drugs.library import resources_folder
from core.errors import InputError
from core.learn.features import feature_kind, feature_row, see

CASE = replace(
    load_case(resources_folder() / "examples/vancomycin_falling_renal_function.case.json"),
    models=("vancomycin.goti2018", "vancomycin.thomson2009"),
)


def one(name: str, case: object = CASE) -> float:
    return float(feature_row([name], see(case, session.bind_models(case)))[0])  # type: ignore[arg-type]


def test_covariates_are_those_in_force_at_the_decision() -> None:
    # creatinine 210 umol/L from 48 h on: (140 - 72) * 78 / (210 / 88.4 * 72) = 31 mL/min (Cockcroft and Gault 1976)
    assert one("creatinine_clearance") == pytest.approx(31.0, abs=0.1)
    assert one("female") == 0.0


def test_levels_are_seen_beside_what_the_typical_patient_would_have() -> None:
    typical = np.mean(
        [
            np.log(bound.concentrations(np.zeros((1, len(bound.model.etas))), CASE.given_doses, np.array([59.5]))[0, 0])
            for bound in session.bind_models(CASE)
        ]
    )
    assert one("levels_known") == 2.0
    assert one("last_log_ratio") == pytest.approx(np.log(24.6) - typical, abs=1e-5)
    assert one("last_since_dose") == pytest.approx(11.5)
    assert one("earlier_since_dose") == pytest.approx(11.5)


def test_a_level_put_aside_is_not_seen() -> None:
    case = replace(CASE, levels=(replace(CASE.levels[0], use=False, reason="haemolysed"), CASE.levels[1]))
    assert one("levels_known", case) == 1.0
    assert one("earlier_log_ratio", case) == 0.0


def test_doses_given_count_per_day() -> None:
    assert one("given_daily") == 2000.0
    assert one("hours_treated") == 60.0
    assert one("given_daily", replace(CASE, doses=(), levels=())) == 0.0


def test_another_drug_counts_for_the_time_it_is_taken_ahead() -> None:
    ahead = session.bind_models(CASE)[0].model.judged_after
    half = replace(CASE, co_medication=(CoMedication("rifampicin", 0.0, CASE.now + ahead / 2),))
    assert one("taking_rifampicin", half) == pytest.approx(0.5)
    assert one("taking_rifampicin") == 0.0


def test_every_number_is_of_single_precision() -> None:
    row = feature_row(["creatinine_clearance", "last_log_ratio"], see(CASE, session.bind_models(CASE)))
    assert np.array_equal(row, row.astype(np.float32).astype(float))


def test_a_limit_in_place_of_a_level_is_refused() -> None:
    case = replace(CASE, levels=(CASE.levels[0], replace(CASE.levels[1], below_limit=True)))
    with pytest.raises(InputError) as refusal:
        one("age", case)
    assert refusal.value.reason == "predictor_level_below_limit"


def test_a_covariate_that_is_missing_is_named() -> None:
    sight = see(CASE, session.bind_models(CASE))
    bare = replace(sight, case=replace(CASE, covariates=()))
    with pytest.raises(InputError) as refusal:
        feature_row(["height"], bare)
    assert refusal.value.values == {"covariate": "height"}


def test_an_unknown_feature_is_refused() -> None:
    with pytest.raises(InputError) as refusal:
        feature_kind("shoe_size")
    assert refusal.value.reason == "predictor_feature_unknown"
