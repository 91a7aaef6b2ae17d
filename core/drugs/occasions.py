"""Variation of a patient's own parameters from one occasion to the next."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.drugs.bound_model import Span


@dataclass(frozen=True)
class Occasions:
    """Occasions of equal length counted from the first dose; `variances` by the eta that varies between them."""

    hours: float
    variances: Mapping[str, float]

    def numbers(self, levels: Sequence[float], first_dose: float) -> tuple[int, ...]:
        """The occasions in which a level was drawn; only those can be told apart."""
        return tuple(sorted({math.floor((time - first_dose) / self.hours) for time in levels}))

    def cut(self, spans: Sequence[Span], numbers: Sequence[int], first_dose: float) -> list[Span]:
        """Cut stretches at the ends of occasions; each knows its own, the last lies ahead of every level."""
        edges = [(first_dose + number * self.hours, place) for place, number in enumerate(numbers)]
        ahead = edges[-1][0] + self.hours if edges else first_dose
        marks: dict[float, int | None] = {}
        for start, place in edges:
            marks[start] = place
            marks.setdefault(start + self.hours, None)
        for place, number in enumerate(numbers):  # a following occasion overrides the end of the one before
            marks[first_dose + number * self.hours] = place
        marks[ahead] = len(numbers)
        starts = sorted({*marks, *(span.start for span in spans)})
        cut = []
        for start in starts:
            past = [span for span in spans if span.start <= start]
            holding = past[-1] if past else spans[0]
            reached = [mark for mark in marks if mark <= start]
            cut.append(replace(holding, start=start, occasion=marks[max(reached)] if reached else None))
        return cut
