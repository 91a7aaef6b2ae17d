"""One check of the self-test: what was expected, what was found, and how far apart they may be."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """A number against its expectation, relative tolerance; texts must be equal."""

    name: str
    expected: float | str
    found: float | str
    tolerance: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether the found value holds."""
        if isinstance(self.expected, str) or isinstance(self.found, str):
            return self.expected == self.found
        return math.isclose(self.found, self.expected, rel_tol=self.tolerance, abs_tol=self.tolerance)
