"""Every pair of a qualification as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from core.qualify.pbpk.measures import Pair, guest_limit, within_guest
from core.qualify.pbpk.qualification import Qualification
from core.units import format_number

COLUMNS = (
    "kind", "drug", "study", "dataset", "fitted", "time (h)", "observed", "predicted", "unit", "fold",
    "within 2-fold", "Guest limit", "within Guest limit",
)  # fmt: skip
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def pairs_csv(found: Qualification) -> str:
    """One row for each concentration, exposure ratio and clearance."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(_rows(found))
    return stream.getvalue()


def _rows(found: Qualification) -> Iterator[list[str]]:
    for kind, pairs in (("concentration", found.curves), ("AUC ratio", found.ratios), ("clearance", found.children)):
        for pair in pairs:
            limits = ["", ""] if kind != "AUC ratio" else [format_number(guest_limit(pair.observed), 4)]
            if kind == "AUC ratio":
                limits.append(_yes(within_guest(pair)))
            yield [kind, *_row(pair), *limits]


def _row(pair: Pair) -> list[str]:
    time = "" if pair.time is None else format_number(pair.time, 6)
    numbers = [format_number(value, 6) for value in (pair.observed, pair.predicted)]
    within = _yes(0.5 <= pair.fold <= 2.0)
    names = [_text(name) for name in (pair.drug, pair.study, pair.dataset)]
    return [*names, _yes(pair.fitted), time, *numbers, pair.unit, format_number(pair.fold, 4), within]


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _text(value: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if value.startswith(_FORMULA_STARTS) else value
