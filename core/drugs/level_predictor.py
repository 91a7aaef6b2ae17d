"""Predictions asked for again and again with the same doses and times: what does not change is laid out once."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from core.clinic.regimen import Dose, Route, expand
from core.drugs.bound_model import BoundPopulationModel
from core.drugs.model import BoundModel
from core.drugs.parameter import individual
from core.engine.exponential import remaining
from core.engine.graph import Mammillary
from core.engine.modes import CLOSE, decay_rates
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
    """Doses by one route, all boluses or all infusions: times (K,) h, active amounts (K,) mg, infusion times (K,) h."""

    route: Route
    infused: bool
    times: Array
    amounts: Array
    hours: Array


def _grouped(bound: BoundPopulationModel, doses: Sequence[Dose]) -> tuple[_Group, ...]:
    by_dose = next((item for item in bound.model.parameters if item.depends_on_dose), None)
    found: dict[tuple[Route, bool], list[tuple[float, float, float]]] = {}
    for dose in doses:
        amount = dose.milligrams * bound.model.active.get(dose.route, 1.0)
        if by_dose is not None and dose.route is not Route.INTRAVENOUS:
            amount *= by_dose.factor_of_dose(dose.milligrams)
        found.setdefault((dose.route, dose.hours > 0.0), []).append((dose.time, amount, dose.hours))
    return tuple(_Group(*key, *np.array(items, dtype=float).T) for key, items in found.items())


@dataclass(frozen=True, eq=False)
class _Way:
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
        self._laid_out: dict[tuple[int, float, float], tuple[Array, Array, float]] = {}

    def concentrations(self, eta: Array) -> Array | None:
        """Concentrations (B, T) mg/L, or None where a closed form would lose digits."""
        model = self._bound.model
        values = individual(model.parameters, self._typical, model.etas, eta)
        rates = self._structure.rates(values)
        direct = _direct(self._mammillary, rates)
        ways = {CENTRAL: direct}
        amount: Array | float = 0.0
        for number, group in enumerate(self._groups):
            for entry in self._structure.entries(group.route, values, float(group.hours[0])):
                if entry.state not in ways:
                    ways[entry.state] = None if direct is None else _through_depot(direct, rates["absorption"])
                way = ways[entry.state]
                added = None if way is None else self._response(way, number, entry)
                if added is None:
                    return None
                amount = amount + added
        central = np.asarray(amount).T / values[self._structure.volume][:, None]
        measured = model.measured
        if not measured.parameters:
            return np.asarray(central)
        return measured.concentration(central, {name: values[name][:, None] for name in measured.parameters})

    def _response(self, way: _Way, number: int, entry: Entry) -> Array | None:
        """Central amount (T, B) from the doses of one group that enter in this way."""
        group, lag, hours = self._groups[number], _plain(entry.lag), _plain(entry.duration)
        if isinstance(lag, float) and isinstance(hours, float):
            own = group.hours if group.infused else np.full(len(group.times), hours)
            spans, weights, shortest = self._spans(number, lag, own)
            left = weights @ remaining(way.decay[:, None, :], spans)
            instant = shortest == 0.0
        else:
            spans, weights, _ = self._spans(number, 0.0, np.zeros(len(group.times)))
            instant, shortest = isinstance(hours, float), np.asarray(hours).min()
            left = weights @ _own(way.decay[:, None, :], spans - lag, hours)
            left = left if instant else left / hours
        if instant:
            return np.asarray((way.share[:, None, :] * left).sum(axis=0) * entry.share)
        if way.decay.min() * shortest < _LEAST_DECAY:
            return None
        return np.asarray(((way.share / way.decay)[:, None, :] * left).sum(axis=0) * entry.share)

    def _spans(self, number: int, lag: float, hours: Array) -> tuple[Array, Array, float]:
        """Distinct hours from arrivals (and ends of infusions) to levels (P, 1), and what sums them up.

        That is weights (T, P), mg, or mg/h for infusions; last the shortest infusion, h.
        """
        key = (number, lag, float(hours[0]))
        if key not in self._laid_out:
            group = self._groups[number]
            elapsed = self._times[:, None] - group.times - lag
            level, dose = np.nonzero(elapsed > SAME_MOMENT)
            since, amounts, shortest = elapsed[level, dose], group.amounts[dose], float(hours.min())
            if shortest > 0.0:
                since = np.concatenate([since, np.maximum(since - hours[dose], 0.0)])
                amounts = amounts / hours[dose]
                level, amounts = np.tile(level, 2), np.concatenate([-amounts, amounts])
            spans, place = np.unique(since, return_inverse=True)
            weights = np.zeros((len(self._times), len(spans)))
            np.add.at(weights, (level, place), amounts)
            self._laid_out[key] = spans[:, None], weights, shortest
        return self._laid_out[key]


def _own(decay: Array, elapsed: Array, hours: float | Array) -> Array:
    """What is left of a mode (R, P, B) where each patient has a delay or a duration of his own."""
    since = np.maximum(elapsed, 0.0)
    if isinstance(hours, float) and hours == 0.0:
        return np.where(elapsed > SAME_MOMENT, remaining(decay, since), 0.0)
    return np.asarray(remaining(decay, np.maximum(elapsed - hours, 0.0)) - remaining(decay, since))


def _direct(structure: Mammillary, rates: Mapping[str, Array]) -> _Way | None:
    """Modes of what enters the central compartment; None where two lie too close."""
    decay, _, back, _ = decay_rates(structure, dict(rates))
    if len(decay) == 1:
        return _Way(decay, np.ones_like(decay))
    for fast, slow in itertools.combinations(decay, 2):
        if (np.abs(fast - slow) <= CLOSE * fast).any():
            return None
    if len(decay) == 2:
        first = (back[0] - decay[0]) / (decay[1] - decay[0])
        return _Way(decay, np.stack([first, 1.0 - first]))
    share = np.ones_like(decay)
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        share[i] = (back[0] - decay[i]) * (back[1] - decay[i]) / ((decay[j] - decay[i]) * (decay[k] - decay[i]))
    return _Way(decay, share)


def _through_depot(direct: _Way, absorption: Array) -> _Way | None:
    """The depot as one mode more; None where its rate lies too close to another."""
    gap = absorption - direct.decay
    if (np.abs(gap) <= CLOSE * direct.decay).any():
        return None
    share = direct.share * absorption / gap
    return _Way(np.concatenate([direct.decay, absorption[None]]), np.concatenate([share, -share.sum(axis=0)[None]]))


def _plain(value: float | Array) -> float | Array:
    """One number where all patients share it."""
    if isinstance(value, float | int):
        return float(value)
    return float(value[0]) if value.strides == (0,) else value
