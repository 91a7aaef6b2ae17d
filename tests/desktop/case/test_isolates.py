"""Isolates in place of a measured MIC: typed, kept for the site, undone, recovered, refused with the field's name."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from core import session
from core.clinic.case import Target, TargetKind
from core.clinic.case_file import load_case, read_case, write_case
from core.clinic.mic import MicDistribution
from core.drugs.library import resources_folder
from core.exchange import mic_store
from core.exchange.mic_store import kept_isolates
from core.units import Quantity
from desktop.case.draft import DoseRow, Draft, MicsRow, TargetRow
from desktop.case.draft_file import draft_of, read_draft_text, write_draft
from desktop.case.isolates import OWN, mics_row
from desktop.case.reading import read_draft

NOW = dt.datetime(2026, 7, 8, 18, tzinfo=dt.UTC)
WARD = MicDistribution((0.5, 1.0, 2.0), (20, 31, 3), 1, "S. aureus, ward 3", "own laboratory")
MEROPENEM = resources_folder() / "examples" / "meropenem_augmented_clearance.case.json"


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mic_store, "site_folder", lambda: tmp_path / "site" / "drugs")


def read(row: MicsRow | None):
    given = (DoseRow("2026-07-08 06:00", "1000", "mg", "intravenous", "1", count="1"),)
    return read_draft(
        Draft(record="7", drug="vancomycin", sex="male", birth="70", doses=given, mics=row), NOW, {"vancomycin"}
    )


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        (replace(mics_row(WARD), name=" "), "mics.name", "mic_table_unnamed"),
        (MicsRow("ward"), "mics.table", "mic_table_empty"),
        (MicsRow("ward", "", "1: 20\n1: 3"), "mics.table", "mic_twice"),
        (MicsRow("ward", "", "-1: 20"), "mics.table", "mic_line_unreadable"),
        (MicsRow("ward", "", "1: 2.5"), "mics.table", "isolates_unreadable"),
        (MicsRow("ward", "", "1: -2"), "mics.table", "isolates_unreadable"),
        (MicsRow("ward", "", "1: 99999999999"), "mics.table", "isolates_unreadable"),
        (MicsRow("ward", "", "0: 3"), "mics.table", "mic_impossible"),
        (MicsRow("ward", "", "nan: 3"), "mics.table", "mic_line_unreadable"),
        (MicsRow("ward", "", "99999: 3"), "mics.table", "mic_impossible"),
        (MicsRow("ward", "", "1: 0"), "mics.table", "mic_table_without_isolates"),
        (MicsRow("ward", "", "1 mmol/L: 4"), "mics.table", "unit_mismatch"),
        (MicsRow("ward", "", "1 furlong: 4"), "mics.table", "unit_unknown"),
        (MicsRow("ward", "", "<0.5: 4"), "mics.table", "mic_line_unreadable"),
        (MicsRow("ward", "", ">1: 4\n2: 4"), "mics.table", "mic_beyond_not_last"),
        (MicsRow("x" * 201, "", "1: 4"), "mics.name", "text_too_long"),
        (
            MicsRow("ward", "", "\n".join(f"{0.001 * place:.4f}: 1" for place in range(1, 99))),
            "mics.table",
            "mic_table_too_long",
        ),
    ],
)
def test_what_is_no_table_is_said_at_its_field(row: MicsRow, field: str, reason: str) -> None:
    found = read(row)
    assert (field, reason) in [(item.field, item.reason) for item in found.problems]
    assert found.case is None


def test_a_table_survives_reading_saving_and_recovery() -> None:
    found = read(mics_row(WARD))
    assert found.problems == ()
    assert found.case is not None
    assert found.case.mics == WARD
    again = draft_of(read_case(write_case(found.case)))
    assert again.mics == mics_row(WARD)
    half_typed = replace(again, mics=MicsRow("ward", "", "0.5: 3\n1"))
    assert read_draft_text(write_draft(half_typed)).mics == half_typed.mics


def test_an_untouched_own_table_is_none() -> None:
    assert read(MicsRow()).case is not None
    assert read(MicsRow()).case.mics is None


def test_a_table_is_typed_undone_kept_and_chosen_again(qtbot, worked) -> None:
    state, form = worked.state, worked.case_tab.input.patient.isolates
    assert not form.isVisibleTo(worked)
    state.change(replace(state.draft, target=TargetRow(TargetKind.AUC24_MIC.value, "400", "600", "1")))
    qtbot.waitUntil(lambda: form.isVisibleTo(worked), timeout=5000)
    form.choice.chosen.emit(OWN)
    qtbot.waitUntil(lambda: form.table.isVisibleTo(worked), timeout=5000)
    for field, text in ((form.name, WARD.name), (form.source, WARD.source)):
        field.edit.setFocus()
        QTest.keyClicks(field.edit, text)
        state.settle()
    form.table.edit.setFocus()
    for line in ("0.5: 20", "1: 31", "2: 3", ">2: 1"):
        QTest.keyClicks(form.table.edit, line)
        QTest.keyClick(form.table.edit, Qt.Key.Key_Return)
    state.settle()
    assert state.case is not None
    assert state.case.mics == WARD
    assert "55" in form.summary.text()
    state.undo()
    assert state.draft.mics != mics_row(WARD)
    state.redo()
    assert state.case.mics == WARD
    form.keep.click()
    assert kept_isolates("vancomycin") == (WARD,)
    assert not form.table.isVisibleTo(worked)
    form.choice.chosen.emit("")
    assert state.draft.mics is None
    form.choice.chosen.emit(f"kept:{WARD.name}")
    assert state.case.mics == WARD
    form.drop.click()
    assert kept_isolates("vancomycin") == ()
    assert state.case.mics == WARD  # the case keeps what it was judged by


def test_the_window_hands_over_what_the_file_holds() -> None:
    """The same options from the case file and from the form filled from it."""
    case = load_case(MEROPENEM)
    unmeasured = replace(
        case, covariates=tuple(item for item in case.covariates if item.name != "mic"), mics=replace(WARD, name="P. a.")
    )
    typed = read_draft(draft_of(unmeasured), case.start + dt.timedelta(hours=case.now), {"meropenem"})
    assert typed.problems == ()
    for one, other in zip(
        *(session.recommend(each, session.individualise(each)).options for each in (unmeasured, typed.case)),
        strict=True,
    ):
        assert (one.regimen.amount, one.attainment, one.by_mic) == (
            other.regimen.amount,
            other.attainment,
            other.by_mic,
        )


def test_a_table_is_told_when_the_target_does_not_need_it() -> None:
    case = replace(
        load_case(MEROPENEM), mics=WARD, target=Target(TargetKind.TROUGH, Quantity(2.0, "mg/L"), Quantity(8.0, "mg/L"))
    )
    said = [alert.id for alert in session.recommend(case, session.individualise(case)).alerts]
    assert "mic_table_not_needed" in said
