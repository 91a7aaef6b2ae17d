"""Every field that takes a number reads it by the one strict parser: the acceptance table typed into each of them."""

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.units import parse_typed_number
from desktop.case.field import TextField

ACCEPTED = {"1.5": 1.5, "1,5": 1.5, "0.5": 0.5, "0,5": 0.5, "0.125": 0.125, "1500": 1500.0}
ASKED = ("1,500", "1.500", "12.345")
REFUSED = (
    ".5", "5.", "05", "1 500", "1'500", "1,2,3", "1.2.3", "-5", "+5", "1e3", "1_000", "0x10", "nan", "inf",
    "<0.5", ">50", "5 mg", "7O", "１２", "٣",
)  # fmt: skip
NUMBER_FIELDS = (
    "entry.weight.0", "entry.height.0", "entry.serum_creatinine.0", "dose.0.amount", "dose.0.every", "dose.0.duration",
    "level.0.value",
)  # fmt: skip


def type_into(window, where, text):
    field = window.case_tab.input.field(where)
    assert isinstance(field, TextField)
    field.edit.setFocus()
    field.edit.selectAll()
    type_text(field.edit, text)
    return field


def type_text(edit, text):
    """Latin letters by key; what a Chinese keyboard writes arrives as committed text."""
    if text.isascii():
        QTest.keyClicks(edit, text)
    else:
        event = QInputMethodEvent()
        event.setCommitString(text)
        QApplication.sendEvent(edit, event)


def read_back(window, where):
    case = window.state.case
    if where.startswith("entry."):
        return case.covariate(where.split(".")[1]).value.value
    if where.startswith("level."):
        return case.levels[0].value.value
    return getattr(case.doses[0], where.split(".")[2]).value


@pytest.mark.parametrize("where", NUMBER_FIELDS)
def test_what_is_typed_is_what_is_stored_or_is_refused_and_kept(worked, where):
    for text in (*ASKED, *REFUSED):
        if where == "level.0.value" and text.startswith("<"):
            continue  # a level below the limit has its own test
        field = type_into(worked, where, text)
        worked.state.settle()
        assert worked.state.case is None, text
        assert where in {problem.field for problem in worked.state.problems}, text
        assert field.edit.text() == text
        assert field.fault.isVisibleTo(field), text
        assert field.fault.text, text
    for text, value in ACCEPTED.items():
        type_into(worked, where, text)
        worked.state.settle()
        reasons = {problem.reason for problem in worked.state.problems}
        assert reasons <= {"covariate_impossible"}, text
        if not reasons:
            assert read_back(worked, where) == value


def test_full_width_digits_are_offered_in_ascii_and_taken_only_when_confirmed(worked):
    field = type_into(worked, "entry.weight.0", "４８．５")
    worked.state.settle()
    assert worked.state.case is None
    assert "48.5" in field.fault._offer.text()
    field.fault._offer.click()
    assert field.edit.text() == "48.5"
    assert worked.state.case.covariate("weight").value.value == 48.5


def test_a_level_below_the_limit_is_marked_as_such_in_words(worked):
    levels = worked.case_tab.input.levels
    type_into(worked, "level.0.value", "<5")
    worked.state.settle()
    level = worked.state.case.levels[0]
    assert (level.value.value, level.below_limit) == (5.0, True)
    assert levels.below.isChecked()
    assert "5 mg/L" in levels.below.text()


def test_the_unit_changes_and_the_number_stays_as_typed(worked):
    field = worked.case_tab.input.field("entry.serum_creatinine.0")
    field.unit_box.setCurrentIndex(field.unit_box.findData("mg/dL"))
    field.unit_changed.emit("mg/dL")
    entry = worked.state.draft.history("serum_creatinine")[0]
    assert (entry.text, entry.unit) == ("88", "mg/dL")
    assert [problem.reason for problem in worked.state.problems] == ["covariate_impossible"]


def test_the_regimen_of_a_modification_is_read_as_strictly(worked):
    form = worked.compare_tab.form
    for field in (form.amount, form.every, form.duration):
        for text in (*ASKED, *REFUSED, "0"):
            field.edit.setText(text)
            assert form.regimen() is None, text
            assert field.fault.text, text
        field.edit.setText("1,5")
        assert form.regimen() is not None


def test_no_other_way_of_reading_a_number_is_used_in_the_window():
    sources = Path(__file__).parents[2] / "desktop"
    banned = re.compile(r"QDoubleSpinBox|QSpinBox|QDoubleValidator|QIntValidator|toDouble|toFloat")
    casts = re.compile(r"(?<![\w.])float\(([^)]*(text|typed|edit)[^)]*)\)")
    for path in sources.rglob("*.py"):
        text = path.read_text("utf-8")
        assert banned.search(text) is None, path
        assert casts.search(text) is None, path
    assert parse_typed_number("1,5") == 1.5
