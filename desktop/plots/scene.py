"""What the plots show, gathered from the state: curves cut at the present, levels, target, doses."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np

from core.advise.next_sample import NextSample
from core.clinic.case import Case, TargetKind
from core.clinic.level import Level
from core.clinic.regimen import DoseStatus, expand
from core.drugs.model import DrugModel
from core.errors import InputError
from core.infer.prediction import Prediction
from core.pd.library import effect_by_id
from core.units import Quantity, format_number
from desktop import texts
from desktop.language import LANGUAGE
from desktop.plots.concentration import LevelMark, TargetBand
from desktop.plots.doses import DoseMark
from desktop.plots.series import INDIVIDUAL, PRIOR, PROPOSED, Look, Series, series_of
from desktop.state import CaseState

EFFECT = "effect:"
PLASMA = "plasma"
_SHOWN_AS_CONCENTRATION = (TargetKind.TROUGH, TargetKind.PEAK, TargetKind.AVERAGE)


@dataclass(frozen=True)
class EffectOutput:
    """An effect curve at hand."""

    output: str
    unit: str

    @property
    def id(self) -> str:
        """Id of the effect model."""
        return self.output.removeprefix(EFFECT)


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything drawn, in the plot's units."""

    start: dt.datetime | None = None
    now: float | None = None
    next_level: float | None = None  # h; when the next level would be worth taking
    narrowing: float = 0.0  # share of the exposure's uncertainty it would take away
    unit: str = ""
    outputs: tuple[str, ...] = ()
    concentration: tuple[Series, ...] = ()
    effects: tuple[EffectOutput, ...] = ()
    effect_curves: dict[str, tuple[Series, ...]] = field(default_factory=dict)
    effect_marks: dict[str, tuple[LevelMark, ...]] = field(default_factory=dict)  # what was measured of them
    effect_targets: dict[str, TargetBand] = field(default_factory=dict)
    levels: tuple[LevelMark, ...] = ()
    target: TargetBand | None = None
    doses: tuple[DoseMark, ...] = ()

    @property
    def has_curves(self) -> bool:
        """Whether there is anything to draw."""
        return bool(self.concentration)

    def effect_series(self, output: str) -> tuple[Series, ...]:
        """The curves of one effect."""
        return self.effect_curves.get(output, ())

    def _grid(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return (
            np.unique(np.concatenate([one.times for one in self.concentration])) if self.concentration else np.array([])
        )

    def snap(self, time: float) -> float | None:
        """The nearest time of the curves."""
        grid = self._grid()
        return float(grid[np.argmin(np.abs(grid - time))]) if len(grid) else None

    def step(self, time: float | None, steps: int) -> float | None:
        """The time so many points further on."""
        grid = self._grid()
        if not len(grid):
            return None
        index = int(np.argmin(np.abs(grid - (time or 0.0)))) + steps
        return float(grid[min(max(index, 0), len(grid) - 1)])

    def summary(self) -> list[str]:
        """The curves in words: where each ends."""
        said = []
        for one in self.concentration:
            if len(one.times):
                end = f"{format_number(float(one.median[-1]), 3)} {texts.unit(self.unit)}"
                said.append(f"{one.label} {end}")
        return said


def scene_of(state: CaseState, shown: Collection[str], output: str) -> Scene:
    """Gather what is to be drawn.

    Args:
        state: case and results.
        shown: which of prior, individual, proposed.
        output: plasma or a tissue.
    """
    results = state.results
    case = state.case or state.last_case
    predictions = {"prior": results.prior, "individual": results.individual, "proposed": results.proposed}
    visible = {key: value for key, value in predictions.items() if value is not None and key in shown}
    if case is None or not any(visible.values()):
        return Scene()
    wanted = output if any(p.curve(output) for p in visible.values()) else PLASMA
    model = state.model
    first = next(iter(visible.values())).curve(wanted)
    assert first is not None
    effects = _effects(visible)
    return Scene(
        start=case.start,
        now=case.now,
        next_level=None if (sample := _next_sample(state)) is None else sample.best.time,
        narrowing=0.0 if sample is None else sample.best.narrowing,
        unit=first.unit,
        outputs=(PLASMA, *state.tissues_at_hand),
        concentration=_series(visible, wanted, case, LANGUAGE.wording.word("curve", "prior")),
        effects=effects,
        effect_curves={item.output: _series(visible, item.output, case, "") for item in effects},
        effect_marks={item.output: _measured(case, item) for item in effects},
        effect_targets={item.output: band for item in effects if (band := _effect_target(state, item)) is not None},
        levels=_levels(case, model, first.unit) if wanted == PLASMA else (),
        target=_target(state, model, first.unit) if wanted == PLASMA else None,
        doses=_doses(case, state, max(float(p.curves[0].times[-1]) for p in visible.values())),
    )


def _next_sample(state: CaseState) -> NextSample | None:
    """The next level, where it is worth taking."""
    sample = state.results.next_sample
    fresh = state.results.recommendation is not None and state.results.proposed is not None
    return sample if sample is not None and sample.needed and fresh else None


def _effects(visible: dict[str, Prediction]) -> tuple[EffectOutput, ...]:
    found = {
        curve.output: EffectOutput(curve.output, curve.unit)
        for prediction in visible.values()
        for curve in prediction.curves
        if curve.output.startswith(EFFECT)
    }
    return tuple(found.values())


def _series(visible: dict[str, Prediction], output: str, case: Case, prior_label: str) -> tuple[Series, ...]:
    looks: dict[str, Look] = {"prior": PRIOR, "individual": INDIVIDUAL, "proposed": PROPOSED}
    found = []
    for key, prediction in visible.items():
        curve = prediction.curve(output)
        of_effect = output.startswith(EFFECT)
        if curve is None or (key == "individual" and not case.used_levels and not of_effect):
            continue
        # Of an effect the course so far is this patient's own, even where no level was taken.
        after = case.now if key == "proposed" and not (of_effect and "individual" not in visible) else None
        before = case.now if _ends_now(key, case, visible) else None
        label = prior_label if key == "prior" else LANGUAGE.wording.word("curve", key) if prior_label else ""
        found.append(series_of(curve, label, looks[key], after=after, before=before, key=key))
    return tuple(found)


def _ends_now(key: str, case: Case, visible: dict[str, Prediction]) -> bool:
    """Beside a proposed curve the others end at the present; the population goes on where doses are planned."""
    planned = any(dose.status is DoseStatus.PLANNED for dose in case.doses)
    return "proposed" in visible and (key == "individual" or (key == "prior" and not planned))


def _levels(case: Case, model: DrugModel | None, unit: str) -> tuple[LevelMark, ...]:
    if model is None:
        return ()
    marks = []
    for level in case.levels:
        value = _in_unit(level, unit, model)
        if value is not None:
            marks.append(LevelMark(level.time, value[0], value[1], level.use, level.below_limit))
    return tuple(marks)


def _measured(case: Case, effect: EffectOutput) -> tuple[LevelMark, ...]:
    """What was measured of an effect, with one standard deviation of the error."""
    model = effect_by_id(effect.id)
    if model is None or model.observed is None:
        return ()
    spread = math.expm1(model.observed.residual)
    taken = [item for item in case.covariates if item.name == model.observed.covariate]
    return tuple(LevelMark(item.time, item.number, spread * item.number, True, False) for item in taken)


def _effect_target(state: CaseState, effect: EffectOutput) -> TargetBand | None:
    target = state.target
    if target is None or target.kind is not TargetKind.EFFECT:
        return None
    ends = [end for end in (target.low, target.high) if end is not None]
    if any(end.unit != effect.unit for end in ends):
        return None
    low, high = (None if end is None else end.value for end in (target.low, target.high))
    return TargetBand(low, high, texts.target(target))


def _in_unit(level: Level, unit: str, model: DrugModel) -> tuple[float, float] | None:
    """A level and one standard deviation of its residual error in the plot's unit."""
    mass = model.drug.molar_mass
    try:
        base = level.mg_per_l(mass)
        factor = Quantity(1.0, "mg/L").to(unit, mass)
    except InputError:
        return None
    residual = model.residual
    if residual.log_additive is not None:
        return base * factor, base * factor * math.expm1(residual.log_additive)
    return base * factor, factor * math.sqrt(float(residual.variance(np.array([base]))[0]))


def _target(state: CaseState, model: DrugModel | None, unit: str) -> TargetBand | None:
    target = state.target
    if target is None or model is None or target.kind not in _SHOWN_AS_CONCENTRATION:
        return None
    mass = model.drug.molar_mass
    try:
        low, high = (None if end is None else end.to(unit, mass) for end in (target.low, target.high))
    except InputError:
        return None
    return TargetBand(low, high, texts.target(target))


def _doses(case: Case, state: CaseState, end: float) -> tuple[DoseMark, ...]:
    marks = []
    for row in case.doses:
        kind = row.status.value
        single = [row] if row.status is DoseStatus.MISSED else expand([row])
        marks += [DoseMark(dose.time, dose.milligrams, dose.hours, kind) for dose in single]
    regimen = state.results.proposed_regimen
    if regimen is not None and state.results.proposed is not None:
        marks = [mark for mark in marks if mark.kind != DoseStatus.PLANNED]
        proposed = expand(regimen.doses(end))
        marks += [DoseMark(dose.time, dose.milligrams, dose.hours, "proposed") for dose in proposed]
    return tuple(marks)
