"""Regimens begin at the ward's hours, unless the patient would wait too long."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from core import session
from core.advise.ward_times import next_ward_time, ward_times
from core.clinic.case import Case
from core.clinic.case_file import load_case
from core.drugs.library import resources_folder
from core.errors import DrugFileError

TIMES = 'schema: 1\nlimits: {}\nadministration_times: ["22:00", "06:00", "14:30"]\n'


def example() -> Case:
    """Vancomycin begun at 08:00, due again at 20:00."""
    return load_case(resources_folder() / "examples" / "vancomycin_falling_renal_function.case.json")


def test_times_are_read_in_order(tmp_path: Path) -> None:
    file = tmp_path / "limits.yaml"
    assert ward_times(file) == ()
    file.write_text(TIMES)
    assert ward_times(file) == (6.0, 14.5, 22.0)
    file.write_text("schema: 1\nlimits: {}\n")
    assert ward_times(file) == ()


@pytest.mark.parametrize("text", ["24:00", "6:00", "06.00", "noon"])
def test_what_is_no_time_of_day_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "limits.yaml"
    file.write_text(f'schema: 1\nlimits: {{}}\nadministration_times: ["{text}"]\n')
    with pytest.raises(DrugFileError) as refusal:
        ward_times(file)
    assert refusal.value.line == 3


@pytest.mark.parametrize(
    ("due", "given"), [(12.0, 14.0), (14.0, 14.0), (6.5, 6.5), (3.0, 6.5), (0.0, 0.0), (60.0, 62.0), (20.0, 22.0)]
)
def test_a_dose_waits_for_the_next_hour_of_the_ward_but_never_long(due: float, given: float) -> None:
    """The case begins at 08:00: 12 h later it is 20:00 and the ward gives at 22:00; at 08:00 it is 6.5 h to 14:30."""
    assert next_ward_time(example(), due, (6.0, 14.5, 22.0)) == pytest.approx(given)


def test_the_clock_is_that_of_the_place() -> None:
    moved = replace(example(), start=dt.datetime(2026, 7, 6, 8, tzinfo=dt.timezone(dt.timedelta(hours=-5))))
    assert next_ward_time(moved, 12.0, (22.0,)) == 14.0


def test_options_begin_at_the_wards_hours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "limits.yaml"
    file.write_text(TIMES)
    monkeypatch.setattr("core.advise.ward_times.site_limits_file", lambda: file)
    monkeypatch.setattr("core.advise.limits.site_limits_file", lambda: file)
    case = example()
    found = session.recommend(case, session.individualise(case))
    new = [option.regimen for option in found.options if not option.is_current]
    assert new
    assert all((one.first_dose - case.now - 2.0) % 12.0 == pytest.approx(0.0) for one in new)
