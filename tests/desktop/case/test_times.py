import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from desktop.case.times import Moment, read_birth, read_hours, read_time, show_time, write_case_time

ZONE = dt.timezone(dt.timedelta(hours=8))
START = dt.datetime(2026, 7, 6, 8, 0, tzinfo=ZONE)
NOW = dt.datetime(2026, 7, 9, 9, 41, 30, tzinfo=ZONE)
MOMENT = Moment(START, NOW, dt.date(2026, 7, 9))


@pytest.mark.parametrize(
    ("typed", "hours"),
    [
        ("0730", 71.5),
        ("7:30", 71.5),
        ("07:30", 71.5),
        ("2026-07-09 07:30", 71.5),
        ("2026-07-09T07:30", 71.5),
        ("9-Jul 7:30", 71.5),
        ("09-Jul-2026 0730", 71.5),
        ("07-09 07:30", 71.5),
        ("71.5", 71.5),
        ("71,5 h", 71.5),
        ("+71.5 h", 71.5),
        ("2 d", 48.0),
        ("0", 0.0),
        ("-2 h", -2.0),
        ("t-2h", 71 + 41 / 60),
        ("T - 30 min", 73 + 11 / 60),
        ("now", 73 + 41 / 60),
    ],
)
def test_every_way_of_typing_a_time_is_understood(typed, hours):
    assert read_hours(typed, MOMENT, "level.0.when") == pytest.approx(hours, abs=1e-12)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "time_empty"),
        ("730", "time_ambiguous"),
        ("25:00", "time_unreadable"),
        ("2460", "time_unreadable"),
        ("2026-02-30 08:00", "time_unreadable"),
        ("2026-07-09", "time_needs_clock"),
        ("yesterday", "time_unreadable"),
        ("７:30", "time_unreadable"),
        ("1,500 h", "number_ambiguous"),
    ],
)
def test_a_time_that_can_be_read_two_ways_or_none_is_refused(typed, reason):
    with pytest.raises(InputError) as refusal:
        read_hours(typed, MOMENT, "level.0.when")
    assert refusal.value.reason == reason
    assert refusal.value.field == "level.0.when"


def test_hours_need_a_first_dose_to_count_from():
    with pytest.raises(InputError, match="time_needs_first_dose"):
        read_time("71.5 h", Moment(None, NOW, NOW.date()), "dose.0.when")


@given(st.floats(-1e4, 1e5, allow_nan=False))
def test_a_case_time_written_into_a_field_is_read_back_as_the_very_same_number(hours):
    assert read_hours(write_case_time(hours, START), MOMENT, "x") == hours


def test_a_time_of_whole_minutes_is_written_as_a_clock_time():
    assert write_case_time(71.5, START) == "2026-07-09 07:30"


def test_times_are_shown_as_each_language_writes_them():
    assert show_time(START, "en") == "06-Jul 08:00"
    assert show_time(START, "zh_CN", year=True) == "2026-07-06 08:00"


@pytest.mark.parametrize(
    ("typed", "born"),
    [
        ("1955-05-03", dt.date(1955, 5, 3)),
        ("03-May-1955", dt.date(1955, 5, 3)),
        ("71", 71.0),
        ("0,5", 0.5),
        ("71 y", 71.0),
    ],
)
def test_birth_is_a_date_or_an_age(typed, born):
    assert read_birth(typed, dt.date(2026, 7, 9)) == born


@pytest.mark.parametrize("typed", ["2027-01-01", "1955-13-01", "05-03", "7O", "1e2", "-4", "１９５５-０５-０３"])
def test_an_impossible_birth_is_refused(typed):
    with pytest.raises(InputError):
        read_birth(typed, dt.date(2026, 7, 9))
