"""What a drug does in one patient: draws of an effect beside those of the concentrations, informed by what was measured
of it, and its course under a regimen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.clinic.case import Case
from core.clinic.covariate import CATALOGUE
from core.clinic.regimen import Dose, expand
from core.drugs.covariates import CovariateReader
from core.drugs.model import BoundModel, effect_ids
from core.errors import InputError
from core.infer.predict import curve_of
from core.infer.prediction import Curve, PredictionSource
from core.pd.library import EffectModel, effect_by_id

Array = NDArray[np.float64]

END, LOWEST, HIGHEST = range(3)  # of an effect in a span
_PROPOSALS = 12  # draws of the effect beside each draw of the concentrations, from which the measured ones are fitted
_CURVE_DRAWS = 150  # of each model; a band of an effect needs no more
_FEW_DRAWS = 25.0  # effective draws that must explain what was measured
_EXPLAINED = 0.999  # quantile of the misfit beyond which even the best draw does not
_RUN_IN = 2400.0  # h before a steady state in which the effect settles
_ACTS = {"ec50": -1.0, "slope": 1.0}  # power of the factor on a parameter by which the concentration acts otherwise
_BEHIND = 1e-6  # h before a first dose, where the course begins
_STEP = 6.0  # h between points of a course, beside those around doses
_AROUND_DOSE = (0.0, 1e-3, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 9.0, 12.0, 18.0)  # h after a dose or its infusion
_AROUND_MANY = (0.0, 2.0, 6.0)  # the same in a long row, whose effect goes with the average
_MANY = 12  # doses


@dataclass(frozen=True)
class Step:
    """Times (h) between which another drug makes each mg/L act like `factor` mg/L."""

    start: float
    until: float
    factor: float


@dataclass(frozen=True, eq=False)
class PatientEffect:
    """One effect in one patient with draws of its parameters, (B,) each."""

    effect: EffectModel
    parameters: Mapping[str, Array]
    explained: bool = True  # whether enough draws explain what was measured of it
    steps: tuple[Step, ...] = ()
    assumed: tuple[str, ...] = ()  # facts that were not entered, for which the paper's typical value stands in
    mixed: tuple[str, ...] = ()  # facts that were not entered and are drawn as often as they occur

    def of(self, rows: NDArray[np.intp] | slice) -> PatientEffect:
        """Some of the draws."""
        return replace(self, parameters={name: value[rows] for name, value in self.parameters.items()})

    def at(self, bound: BoundModel, eta: Array, rows: Sequence[Sequence[Dose]], times: Array) -> Array:
        """The effect (D, B, T) at case times (T,), ascending, under each of D rows of doses, for etas (B, n)."""
        grid = _grid(rows, np.unique(np.concatenate([times, _edges(self.steps, times)])))
        potency = np.prod([np.where(_within(step, grid), step.factor, 1.0) for step in self.steps], axis=0)
        curves = [potency * np.maximum(bound.concentrations(eta, doses, grid), 0.0) for doses in rows]
        first = min(rows[0], key=lambda dose: dose.time, default=None)
        if first is not None and first.steady_state:
            later = grid >= first.time
            average = _average(bound, eta, rows[0], first)
            curves = [np.concatenate([average, average, curve[:, later]], axis=1) for curve in curves]
            grid = np.concatenate([[first.time - _RUN_IN, first.time - _BEHIND], grid[later]])
        drawn = {name: np.tile(value, len(rows)) for name, value in self.parameters.items()}
        values = self.effect.evaluate(np.concatenate(curves), grid, drawn)
        return np.asarray(values[:, np.searchsorted(grid, times)].reshape(len(rows), len(eta), len(times)))

    def over(self, bound: BoundModel, eta: Array, rows: Sequence[Sequence[Dose]], edges: Array) -> Array:
        """End, lowest and highest value (D, B, W, 3) of the effect in each span between edges (W+1,)."""
        inner = np.unique(np.concatenate([np.arange(edges[0], edges[-1], _STEP), edges]))
        values = self.at(bound, eta, rows, inner)
        at = np.searchsorted(inner, edges)
        lowest = np.minimum.reduceat(values, at[:-1], axis=-1)[..., : len(edges) - 1]
        highest = np.maximum.reduceat(values, at[:-1], axis=-1)[..., : len(edges) - 1]
        end = values[..., at[1:]]
        return np.stack([end, np.minimum(lowest, end), np.maximum(highest, end)], axis=-1)


def effect_curves(
    case: Case,
    draws: Sequence[tuple[BoundModel, Array]],
    doses: Sequence[Dose],
    times: Array,
    source: PredictionSource,
    rng: np.random.Generator,
) -> tuple[Curve, ...]:
    """The course of the effects a drug's targets and harms are about, as curves `effect:<id>`.

    Args:
        case: the patient; what was measured of an effect informs all but the prior.
        draws: each model with its etas, in proportion to its weight.
        doses: what is given.
        times: (T,) case time, h, ascending.
        source: what the curves are predicted from.
        rng: of the draws.

    Returns:
        Curves; none where a fact is missing without which the effect cannot be told: the recommendation asks for it.
    """
    if source is PredictionSource.PRIOR:
        known = {name for name, kind in CATALOGUE.items() if kind.response}
        first = min((dose.time for dose in doses), default=np.inf)
        facts = [item for item in case.covariates if item.name not in known or item.time <= first]
        case = replace(case, covariates=tuple(facts))
    found: dict[str, list[Array]] = {}
    units: dict[str, str] = {}
    for bound, eta in draws:
        few = eta[np.linspace(0, len(eta) - 1, min(len(eta), _CURVE_DRAWS)).astype(int)]
        try:
            informed, effects = effects_in(case, bound, few, rng)
        except InputError:
            return ()
        for name, effect in effects.items():
            if not effect.effect.at_once:
                found.setdefault(name, []).append(effect.at(bound, informed, [doses], times)[0])
                units[name] = effect.effect.unit
    return tuple(
        curve_of(f"effect:{name}", source, times, np.concatenate(parts), units[name]) for name, parts in found.items()
    )


def effects_in(
    case: Case, bound: BoundModel, eta: Array, rng: np.random.Generator
) -> tuple[Array, Mapping[str, PatientEffect]]:
    """Draw the effects a drug's targets and harms are about beside draws of its concentrations.

    Where the effect was measured (an INR, a count), both are weighed by how well they explain it: importance
    resampling (Rubin 1988) of `_PROPOSALS` draws of the effect beside each of the concentrations.

    Args:
        case: the patient.
        bound: the drug's model in the patient.
        eta: draws (B, n).
        rng: of the draws.

    Returns:
        The etas (B, n), resampled where something was measured, and the effects by id.

    Raises:
        InputError: a fact without which an effect cannot be told is missing.
    """
    found: dict[str, PatientEffect] = {}
    for name in effect_ids(bound.model.targets, bound.model.harms):
        effect = effect_by_id(name)
        assert effect is not None  # the drug file was read with it
        own, seen, assumed, mixed = _in_patient(case, effect)
        unknown = PatientEffect(own, {}, steps=_steps(case, effect), assumed=assumed, mixed=mixed)
        if not len(seen):
            found[name] = replace(unknown, parameters=own.draw(len(eta), rng))
            continue
        rows, found[name] = _measured(case, bound, eta, unknown, seen, rng)
        found = {other: item if other == name else item.of(rows) for other, item in found.items()}
        eta = eta[rows]
    return eta, found


def _in_patient(case: Case, effect: EffectModel) -> tuple[EffectModel, Array, tuple[str, ...], tuple[str, ...]]:
    """The effect with this patient's facts and own baseline, times and values (M, 2) of what was measured later, the
    facts that were not entered, and those of them that are drawn.
    """
    reader = CovariateReader(case)
    facts: dict[str, float | str] = {}
    for name in effect.covariates:
        value = reader.at(name, case.now) if name in CATALOGUE or name == "sex" else None
        if isinstance(value, float | str):
            facts[name] = value
    own = effect.for_patient(facts, case.patient.ethnicity.value)
    assumed = tuple(name for name in effect.assumed(facts) if name in CATALOGUE)
    mixed = effect.drawn(facts)
    if effect.observed is None:
        return own, np.empty((0, 2)), assumed, mixed
    first = min((dose.time for dose in case.given_doses), default=np.inf)
    measured = [item for item in case.covariates if item.name == effect.observed.covariate and item.time <= case.now]
    seen = sorted((item.time, item.number) for item in measured)
    before = [value for time, value in seen if time <= first]
    if before and "baseline" in effect.variability:
        spread = {name: value for name, value in own.variability.items() if name != "baseline"}
        own = replace(own.with_baseline(before[-1]), variability=spread)
    elif "baseline" in effect.variability:
        assumed = (*assumed, effect.observed.covariate)
    return own, np.array([row for row in seen if row[0] > first]).reshape(-1, 2), assumed, mixed


def _steps(case: Case, effect: EffectModel) -> tuple[Step, ...]:
    """When other drugs change how strongly the concentration acts, by a factor on an EC50 or a slope.

    Raises:
        InputError: another parameter of the effect changes with the drug, which cannot begin during a course.
    """
    found = []
    for modifier in effect.modifiers:
        if modifier.by in CATALOGUE or modifier.by == "sex" or "yes" not in modifier.values:
            continue
        for item in (item for item in case.co_medication if item.drug == modifier.by):
            if modifier.parameter not in _ACTS:
                raise InputError("co_medication", "effect_of_drug_not_modelled", drug=item.drug)
            factor = modifier.values["yes"] ** _ACTS[modifier.parameter]
            found.append(Step(item.start, np.inf if item.until is None else item.until, factor))
    return tuple(found)


def _within(step: Step, times: Array) -> NDArray[np.bool_]:
    return (times >= step.start) & (times < step.until)


def _edges(steps: Sequence[Step], times: Array) -> Array:
    """Points just before and at each step that lies among the times, so that it is one."""
    found = [at + shift for step in steps for at in (step.start, step.until) for shift in (-_BEHIND, 0.0)]
    return np.array([at for at in found if times[0] < at < times[-1]])


def _measured(
    case: Case, bound: BoundModel, eta: Array, effect: PatientEffect, seen: Array, rng: np.random.Generator
) -> tuple[NDArray[np.intp], PatientEffect]:
    from scipy.stats import chi2

    observed = effect.effect.observed
    assert observed is not None
    count = len(eta)
    proposed = np.repeat(np.arange(count), _PROPOSALS)
    drawn = replace(effect, parameters=effect.effect.draw(len(proposed), rng))
    predicted = drawn.at(bound, eta[proposed], [case.given_doses], np.unique(seen[:, 0]))[0]
    predicted = predicted[:, np.searchsorted(np.unique(seen[:, 0]), seen[:, 0])]
    with np.errstate(divide="ignore"):
        off = (np.log(seen[:, 1]) - np.log(np.maximum(predicted, 1e-12))) / observed.residual
    log_weight = -0.5 * (off**2).sum(axis=1)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    places = (np.arange(count) + rng.random()) / count
    chosen = np.minimum(np.searchsorted(np.cumsum(weight), places), len(weight) - 1)
    chosen = rng.permutation(chosen)
    close = float((off**2).sum(axis=1).min()) <= float(chi2.ppf(_EXPLAINED, len(seen)))
    explained = close and float(1.0 / np.sum(weight**2)) >= _FEW_DRAWS
    return proposed[chosen], replace(drawn.of(chosen), explained=explained)


def _grid(rows: Sequence[Sequence[Dose]], times: Array) -> Array:
    """Times (G,) of a course: from before the first dose to the last wanted, all wanted and those around doses."""
    given = [[dose for dose in expand(doses) if dose.time <= times[-1]] for doses in rows]
    start = min([float(times[0]), *(dose.time - _BEHIND for doses in given for dose in doses)])
    close = np.array(_AROUND_DOSE if max(map(len, given)) <= _MANY else _AROUND_MANY)
    moments = sorted({moment for doses in given for dose in doses for moment in (dose.time, dose.time + dose.hours)})
    around = (np.array(moments)[:, None] + close).ravel()
    points = np.concatenate([[start], np.arange(start, float(times[-1]), _STEP), times, around])
    return np.unique(points[(points >= start) & (points <= times[-1])])


def _average(bound: BoundModel, eta: Array, doses: Sequence[Dose], first: Dose) -> Array:
    """Average concentration (B, 1) of the steady state a course begins in, which lasted long before it."""
    assert first.interval is not None
    window = bound.window(eta, doses, np.linspace(first.time, first.time + first.interval, 49))
    return np.asarray(window.area[:, -1:] / first.interval)


def effect_named(name: str, effects: Mapping[str, PatientEffect]) -> PatientEffect:
    """The effect of a name.

    Raises:
        InputError: the drug's model is not about it.
    """
    if name not in effects:
        raise InputError("target", "target_without_effect")
    return effects[name]
