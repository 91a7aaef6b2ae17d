"""A trained predictor at work: the daily dose, its interval, its domain, its reasons."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.advise.recommendation import Interval, Regimen
from core.errors import InputError
from core.learn.card import Card
from core.learn.contributions import shapley
from core.learn.domain import Outside, why_outside
from core.learn.features import LEVELS_KNOWN, feature_kind

Array = NDArray[np.float64]

GOLDEN_TOLERANCE = 1e-4  # relative, of the daily dose
_NEAR = 0.05  # of the logarithm of the dose; regimens this much further off than the nearest count as near


@dataclass(frozen=True, eq=False)
class Predictor:
    """A predictor loaded from its file."""

    card: Card
    file_hash: str
    _session: Any

    @classmethod
    def start(cls, card: Card, onnx: bytes, file_hash: str, field: str) -> Predictor:
        """Hand the graph to the runtime and check what goes in and out.

        Raises:
            InputError: the runtime refuses it, or its shapes are not the card's.
        """
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            session = onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            # the runtime's exceptions share no base; whatever it says, the file cannot be used
            raise InputError(field, "predictor_not_onnx") from error
        inputs, outputs = session.get_inputs(), session.get_outputs()
        fits = len(inputs) == 1 and len(outputs) == 1 and inputs[0].type == "tensor(float)"
        if not fits or inputs[0].shape[-1] != len(card.features):
            raise InputError(field, "predictor_shape_differs", wanted=str(len(card.features)))
        return cls(card, file_hash, session)

    def daily(self, rows: Array) -> Array:
        """Daily dose in mg of rows of features (N, F), (N,)."""
        found = self._session.run(None, {self._session.get_inputs()[0].name: rows.astype(np.float32)})[0]
        return np.asarray(np.exp(np.asarray(found, dtype=float).reshape(len(rows))))

    def reproduce_golden(self, field: str) -> None:
        """Compute the card's golden rows anew.

        Raises:
            InputError: a dose differs by more than 1e-4 of itself.
        """
        again = self.daily(self.card.golden)
        if not np.all(np.abs(again - self.card.golden_daily) <= GOLDEN_TOLERANCE * np.abs(self.card.golden_daily)):
            raise InputError(field, "predictor_not_reproduced")

    def group(self, row: Array) -> int:
        """Number of levels a row (F,) knows."""
        return int(row[self.card.features.index(LEVELS_KNOWN)])

    def outside(self, row: Array) -> Outside | None:
        """Why a patient (F,) is not like those trained on, or None."""
        return why_outside(self.card.regions, self.group(row), row, self.card.features)

    def interval(self, row: Array, highest: float) -> Interval:
        """Daily dose of a row (F,) and its conformal interval, mg; none above the label's daily limit `highest`."""
        daily = float(self.daily(row[None])[0])
        margin = self.card.margins[self.group(row)]
        ends = [daily * math.exp(margin.low), daily, daily * math.exp(margin.high)]
        low, middle, high = (min(value, highest) for value in ends)
        return Interval(middle, low, high)

    def reasons(self, row: Array) -> dict[str, float]:
        """Contribution of each group of features, mg per day, adding up to the dose less that of the background."""
        groups = [feature_kind(name).group for name in self.card.features]
        return shapley(self.daily, row, self.card.background, groups)

    def base(self) -> float:
        """Mean daily dose of the background, mg."""
        return float(self.daily(self.card.background).mean())

    def equivalent(self, regimen: Regimen) -> float:
        """The daily dose at the card's own interval that does the same as a regimen, mg."""
        return regimen.amount * 24.0 / regimen.every * self.card.equivalence.get(regimen.every, 1.0)


def nearest_regimen(
    daily: float, regimens: Sequence[Regimen], equivalents: Sequence[float], burdens: Sequence[tuple[bool, ...]]
) -> int:
    """Place of the regimen nearest to a daily dose; among near-equals the least burden, then closest to once a day.

    Args:
        daily: mg.
        regimens: those that can be given.
        equivalents: their daily doses at the interval the daily dose is meant for, mg.
        burdens: what speaks against each, compared in order (off label, a change from the current regimen).
    """
    away = [abs(math.log(value / daily)) for value in equivalents]
    nearest = min(away)

    def key(place: int) -> tuple[object, ...]:
        regimen = regimens[place]
        return (away[place] > nearest + _NEAR, burdens[place], abs(math.log(regimen.every / 24.0)), away[place])

    return min(range(len(regimens)), key=key)
