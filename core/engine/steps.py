"""How a window of a linear system is walked: steps that are powers of two of one small step."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from core.engine.ladder import REACH, common_step
from core.engine.schedule import Array

Index = NDArray[np.intp]

# Where times are irregular, rows of the exponential are summed directly over this many steps of the ladder.
_ROW_BITS = 4


@dataclass(frozen=True)
class Steps:
    """How a window is walked with steps of h 2^k.

    `events`: (whole, rest) from each anchor to the next. `levels`: per bit k, which rows pass on unchanged and which
    are multiplied. `starts` (U,) h: distinct fractions below the row step. `row` (T,), `anchor` (T,): for each time.
    """

    h: float
    first_bit: int
    events: tuple[tuple[int, float], ...]
    starts: Array
    levels: tuple[tuple[Index, Index], ...]
    row: Index
    anchor: Index

    @cached_property
    def rungs(self) -> int:
        """How many rungs of the ladder the walk needs."""
        longest = max((whole.bit_length() for whole, _ in self.events), default=0)
        return max(longest, self.first_bit + len(self.levels) if self.levels else 0)

    @cached_property
    def most_rows(self) -> int:
        """The most rows that exist at any level."""
        return max([len(self.starts), *(len(same) + len(moved) for same, moved in self.levels)])

    @cached_property
    def flat_levels(self) -> NDArray[np.int32]:
        """The levels as one list: both counts, then the rows that pass on, then those multiplied."""
        parts = [np.concatenate([[len(same), len(moved)], same, moved]) for same, moved in self.levels]
        return np.concatenate([np.zeros(0), *parts]).astype(np.int32)


@lru_cache(maxsize=256)
def steps_of(anchors: bytes, end: float, times: bytes, index: bytes, exponent: int) -> Steps:
    """Plan the walk; depends only on times, so all chunks of patients and all redraws share it.

    `exponent`: the fastest exit rate is below 2^exponent per hour.
    """
    at = np.frombuffer(anchors)
    anchor = np.frombuffer(index, dtype=np.intp)
    offsets = np.maximum(np.frombuffer(times) - at[anchor], 0.0)
    spans = np.maximum(np.diff(np.append(at, end) if np.isfinite(end) else at), 0.0)
    smallest = REACH * 2.0**-exponent
    # Spans are differences of times, so they carry the rounding of the largest time.
    grain = 8 * float(np.spacing(max(1e-9, float(np.abs(at).max()), float(offsets.max(initial=0.0)))))
    event_step = common_step(spans[spans > 0], smallest, 4 * grain)
    step = common_step(np.concatenate([spans[spans > 0], offsets[offsets > 0]]), smallest, 4 * grain)
    base = step or event_step or 1.0
    halvings = max(0, int(np.ceil(np.log2(base / smallest))))
    h = base / 2.0**halvings
    first_bit = halvings if step is not None else min(_ROW_BITS, halvings)
    events = tuple(split(span, h, exact=event_step is not None) for span in spans)
    unit = h * 2**first_bit
    whole = np.round(offsets / unit) if step is not None else np.floor(offsets / unit + 1e-9)
    part = np.zeros(len(offsets)) if step is not None else np.maximum(offsets - whole * unit, 0.0)
    unique, start_of = np.unique(np.round(part / grain), return_inverse=True)
    levels, row = _suffix_tree(whole.astype(np.int64), start_of.astype(np.intp), len(unique))
    return Steps(h, first_bit, events, unique * grain, levels, row, anchor)


def split(span: float, h: float, exact: bool) -> tuple[int, float]:
    """A span as whole steps and a rest in hours; `exact` where it is known to be a whole number of steps."""
    whole = round(span / h) if exact else int(np.floor(span / h + 1e-9))
    return whole, 0.0 if exact else max(span - whole * h, 0.0)


def _suffix_tree(
    whole: NDArray[np.int64], start_of: Index, starts: int
) -> tuple[tuple[tuple[Index, Index], ...], Index]:
    """Multiply rows bit by bit, lowest first, each distinct (start, low bits) only once."""
    current, count = start_of, starts
    levels = []
    for bit in range(int(whole.max(initial=0)).bit_length()):
        multiplied = (whole >> bit) & 1
        keys, current = np.unique(multiplied * count + current, return_inverse=True)
        split = int(np.searchsorted(keys, count))
        levels.append((keys[:split].astype(np.intp), (keys[split:] - count).astype(np.intp)))
        count = len(keys)
    return tuple(levels), current.astype(np.intp)
