"""How far predictions lie from observations, in the measures the field reports."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Pair:
    """One prediction and what was observed, both positive, in the same unit."""

    drug: str
    study: str
    dataset: str
    fitted: bool  # the study was used to calibrate the compound
    time: float | None  # h after the first dose; None for a ratio or a clearance
    observed: float
    predicted: float
    unit: str

    @property
    def fold(self) -> float:
        """Predicted over observed."""
        return self.predicted / self.observed


@dataclass(frozen=True)
class Accuracy:
    """Summary of some pairs; without any, both figures are NaN."""

    count: int
    studies: int
    gmfe: float  # geometric mean fold error
    within_two: float  # share within two-fold


def accuracy(pairs: Iterable[Pair]) -> Accuracy:
    """Geometric mean fold error exp(mean |ln(predicted / observed)|) and the share within two-fold."""
    listed = list(pairs)
    if not listed:
        return Accuracy(0, 0, math.nan, math.nan)
    logs = np.abs(np.log([pair.fold for pair in listed]))
    studies = {pair.study for pair in listed}
    within = float((logs <= math.log(2.0) * (1.0 + 1e-12)).mean())  # exactly two-fold counts
    return Accuracy(len(listed), len(studies), float(np.exp(logs.mean())), within)


def guest_limit(observed: float) -> float:
    """Fold by which a predicted exposure ratio may miss the observed one, from 1 (no effect) up to 2.

    Source: Guest 2011 (doi:10.1124/dmd.110.036103), (1 + 2 (R - 1)) / R with R the ratio or its inverse, whichever is
    not below 1.
    """
    ratio = max(observed, 1.0 / observed)
    return (1.0 + 2.0 * (ratio - 1.0)) / ratio


def within_guest(pair: Pair) -> bool:
    """Whether a predicted ratio lies within Guest's limits of the observed one."""
    return max(pair.fold, 1.0 / pair.fold) <= guest_limit(pair.observed) * (1.0 + 1e-12)
