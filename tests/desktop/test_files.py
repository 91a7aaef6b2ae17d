import json
import stat

from PySide6.QtTest import QTest

from core.clinic.case_file import load_case
from desktop.case.draft_file import DraftKeeper, draft_of
from desktop.state import CaseState


def test_what_is_typed_survives_a_crash(qtbot, worked, verbs):
    field = worked.case_tab.input.field("entry.weight.0")
    field.edit.setFocus()
    field.edit.selectAll()
    QTest.keyClicks(field.edit, "1,500")
    path = worked._keeper.path
    qtbot.waitUntil(lambda: path.exists() and "1,500" in path.read_text("utf-8"), timeout=5000)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    draft = DraftKeeper(path).restore()
    assert draft.history("weight")[0].text == "1,500"
    again = CaseState(verbs)
    again.open_draft(draft)
    assert [problem.reason for problem in again.problems] == ["number_ambiguous"]
    again.close()


def test_a_damaged_draft_is_put_aside_not_deleted(tmp_path):
    path = tmp_path / "draft.json"
    path.write_text('{"format": "dosewright.draft/1", "rec', "utf-8")
    assert DraftKeeper(path).restore() is None
    assert path.with_suffix(".damaged").read_text("utf-8").endswith('"rec')


def test_saving_writes_what_the_window_holds(worked, verbs, tmp_path):
    target = tmp_path / "saved.case.json"
    assert worked._save_to(target)
    assert load_case(target) == verbs.case
    assert not worked.state.is_dirty
    worked.case_tab.input.doses.remove(0)
    assert worked.state.is_dirty


def test_an_unusable_case_is_not_saved_and_stays_in_the_form(worked, tmp_path):
    field = worked.case_tab.input.field("entry.weight.0")
    field.edit.setText("x")
    field.edited.emit("x")
    worked.state.settle()
    target = tmp_path / "saved.case.json"
    assert not worked._save_to(target)
    assert not target.exists()
    assert field.edit.text() == "x"


def test_a_broken_case_file_changes_nothing_and_says_why(worked, tmp_path):
    before = worked.state.draft
    path = tmp_path / "cut.case.json"
    path.write_text(json.dumps({"schema": "dosewright.case/1"})[:20], "utf-8")
    assert not worked.open(path)
    assert worked.state.draft == before
    assert "cut.case.json" in worked.status.text.text()


def test_opening_another_case_keeps_its_draft_equal_to_the_file(worked, verbs):
    assert worked.state.draft == draft_of(verbs.case)
