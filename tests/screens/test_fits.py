"""No text is cut off at the smallest screens of a ward, in either language."""

import contextlib

import pytest
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLabel, QPushButton

from desktop.language import LANGUAGE

SIZES = [(1366, 698), (1185, 660), (1920, 1000)]


def shown(widget, kind):
    return [one for one in widget.findChildren(kind) if one.isVisible() and not one.visibleRegion().isEmpty()]


def cut_off(window):
    """Widgets whose text needs more room than they have."""
    found = []
    for label in shown(window, QLabel):
        if label.pixmap().isNull() and label.text() and not label.toolTip():
            needs = label.heightForWidth(label.width()) if label.wordWrap() else label.sizeHint().height()
            too_narrow = not label.wordWrap() and label.sizeHint().width() > label.width() + 1
            if too_narrow or needs > label.height() + 1:
                found.append((label.text(), label.size().toTuple(), label.sizeHint().toTuple()))
    for kind in (QPushButton, QCheckBox):
        for one in shown(window, kind):
            if one.minimumSizeHint().width() > one.width() + 1:
                found.append((one.text(), one.width(), one.minimumSizeHint().width()))
    for box in shown(window, QComboBox):
        needed = QFontMetrics(box.font()).horizontalAdvance(box.currentText())
        if needed > box.width() - 26:
            found.append((box.currentText(), box.width(), needed))
    return found


def settle(qtbot, window):
    """Let layouts that wait for each other come to rest, however busy the machine is."""
    qtbot.wait(100)
    with contextlib.suppress(TimeoutError):
        qtbot.waitUntil(lambda: cut_off(window) == [], timeout=5000)


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_nothing_is_cut_off(worked, qtbot, language, size):
    LANGUAGE.use(language)
    worked.resize(*size)
    for tab in range(worked.tabs.count()):
        worked.tabs.setCurrentIndex(tab)
        settle(qtbot, worked)
        assert (worked.width(), worked.height()) == size, "the window must be able to be this small"
        assert cut_off(worked) == []


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_nothing_is_cut_off_in_a_form_with_a_fault(worked, qtbot, language):
    LANGUAGE.use(language)
    column = worked.case_tab.input
    column.doses.open(0)
    column.doses.fields["amount"].edit.setText("1,500")
    column.doses.fields["amount"].edited.emit("1,500")
    worked.state.settle()
    settle(qtbot, worked)
    assert column.doses.fields["amount"].fault.isVisible()
    assert cut_off(worked) == []


def test_the_window_keeps_its_height_when_work_begins(worked, qtbot):
    plot = worked.case_tab.plots.concentration
    before = plot.height()
    worked.state._set_busy(True)
    QApplication.processEvents()
    assert plot.height() == before
    worked.state._set_busy(False)
