"""What the engine refuses, with the name of the number at fault."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from core.engine.graph import Graph
from core.engine.schedule import Array, Input, Segment, Value
from core.errors import InputError, ModelError


def check_times(times: ArrayLike) -> Array:
    """Times as an array (T,); raises InputError when one is not finite."""
    moments = np.atleast_1d(np.asarray(times, dtype=float))
    if moments.ndim != 1:
        raise ModelError(f"times must be one list, got shape {moments.shape}")
    if not np.isfinite(moments).all():
        raise InputError("times", "not_finite", value=float(moments[~np.isfinite(moments)][0]))
    return moments


def check_segments(graph: Graph, segments: Sequence[Segment]) -> None:
    """Refuse missing segments, wrong order and missing rates."""
    if not segments:
        raise ModelError("at least one segment with rates is needed")
    starts = [segment.start for segment in segments]
    if any(not later > earlier for earlier, later in pairwise(starts)):
        raise ModelError(f"segments must start one after another, got {starts}")
    for segment in segments:
        for name in graph.rates:
            if name not in segment.rates:
                raise ModelError(f"segment at {segment.start} h gives no rate {name!r}")


def check_rates(graph: Graph, values: Array) -> None:
    """Refuse rates (R, B) that are negative, not finite, or 0 where a term divides by them, naming the rate."""
    if not np.all((values >= 0.0) & (values < np.inf)):
        for name, row in zip(graph.rates, values, strict=True):
            _check_number(f"rates.{name}", row)
    for term in graph.terms:
        for name in term.divisors:
            if np.any(values[graph.rates.index(name)] == 0.0):
                raise InputError(f"rates.{name}", "not_positive", value=0.0)


def check_inputs(inputs: Sequence[Input]) -> None:
    """Refuse numbers that are negative or not finite; the field names input and number."""
    for number, given in enumerate(inputs):
        field = f"inputs[{number}]"
        if not np.isfinite(given.time):
            raise InputError(f"{field}.time", "not_finite", value=given.time)
        _check_number(f"{field}.amount", given.amount)
        _check_number(f"{field}.duration", given.duration)
        _check_number(f"{field}.lag", given.lag)
        _check_number(f"{field}.fraction", given.fraction)
        every = given.steady_state_every
        if every is not None and not (np.isfinite(every) and every > 0):
            raise InputError(f"{field}.steady_state_every", "not_positive", value=every)


def _check_number(field: str, value: Value) -> None:
    if isinstance(value, float | int):
        if 0.0 <= value < np.inf:
            return
    elif np.all((value >= 0) & (value < np.inf)):
        return
    bad = np.ravel(value)
    worst = float(bad[~(np.isfinite(bad) & (bad >= 0))][0])
    raise InputError(field, "negative" if np.isfinite(worst) else "not_finite", value=worst)


def batch_of(graph: Graph, segments: Sequence[Segment], inputs: Sequence[Input]) -> int:
    """The number of patients B that all rates and inputs broadcast to; raises ModelError when they do not."""
    values = [segment.rates[name] for segment in segments for name in graph.rates]
    values += [value for given in inputs for value in (given.amount, given.duration, given.lag, given.fraction)]
    sizes = {value.size for value in values if isinstance(value, np.ndarray)} - {1}
    if len(sizes) > 1:
        raise ModelError(f"rates and inputs are for different numbers of patients: {sorted(sizes)}")
    return sizes.pop() if sizes else 1
