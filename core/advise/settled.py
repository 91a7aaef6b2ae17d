"""What a regimen brings once it has settled: over its last interval, or the last round of unequal doses."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from core.advise.effect_course import END
from core.advise.recommendation import Interval
from core.advise.spans import Judged
from core.clinic.case import TargetKind

Array = NDArray[np.float64]

_OVER_A_ROUND: dict[str, Callable[..., Array]] = {
    "auc24": np.mean,
    "peak": np.max,
    "trough": np.min,
    "average": np.mean,
}


def settled_exposures(judged: Sequence[Judged], last: int) -> dict[str, Interval]:
    """Median and 5-95 % of the last spans, when the regimen has settled: mean, highest peak, lowest trough of them."""
    found = {}
    for name, over in _OVER_A_ROUND.items():
        values = np.concatenate([over(np.asarray(getattr(item, name))[0, :, -last:], axis=1) for item in judged])
        low, middle, high = np.percentile(values, [5, 50, 95])
        found[name] = Interval(float(middle), float(low), float(high))
    if all(item.effects for item in judged):
        ends = np.concatenate([next(iter(item.effects.values()))[0, :, -last:, END].mean(axis=1) for item in judged])
        low, middle, high = np.percentile(ends, [5, 50, 95])
        found[TargetKind.EFFECT.value] = Interval(float(middle), float(low), float(high))
    return found
