"""A trained predictor at work: the daily dose, its interval, its domain, its reasons."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.advise.recommendation import Interval, Regimen
from core.clinic.regimen import Route
from core.errors import InputError, ModelError
from core.learn.card import Card
from core.learn.choice import EXTRA, regimen_rows
from core.learn.contributions import shapley
from core.learn.domain import Outside, why_outside

Array = NDArray[np.float64]

GOLDEN_TOLERANCE = 1e-4  # relative, of the daily dose
_NEAR = 0.05  # of the logarithm of the dose; regimens this much further off than the nearest count as near


@dataclass(frozen=True)
class Graphs:
    """The ONNX files of a predictor: one gives the dose, one judges regimens (empty: there is none)."""

    dose: bytes
    choice: bytes = b""


@dataclass(frozen=True, eq=False)
class Predictor:
    """A predictor loaded from its file."""

    card: Card
    file_hash: str
    _session: Any
    _choice: Any = None

    @classmethod
    def start(cls, card: Card, graphs: Graphs, file_hash: str, field: str) -> Predictor:
        """Hand the graphs to the runtime and check what goes in and out.

        Raises:
            InputError: the runtime refuses it, or its shapes are not the card's.
        """
        columns = len(card.features)
        choice = None if not graphs.choice else _session(graphs.choice, columns + EXTRA, field)
        return cls(card, file_hash, _session(graphs.dose, columns, field), choice)

    def dose(self, rows: Array) -> Array:
        """Dose in the card's unit of rows of features (N, F), (N,); gaps (NaN) are filled where the card knows how."""
        if self.card.imputation is not None:
            rows = self.card.imputation.fill(rows)
        return self.card.scale.to_dose(_run(self._session, rows))

    def utilities(self, row: Array, regimens: Sequence[Regimen], ahead: Array, now: float = 0.0) -> Array:
        """What the graph that judges regimens makes of each for a patient (F,), (M,).

        Args:
            row: features, (F,).
            regimens: M of them.
            ahead: what is expected of each (`core.learn.outlook`), (M, 6).
            now: time of the decision, h.

        Raises:
            ModelError: there is no such graph.
        """
        if self._choice is None:
            raise ModelError(f"{self.card.id} does not judge regimens")
        log_dose = np.log(self.dose(row[None]))
        return _run(self._choice, regimen_rows(row[None], log_dose, regimens, ahead[None], now))

    def reproduce_golden(self, field: str) -> None:
        """Compute the card's golden rows anew.

        Raises:
            InputError: a dose differs by more than 1e-4 of itself.
        """
        again = self.dose(self.card.golden)
        if not np.all(np.abs(again - self.card.golden_dose) <= GOLDEN_TOLERANCE * np.abs(self.card.golden_dose)):
            raise InputError(field, "predictor_not_reproduced")
        for row, (amount, every, wait, utility, *ahead) in zip(self.card.golden, self.card.golden_choice, strict=False):
            regimen = Regimen(amount, every, Route.ORAL, 0.0, wait)  # the graph sees no route
            judged = self.utilities(row, [regimen], np.array([ahead]))[0]
            if abs(judged - utility) > GOLDEN_TOLERANCE:
                raise InputError(field, "predictor_not_reproduced")

    def group(self, row: Array) -> int:
        """Number of the group a row (F,) belongs to: levels known, or ancestry."""
        return int(sum(weight * row[self.card.features.index(name)] for name, weight in self.card.group_by.items()))

    def outside(self, row: Array) -> Outside | None:
        """Why a patient (F,) is not like those trained on, or None."""
        full = row if self.card.imputation is None else self.card.imputation.fill(row[None])[0]
        return why_outside(self.card.regions, self.group(full), full, self.card.features)

    def interval(self, row: Array, highest: float = math.inf) -> Interval:
        """Dose of a row (F,) and its conformal interval in the card's unit; none above `highest`, the label's limit."""
        margin = self.card.margins[self.group(row)]
        raw = self.card.scale.of_dose(self.dose(row[None]))[0]
        ends = self.card.scale.to_dose(raw + np.array([margin.low, 0.0, margin.high]))
        low, middle, high = (min(float(value), highest) for value in ends)
        return Interval(middle, low, high)

    def reasons(self, row: Array) -> dict[str, float]:
        """Contribution of each theme, in the card's unit, adding up to the dose less the mean of the background's."""
        return shapley(self.dose, row, self.card.background, self.card.themes)

    def base(self) -> float:
        """Mean dose of the background, in the card's unit."""
        return float(self.dose(self.card.background).mean())

    def equivalent(self, regimen: Regimen) -> float:
        """The daily dose at the card's own interval that does the same as a regimen, mg."""
        return regimen.per_day * self.card.equivalence.get(regimen.every, 1.0)


def _session(onnx: bytes, columns: int, field: str) -> Any:
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
    if not fits or inputs[0].shape[-1] != columns:
        raise InputError(field, "predictor_shape_differs", wanted=str(columns))
    return session


def _run(session: Any, rows: Array) -> Array:
    found = session.run(None, {session.get_inputs()[0].name: rows.astype(np.float32)})[0]
    return np.asarray(found, dtype=float).reshape(len(rows))


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
