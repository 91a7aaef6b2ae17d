"""The window: banner, tabs, status bar, and the keys that work everywhere."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QCloseEvent, QDesktopServices, QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QMainWindow, QMessageBox, QTabWidget, QVBoxLayout

from core.clinic.case_file import load_case, save_case
from core.errors import InputError
from desktop import keys
from desktop.banner import Banner
from desktop.case.draft_file import DraftKeeper
from desktop.case_tab import CaseTab
from desktop.closer.tab import CloserTab
from desktop.compare.tab import CompareTab
from desktop.icons import icon
from desktop.language import LANGUAGE, Panel
from desktop.learn.tab import LearnTab, predictor_files
from desktop.library.tab import LibraryTab
from desktop.messages import error_text
from desktop.places import report_folder
from desktop.report_files import report_job, write_report
from desktop.state import CaseState
from desktop.status import StatusBar
from desktop.tasks import Runner

_KEEP_AFTER = 300  # ms after the last edit


class MainWindow(QMainWindow):
    """Joins the parts; what they do is theirs."""

    def __init__(self, state: CaseState, keeper: DraftKeeper) -> None:
        super().__init__()
        self.state = state
        self._keeper = keeper
        self.banner = Banner(state)
        self.case_tab = CaseTab(state)
        self.closer_tab = CloserTab(state)
        self.compare_tab = CompareTab(state)
        self.library_tab = LibraryTab(state.verbs.library())
        self.status = StatusBar(state)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        predictors = predictor_files()
        self.learn_tab = LearnTab(state, predictors) if predictors else None
        for tab in (self.case_tab, self.closer_tab, self.compare_tab, self.learn_tab, self.library_tab):
            if tab is not None:
                self.tabs.addTab(tab, "")
        body = _Body(self)
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (self.banner, self.tabs, self.status):
            column.addWidget(part, 1 if part is self.tabs else 0)
        self.setCentralWidget(body)
        self.setWindowIcon(icon("dosewright"))
        self.setMinimumSize(1185, 660)
        self.resize(1366, 698)
        self._keep_timer = QTimer(self, singleShot=True, interval=_KEEP_AFTER)
        self._keep_timer.timeout.connect(self.keep_draft)
        self._reports = Runner(self)
        self._reports.arrived.connect(self._report_written)
        self._reports.failed.connect(self._report_failed)
        self._connect()
        self.retranslate()

    def _go_to_learn(self, where: str) -> None:
        if self.learn_tab is not None:
            self.tabs.setCurrentWidget(self.learn_tab)
            self.learn_tab.focus_on(where)

    def _connect(self) -> None:
        self.state.draft_changed.connect(self._keep_timer.start)
        self.state.draft_changed.connect(self._write_title)
        self.status.cancelled.connect(self.state.cancel)
        self.case_tab.advice.report_wanted.connect(self.report)
        self.case_tab.advice.said.connect(self.status.say)
        self.case_tab.input.elsewhere.connect(self._go_to_learn)
        tab = self.case_tab
        for key, action in (
            (keys.NEW, self.new),
            (keys.OPEN, self.choose_and_open),
            (keys.SAVE, self.save),
            (keys.SAVE_AS, self.save_as),
            (keys.REPORT, self.report),
            (keys.DOSE, lambda: self._on_case(tab.input.doses.add)),
            (keys.LEVEL, lambda: self._on_case(tab.input.levels.add)),
            (keys.MEDICATION, lambda: self._on_case(tab.input.medications.add)),
            (keys.ACKNOWLEDGE, self.state.acknowledge),
            (keys.ACCEPT, tab.advice.accept),
            (keys.TABLE, tab.plots.head.toggle_table),
            (keys.SPEAK, self.banner.language.click),
            (keys.UNDO, self.state.undo),
            (keys.REDO, self.state.redo),
            (keys.REDO_TOO, self.state.redo),
            (keys.TERMS, self._technical_terms),
            (keys.COMPUTE, self.state.recompute),
            (keys.PLOTS, lambda: self._on_case(lambda: tab.plots.setFocus(Qt.FocusReason.ShortcutFocusReason))),
            (keys.STOP, self._escape),
        ):
            QShortcut(QKeySequence(key), self).activated.connect(action)

    def _on_case(self, action: object) -> None:
        self.tabs.setCurrentWidget(self.case_tab)
        assert callable(action)
        action()

    def _escape(self) -> None:
        column, learn = self.case_tab.input, self.learn_tab
        on_learn = (learn.patient.levels, learn.patient.outcomes) if learn is not None else ()
        for section in (column.doses, column.levels, column.medications, *on_learn):
            if section.shown >= 0 and section.editor.isAncestorOf(self.focusWidget()):
                section.done()
                return
        if self.state.busy:
            self.state.cancel()
        elif self.case_tab.advice.panel.isVisible():
            self.case_tab.advice.panel.close_panel()

    def _technical_terms(self) -> None:
        estimate = self.case_tab.advice.estimate
        estimate.show_technical(on=not estimate.technical)

    def new(self) -> None:
        """Begin an empty case; unsaved work asks first."""
        if not self._may_leave():
            return
        from desktop.case.draft import Draft

        self.state.open_draft(Draft(), saved=True)
        self.tabs.setCurrentWidget(self.case_tab)
        self.case_tab.input.patient.record.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def choose_and_open(self) -> None:
        """Choose a case file and open it."""
        if not self._may_leave():
            return
        start = str(self.state.path.parent if self.state.path is not None else report_folder())
        name, _ = QFileDialog.getOpenFileName(self, self.tr("Open case"), start, self.tr("Cases (*.case.json)"))
        if name:
            self.open(Path(name))

    def open(self, path: Path) -> bool:
        """Open a case file; a file that cannot be used changes nothing and says why."""
        try:
            case = load_case(path)
        except InputError as error:
            self.status.say(f"{path.name}: {error.field}: {LANGUAGE.error(error)}")
            return False
        self.state.open_case(case, path)
        self.tabs.setCurrentWidget(self.case_tab)
        return True

    def save(self) -> bool:
        """Save the case to its file."""
        return self._save_to(self.state.path) if self.state.path is not None else self.save_as()

    def save_as(self) -> bool:
        """Choose a file and save the case to it."""
        name, _ = QFileDialog.getSaveFileName(
            self, self.tr("Save case"), str(report_folder() / "new.case.json"), self.tr("Cases (*.case.json)")
        )
        return bool(name) and self._save_to(Path(name))

    def _save_to(self, path: Path) -> bool:
        if self.state.case is None:
            self.status.say(
                self.tr("A case file holds only what can be used; correct or complete the form. Your entries are kept.")
            )
            return False
        try:
            save_case(self.state.case, path)
        except InputError as error:
            self.status.say(LANGUAGE.error(error))
            return False
        self.state.mark_saved(path)
        self.status.say(self.tr("Saved: %1").replace("%1", str(path)))
        return True

    def report(self) -> None:
        """Write PDF and CSV beside the case file, or into the documents folder, without holding the window up."""
        job = report_job(self.state)
        if job is None:
            self.status.say(self.tr("There is no finished recommendation to report yet."))
            return
        folder = self.state.path.parent if self.state.path is not None else report_folder()
        wording = LANGUAGE.wording
        self.status.say(self.tr("Writing the report…"))
        self._reports.start("report", 0, lambda _task, emit: emit("report", write_report(job, folder, wording)))

    def _report_written(self, _ticket: int, _key: str, written: object) -> None:
        assert isinstance(written, list)
        self.status.say(self.tr("Report written: %1").replace("%1", str(written[0])))
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(written[0])))

    def _report_failed(self, _ticket: int, _lane: str, error: Exception) -> None:
        self.status.say(error_text(error))

    def keep_draft(self) -> None:
        """Keep what is typed, so that a crash loses nothing."""
        try:
            self._keeper.keep(self.state.draft)
        except InputError as error:
            self.status.say(LANGUAGE.error(error))

    def say_restored(self) -> None:
        """Tell that the entries of last time are back."""
        self.status.say(self.tr("Your last entries were restored."))

    def say_kept(self, path: Path) -> None:
        """Tell where unsaved entries of last time were put."""
        self.status.say(self.tr("Entries that were not saved before are kept in %1").replace("%1", str(path)))

    def _may_leave(self) -> bool:
        if not self.state.is_dirty or self.state.draft.is_empty:
            return True
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(self.tr("This case is not saved to a file."))
        box.setInformativeText(self.tr("Save it before leaving it?"))
        buttons = QMessageBox.StandardButton
        box.setStandardButtons(buttons.Save | buttons.Discard | buttons.Cancel)
        answer = box.exec()
        return answer == buttons.Discard or (answer == buttons.Save and self.save())

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 Qt's name
        """Ask when the case is in no file; the draft is kept in any case."""
        self.keep_draft()
        if not self._may_leave():
            event.ignore()
            return
        if not self.state.is_dirty:
            self._keeper.forget()
        self.close_workers()
        event.accept()

    def close_workers(self) -> None:
        """Stop all work and wait for its threads."""
        for worker in (self.state, self.closer_tab.runner, self.compare_tab.runner, self._reports):
            worker.close()
        if self.learn_tab is not None:
            self.learn_tab.close_workers()

    def _write_title(self) -> None:
        where = self.state.path.name if self.state.path is not None else self.tr("new case")
        self.setWindowTitle(f"{where}{'*' if self.state.is_dirty else ''} — Dosewright")

    def retranslate(self) -> None:
        """Write texts anew."""
        for tab, name in (
            (self.case_tab, self.tr("Case")),
            (self.closer_tab, self.tr("Closer look")),
            (self.compare_tab, self.tr("Compare")),
            (self.learn_tab, self.tr("Learn")),
            (self.library_tab, self.tr("Drug library")),
        ):
            if tab is not None:
                self.tabs.setTabText(self.tabs.indexOf(tab), name)
        self._write_title()


class _Body(Panel):
    """Passes a change of language on to the window's own texts."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self._window = window

    def retranslate(self) -> None:
        self._window.retranslate()
