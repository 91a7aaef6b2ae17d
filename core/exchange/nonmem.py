"""NONMEM-style event tables: every row becomes an event with its subject, or is rejected with its reason.

Conventions: NONMEM 7 users guides, Parts IV and VI (PREDPP: EVID, AMT, RATE, SS, II, ADDL, CMT; DATE, DAT1 to DAT3);
BLQ and CENS/LIMIT as in Monolix and nlmixr2.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

from core.errors import InputError
from core.exchange.sheet import Sheet
from core.exchange.text_table import Row, TextFormat, find_delimiter, open_text, read_rows
from core.exchange.written import DATE_ORDER, MISSING, read_date, read_number
from core.task import Task

_SAME = (
    *("ID", "TIME", "AMT", "RATE", "DV", "EVID", "MDV", "CMT", "SS", "II", "ADDL", "DVID", "DUR", "BLQ", "LIMIT"),
    *("DATE", "DAT1", "DAT2", "DAT3", "COMMENT"),
)
ALIASES = {
    **dict(zip(_SAME, _SAME, strict=True)),
    **dict.fromkeys(("SUBJECT", "SUBJ"), "ID"),
    **dict.fromkeys(("CONC", "CP"), "DV"),
    **dict.fromkeys(("CENS", "BLOQ"), "BLQ"),
    "C": "COMMENT",
    "LLOQ": "LIMIT",
    "YTYPE": "DVID",
}
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")
_MODELLED_RATES = (-1.0, -2.0)


NOTE = "Note: "  # begins a comment above the heading; a letter, so that IGNORE=@ passes over it


class EventKind(IntEnum):
    """EVID."""

    OBSERVATION = 0
    DOSE = 1
    OTHER = 2
    RESET = 3
    RESET_AND_DOSE = 4


@dataclass(frozen=True, slots=True)
class Event:
    """One row, in the table's own units; times count from the subject's own zero.

    `rate` -1 and -2: rate or duration come from the model. `compartment` 0: the default. `value` None: no measurement.
    """

    line: int
    time: float
    kind: EventKind
    amount: float = 0.0
    rate: float = 0.0
    interval: float = 0.0
    additional: int = 0
    steady: int = 0
    compartment: int = 0
    value: float | None = None
    below_limit: bool = False
    value_kind: str = ""  # DVID as written
    others: Mapping[str, str] = field(default_factory=dict)  # the remaining columns, absent where missing

    @property
    def is_dose(self) -> bool:
        """Whether something is given."""
        return self.kind in (EventKind.DOSE, EventKind.RESET_AND_DOSE)


@dataclass(frozen=True)
class Subject:
    """One subject's events in the order of the file; `clock` is the moment of time 0 where the table has dates."""

    id: str
    events: tuple[Event, ...]
    clock: dt.datetime | None = None


@dataclass(frozen=True)
class Heading:
    """Columns of a table: where the known ones stand, and the others by their name."""

    line: int
    width: int
    known: Mapping[str, int]
    others: Mapping[str, int]
    notes: tuple[str, ...]  # comment lines above the heading
    form: TextFormat


def read_heading(path: Path, encoding: str = "utf-8") -> Heading:
    """Find the heading of a table and how it is written.

    Raises:
        InputError: no text, no heading, or a column missing or named twice.
    """
    notes = []
    with open_text(path, encoding) as lines:
        for line in lines:
            body = line.rstrip()
            if body.startswith(("#", "@", NOTE, "TABLE NO")):
                notes.append(body.removeprefix(NOTE).lstrip("#@").removeprefix(" "))
            elif body:
                return _heading(path, lines.number, body, tuple(notes), encoding)
    raise InputError(str(path), "exchange_empty", path=path)


def _heading(path: Path, number: int, body: str, notes: tuple[str, ...], encoding: str) -> Heading:
    form = TextFormat(find_delimiter(body), encoding, comments=("#", "@"), first_line=number + 1)
    cells = body.split(form.delimiter or None)
    names = [cell.strip().strip('"').removeprefix("#").strip() for cell in cells]
    known: dict[str, int] = {}
    others: dict[str, int] = {}
    for place, name in enumerate(names):
        standard = ALIASES.get(name.upper())
        target, key = (others, name) if standard is None else (known, standard)
        if key in target:
            raise InputError(str(path), "exchange_column_twice", name=name)
        target[key] = place
    for needed in ("ID", "TIME"):
        if needed not in known:
            raise InputError(str(path), "exchange_column_missing", name=needed, known=", ".join(names)[:200])
    return Heading(number, len(names), known, others, notes, form)


def read_subjects(
    path: Path, sheet: Sheet, task: Task | None = None, encoding: str = "utf-8", occasion: str = ""
) -> Iterator[Subject]:
    """Subjects of a table one after another; a row that cannot be used is rejected on the sheet.

    Args:
        path: the table.
        sheet: takes the remarks.
        task: progress and cancellation.
        encoding: of the text.
        occasion: a column that numbers courses whose time begins anew; each is a subject of its own, `ID-occasion`.

    Raises:
        InputError: the file as a whole cannot be read.
        Cancelled: on request.
    """
    heading = read_heading(path, encoding)
    if occasion and occasion not in heading.others:
        raise InputError("occasion", "exchange_column_missing", name=occasion, known=", ".join(heading.others))
    reader = _Reader(heading, sheet)
    current, rows = "", list[Row]()
    for line, cells in read_rows(path, heading.form, task):
        if reader.is_comment(cells):
            sheet.skipped += 1
            continue
        sheet.read += 1
        if len(cells) != heading.width:
            sheet.reject(line, "", "exchange_row_width", value=len(cells), wanted=heading.width)
            continue
        name = cells[heading.known["ID"]].strip()
        if name.lower() in MISSING:
            sheet.reject(line, "ID", "exchange_value_missing", name="ID")
            continue
        if occasion:
            name = f"{name}-{cells[heading.others[occasion]].strip()}"
        if name != current and rows:
            yield reader.subject(current, rows)
            rows = []
        current = name
        rows.append((line, cells))
    if rows:
        yield reader.subject(current, rows)


class _Reader:
    """Turns rows of one table into events."""

    def __init__(self, heading: Heading, sheet: Sheet) -> None:
        self.heading, self.sheet = heading, sheet
        self.date_column = next((name for name in DATE_ORDER if name in heading.known), "")
        self._seen: set[str] = set()

    def is_comment(self, cells: Sequence[str]) -> bool:
        first = cells[0].strip()
        place = self.heading.known.get("COMMENT")
        marked = place is not None and place < len(cells) and cells[place].strip().upper() == "C"
        return marked or first.startswith(("#", "@", "TABLE NO")) or first.upper() in ALIASES

    def subject(self, name: str, rows: Sequence[Row]) -> Subject:
        if name in self._seen:
            self.sheet.flag(rows[0][0], "ID", "exchange_subject_again", name=name)
        self._seen.add(name)
        zero: dt.datetime | None = None
        events: list[Event] = []
        for line, cells in rows:
            try:
                moment = self._moment(cells)
                if isinstance(moment, dt.datetime):
                    zero = moment if zero is None else zero
                    time = (moment - zero).total_seconds() / 3600.0
                else:
                    time = moment
                event = self._event(line, cells, time)
                _check_order(event, events)
            except InputError as error:
                self.sheet.refuse(line, error.field, error)
                continue
            events.append(event)
        dated = zero is not None and bool(self.date_column)
        return Subject(name, tuple(events), zero if dated else None)

    def _cell(self, cells: Sequence[str], name: str) -> str | None:
        place = self.heading.known.get(name)
        if place is None:
            return None
        body = cells[place].strip()
        return None if body.lower() in MISSING else body

    def _number(self, cells: Sequence[str], name: str, default: float = 0.0) -> float:
        body = self._cell(cells, name)
        return default if body is None else read_number(body, name)

    def _count(self, cells: Sequence[str], name: str) -> int:
        value = self._number(cells, name)
        if value != int(value) or value < 0:
            raise InputError(name, "count_unreadable", value=f"{value:g}")
        return int(value)

    def _moment(self, cells: Sequence[str]) -> float | dt.datetime:
        """Elapsed time as a number; a clock time, with a date or without, as a moment."""
        body = self._cell(cells, "TIME")
        date = self._cell(cells, self.date_column) if self.date_column else None
        if body is None:
            raise InputError("TIME", "exchange_value_missing", name="TIME")
        clock = _CLOCK.fullmatch(body)
        if clock is None and date is None:
            return read_number(body, "TIME")
        day = dt.date(2000, 1, 1) if date is None else read_date(date, self.date_column)
        if clock is None:
            hours = read_number(body, "TIME")
            return dt.datetime.combine(day, dt.time()) + dt.timedelta(hours=hours)
        hour, minute, second = (int(part or 0) for part in clock.groups())
        if hour > 24 or minute > 59 or second > 59:
            raise InputError("TIME", "exchange_moment", value=body)
        return dt.datetime.combine(day, dt.time()) + dt.timedelta(hours=hour, minutes=minute, seconds=second)

    def _event(self, line: int, cells: Sequence[str], time: float) -> Event:
        amount, rate, length = (self._number(cells, name) for name in ("AMT", "RATE", "DUR"))
        steady, compartment = self._count(cells, "SS"), self._number(cells, "CMT")
        steady = 0 if steady == 99 else steady  # some tables write 99 for "no"
        kind, compartment = self._kind(line, cells, amount, rate, steady, compartment)
        given = kind in (EventKind.DOSE, EventKind.RESET_AND_DOSE)
        if given:
            rate = _checked_dose(amount, rate, length, steady, self._number(cells, "II"), self._count(cells, "ADDL"))
        if compartment != int(compartment) or compartment < 0:
            raise InputError("CMT", "exchange_compartment", value=f"{compartment:g}")
        value, below = (None, False) if given or kind is not EventKind.OBSERVATION else self._value(cells)
        others = {
            name: body
            for name, place in self.heading.others.items()
            if (body := cells[place].strip()).lower() not in MISSING
        }
        return Event(
            line=line,
            time=time,
            kind=kind,
            amount=amount if given else 0.0,
            rate=rate if given else 0.0,
            interval=self._number(cells, "II") if given else 0.0,
            additional=self._count(cells, "ADDL") if given else 0,
            steady=steady if given else 0,
            compartment=int(compartment),
            value=value,
            below_limit=below,
            value_kind=self._cell(cells, "DVID") or "",
            others=others,
        )

    def _kind(
        self, line: int, cells: Sequence[str], amount: float, rate: float, steady: int, compartment: float
    ) -> tuple[EventKind, float]:
        """EVID, or what AMT and MDV say where it is missing; the older EVID 101, 201 ... name a compartment too."""
        body = self._cell(cells, "EVID")
        if body is None:
            gives = amount != 0 or (rate > 0 and steady > 0)
            return (EventKind.DOSE if gives else EventKind.OBSERVATION), compartment
        code = read_number(body, "EVID")
        if code in tuple(EventKind):
            return EventKind(int(code)), compartment
        if 100 < code < 10_000 and code % 100 == 1:
            self.sheet.change(line, "EVID", "exchange_old_evid", value=body, compartment=int(code) // 100)
            return EventKind.DOSE, float(int(code) // 100)
        raise InputError("EVID", "exchange_evid", value=body)

    def _value(self, cells: Sequence[str]) -> tuple[float | None, bool]:
        """What was measured, and whether it lies below the given limit of quantification."""
        censored = self._number(cells, "BLQ")
        body = self._cell(cells, "DV")
        if body is not None and body.startswith("<"):
            return read_number(body.removeprefix("<").strip(), "DV"), True
        if censored not in (0.0, 1.0):
            raise InputError("BLQ", "exchange_censoring", value=f"{censored:g}")
        if censored:
            limit = self._cell(cells, "LIMIT") or body
            if limit is None:
                raise InputError("DV", "exchange_limit_missing")
            return read_number(limit, "LIMIT"), True
        if self._number(cells, "MDV") != 0 or body is None:
            return None, False
        return read_number(body, "DV"), False


def _check_order(event: Event, earlier: Sequence[Event]) -> None:
    """Time may go back at a reset only."""
    if earlier and event.time < earlier[-1].time and event.kind not in (EventKind.RESET, EventKind.RESET_AND_DOSE):
        raise InputError("TIME", "exchange_time_backwards", time=f"{event.time:g}", last=f"{earlier[-1].time:g}")


def _checked_dose(amount: float, rate: float, length: float, steady: int, interval: float, additional: int) -> float:
    """The rate of a dose whose numbers fit together; raises InputError naming the column that does not."""
    if amount < 0 or interval < 0:
        raise InputError("AMT" if amount < 0 else "II", "negative", value=f"{min(amount, interval):g}")
    if rate < 0 and rate not in _MODELLED_RATES:
        raise InputError("RATE", "exchange_rate", value=f"{rate:g}")
    if length < 0:
        raise InputError("DUR", "negative", value=f"{length:g}")
    if length > 0:
        if rate != 0:
            raise InputError("DUR", "exchange_rate_and_duration")
        rate = amount / length
    if steady not in (0, 1, 2):
        raise InputError("SS", "exchange_steady", value=steady)
    constant = amount == 0 and rate > 0 and steady == 1 and interval == 0
    if amount == 0 and not constant:
        raise InputError("AMT", "exchange_amount_missing")
    if interval == 0 and (additional > 0 or (steady > 0 and not constant)):
        raise InputError("II", "interval_needed")
    return rate
