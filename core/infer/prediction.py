"""Predicted curves: the one form in which the window, the reports and the command line get them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class PredictionSource(StrEnum):
    """What a curve was predicted from."""

    PRIOR = "prior"  # the population, before any level
    INDIVIDUAL = "individual"  # the patient's own levels
    PROPOSED = "proposed"  # the patient's own levels, with a proposed regimen after the doses given


@dataclass(frozen=True, eq=False)
class Curve:
    """One curve and its 5-95 % band.

    `times` (T,) in hours after the start of the case; `median`, `low` and `high` (T,) in `unit`. `output` is
    `plasma`, the
    name of a tissue, or `effect:<id>`.
    """

    output: str
    source: PredictionSource
    times: Array
    median: Array
    low: Array
    high: Array
    unit: str


@dataclass(frozen=True, eq=False)
class Prediction:
    """The curves of one source, `plasma` first, and what they rest on."""

    curves: tuple[Curve, ...]
    inputs_hash: str
    model_ids: tuple[str, ...]

    def curve(self, output: str = "plasma") -> Curve | None:
        """The curve of one output, or None."""
        return next((curve for curve in self.curves if curve.output == output), None)
