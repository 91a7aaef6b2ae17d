"""A subject of a NONMEM-style table run through the engine: resets, steady states, additional doses, modelled rates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.engine.graph import Graph, Solver
from core.engine.schedule import Input, Segment, Side
from core.engine.solve import simulate
from core.errors import InputError
from core.exchange.nonmem import Event, EventKind, Subject

Array = NDArray[np.float64]

_MODELLED_RATE, _MODELLED_DURATION = -1.0, -2.0


@dataclass(frozen=True)
class DoseFacts:
    """What the model says of one dose: lag (h), share that arrives, rate (mg/h) for RATE -1, duration (h) for -2."""

    lag: float = 0.0
    fraction: float = 1.0
    rate: float | None = None
    duration: float | None = None


@dataclass(frozen=True)
class TableModel:
    """A model for a table: compartments by CMT number, rates, and what it says of each dose."""

    graph: Graph
    rates: Mapping[str, float]
    states: Mapping[int, str]
    facts: Callable[[Event], DoseFacts] = lambda _: DoseFacts()


@dataclass(frozen=True)
class _Episode:
    """Doses and rows from a reset, or from a steady state that forgets the past, up to the next."""

    doses: tuple[Event, ...]
    asked: tuple[int, ...]  # positions among the subject's events


def simulate_events(model: TableModel, subject: Subject, state: str, tolerance: float = 1e-8) -> Array:
    """Amount in a compartment at every event of a subject, mg (E,).

    A row sees the dose rows of the same time that stand before it, not those after it; an additional or delayed dose
    due at the very time of a row counts for it, unless a dose row of that time follows.

    Raises:
        InputError: a compartment, modelled rate or duration the model does not give, or SS=2 in a nonlinear model.
    """
    amounts = np.zeros(len(subject.events))
    for episode in _episodes(subject.events):
        _fill(model, subject.events, episode, state, tolerance, amounts)
    return amounts


def inputs_of(model: TableModel, events: Sequence[Event]) -> list[list[Input]]:
    """Engine inputs of dose events: one list of those that share a course, one more per SS=2 dose to be superposed.

    Raises:
        InputError: as `simulate_events`.
    """
    course: list[Input] = []
    superposed: list[list[Input]] = []
    for event in events:
        given = _inputs(model, event)
        if event.steady == 2:
            if model.graph.solver is Solver.NONLINEAR:
                raise InputError(f"line {event.line}", "exchange_superposed")
            superposed.append(given)
        else:
            course += given
    return [course, *superposed] if course else superposed


def _episodes(events: Sequence[Event]) -> list[_Episode]:
    """Cut at every reset and at every SS=1 dose; what came before no longer matters."""
    episodes, doses, asked = list[_Episode](), list[Event](), list[int]()
    for place, event in enumerate(events):
        cuts = event.kind in (EventKind.RESET, EventKind.RESET_AND_DOSE) or (event.is_dose and event.steady == 1)
        if cuts:
            episodes.append(_Episode(tuple(doses), tuple(asked)))
            doses, asked = [], []
        if event.is_dose:
            doses.append(event)
        asked.append(place)
    return [*episodes, _Episode(tuple(doses), tuple(asked))]


def _fill(
    model: TableModel, events: Sequence[Event], episode: _Episode, state: str, tolerance: float, amounts: Array
) -> None:
    if not episode.asked or not episode.doses:
        return
    times = np.array([events[place].time for place in episode.asked])
    due = np.array([_dose_follows(events, place) for place in episode.asked])
    for inputs in inputs_of(model, episode.doses):
        for side, chosen in ((Side.AFTER, ~due), (Side.BEFORE, due)):
            if chosen.any():
                solution = simulate(
                    model.graph,
                    [Segment(0.0, model.rates)],
                    inputs,
                    times[chosen],
                    states=(state,),
                    side=side,
                    tolerance=tolerance,
                )
                amounts[np.array(episode.asked)[chosen]] += solution.amounts[0, :, 0]


def _dose_follows(events: Sequence[Event], place: int) -> bool:
    """Whether a dose row of the same time stands after this row."""
    for event in events[place + 1 :]:
        if event.time != events[place].time:
            return False
        if event.is_dose:
            return True
    return False


def _inputs(model: TableModel, event: Event) -> list[Input]:
    """The engine's inputs for one dose row and its additional doses."""
    try:
        state = model.states[event.compartment]
    except KeyError:
        raise InputError(f"line {event.line}", "exchange_compartment", value=event.compartment) from None
    facts = model.facts(event)
    if event.steady and event.amount == 0:
        return _constant(event, state)
    duration = _duration(event, facts)
    doses = range(event.additional + 1)
    return [
        Input(
            event.time + index * event.interval,
            event.amount,
            state,
            duration,
            facts.lag,
            facts.fraction,
            event.interval if event.steady and index == 0 else None,
        )
        for index in doses
    ]


def _duration(event: Event, facts: DoseFacts) -> float:
    """Hours of input. A given or modelled rate delivers F times the amount in F times the time; a modelled duration
    stays as it is (PREDPP).
    """
    if event.rate == _MODELLED_DURATION:
        if facts.duration is None:
            raise InputError(f"line {event.line}", "exchange_modelled_rate", value=f"{event.rate:g}")
        return facts.duration
    rate = facts.rate if event.rate == _MODELLED_RATE else event.rate
    if rate is None:
        raise InputError(f"line {event.line}", "exchange_modelled_rate", value=f"{event.rate:g}")
    return facts.fraction * event.amount / rate if rate > 0 else 0.0


def _constant(event: Event, state: str) -> list[Input]:
    """AMT 0, RATE, SS 1: an infusion that has run for ever and ends at this row."""
    every = 1.0
    return [Input(event.time - every, event.rate * every, state, every, 0.0, 1.0, every)]
