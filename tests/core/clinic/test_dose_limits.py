"""Doses no ward gives block the advice, and a route the models do not know is named at its row."""

from dataclasses import replace

import pytest

from core import session
from core.advise.recommendation import Outcome
from core.clinic.case import Case
from core.clinic.case_file import load_case
from core.clinic.regimen import Route
from core.drugs.library import resources_folder
from core.errors import InputError
from core.units import Quantity


@pytest.fixture
def case() -> Case:
    return load_case(resources_folder() / "examples" / "vancomycin_falling_renal_function.case.json")


@pytest.mark.parametrize(
    ("change", "alert"),
    [
        ({"amount": Quantity(1e6, "mg")}, "dose_unusual"),
        ({"every": Quantity(0.1, "h")}, "interval_too_short"),
    ],
)
def test_a_dose_that_must_be_a_slip_blocks_the_advice(case: Case, change: dict[str, Quantity], alert: str) -> None:
    slipped = replace(case, doses=(replace(case.doses[0], **change),))
    advice = session.recommend(slipped, session.individualise(slipped))
    assert advice.outcome is Outcome.BLOCKED
    assert alert in {item.id for item in advice.alerts if item.severity == "stop"}


def test_a_route_no_model_describes_is_named_at_its_row(case: Case) -> None:
    oral = replace(case, doses=(replace(case.doses[0], route=Route.ORAL, duration=None),))
    with pytest.raises(InputError, match="route_not_modelled") as refusal:
        session.bind_models(oral)
    assert refusal.value.field == "doses[0].route"
