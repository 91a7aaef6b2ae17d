"""Predictions asked for again and again with the same doses and times: what does not change is laid out once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from core.clinic.regimen import Dose, Route, expand
from core.drugs.bound_model import BoundPopulationModel
from core.drugs.model import BoundModel
from core.drugs.parameter import individual
from core.engine.exponential import exp
from core.engine.modes import Modes, modes_of
from core.engine.timeline import SAME_MOMENT
from core.pk.structures import CENTRAL, Entry

Array = NDArray[np.float64]
Predictor = Callable[[Array], Array]

_LEAST_DECAY = 1e-6  # decay during an infusion; below it the difference of two exponentials has lost its digits


def level_predictor(bound: BoundModel, doses: Sequence[Dose], times: Array) -> Predictor:
    """Give a function of etas (B, n) with the values of `bound.concentrations`, (B, T) mg/L, and quicker where it can.

    One to three compartments whose parameters do not change over time superpose in closed form; any other model is
    asked itself. Source of the closed form: Bonate, Pharmacokinetic-Pharmacodynamic Modeling and Simulation (2011).
    """
    whole = partial(bound.concentrations, doses=doses, times=times)
    single = expand(doses)
    if not isinstance(bound, BoundPopulationModel) or not _closed_form(bound, single):
        return whole
    quick = _Superposed(bound, np.asarray(times, dtype=float), _grouped(bound, single))

    def predict(eta: Array) -> Array:
        found = quick.concentrations(np.atleast_2d(np.asarray(eta, dtype=float)))
        return whole(eta) if found is None else found

    return predict


def _closed_form(bound: BoundPopulationModel, doses: Sequence[Dose]) -> bool:
    model = bound.model
    constant = len(bound.spans) == 1 and model.occasions is None
    known = all(dose.route is Route.INTRAVENOUS or model.structure.oral for dose in doses)
    steady = any(dose.steady_state for dose in doses)
    return constant and known and not steady and bool(doses) and model.structure.graph.mammillary is not None


@dataclass(frozen=True, eq=False)
class _Group:
    """Doses that enter in the same way: times (K,) h and active amounts (K,) mg."""

    route: Route
    hours: float
    times: Array
    amounts: Array


def _grouped(bound: BoundPopulationModel, doses: Sequence[Dose]) -> tuple[_Group, ...]:
    by_dose = next((item for item in bound.model.parameters if item.depends_on_dose), None)
    found: dict[tuple[Route, float], list[tuple[float, float]]] = {}
    for dose in doses:
        amount = dose.milligrams * bound.model.active.get(dose.route, 1.0)
        if by_dose is not None and dose.route is not Route.INTRAVENOUS:
            amount *= by_dose.factor_of_dose(dose.milligrams)
        found.setdefault((dose.route, dose.hours), []).append((dose.time, amount))
    return tuple(_Group(*key, *np.array(items, dtype=float).T) for key, items in found.items())


@dataclass(frozen=True, eq=False)
class _Modes:
    """Central amount after one mg: sum over R modes of `share` exp(-decay t), (R, B) each."""

    decay: Array
    share: Array


class _Superposed:
    """Closed form of one bound model for fixed doses and times."""

    def __init__(self, bound: BoundPopulationModel, times: Array, groups: tuple[_Group, ...]) -> None:
        self._bound = bound
        self._times = times
        self._groups = groups
        model = bound.model
        self._structure = model.structure
        mammillary = model.structure.graph.mammillary
        assert mammillary is not None
        self._mammillary = mammillary
        self._typical = bound.spans[0].typical
        self._laid_out: dict[tuple[int, float], tuple[Array, Array]] = {}

    def concentrations(self, eta: Array) -> Array | None:
        """Concentrations (B, T) mg/L, or None where a closed form would lose digits."""
        model = self._bound.model
        values = individual(model.parameters, self._typical, model.etas, eta)
        modes, fine = modes_of(self._mammillary, self._structure.rates(values))
        if not fine.all():
            return None
        amount = np.zeros((len(self._times), len(eta)))
        for number, group in enumerate(self._groups):
            for entry in self._structure.entries(group.route, values, group.hours):
                ways = _direct(modes) if entry.state == CENTRAL else _through_depot(modes)
                added = None if ways is None else self._response(ways, number, _plainer(entry))
                if added is None:
                    return None
                amount += added
        central = amount.T / values[self._structure.volume][:, None]
        measured = model.measured
        if not measured.parameters:
            return np.asarray(central)
        return measured.concentration(central, {name: values[name][:, None] for name in measured.parameters})

    def _response(self, ways: _Modes, number: int, entry: Entry) -> Array | None:
        """Central amount (T, B) from the doses of one group that enter in this way."""
        elapsed, weights = self._elapsed(number, entry.lag)
        rate, hours = ways.decay[:, None, :], entry.duration
        shape = exp(-rate * elapsed)
        if not (isinstance(hours, float | int) and hours == 0.0):
            running = rate * hours
            if running.min() < _LEAST_DECAY:
                return None
            shape = (exp(-rate * np.maximum(elapsed - hours, 0.0)) - shape) / running
        if not isinstance(entry.lag, float | int):
            shape = np.where(elapsed > SAME_MOMENT, shape, 0.0)
        summed = (ways.share[:, None, :] * (weights @ shape)).sum(axis=0)
        return np.asarray(summed * entry.share)

    def _elapsed(self, number: int, lag: float | Array) -> tuple[Array, Array]:
        """Hours from arrival to level (P, 1 or B), and the weights (T, P) mg that sum pairs up to levels."""
        if isinstance(lag, float | int):
            key = (number, float(lag))
            if key not in self._laid_out:
                self._laid_out[key] = self._pairs(number, float(lag))
            return self._laid_out[key]
        elapsed, weights = self._elapsed(number, 0.0)
        return np.maximum(elapsed - lag, 0.0), weights

    def _pairs(self, number: int, lag: float) -> tuple[Array, Array]:
        group = self._groups[number]
        elapsed = self._times[:, None] - group.times - lag
        level, dose = np.nonzero(elapsed > SAME_MOMENT)
        spans, place = np.unique(elapsed[level, dose], return_inverse=True)
        weights = np.zeros((len(self._times), len(spans)))
        np.add.at(weights, (level, place), group.amounts[dose])
        return spans[:, None], weights


def _direct(modes: Modes) -> _Modes:
    return _Modes(modes.decay, modes.share)


def _through_depot(modes: Modes) -> _Modes | None:
    """The depot as one mode more; None where its rate lies too close to another."""
    if modes.absorption is None or not modes.apart.all():
        return None
    share = modes.share * modes.absorption / (modes.absorption - modes.decay)
    return _Modes(np.concatenate([modes.decay, modes.absorption[None]]), np.concatenate([share, -share.sum(0)[None]]))


def _plainer(entry: Entry) -> Entry:
    """Duration and delay as one number where all patients share it."""
    return replace(entry, duration=_plain(entry.duration), lag=_plain(entry.lag))


def _plain(value: float | Array) -> float | Array:
    if isinstance(value, float | int) or value.strides != (0,):
        return value
    return float(value[0])
