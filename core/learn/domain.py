"""Is this patient like those the predictor was trained on? If not, it stays silent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.learn.conformal import quantile_of_distance

Array = NDArray[np.float64]

_RIDGE = 1e-3  # keeps features that hardly vary from ruling the distance


@dataclass(frozen=True)
class Region:
    """Where one group of training patients lies.

    `low`, `high`, `centre` (F,) and `spread` (F,) in the units of the features; `inverse` (F, F) of the covariance of
    the standardised features; `limit` the largest Mahalanobis distance allowed.
    """

    low: Array
    high: Array
    centre: Array
    spread: Array
    inverse: Array
    limit: float

    def distance(self, rows: Array) -> Array:
        """Mahalanobis distance of rows (N, F) from the centre, (N,)."""
        z = (rows - self.centre) / self.spread
        return np.asarray(np.sqrt(np.einsum("ni,ij,nj->n", z, self.inverse, z)))

    def holds(self, rows: Array) -> NDArray[np.bool_]:
        """Whether rows (N, F) lie within the ranges and the distance, (N,)."""
        within = ((rows >= self.low) & (rows <= self.high)).all(axis=1)
        return np.asarray(within & (self.distance(rows) <= self.limit))


@dataclass(frozen=True)
class Outside:
    """Why a patient is not covered: a feature beyond its range, or an unusual combination (`feature` empty)."""

    feature: str
    value: float = 0.0
    low: float = 0.0
    high: float = 0.0


def learn_region(training: Array, calibration: Array, inside: float) -> Region:
    """Ranges, centre and spread of training rows (N, F); the limit of the distance holds a share `inside` of others
    (M, F).

    Raises:
        InputError: too few other rows.
    """
    centre = training.mean(axis=0)
    spread = np.where(training.std(axis=0) > 0, training.std(axis=0), 1.0)
    z = (training - centre) / spread
    covariance = z.T @ z / len(z) + _RIDGE * np.eye(training.shape[1])
    bare = Region(
        training.min(axis=0), training.max(axis=0), centre, spread, np.asarray(np.linalg.inv(covariance)), np.inf
    )
    limit = quantile_of_distance(bare.distance(calibration), inside)
    return Region(bare.low, bare.high, centre, spread, bare.inverse, limit)


def why_outside(regions: Mapping[int, Region], group: int, row: Array, names: Sequence[str]) -> Outside | None:
    """The reason a patient (F,) is not covered, or None."""
    region = regions.get(group)
    if region is None:
        return Outside("levels_known", float(group), float(min(regions)), float(max(regions)))
    beyond = np.flatnonzero((row < region.low) | (row > region.high))
    if len(beyond):
        gap = np.maximum(region.low - row, row - region.high) / region.spread
        worst = int(beyond[np.argmax(gap[beyond])])
        return Outside(names[worst], float(row[worst]), float(region.low[worst]), float(region.high[worst]))
    return None if region.holds(row[None])[0] else Outside("")
