"""The closed catalogue of nonlinear terms."""

from __future__ import annotations

from typing import Protocol


class Term(Protocol):
    """What the graph needs to know of a nonlinear term."""

    @property
    def states(self) -> tuple[str, ...]:
        """States the term reads or changes."""

    @property
    def rates(self) -> tuple[str, ...]:
        """Names of the constants the term reads from a segment."""
