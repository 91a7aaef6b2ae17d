"""A level that is wrong shows itself when it is left out, moved or swapped."""

import datetime as dt
from pathlib import Path

import numpy as np

from core.clinic.case import Case
from core.clinic.covariate import CovariateValue
from core.clinic.level import Level
from core.clinic.patient import Patient, Sex
from core.clinic.regimen import Dose, Route
from core.drugs.loader import load_population_model
from core.infer.map_estimate import estimate_map
from core.infer.scenarios import level_scenarios, swapped_pairs
from core.units import Quantity

MODEL = load_population_model(Path(__file__).with_name("reference_models") / "vanco_goti2018.yaml")
DOSES = (Dose(0.0, Quantity(1000.0, "mg"), Route.INTRAVENOUS, Quantity(1.0, "h"), Quantity(12.0, "h"), 4),)
CASE = Case(
    Patient("virtual", Sex.MALE, age=50.0),
    "reference_vanco",
    dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    covariates=(
        CovariateValue("weight", Quantity(70.0, "kg")),
        CovariateValue("creatinine_clearance", Quantity(100.0, "mL/min")),
        CovariateValue("dialysis", "no"),
    ),
    doses=DOSES,
)


def levels(*pairs: tuple[float, float]) -> list[Level]:
    return [Level(time, Quantity(value, "mg/L")) for time, value in pairs]


def test_without_the_only_level_the_prior_remains() -> None:
    scenarios = level_scenarios(MODEL.bind(CASE), DOSES, levels((35.5, 12.0)), 0)
    assert np.array_equal(scenarios[0].posterior.eta, np.zeros(3))


def test_a_level_drawn_earlier_than_noted_means_a_higher_clearance() -> None:
    bound = MODEL.bind(CASE)
    noted = estimate_map(bound, DOSES, levels((34.0, 15.0)))
    by_shift = {
        item.minutes: item.posterior.eta[0] for item in level_scenarios(bound, DOSES, levels((34.0, 15.0)), 0)[1:]
    }
    assert by_shift[-60.0] > noted.eta[0] > by_shift[60.0]


def test_a_shift_over_a_dose_is_another_question_and_left_out() -> None:
    minutes = [item.minutes for item in level_scenarios(MODEL.bind(CASE), DOSES, levels((35.75, 12.0)), 0)]
    assert minutes == [0.0, -60.0, -30.0]


def test_a_swapped_peak_and_trough_are_found_and_a_true_pair_is_not() -> None:
    bound = MODEL.bind(CASE)
    right, swapped = levels((25.5, 38.0), (35.5, 9.0)), levels((25.5, 9.0), (35.5, 38.0))
    assert swapped_pairs(bound, DOSES, right, estimate_map(bound, DOSES, right)) == ()
    assert swapped_pairs(bound, DOSES, swapped, estimate_map(bound, DOSES, swapped)) == ((0, 1),)
