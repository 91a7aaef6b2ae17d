import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QPushButton, QTableWidget

from core.errors import InputError
from core.report.decision import DecisionKind
from desktop.case.draft_file import draft_of
from desktop.case.week_rows import week_rows
from desktop.language import LANGUAGE
from tests.desktop.hands import CTRL, KEY, key, ready, type_text


def test_a_case_is_entered_by_keyboard_alone_accepted_and_reported(qtbot, window, tmp_path, monkeypatch):
    monkeypatch.setattr("desktop.main_window.report_folder", lambda: tmp_path)
    monkeypatch.setattr("desktop.main_window.QDesktopServices.openUrl", lambda url: True)
    key(window, KEY.Key_N, CTRL)
    form = window.case_tab.input.patient
    type_text("P-7")
    for text in ("vanco", "甲, Z", "72", None):
        key(window, KEY.Key_Tab)
        if text:
            type_text(text)
    type_text("m")  # sex, by its first letter
    covariates = {"weight": "78", "height": "174", "serum_creatinine": "88"}
    for name, text in covariates.items():
        form.field(f"entry.{name}.0").setFocus()
        type_text(text)
    key(window, KEY.Key_D, CTRL)
    for text in ("2026-07-06 08:00", "1000"):
        type_text(text)
        key(window, KEY.Key_Tab)
    fields = window.case_tab.input.doses.fields
    for name, text in (("every", "12"), ("count", "5"), ("duration", "1")):
        fields[name].setFocus()
        fields[name].edit.selectAll()
        type_text(text)
    key(window, KEY.Key_Return)
    key(window, KEY.Key_L, CTRL)
    type_text("2026-07-07 19:30")
    key(window, KEY.Key_Tab)
    type_text("17.8")
    key(window, KEY.Key_Tab)
    type_text("m")  # mg/L, by its first letter
    key(window, KEY.Key_Return)
    case = window.state.case
    assert case is not None, window.state.reading
    assert (case.patient.id, case.patient.name, case.drug, case.patient.sex) == ("P-7", "甲, Z", "vancomycin", "male")
    assert (case.doses[0].milligrams, case.doses[0].interval, case.doses[0].count, case.doses[0].hours) == (
        1000,
        12,
        5,
        1,
    )
    assert (case.levels[0].time, case.levels[0].value.value, case.levels[0].value.unit) == (35.5, 17.8, "mg/L")
    ready(qtbot, window)
    key(window, KEY.Key_K, CTRL)
    window.activateWindow()  # without a window manager a closed popup leaves no window active
    QApplication.processEvents()
    window.case_tab.advice.buttons.accept_button.setFocus()
    key(window, KEY.Key_Return)
    assert window.state.decision.kind is DecisionKind.ACCEPTED
    key(window, KEY.Key_P, CTRL)
    qtbot.waitUntil(lambda: "Report written" in window.status.text.text(), timeout=30000)
    assert sorted(path.suffix for path in tmp_path.glob("P-7*")) == [".csv", ".csv", ".pdf"]


def test_a_drug_without_effect_curves_keeps_the_time_range_of_its_course(qtbot, worked, verbs):
    bare = replace(verbs.prior, curves=verbs.prior.curves[:1])
    for name in ("prior", "individual", "proposed"):
        setattr(verbs, name, replace(getattr(verbs, name), curves=getattr(verbs, name).curves[:1]))
    worked.state.open_draft(draft_of(verbs.case), saved=True)
    ready(qtbot, worked)
    right = worked.case_tab.plots.concentration.plotItem.vb.viewRange()[0][1]
    assert not worked.case_tab.plots.effect.isVisible()
    assert right >= bare.curves[0].times[-1]


def test_a_drug_without_published_target_asks_for_one_beside_the_field(qtbot, worked, verbs, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise InputError("target", "target_needed", drug="vancomycin")

    monkeypatch.setattr(verbs, "recommend", refuse)
    worked.state.recompute()
    qtbot.waitUntil(lambda: not worked.state.busy, timeout=10000)
    card, form = worked.case_tab.advice.card, worked.case_tab.input.patient
    assert worked.state.results.prior is not None, "the curves need no target"
    assert form.target.fault.text
    card._go.click()
    assert QApplication.focusWidget() is form.target.box


def test_faults_are_counted_at_the_top_and_lead_to_their_field(worked):
    column = worked.case_tab.input
    column.patient.birth.edit.setFocus()
    column.patient.birth.edit.selectAll()
    QTest.keyClicks(column.patient.birth.edit, "7O")
    assert not column.faults.isVisible(), "not while typing"
    column.patient.record.edit.setFocus()
    assert column.faults.isVisible()
    assert "1 thing to correct" in column.faults._text.text()
    column.faults._go.click()
    assert QApplication.focusWidget() is column.patient.birth.edit


def test_an_empty_window_says_what_is_missing_and_leads_there(window):
    panel = window.case_tab.plots
    assert panel.stack.currentWidget() is panel.empty
    buttons = panel.empty.findChildren(QPushButton)
    assert len(buttons) == 4
    buttons[0].click()
    assert QApplication.focusWidget() is window.case_tab.input.patient.drug.box


def test_a_row_begun_and_left_untouched_goes_away_again(worked):
    before = worked.state.draft
    worked.case_tab.input.doses.add()
    assert len(worked.state.draft.doses) == len(before.doses) + 1
    worked.case_tab.input.patient.record.edit.setFocus()
    assert worked.state.draft == before


def test_a_half_filled_row_is_kept_and_says_what_it_lacks(worked):
    levels = worked.case_tab.input.levels
    key(worked, KEY.Key_L, CTRL)
    type_text("2026-07-08 19:30")
    worked.case_tab.input.patient.record.edit.setFocus()
    assert worked.state.draft.levels[-1].when == "2026-07-08 19:30"
    assert "level.2.value" in {problem.field for problem in worked.state.problems}
    assert levels.editor.isVisibleTo(levels)


def test_a_spreadsheet_fills_both_tables(qtbot, worked):
    column = worked.case_tab.input
    QApplication.clipboard().setText("time\tdose\tevery\troute\tnumber\n2026-07-09 08:00\t500 mg\t24 h\tiv\t2\n")
    column.doses.table.setFocus()
    key(worked, KEY.Key_V, CTRL)
    row = worked.state.draft.doses[-1]
    assert (row.when, row.amount, row.unit, row.every, row.route, row.count) == (
        "2026-07-09 08:00", "500", "mg", "24", "intravenous", "2",
    )  # fmt: skip
    QApplication.clipboard().setText("2026-07-09 07:30\t21,4 mg/L\n2026-07-10 07:30\t1,500\tµg/mL\n")
    column.levels.table.setFocus()
    key(worked, KEY.Key_V, CTRL)
    pasted = worked.state.draft.levels[-2:]
    assert [(row.value, row.unit) for row in pasted] == [("21,4", "mg/L"), ("1,500", "ug/mL")]
    assert [problem.field for problem in worked.state.problems] == ["level.3.value"], (
        "pasted numbers are read as strictly"
    )


def test_undo_is_of_the_case_wherever_the_cursor_stands(worked):
    column = worked.case_tab.input
    before = worked.state.draft
    column.doses.remove(0)
    column.patient.record.edit.setFocus()
    key(worked, KEY.Key_Z, CTRL)
    assert worked.state.draft == before


def test_a_later_creatinine_gets_its_own_line(worked):
    grid = worked.case_tab.input.patient.covariates
    grid.add_later("serum_creatinine")
    type_text("60 h")
    line = grid.field("entry.serum_creatinine.3")
    line.edit.setFocus()
    type_text("240")
    worked.case_tab.input.patient.record.edit.setFocus()
    values = [item for item in worked.state.case.covariates if item.name == "serum_creatinine"]
    assert (values[-1].time, values[-1].value.value) == (60.0, 240.0)
    assert worked.state.draft.history("serum_creatinine")[-1].when == "2026-07-08 20:00"


def test_later_values_stand_right_below_their_own_field(worked):
    grid = worked.case_tab.input.patient.covariates
    worked.case_tab.input.patient.record.edit.setFocus()
    grid.add_later("weight")
    places = {}
    for name in ("weight", "serum_creatinine"):
        own = grid._grid.getItemPosition(grid._grid.indexOf(grid._fields[name]))
        rows = [
            grid._grid.getItemPosition(grid._grid.indexOf(row)) for (of, _), row in grid._later.items() if of == name
        ]
        places[name] = (own[0], sorted(row[0] for row in rows))
    for line, rows in places.values():
        assert rows == list(range(line + 1, line + 1 + len(rows)))
    assert places["serum_creatinine"][0] > max(places["weight"][1])


def test_the_form_shows_only_what_the_drug_uses(worked):
    shown = set(worked.case_tab.input.patient.covariates._fields)
    models = worked.state.verbs.library().models("vancomycin")
    used = {name for model in models for name in model.covariates}
    assert "weight" in shown
    assert "cyp2d6_phenotype" not in shown
    assert shown <= used | {"height", "serum_creatinine", "weight", "dialysis"}


def test_ranges_do_not_jump_while_typing_and_home_resets_them(qtbot, worked):
    plot = worked.case_tab.plots.concentration
    plot.setYRange(0, 33, padding=0)
    field = worked.case_tab.input.field("entry.weight.0")
    field.edit.setFocus()
    field.edit.selectAll()
    QTest.keyClicks(field.edit, "90")
    ready(qtbot, worked)
    assert plot.plotItem.vb.viewRange()[1][1] == pytest.approx(33)
    worked.case_tab.plots.setFocus()
    key(worked, KEY.Key_Home)
    assert plot.plotItem.vb.viewRange()[1][1] > 33


def test_the_cursor_reads_the_curves_by_keyboard(worked):
    plots = worked.case_tab.plots
    plots.setFocus()
    key(worked, KEY.Key_Right)
    first = plots.readout.plain
    key(worked, KEY.Key_Right)
    assert first
    assert plots.readout.plain != first
    assert "mg/L" in first
    assert plots.readout.isVisible()
    assert plots.accessibleName().startswith("Concentration plot")


def test_log_scale_clock_and_table_have_their_keys(worked):
    plots = worked.case_tab.plots
    plots.setFocus()
    key(worked, KEY.Key_L)
    assert plots.concentration.logarithmic
    low, high = plots.concentration.plotItem.vb.viewRange()[1]
    assert 0.5 < high - low < 3.2, "at most three decades, and no empty ones"
    key(worked, KEY.Key_L)
    key(worked, KEY.Key_T)
    assert plots.concentration.time_axis.tickStrings([24.0], 1, 24) == ["24"]
    key(worked, KEY.Key_T, CTRL)
    assert plots.stack.currentWidget() is plots.table
    model = plots.table.model()
    assert model.rowCount() > 100
    assert "(" in model.data(model.index(50, 1))


def test_the_plot_survives_five_hundred_redraws(worked):
    panel = worked.case_tab.plots
    series = panel.concentration.series
    for step in range(500):
        factor = 1 + 0.3 * np.sin(step / 20)
        scaled = [
            replace(one, median=factor * one.median, low=factor * one.low, high=factor * one.high) for one in series
        ]
        panel.concentration.set_series(scaled)
        panel.concentration.grab()
    assert worked.isVisible()


def test_the_language_changes_while_the_window_is_open(worked):
    before = worked.state.draft
    LANGUAGE.use("zh_CN")
    QApplication.processEvents()
    assert worked.tabs.tabText(0) == "病例"
    assert worked.case_tab.advice.buttons.accept_button.text() == "采纳"
    assert "万古霉素" in worked.case_tab.advice.card._drug.text()
    assert worked.state.draft == before
    LANGUAGE.use("en")
    QApplication.processEvents()
    assert worked.tabs.tabText(0) == "Case"


def test_everything_that_takes_the_focus_has_a_name(worked):
    kinds = (QLineEdit, QComboBox, QPushButton, QTableWidget)
    nameless = []
    for kind in kinds:
        for widget in worked.findChildren(kind):
            inner = isinstance(widget.parent(), QComboBox)
            if widget.isVisible() and not inner and widget.focusPolicy() != Qt.FocusPolicy.NoFocus:
                interface = QAccessible.queryAccessibleInterface(widget)
                if not interface.text(QAccessible.Text.Name):
                    nameless.append((type(widget).__name__, widget.property("role"), widget.parent()))
    assert nameless == []


def test_the_next_dose_after_a_week_is_the_next_day_of_the_week(window, verbs):
    """The last row is that of the last day with a dose: its own next one comes six days too late."""
    draft = draft_of(verbs.case)
    week = replace(draft.doses[0], when="2026-06-22 08:00", count="14", every="24", every_unit="h", steady_state=False)
    rows = week_rows(
        replace(week, amount="500 / 250 / 500 / 250 / 500 / 250 / 0"), "dose.0", dt.datetime(2026, 6, 22, 8)
    )
    window.state.open_draft(replace(draft, doses=tuple(rows)), saved=True)
    assert window.state.case is not None, window.state.reading
    row = window.case_tab.input.doses.new_row()
    assert (row.when[:10], row.amount, row.count) == ("2026-07-06", "500", "1")
