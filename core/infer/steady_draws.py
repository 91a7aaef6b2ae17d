"""Draws of a model whose elimination saturates: only those who can be in the steady state that was entered."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from core.clinic.regimen import Dose
from core.drugs.model import BoundModel
from core.errors import NoSteadyState

Array = NDArray[np.float64]
Draw = Callable[[int], Array]

_MOST_ROUNDS = 8


def needs_steady_state(bound: BoundModel, doses: Sequence[Dose]) -> bool:
    """Whether some patients of the model may be unable to be where the doses say they are."""
    return not bound.model.linear and any(dose.steady_state for dose in doses)


def in_steady_state(bound: BoundModel, doses: Sequence[Dose], eta: Array) -> NDArray[np.bool_]:
    """Which etas (B, n) can be in every steady state of the doses, (B,); all where none is entered."""
    if not needs_steady_state(bound, doses):
        return np.ones(len(eta), dtype=bool)
    last = max(dose.time for dose in doses if dose.steady_state)
    try:
        return np.asarray(np.isfinite(bound.concentrations(eta, doses, np.array([last]))).all(axis=1))
    except NoSteadyState:
        return np.zeros(len(eta), dtype=bool)


def draw_in_steady_state(bound: BoundModel, doses: Sequence[Dose], count: int, draw: Draw) -> Array:
    """Draw until `count` etas (count, n) can be in the steady state of the doses.

    Args:
        bound: the model with the patient's covariates.
        doses: what was given.
        count: how many are wanted; fewer come back when hardly anybody can.
        draw: gives as many draws as asked for.

    Raises:
        NoSteadyState: nobody can.
    """
    if not needs_steady_state(bound, doses):
        return draw(count)
    found: list[Array] = []
    for _ in range(_MOST_ROUNDS):
        eta = draw(count)
        found.append(eta[in_steady_state(bound, doses, eta)])
        if sum(map(len, found)) >= count:
            break
    able = np.concatenate(found)[:count]
    if not len(able):
        raise NoSteadyState
    return np.asarray(able)
