"""A meal keeps a drug in the stomach for longer: it comes later, and no less of it."""

from dataclasses import replace

import numpy as np
import pytest

from core.clinic.regimen import Route
from core.engine.schedule import Input, Segment
from core.engine.solve import simulate
from core.pbpk.compound import Compound
from core.pbpk.individual import MEAL, Individual
from core.pbpk.shelf import shipped_compounds
from core.pbpk.whole_body import build
from core.qualify.pbpk.protocols import standard_adult

FASTED = standard_adult()
FED = FASTED.after_a_meal()


def course(drug: Compound, person: Individual) -> tuple[float, float, float]:
    """Whole area (mg*h/L), mean time in the body (h) and time of the peak (h) of one dose."""
    body, times = build(drug), np.arange(0.0, 1200.0, 0.05)
    rates = [Segment(0.0, body.rates(person, {}, {}))]
    dose = [Input(0.0, 100.0, body.dose_state(Route.ORAL))]
    amounts = simulate(body.graph, rates, dose, times, states=("venous",)).amounts[0, :, 0]
    area = np.trapezoid(amounts, times)
    return float(area), float(np.trapezoid(amounts * times, times) / area), float(times[amounts.argmax()])


@pytest.mark.parametrize("name", ["fluconazole", "theophylline", "dapagliflozin"])
def test_a_meal_delays_by_the_time_it_adds_in_the_stomach(name: str) -> None:
    """In a linear system the mean times of what follows one another add up."""
    drug = shipped_compounds()[name]
    fasted, fed = course(drug, FASTED), course(drug, FED)
    assert fed[0] == pytest.approx(fasted[0], rel=1e-3)
    assert fed[1] - fasted[1] == pytest.approx(MEAL, rel=0.02)
    assert fed[2] > fasted[2]


def test_rates_that_are_those_with_a_meal_stay() -> None:
    drug = shipped_compounds()["itraconazole"]
    assert drug.absorption.with_food
    assert course(drug, FED) == course(drug, FASTED)
    told = replace(drug, absorption=replace(drug.absorption, with_food=False))
    assert course(told, FED)[1] > course(drug, FED)[1]
    assert not drug.taken_as("Solution Breakfast").absorption.with_food


def test_nobody_has_eaten_unless_it_is_said() -> None:
    assert not FASTED.meal.any()
    assert (FED.meal == MEAL).all()
