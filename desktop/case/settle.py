"""What is written into a field once it has been left: times in full, so that the person sees what was understood."""

from __future__ import annotations

from dataclasses import replace

from desktop.case.draft import Draft, LevelRow
from desktop.case.reading import Reading
from desktop.case.times import write_case_time


def settled(draft: Draft, reading: Reading) -> Draft:
    """Write every readable time in full, and `<5` as a level below the limit 5; nothing else is touched."""
    draft = replace(draft, levels=tuple(recorded_below_limit(row) for row in draft.levels))
    start = reading.start
    if start is None:
        return draft

    def full(text: str, where: str) -> str:
        hours = reading.times.get(where)
        return text if hours is None else write_case_time(hours, start)

    seen: dict[str, int] = {}
    entries = []
    for entry in draft.entries:
        index = seen[entry.name] = seen.get(entry.name, -1) + 1
        entries.append(replace(entry, when=full(entry.when, f"entry.{entry.name}.{index}.when")))
    return replace(
        draft,
        entries=tuple(entries),
        doses=tuple(replace(row, when=full(row.when, f"dose.{i}.when")) for i, row in enumerate(draft.doses)),
        levels=tuple(replace(row, when=full(row.when, f"level.{i}.when")) for i, row in enumerate(draft.levels)),
        medications=tuple(
            replace(row, start=full(row.start, f"medication.{i}.start"), until=full(row.until, f"medication.{i}.until"))
            for i, row in enumerate(draft.medications)
        ),
        outcomes=tuple(replace(row, when=full(row.when, f"outcome.{i}.when")) for i, row in enumerate(draft.outcomes)),
    )


def recorded_below_limit(row: LevelRow) -> LevelRow:
    """A value typed `<5` becomes a level below the limit 5, which the form then says in words."""
    text = row.value.strip()
    return replace(row, value=text[1:].strip(), below_limit=True) if text.startswith("<") else row
