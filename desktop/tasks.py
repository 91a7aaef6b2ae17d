"""Core verbs off the window's thread: each lane does one thing at a time, newer work cancels older."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from PySide6.QtCore import QObject, Signal

from core.errors import Cancelled, CoreError
from core.task import Task

Emit = Callable[[str, object], None]
Work = Callable[[Task, Emit], None]
_log = logging.getLogger(__name__)


class Runner(QObject):
    """Runs work in named lanes; its reports reach slots of the window's thread with the ticket they belong to."""

    arrived = Signal(int, str, object)
    failed = Signal(int, str, object)
    progressed = Signal(int, float, str)
    ended = Signal(int, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lanes: dict[str, ThreadPoolExecutor] = {}
        self._tasks: dict[str, Task] = {}
        self._closed = False

    def start(self, lane: str, ticket: int, work: Work) -> None:
        """Cancel what runs in the lane and start `work` as soon as it has let go; once closed, nothing starts."""
        if self._closed:  # a timer or a late result of a window that is going away
            return
        self.cancel(lane)
        task = Task(lambda fraction, message: self.progressed.emit(ticket, fraction, message))
        self._tasks[lane] = task
        executor = self._lanes.get(lane)
        if executor is None:
            executor = self._lanes[lane] = ThreadPoolExecutor(1, thread_name_prefix=f"lane-{lane}")
        executor.submit(self._run, lane, ticket, task, work)

    def cancel(self, lane: str | None = None) -> None:
        """Ask the work of one lane, or of all, to stop."""
        for name, task in self._tasks.items():
            if lane in (None, name):
                task.cancel()

    def close(self) -> None:
        """Stop everything and wait for the threads."""
        self._closed = True
        self.cancel()
        for executor in self._lanes.values():
            executor.shutdown(wait=True, cancel_futures=True)

    def _run(self, lane: str, ticket: int, task: Task, work: Work) -> None:
        def emit(key: str, value: object) -> None:
            self.arrived.emit(ticket, key, value)

        try:
            work(task, emit)
        except Cancelled:
            pass
        except CoreError as error:
            self.failed.emit(ticket, lane, error)
        except Exception as error:
            _log.exception("unexpected fault in lane %s", lane)
            self.failed.emit(ticket, lane, error)
        self.ended.emit(ticket, lane)
