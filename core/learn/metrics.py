"""How good a predictor is: errors with bootstrap intervals, and comparisons patient by patient."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Chosen = NDArray[np.bool_]

WITHIN = 0.2  # a dose this far from the best one, relative, counts as a hit (IWPC 2009, doi:10.1056/NEJMoa0809329)
_RESAMPLES = 1000
_FEW = 30  # patients below which a subgroup is marked


def errors(predicted: Array, best: Array) -> dict[str, float]:
    """Mean absolute error (mg per day), bias, share within 20 %, and R2, of predictions (N,) of the best dose (N,)."""
    spread = float(((best - best.mean()) ** 2).sum())
    return {
        "mae": float(np.abs(predicted - best).mean()),
        "bias": float((predicted - best).mean()),
        "within_20_percent": float((np.abs(predicted - best) <= WITHIN * best).mean()),
        "r2": 1.0 - float(((predicted - best) ** 2).sum()) / spread if spread > 0 else 0.0,
    }


def bootstrap(statistic: Callable[[NDArray[np.int64]], float], count: int, seed: int) -> tuple[float, float]:
    """95 % percentile interval of a statistic of `count` patients, who are drawn with replacement.

    Args:
        statistic: of the places (count,) of the patients drawn.
        count: number of patients.
        seed: of the draws.
    """
    rng = np.random.default_rng(seed)
    values = [statistic(rng.integers(count, size=count)) for _ in range(_RESAMPLES)]
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def errors_with_intervals(predicted: Array, best: Array, seed: int) -> dict[str, dict[str, float]]:
    """Each error with its 95 % bootstrap interval: value, low, high."""
    found = {}
    for name, value in errors(predicted, best).items():
        low, high = bootstrap(lambda places, name=name: errors(predicted[places], best[places])[name], len(best), seed)  # type: ignore[misc]
        found[name] = {"value": value, "low": low, "high": high}
    return found


def gain(predicted: Array, comparator: Array, best: Array, seed: int) -> dict[str, float]:
    """How much smaller the absolute error is than a comparator's, mg per day, with its paired 95 % interval."""
    difference = np.abs(comparator - best) - np.abs(predicted - best)
    low, high = bootstrap(lambda places: float(difference[places].mean()), len(best), seed)
    return {"value": float(difference.mean()), "low": low, "high": high}


def covered(need: Array, low: Array, high: Array) -> dict[str, float]:
    """Share of patients whose need (N,) lies in the interval, and the median of high over low."""
    inside = (need >= low * (1 - 1e-9)) & (need <= high * (1 + 1e-9))
    return {"coverage": float(inside.mean()), "median_ratio": float(np.median(high / low)), "n": float(len(need))}


def subgroups(names: tuple[str, ...], rows: Array) -> Mapping[str, Chosen]:
    """Patients (N,) by each value of a feature of few values, by halves of the others; from rows (N, F).

    Features of levels, 0 where there is none, are left out: the number of levels known stands for them.
    """
    found: dict[str, Chosen] = {}
    for place, name in enumerate(names):
        values = rows[:, place]
        if name.startswith(("last_", "earlier_")):
            continue
        distinct = np.unique(values)
        if len(distinct) <= 4:  # a choice, not a number
            found |= {f"{name} = {value:g}": values == value for value in distinct}
        else:
            middle = float(np.median(values))
            found |= {f"{name} <= {middle:g}": values <= middle, f"{name} > {middle:g}": values > middle}
    return {name: chosen for name, chosen in found.items() if chosen.sum() >= _FEW}


def share_interval(hits: int, count: int) -> tuple[float, float]:
    """95 % interval of a share, `hits` of `count` (Wilson 1927, doi:10.1080/01621459.1927.10502953)."""
    z = 1.959964
    share, weight = hits / count, z**2 / count
    centre = (share + weight / 2.0) / (1.0 + weight)
    half = z * math.sqrt(share * (1.0 - share) / count + weight / (4.0 * count)) / (1.0 + weight)
    return max(0.0, centre - half), min(1.0, centre + half)
