"""Tables as they come: any case and order of columns, comments, clock times; each fault names its row and column."""

import datetime as dt
import gzip
from pathlib import Path

import pytest

from core.errors import Cancelled, InputError
from core.exchange import text_table
from core.exchange.nonmem import EventKind, Subject, read_subjects
from core.exchange.sheet import Action, Sheet
from core.task import Task
from tests.conftest import SHARED

PUBLIC = SHARED / "data" / "individual_pk"


def read(tmp_path: Path, written: str) -> tuple[list[Subject], Sheet]:
    file = tmp_path / "table.csv"
    file.write_text(written, "utf-8")
    sheet = Sheet()
    return list(read_subjects(file, sheet)), sheet


def reasons(sheet: Sheet) -> list[tuple[str, str, str]]:
    return [(remark.row, remark.field, remark.reason) for remark in sheet.remarks()]


@pytest.mark.parametrize(
    "written",
    [
        "id,TIME,Amt,evid,dv\n1,0,100,1,.\n1,2,.,0,3.5\n",
        "ID TIME AMT EVID DV\n1 0 100 1 .\n1 2 . 0 3.5\n",
        "ID\tTIME\tAMT\tEVID\tDV\n1\t0\t100\t1\t\n1\t2\t\t0\t3.5\n",
        "ID;TIME;AMT;EVID;DV\r\n1;0;1E2;1;NA\r\n1;2;0;0;.35D1\r\n",
        '"ID","TIME","AMT","EVID","DV"\n"1",0,100,1,NA\n"1",2,NA,0,3.5\n',
        "# made by hand\n\nID,TIME,AMT,EVID,DV\n#1,9,9,1,.\n1,0,100,1,.\n@ a word\n1,2,.,0,3.5\n",
        "C,ID,TIME,AMT,EVID,DV\nC,1,1,1,1,.\n.,1,0,100,1,.\n.,1,2,.,0,3.5\n",
        "TABLE NO.  1\n ID TIME AMT EVID DV\n 1.0 0 1.0000E+02 1 .\n 1.0 2 0.0000E+00 0 3.5000E+00\n".replace(
            "1.0 ", "1 "
        ),
        "\ufeffID,TIME,AMT,DV\n1,0,100,.\n1,2,.,3.5\n",
    ],
)
def test_one_table_in_nine_hands_is_one_subject(tmp_path: Path, written: str) -> None:
    (subject,), sheet = read(tmp_path, written)
    dose, level = subject.events
    assert (dose.kind, dose.time, dose.amount) == (EventKind.DOSE, 0.0, 100.0)
    assert (level.kind, level.time, level.value) == (EventKind.OBSERVATION, 2.0, 3.5)
    assert (sheet.read, sheet.rejected) == (2, 0)


def test_clock_times_and_dates_count_from_the_first_row(tmp_path: Path) -> None:
    (subject,), _ = read(
        tmp_path, "ID,DATE,TIME,AMT,DV\n1,12/31/23,22:30,100,.\n1,01/01/24,06:00:00,.,3\n1,01/02/24,06:15,.,2\n"
    )
    assert [event.time for event in subject.events] == [0.0, 7.5, 31.75]
    assert subject.clock == dt.datetime(2023, 12, 31, 22, 30)


@pytest.mark.parametrize(
    ("column", "first", "second"),
    [
        ("DATE", "1/2/99", "1/3/99"),
        ("DAT1", "2/1/99", "3/1/99"),
        ("DAT2", "99/1/2", "99/1/3"),
        ("DAT3", "99/2/1", "99/3/1"),
    ],
)
def test_each_date_column_has_its_own_order(tmp_path: Path, column: str, first: str, second: str) -> None:
    (subject,), _ = read(tmp_path, f"ID,{column},TIME,AMT,DV\n1,{first},8:00,1,.\n1,{second},8:00,.,1\n")
    assert subject.clock == dt.datetime(1999, 1, 2, 8, 0)
    assert subject.events[1].time == 24.0


def test_values_below_the_limit_are_kept_as_censored_however_they_are_marked(tmp_path: Path) -> None:
    (subject,), _ = read(
        tmp_path, "ID,TIME,DV,CENS,LLOQ,AMT\n1,0,.,0,.,10\n1,1,5,1,.,.\n1,2,0,1,2.5,.\n1,3,<0.5,0,.,.\n1,4,7,0,.,.\n"
    )
    assert [(event.value, event.below_limit) for event in subject.events[1:]] == [
        (5.0, True),
        (2.5, True),
        (0.5, True),
        (7.0, False),
    ]


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        ("1,1,abc,0,0,0,0,1,.", "AMT", "exchange_number"),
        ("1,1,1,5,0,0,0,1,.", "EVID", "exchange_evid"),
        ("1,1,-5,1,0,0,0,1,.", "AMT", "negative"),
        ("1,1,0,1,0,0,0,1,.", "AMT", "exchange_amount_missing"),
        ("1,1,5,1,-3,0,0,1,.", "RATE", "exchange_rate"),
        ("1,1,5,1,0,3,0,1,.", "SS", "exchange_steady"),
        ("1,1,5,1,0,1,0,1,.", "II", "interval_needed"),
        ("1,1,5,1,0,0,0,-1,.", "CMT", "exchange_compartment"),
        ("1,1e999,5,1,0,0,0,1,.", "TIME", "number_not_finite"),
        ("1,-1,5,1,0,0,0,1,.", "TIME", "exchange_time_backwards"),
        ("1,25:99,5,1,0,0,0,1,.", "TIME", "exchange_moment"),
        ("1,.,5,1,0,0,0,1,.", "TIME", "exchange_value_missing"),
        (".,1,5,1,0,0,0,1,.", "ID", "exchange_value_missing"),
        ("1,1,5,1,0,0,0", "", "exchange_row_width"),
        ("1,1,0,0,0,0,0,1,1.2.3", "DV", "exchange_number"),
        ("1,1,0,0,0,0,0,1,12.345.6", "DV", "exchange_number"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_and_the_others_stay(
    tmp_path: Path, row: str, field: str, reason: str
) -> None:
    (subject,), sheet = read(
        tmp_path, f"ID,TIME,AMT,EVID,RATE,SS,II,CMT,DV\n1,0,5,1,0,0,0,1,.\n{row}\n1,9,0,0,0,0,0,1,3\n"
    )
    assert reasons(sheet) == [("3", field, reason)]
    assert [event.line for event in subject.events] == [2, 4]
    assert sheet.counts() == {"read": 3, "skipped": 0, "changed": 0, "flagged": 0, "rejected": 1}


def test_an_older_evid_names_its_compartment_and_the_change_is_noted(tmp_path: Path) -> None:
    (subject,), sheet = read(tmp_path, "ID,TIME,DV,AMT,EVID\n1,0,0,320,201\n")
    assert (subject.events[0].kind, subject.events[0].compartment) == (EventKind.DOSE, 2)
    (remark,) = sheet.remarks()
    assert (remark.action, remark.reason) == (Action.CHANGED, "exchange_old_evid")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "exchange_empty"),
        (b"ID,AMT\n1,5\n", "exchange_column_missing"),
        (b"ID,TIME,id\n1,5,1\n", "exchange_column_twice"),
        (b"ID,TIME,CP,DV\n1,5,1,1\n", "exchange_column_twice"),
        ("ID,TIME,名\n1,5,甲\n".encode("gb18030"), "exchange_encoding"),
        ("ID,TIME\n1,5\n".encode("utf-16"), "exchange_not_text"),
        (b"PK\x03\x04 a workbook", "exchange_not_text"),
        (b"ID,TIME\n1,\0\n", "exchange_binary"),
        (b'ID,TIME\n1,"5\n', "exchange_cut_off"),
        (b"ID,TIME\n" + b"1" * 1_100_000, "exchange_line_too_long"),
        (
            gzip.compress(b"ID,TIME,AMT\n" + b"".join(b"1,%d,1\n" % time for time in range(9000)))[:-400],
            "exchange_cut_off",
        ),
    ],
)
def test_a_file_that_is_no_whole_table_is_refused_with_its_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(content)
    with pytest.raises(InputError) as refused:
        list(read_subjects(file, Sheet()))
    assert refused.value.reason == reason


def test_a_file_that_unpacks_without_end_is_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_table, "_PACKED_FREE", 100_000)
    file = tmp_path / "table.csv.gz"
    file.write_bytes(gzip.compress(b"ID,TIME\n" + (b"1,0" + b" " * 1000 + b"\n") * 2000))
    with pytest.raises(InputError, match="exchange_bomb"):
        list(read_subjects(file, Sheet()))


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path, reason in ((tmp_path / "none.csv", "file_not_read"), (tmp_path, "exchange_not_a_file")):
        with pytest.raises(InputError, match=reason):
            list(read_subjects(path, Sheet()))


def test_a_packed_table_is_read_and_can_be_stopped(tmp_path: Path) -> None:
    file = tmp_path / "table.csv.gz"
    file.write_bytes(gzip.compress(b"ID,TIME,DV\n" + b"1,0,5\n" * 20_000))
    (subject,) = read_subjects(file, Sheet())
    assert len(subject.events) == 20_000
    task = Task()
    task.cancel()
    with pytest.raises(Cancelled):
        list(read_subjects(file, Sheet(), task))


@pytest.mark.skipif(not PUBLIC.exists(), reason="the public data sets are not at hand")
@pytest.mark.parametrize(
    ("name", "occasion", "subjects", "doses", "levels"),
    [
        ("mavoglurant.csv", "OCC", 96, 96, 1175),
        ("theophylline_multidose.csv", "", 12, 84, 264),
        ("warfarin_pkpd.csv", "", 19, 19, 282),
    ],
)
def test_public_tables_are_read_without_a_rejected_row(
    name: str, occasion: str, subjects: int, doses: int, levels: int
) -> None:
    sheet = Sheet()
    found = list(read_subjects(PUBLIC / name, sheet, occasion=occasion))
    events = [event for subject in found for event in subject.events]
    assert sheet.rejected == 0
    assert sheet.read == len(events) == len((PUBLIC / name).read_text("utf-8").splitlines()) - 1
    assert len(found) == subjects
    assert sum(event.is_dose for event in events) == doses
    assert sum(event.value is not None for event in events) == levels
