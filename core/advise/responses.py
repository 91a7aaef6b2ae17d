"""What a regimen does in one model: simulated in full, or superposed from the response to a single dose."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.advise.candidates import WAITS
from core.advise.recommendation import Regimen
from core.advise.spans import Spans
from core.clinic.case import Case
from core.clinic.regimen import Route
from core.drugs.model import BoundModel, Window
from core.infer.posterior import FitStatus, Posterior

Array = NDArray[np.float64]

_LONGEST_INTERVAL = 72.0  # h; regimens beyond it are simulated in full
_FINE, _COARSE = 0.5, 1.0  # h between points, up to ten days and beyond
_FINE_UNTIL = 240.0


@dataclass(frozen=True, eq=False)
class Believer:
    """One model with draws from its posterior; together the draws of all carry the weights."""

    bound: BoundModel
    eta: Array  # (n, n_eta)


def draw(posteriors: Sequence[Posterior], samples: int, rng: np.random.Generator) -> tuple[Believer, ...]:
    """Draw etas from each model in proportion to its weight."""
    usable = [p for p in posteriors if p.status is not FitStatus.FAILED and p.weight * samples >= 1.0]
    return tuple(Believer(p.bound, p.sample(round(p.weight * samples), rng)) for p in usable)


class Responses:
    """Windows of regimens that follow the doses given, for one model.

    When the model is linear and nothing about the patient changes after now, every regimen is the history plus shifted
    and scaled copies of the response to one dose, on one uniform grid; all else is simulated in full.
    """

    def __init__(self, case: Case, believer: Believer) -> None:
        self._case = case
        self._bound, self._eta = believer.bound, believer.eta
        horizon = self._bound.model.judged_after + _LONGEST_INTERVAL + max(WAITS)
        self._step = _FINE if horizon <= _FINE_UNTIL else _COARSE
        self._grid: Array = case.now + self._step * np.arange(math.ceil(horizon / self._step) + 1, dtype=float)
        self._history: Window | None = None
        self._single: dict[tuple[Route, float], Window] = {}
        self._rows: dict[tuple[Route, float, float, float, int], Window] = {}

    def window(self, regimen: Regimen, cut: Spans) -> Window:
        """The regimen's window at the times of `cut`, or on the common grid, which then holds its edges."""
        if not self._superposes(regimen, cut):
            doses = (*self._case.given_doses, *regimen.doses(float(cut.times[-1])))
            return self._bound.window(self._eta, doses, cut.times)
        count = round((float(cut.edges[-1]) - self._case.now) / self._step) + 1
        history = self.history()
        row = self._row(regimen, count)
        past = Window(self._grid[:count], history.concentration[:, :count], history.area[:, :count])
        return past.plus(row, regimen.amount)

    def history(self) -> Window:
        """What the doses given still do, on the common grid."""
        if self._history is None:
            self._history = self._bound.window(self._eta, self._case.given_doses, self._grid)
        return self._history

    def _superposes(self, regimen: Regimen, cut: Spans) -> bool:
        steps = np.array([regimen.first_dose - self._case.now, regimen.every, regimen.duration]) / self._step
        on_grid = bool(np.all(np.abs(steps - np.round(steps)) < 1e-9))
        within = float(cut.edges[-1]) <= float(self._grid[-1]) + 1e-9
        return self._bound.model.linear and self._bound.constant_from <= self._case.now and on_grid and within

    def _row(self, regimen: Regimen, count: int) -> Window:
        """Response to a row of doses of 1 mg on the first `count` points of the grid."""
        key = (regimen.route, regimen.every, regimen.duration, regimen.first_dose, count)
        if key not in self._rows:
            single = self._response(regimen)
            concentration = np.zeros((len(self._eta), count))
            area = np.zeros_like(concentration)
            first, every = (round(x / self._step) for x in (regimen.first_dose - self._case.now, regimen.every))
            for start in range(first, count - 1, every):
                concentration[:, start:] += single.concentration[:, : count - start]
                area[:, start:] += single.area[:, : count - start]
            self._rows[key] = Window(self._grid[:count], concentration, area)
        return self._rows[key]

    def _response(self, regimen: Regimen) -> Window:
        key = (regimen.route, regimen.duration)
        if key not in self._single:
            one = replace(regimen, amount=1.0, first_dose=self._case.now).doses(self._case.now + regimen.every)
            self._single[key] = self._bound.window(self._eta, one, self._grid)
        return self._single[key]
