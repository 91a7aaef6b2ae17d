"""Progress and cancellation, without a screen."""

from __future__ import annotations

from collections.abc import Callable

from core.errors import Cancelled


class Task:
    """Reports how far a long piece of work has come and stops it when asked."""

    def __init__(self, on_progress: Callable[[float, str], None] | None = None) -> None:
        self._on_progress = on_progress
        self._cancelled = False

    def cancel(self) -> None:
        """Ask the work to stop at its next step."""
        self._cancelled = True

    def step(self, fraction: float, message: str = "") -> None:
        """Report progress.

        Args:
            fraction: share done, 0 to 1.
            message: a message id of the wording catalogue.

        Raises:
            Cancelled: when the person has asked to stop.
        """
        if self._cancelled:
            raise Cancelled(message)
        if self._on_progress is not None:
            self._on_progress(fraction, message)
