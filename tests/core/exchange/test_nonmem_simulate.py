"""Every kind of event record against NONMEM's concentrations; where those cannot be true, against written-out doses."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from core.engine.schedule import Input, Segment, Side
from core.engine.solve import simulate
from core.errors import InputError
from core.exchange.nonmem import Event, EventKind, Subject, read_subjects
from core.exchange.nonmem_simulate import DoseFacts, TableModel, simulate_events
from core.exchange.sheet import Sheet
from core.pk.structures import Elimination, structure_of
from tests.conftest import SHARED

RECORDS = SHARED / "data" / "individual_pk" / "nmtest_event_records.csv"
NEEDS_RECORDS = pytest.mark.skipif(not RECORDS.exists(), reason="the public event records are not at hand")

# The model NONMEM ran (nlmixr2's nmtest): CL 1.1 L/h, V 20 L, ka 1.5 1/h; lag and F act on the central compartment.
STRUCTURE = structure_of("one_compartment_oral")
PARAMETERS = {"clearance": 1.1, "volume": 20.0, "absorption_rate": 1.5}
RATES = {name: float(value) for name, value in STRUCTURE.rates(PARAMETERS).items()}  # type: ignore[arg-type]
STATES = {1: "depot", 2: "central"}
PER_LITRE = 1000.0 / 20.0


def facts(event: Event) -> DoseFacts:
    central = event.compartment == 2
    return DoseFacts(
        lag=float(event.others["lagt"]) if central else 0.0,
        fraction=float(event.others["bioav"]) if central else 1.0,
        rate=float(event.others["rat2"]),
        duration=float(event.others["dur2"]),
    )


MODEL = TableModel(STRUCTURE.graph, RATES, STATES, facts)


@cache
def subjects() -> dict[str, Subject]:
    return {subject.id: subject for subject in read_subjects(RECORDS, Sheet())}


def before_the_delayed_dose_arrives(subject: Subject, event: Event) -> bool:
    """A steady state whose lag is longer than its interval: until lag minus interval has passed, NONMEM runs the state
    back from the arrival with the infusion on, and gives negative concentrations.
    """
    return any(
        dose.steady and 0.0 <= event.time - dose.time < facts(dose).lag - dose.interval
        for dose in subject.events
        if dose.is_dose
    )


def ids() -> list[str]:
    return list(subjects()) if RECORDS.exists() else []


@NEEDS_RECORDS
@pytest.mark.parametrize("name", ids())
def test_every_kind_of_event_record_gives_the_concentration_nonmem_gives(name: str) -> None:
    subject = subjects()[name]
    mine = simulate_events(MODEL, subject, "central") * PER_LITRE
    compared = [
        place
        for place, event in enumerate(subject.events)
        if event.kind is EventKind.OBSERVATION and not before_the_delayed_dose_arrives(subject, event)
    ]
    reference = np.array([subject.events[place].value for place in compared])
    assert len(compared) >= 80
    np.testing.assert_allclose(mine[compared], reference, rtol=5.1e-5, atol=1e-6)  # printed with five digits


@NEEDS_RECORDS
def test_the_records_hold_every_case_and_few_rows_are_left_to_the_other_test() -> None:
    events = [event for subject in subjects().values() for event in subject.events]
    assert {event.kind for event in events} == {
        EventKind.OBSERVATION,
        EventKind.DOSE,
        EventKind.RESET,
        EventKind.RESET_AND_DOSE,
    }
    assert {event.steady for event in events} == {0, 1, 2}
    assert {event.rate for event in events if event.rate < 0} == {-2.0}
    assert any(event.additional for event in events)
    assert any(event.amount == 0 and event.steady == 1 for event in events if event.is_dose)
    left = [
        event
        for subject in subjects().values()
        for event in subject.events
        if event.kind is EventKind.OBSERVATION and before_the_delayed_dose_arrives(subject, event)
    ]
    assert len(left) == 260
    assert min(event.value for event in left if event.value is not None) < -90_000.0  # what cannot be true


@NEEDS_RECORDS
@pytest.mark.parametrize("name", ["409", "410", "415", "610", "809", "1009"])
def test_a_lag_longer_than_the_interval_is_what_doses_since_long_ago_give(name: str) -> None:
    subject = subjects()[name]
    dose = next(event for event in subject.events if event.is_dose)
    said = facts(dose)
    hours = said.fraction * dose.amount / dose.rate if dose.rate else 0.0
    inputs = [
        Input(dose.time + number * dose.interval, dose.amount, "central", hours, said.lag, said.fraction)
        for number in range(-60, dose.additional + 1)
    ]
    times = np.array([event.time for event in subject.events])
    solution = simulate(MODEL.graph, [Segment(0.0, RATES)], inputs, times, states=("central",), side=Side.AFTER)
    np.testing.assert_allclose(simulate_events(MODEL, subject, "central"), solution.amounts[0, :, 0], rtol=1e-9)


def event(time: float, kind: EventKind = EventKind.OBSERVATION, **more: float) -> Event:
    return Event(1, time, kind, **more)  # type: ignore[arg-type]


PLAIN = TableModel(STRUCTURE.graph, RATES, STATES)


def test_a_row_sees_the_doses_above_it_and_not_those_below() -> None:
    subject = Subject(
        "1",
        (
            event(0.0),
            event(0.0, EventKind.DOSE, amount=10.0, compartment=2),
            event(0.0),
            event(5.0, EventKind.RESET),
            event(5.0),
        ),
    )
    amounts = simulate_events(PLAIN, subject, "central")
    assert amounts.tolist() == [0.0, 10.0, 10.0, 0.0, 0.0]


def test_a_modelled_rate_stretches_the_infusion_by_what_arrives() -> None:
    """RATE -1: 100 mg of which half arrives, at 10 mg/h, run for 5 h: R/k (1 - exp(-k t))."""
    model = TableModel(STRUCTURE.graph, RATES, STATES, lambda _: DoseFacts(fraction=0.5, rate=10.0))
    dose = event(0.0, EventKind.DOSE, amount=100.0, rate=-1.0, compartment=2)
    amounts = simulate_events(model, Subject("1", (dose, event(5.0), event(7.0))), "central")
    k = 1.1 / 20.0
    at_end = 10.0 / k * (1.0 - np.exp(-5.0 * k))
    np.testing.assert_allclose(amounts[1:], [at_end, at_end * np.exp(-2.0 * k)], rtol=1e-12)


@pytest.mark.parametrize(
    ("dose", "reason"),
    [
        ({"amount": 1.0, "compartment": 7}, "exchange_compartment"),
        ({"amount": 1.0, "rate": -2.0, "compartment": 2}, "exchange_modelled_rate"),
        ({"amount": 1.0, "rate": -1.0, "compartment": 2}, "exchange_modelled_rate"),
    ],
)
def test_what_the_model_does_not_give_is_refused_with_the_line(dose: dict[str, float], reason: str) -> None:
    with pytest.raises(InputError) as refused:
        simulate_events(PLAIN, Subject("1", (event(0.0, EventKind.DOSE, **dose), event(1.0))), "central")
    assert (refused.value.field, refused.value.reason) == ("line 1", reason)


def test_steady_states_are_not_added_up_in_a_model_that_does_not_superpose() -> None:
    saturable = structure_of("one_compartment_oral", None, Elimination.SATURABLE)
    rates = {"absorption": 1.0, "volume": 20.0, "vmax": 10.0, "km": 1.0}
    model = TableModel(saturable.graph, rates, STATES)
    dose = event(0.0, EventKind.DOSE, amount=1.0, steady=2, interval=12.0, compartment=2)
    with pytest.raises(InputError, match="exchange_superposed"):
        simulate_events(model, Subject("1", (dose, event(1.0))), "central")


def test_the_reader_keeps_what_the_simulation_needs(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text("id,time,amt,evid,cmt,dv,lagt\n1,0,10,1,2,.,3\n1,1,.,0,2,5.5,3\n", "utf-8")
    (subject,) = read_subjects(file, Sheet())
    assert subject.events[0].others == {"lagt": "3"}
    assert subject.events[1].value == 5.5
