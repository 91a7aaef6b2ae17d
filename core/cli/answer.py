"""What a verb gives back, and how it reaches the person or the script that asked."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from core.atomic_write import write_atomically
from core.report.wording import Wording
from core.task import Task

_BAR = 30


class Status(IntEnum):
    """Exit statuses."""

    DONE = 0
    FAULT = 1
    BAD_INPUT = 2
    NO_SAFE_ANSWER = 3
    INTERRUPTED = 130


@dataclass(frozen=True)
class Answer:
    """One JSON document, the same in short lines for people, and the exit status; `document` None: nothing to write."""

    document: Mapping[str, Any] | None = None
    lines: Sequence[str] = field(default=())
    status: Status = Status.DONE


@dataclass(frozen=True)
class Console:
    """The way to the person: messages on stderr in their language, a progress bar where stderr is a terminal."""

    wording: Wording

    def tell(self, text: str) -> None:
        """Write one line to stderr."""
        print(text, file=sys.stderr)

    def task(self) -> Task:
        """Progress for a long piece of work."""
        return Task(self._progress if sys.stderr.isatty() else None)

    def _progress(self, fraction: float, message: str) -> None:
        done = round(_BAR * min(1.0, max(0.0, fraction)))
        text = self.wording.text(message) if message and self.wording.has(message) else message
        end = "\n" if fraction >= 1.0 else ""
        print(f"\r[{'#' * done}{'.' * (_BAR - done)}] {text}\x1b[K", end=end, file=sys.stderr, flush=True)


def deliver(answer: Answer, args: argparse.Namespace, console: Console) -> None:
    """Write the document to `-o FILE` and, with `--json`, to stdout; else the lines.

    Raises:
        InputError: the file cannot be written.
    """
    written = (
        None if answer.document is None else json.dumps(answer.document, ensure_ascii=False, allow_nan=False, indent=1)
    )
    output = getattr(args, "output", None)
    if written is not None and output is not None:
        write_atomically(output, f"{written}\n".encode())
        console.tell(console.wording.text("cli_written", {"path": output}))
    if args.json and written is not None:
        print(written)
    elif not args.json and output is None:
        for line in answer.lines:
            print(line)
    if answer.status is Status.NO_SAFE_ANSWER:
        console.tell(console.wording.text("cli_blocked"))
