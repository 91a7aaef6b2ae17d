"""A week of unequal doses typed into one row of given doses."""

import datetime as dt

import pytest

from core.clinic.week_text import read_week, week_text
from core.errors import InputError
from desktop.case.draft import DoseRow, Draft
from desktop.case.reading import read_draft
from desktop.case.week_rows import week_rows

NOW = dt.datetime(2026, 7, 8, 18, tzinfo=dt.UTC)  # a Wednesday
ROW = DoseRow("2026-07-08 18:00", "5 / 2.5 / 5 / 2.5 / 5 / 0 / 2.5", "mg", "oral", count="24")


def test_a_week_becomes_a_row_for_each_day_with_a_dose() -> None:
    rows = week_rows(ROW, "dose.0", NOW)
    assert [(row.when[:10], row.amount, row.count) for row in rows] == [
        ("2026-07-08", "5", "4"),
        ("2026-07-09", "2.5", "4"),
        ("2026-07-10", "5", "4"),
        ("2026-07-12", "2.5", "3"),
        ("2026-07-13", "5", "3"),
        ("2026-07-14", "2.5", "3"),
    ]
    assert {(row.every, row.every_unit) for row in rows} == {("7", "day")}
    reading = read_draft(Draft(drug="warfarin", sex="male", birth="70", doses=tuple(rows)), NOW, {"warfarin"})
    assert reading.case is not None
    assert sum(dose.count for dose in reading.case.doses) == 21


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"amount": "5 / 2.5"}, "dose.0.amount", "week_needs_seven"),
        ({"amount": "5 / x / 5 / 2 / 5 / 2 / 2"}, "dose.0.amount", "number_unreadable"),
        ({"amount": "0 / 0 / 0 / 0 / 0 / 0 / 0"}, "dose.0.amount", "must_be_positive"),
        ({"every": "12"}, "dose.0.every", "week_needs_days"),
        ({"count": "1"}, "dose.0.count", "week_needs_count"),
        ({"steady_state": True}, "dose.0.amount", "week_not_steady"),
        ({}, "dose.0.amount", "week_as_rows"),
    ],
)
def test_what_does_not_go_with_a_week_is_said_at_its_field(change: dict[str, object], field: str, reason: str) -> None:
    row = DoseRow(**{**ROW.__dict__, **change})
    reading = read_draft(Draft(drug="warfarin", sex="male", birth="70", doses=(row,)), NOW, {"warfarin"})
    assert [(item.field, item.reason) for item in reading.problems] == [(field, reason)]


def test_a_week_is_written_as_it_is_read() -> None:
    assert read_week(week_text((5.0, 2.5, 5.0, 2.5, 5.0, 2.5, 0.0)), "amount")[1] == 2.5
    with pytest.raises(InputError):
        read_week("5 / 2.5", "amount")
