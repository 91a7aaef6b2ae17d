"""Undo and redo of the draft; letters typed one after the other into a field are one edit."""

from __future__ import annotations

from dataclasses import dataclass

from desktop.case.draft import Draft


@dataclass(frozen=True)
class _Step:
    draft: Draft
    where: str


class History:
    """The drafts before and after the present one."""

    def __init__(self) -> None:
        self._undo: list[_Step] = []
        self._redo: list[_Step] = []

    def remember(self, draft: Draft, where: str) -> None:
        """Keep the draft as it was before an edit in `where`."""
        if not (where and self._undo and self._undo[-1].where == where):
            self._undo.append(_Step(draft, where))
        self._redo.clear()

    def undo(self, present: Draft) -> Draft | None:
        """The draft before the last edit."""
        return _travel(self._undo, self._redo, present)

    def redo(self, present: Draft) -> Draft | None:
        """The draft before the last undo."""
        return _travel(self._redo, self._undo, present)


def _travel(source: list[_Step], sink: list[_Step], present: Draft) -> Draft | None:
    if not source:
        return None
    sink.append(_Step(present, ""))
    return source.pop().draft
