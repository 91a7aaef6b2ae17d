"""What a target is about: the exposure or effect that is compared with its ends, and the ends in the same unit."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.advise.effect_course import END
from core.advise.spans import Judged
from core.clinic.case import MIC_KINDS, Case, Target, TargetKind
from core.clinic.mic import MicDistribution
from core.errors import InputError
from core.units import Quantity

Array = NDArray[np.float64]

CURVE_KINDS = (TargetKind.PEAK, TargetKind.PEAK_MIC, TargetKind.TIME_ABOVE_MIC)


def target_metric(kind: TargetKind, judged: Judged, mics: Sequence[float] = (), place: int = 0) -> Array:
    """What a target is about, (..., B, W): mg/L, mg*h/L, h for AUC24/MIC, % for time above it, an effect's unit.

    Args:
        kind: of the target.
        judged: the exposure; its times above a MIC are those above `mics`.
        mics: mg/L, for a target by the MIC.
        place: which of them counts.
    """
    match kind:
        case TargetKind.AUC24:
            return judged.auc24
        case TargetKind.AUC24_MIC:
            return judged.auc24 / mics[place]
        case TargetKind.PEAK_MIC:
            return judged.peak / mics[place]
        case TargetKind.TIME_ABOVE_MIC:
            return np.asarray(judged.above[..., place])
        case TargetKind.TROUGH:
            return judged.trough
        case TargetKind.PEAK:
            return judged.peak
        case TargetKind.AVERAGE:
            return judged.average
        case TargetKind.EFFECT:  # the target's own effect is the first
            return np.asarray(next(iter(judged.effects.values()))[..., END])


_UNITS = {
    TargetKind.AUC24: "mg*h/L",
    TargetKind.AUC24_MIC: "h",
    TargetKind.TIME_ABOVE_MIC: "%",
    TargetKind.PEAK_MIC: "1",
}


def target_ends(target: Target, molar_mass: float | None = None) -> tuple[float, float]:
    """Ends of a target in the unit of its metric; an open end is infinite.

    Args:
        target: the target.
        molar_mass: g/mol, to read a target in nmol/L.
    """
    unit = _UNITS.get(target.kind, "mg/L")
    if target.kind is TargetKind.EFFECT:
        unit = next(end.unit for end in (target.low, target.high) if end is not None)
    low = -math.inf if target.low is None else _in_unit(target.low, unit, molar_mass)
    high = math.inf if target.high is None else _in_unit(target.high, unit, molar_mass)
    if not low < high:
        raise InputError("target.low", "target_ends_swapped", low=str(target.low), high=str(target.high))
    return low, high


def _in_unit(end: Quantity, unit: str, molar_mass: float | None) -> float:
    """An end of a target; AUC/MIC is commonly written without its unit, the hour."""
    return end.value if (end.unit, unit) == ("1", "h") else end.to(unit, molar_mass)


def mics_of(case: Case, target: Target) -> MicDistribution | None:
    """The MICs a target goes by; None for one that goes by none.

    Raises:
        InputError: none was measured and no isolates stand in for it.
    """
    if target.kind not in MIC_KINDS:
        return None
    mics = case.mics_in_force()
    if mics is None:
        raise InputError("covariates.mic", "mic_missing")
    return mics
