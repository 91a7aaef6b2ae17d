"""The dose the mechanistic models think best for one patient, fast enough for thousands of them.

The utility is that of `core.advise.evaluate`: the share of the judged time in the target less the harm a regimen adds.
Only what superposes is handled (linear models; targets and harms on area, average or trough), so one simulation of the
doses given and one of a unit dose serve every amount.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.advise.candidates import WAITS
from core.advise.recommendation import Regimen
from core.advise.spans import Spans, spans
from core.advise.target_metric import target_ends, target_metric
from core.clinic.case import Case, Target, TargetKind
from core.clinic.regimen import Route
from core.drugs.model import BoundModel, DrugModel, Harm, Window
from core.errors import InputError
from core.infer.likelihood import observations, on_error_scale

Array = NDArray[np.float64]

_ENOUGH = 32.0  # effective points below which a patient is weighed again with more of them
_MORE = 8
_NOTHING = math.exp(-7)  # a share of a reference below which nothing is told apart
NEAR_BEST = 0.02  # utilities closer than this count as one, as in `core.advise.recommend`
_SUPERPOSED_KINDS = (TargetKind.AUC24, TargetKind.AUC24_MIC, TargetKind.AVERAGE, TargetKind.TROUGH)
_SUPERPOSED_METRICS = ("auc24", "average", "trough")


@dataclass(frozen=True, eq=False)
class Belief:
    """What is thought possible for one patient under one model: etas (n, n_eta) and their weights (n,).

    The weights of all models of a patient add up to one.
    """

    bound: BoundModel
    eta: Array
    weight: Array


@functools.cache
def normal_points(count: int, dimensions: int, seed: int) -> Array:
    """Scrambled Sobol points as independent standard normal numbers, (count, dimensions); count a power of two."""
    from scipy.stats import norm, qmc

    sobol = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(seed))
    return np.asarray(norm.ppf(np.clip(sobol.random(count), 1e-12, 1 - 1e-12)))


def spread_etas(model: DrugModel, count: int, seed: int) -> Array:
    """Etas (count, n) spread evenly over the prior: the same points for every patient, so that patients compare.

    Args:
        model: whose between-subject distribution.
        count: a power of two.
        seed: of the scrambling (Owen 1998, doi:10.1006/jcom.1998.0487).
    """
    if not model.etas:
        return np.zeros((count, 0))
    root = np.linalg.cholesky(model.omega)
    return np.asarray(normal_points(count, len(model.etas), seed) @ root.T)


def believe(bounds: Sequence[BoundModel], case: Case, count: int, seed: int) -> tuple[Belief, ...]:
    """Weigh points of each model's prior by how well they explain the levels used (importance sampling).

    Before any level all points weigh the same; models start equal, as in `core.infer.averaging`.

    Args:
        bounds: the models that hold the patient.
        case: doses given and levels.
        count: points per model, a power of two.
        seed: of the points.
    """
    etas = [spread_etas(bound.model, count, seed) for bound in bounds]
    if not case.used_levels:
        scores = np.zeros((len(bounds), count))
    else:
        scores = np.stack([_log_likelihood(bound, case, eta) for bound, eta in zip(bounds, etas, strict=True)])
    weights = np.exp(scores - scores.max())
    weights /= weights.sum()
    return tuple(Belief(bound, eta, weight) for bound, eta, weight in zip(bounds, etas, weights, strict=True))


def believe_well(bounds: Sequence[BoundModel], case: Case, count: int, seed: int) -> tuple[Belief, ...]:
    """`believe`, with more points where the levels leave weight to few of them."""
    beliefs = believe(bounds, case, count, seed)
    return beliefs if effective_size(beliefs) >= _ENOUGH else believe(bounds, case, count * _MORE, seed)


def with_truth(beliefs: Sequence[Belief], truth: Belief) -> tuple[tuple[Belief, ...], Array]:
    """Add a virtual patient's true etas without weight, so that one simulation serves both.

    Returns:
        The beliefs, and weights over all their points together that know the truth alone.
    """
    extended = [
        Belief(item.bound, np.concatenate([item.eta, truth.eta]), np.append(item.weight, 0.0))
        if item.bound is truth.bound
        else item
        for item in beliefs
    ]
    known = [
        np.append(np.zeros(len(item.weight) - 1), 1.0) if item.bound is truth.bound else np.zeros(len(item.weight))
        for item in extended
    ]
    return tuple(extended), np.concatenate(known)


def effective_size(beliefs: Sequence[Belief]) -> float:
    """How many equally weighted points the weights are worth (Kong 1992): 1 over the sum of squares."""
    return float(1.0 / sum((belief.weight**2).sum() for belief in beliefs))


def _log_likelihood(bound: BoundModel, case: Case, eta: Array) -> Array:
    seen = observations(case.used_levels, bound.model.drug.molar_mass)
    predicted = bound.concentrations(eta, case.given_doses, seen.times)
    compared, observed, variance = on_error_scale(bound.model.residual, predicted, seen.values)
    return np.asarray(-0.5 * (np.log(variance) + (observed - compared) ** 2 / variance).sum(axis=1))


@dataclass(frozen=True)
class Course:
    """How often, by which route and over how long doses are given, h."""

    every: float
    route: Route
    duration: float = 0.0
    wait: float = 0.0  # from the next decision to the first dose


@dataclass(frozen=True, eq=False)
class _Response:
    """Target metric and each harm's metric, (1 + harms, n, W), after the doses given and per mg of a repeated dose.

    `share` (W,) is the part of the judged time each of the W spans takes.
    """

    history: Array
    per_mg: Array
    share: Array

    def reached(self, metric: int, limit: float, amounts: Array, share: Array, *, beyond: bool = False) -> Array:
        """Share (n, W) of points and time at which a metric is at or, `beyond`, above a limit, for amounts (D,), (D,).

        What superposes passes the limit at one amount only, so sorting those amounts answers every dose at once.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            passes = ((limit - self.history[metric]) / self.per_mg[metric]).ravel()
        order = np.argsort(passes)
        gained = np.concatenate([[0.0], np.cumsum(share.ravel()[order])])
        return np.asarray(gained[np.searchsorted(passes[order], amounts, side="left" if beyond else "right")])

    def log_moments(self, metric: int, amounts: Array, weight: Array, reference: float) -> tuple[Array, Array, Array]:
        """Weighted mean, standard deviation and skewness of ln(metric / reference), each (D, W), for amounts (D,).

        What is far below the reference counts as e^-7 of it: its exact size changes nothing.
        """
        value = self.history[metric] + self.per_mg[metric] * amounts[:, None, None]  # (D, n, W)
        logs = np.log(np.maximum(value / reference, _NOTHING))
        mean = np.einsum("n,dnw->dw", weight, logs)
        away = logs - mean[:, None, :]
        spread = np.sqrt(np.einsum("n,dnw->dw", weight, away**2))
        third = np.einsum("n,dnw->dw", weight, away**3)
        return mean, spread, third / np.maximum(spread, _NOTHING) ** 3


class Judge:
    """Judges regimens of one patient under weighted beliefs."""

    def __init__(self, case: Case, beliefs: Sequence[Belief], target: Target, harms: Sequence[Harm]) -> None:
        _check_superposes(beliefs, target, harms)
        self._case = case
        self._beliefs = beliefs
        self._target = target
        self._ends = target_ends(target)
        self._harms = [harm for harm in harms if harm.below is not None and harm.above is not None]
        self._weight = np.concatenate([belief.weight for belief in beliefs])
        self._responses: dict[Course, _Response] = {}

    def utilities(self, form: Course, amounts: Array, weight: Array | None = None) -> Array:
        """Utility of each amount (D,) mg, (D,).

        Args:
            form: interval, route and infusion time.
            amounts: (D,) mg.
            weight: over all points of all models, in place of the beliefs' own.
        """
        response = self._response(form)
        belief = self._weight if weight is None else weight
        share = np.outer(belief, response.share)
        low, high = self._ends
        utility = response.reached(0, low, amounts, share) - response.reached(0, high, amounts, share, beyond=True)
        for place, harm in enumerate(self._harms, 1):
            exceeded = response.reached(place, harm.limit, amounts, share, beyond=True)
            utility = utility - np.maximum(0.0, harm.gap * exceeded)
        return utility

    def outlook(self, form: Course, amounts: Array) -> Array:
        """What is expected of each amount (D,) mg, without counting points: (D, 6), see `core.learn.outlook`."""
        response, (low, high) = self._response(form), self._ends
        reference = math.exp(np.mean([math.log(end) for end in (low, high) if 0.0 < end < math.inf]))
        mean, spread, skew = response.log_moments(0, amounts, self._weight, reference)
        within = _below(high / reference, mean, spread) - _below(low / reference, mean, spread)
        harmed = np.zeros(len(amounts))
        for place, harm in enumerate(self._harms, 1):
            moments = response.log_moments(place, amounts, self._weight, harm.limit)
            harmed += np.maximum(0.0, harm.gap * (1.0 - _below(1.0, *moments[:2])) @ response.share)
        reached = within @ response.share
        return np.stack(
            [reached - harmed, reached, mean @ response.share, mean[:, -1], spread[:, -1], skew[:, -1]], axis=1
        )

    def waits(self) -> tuple[float, ...]:
        """How long the first dose may be put off: while the doses given cover the coming day, as in `core.advise`."""
        if self._target.kind not in (TargetKind.AUC24, TargetKind.AUC24_MIC) or not self._case.given_doses:
            return WAITS[:1]
        day = self._case.now + np.array([0.0, 24.0])
        areas = np.concatenate(
            [item.bound.window(item.eta, self._case.given_doses, day).area[:, -1] for item in self._beliefs]
        )
        order = np.argsort(areas)
        median = areas[order][np.searchsorted(np.cumsum(self._weight[order]), 0.5)]
        return WAITS if median >= self._ends[0] else WAITS[:1]

    def best_wait(self, form: Course, grid: Array) -> Course:
        """The course with the shortest wait whose best dose of the grid (D,) is as good as that of any other wait."""
        courses = [replace(form, wait=wait) for wait in self.waits()]
        if len(courses) == 1:
            return courses[0]
        highest = [float(self.utilities(course, grid * course.every / 24.0).max()) for course in courses]
        return next(course for course, value in zip(courses, highest, strict=True) if value >= max(highest) - NEAR_BEST)

    def best_daily(self, form: Course, grid: Array, weight: Array | None = None) -> float:
        """Daily dose, mg: the geometric middle of the near-best doses around the best of the grid (D,), ascending."""
        utility = self.utilities(form, grid * form.every / 24.0, weight)
        near = utility >= utility.max() - NEAR_BEST
        best = int(np.argmax(utility))
        low, high = best, best
        while low > 0 and near[low - 1]:
            low -= 1
        while high < len(grid) - 1 and near[high + 1]:
            high += 1
        return float(np.sqrt(grid[low] * grid[high]))

    def _response(self, form: Course) -> _Response:
        if form not in self._responses:
            unit = Regimen(1.0, form.every, form.route, form.duration, self._case.now + form.wait)
            edges = spans(unit, self._case.now, self._beliefs[0].bound.model.judged_after).edges
            cut = Spans(edges, edges)  # what superposes needs the edges only
            parts = [self._of(belief, unit, cut) for belief in self._beliefs]
            history, per_mg = (np.concatenate(side, axis=1) for side in zip(*parts, strict=True))
            hours = np.diff(edges)
            self._responses[form] = _Response(history, per_mg, hours / hours.sum())
        return self._responses[form]

    def _of(self, belief: Belief, unit: Regimen, cut: Spans) -> tuple[Array, Array]:
        bound, eta = belief.bound, belief.eta
        added = self._metrics(bound.window(eta, unit.doses(float(cut.times[-1])), cut.times), cut)
        if not self._case.given_doses:
            return np.zeros_like(added), added
        return self._metrics(bound.window(eta, self._case.given_doses, cut.times), cut), added

    def _metrics(self, window: Window, cut: Spans) -> Array:
        mic = self._case.covariate("mic", self._case.now) if self._target.kind is TargetKind.AUC24_MIC else None
        limit = None if mic is None else mic.number
        judged = cut.judge(window)
        own = target_metric(self._target.kind, judged, () if limit is None else (limit,))
        return np.stack([own, *(np.asarray(getattr(judged, harm.metric)) for harm in self._harms)])


def _below(limit: float, mean: Array, spread: Array) -> Array:
    """Chance that a lognormal quantity, relative to its reference, lies below a limit, same shape as `mean`."""
    from scipy.special import ndtr

    if limit <= 0:
        return np.zeros_like(mean)
    return np.asarray(ndtr((math.log(limit) - mean) / np.maximum(spread, _NOTHING)))


def _check_superposes(beliefs: Sequence[Belief], target: Target, harms: Sequence[Harm]) -> None:
    linear = all(belief.bound.model.linear for belief in beliefs)
    metrics = {harm.metric for harm in harms if harm.below is not None}
    if not linear or target.kind not in _SUPERPOSED_KINDS or not metrics <= set(_SUPERPOSED_METRICS):
        raise InputError("recipe.drug", "recipe_needs_superposition")
