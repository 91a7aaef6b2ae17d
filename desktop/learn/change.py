"""The gate: a site's patients change a model or a predictor only after a comparison under a plan and a signature."""

from __future__ import annotations

import datetime as dt
from html import escape
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from core import site_change
from core.errors import CoreError, InputError
from core.learn.site_models import history, read_proposal
from core.site_change import Change, Sentence
from core.task import Task
from desktop import theme
from desktop.button import Button
from desktop.language import LANGUAGE, Panel
from desktop.places import proposal_folder
from desktop.tasks import Emit, Runner

_PARTS = 1000
_WAYS = (Change.CALIBRATE, Change.PROPOSE, Change.RECALIBRATE)
_PATHS = ("plan", "learned", "test")
_DECIDES = ("recalibration_accepted", "recalibration_refused")


class ChangePage(Panel):
    """What was signed to the left; a comparison, its outcome and the signature to the right."""

    def __init__(self, folder: Path | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder = proposal_folder() if folder is None else folder
        self._shown: Path | None = None  # folder of the proposal on the page
        self._proposal: Path | None = None  # the same, where it may be signed
        self._ticket = 0
        self._runner = Runner(self)
        self._runner.arrived.connect(self._arrived)
        self._runner.failed.connect(self._failed)
        self._runner.progressed.connect(self._progressed)
        self._runner.ended.connect(self._ended)
        self._head = QLabel()
        self._head.setProperty("role", "muted")
        self._head.setWordWrap(True)
        self.log = QListWidget()
        self.log.setFixedWidth(300)
        self.log.setWordWrap(True)
        self.log.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._log_title = QLabel()
        self.back_button = Button()
        self.way = QComboBox()
        self.paths = {name: QLineEdit() for name in _PATHS}
        self._path_titles = {name: QLabel() for name in _PATHS}
        self._choose = {name: Button() for name in _PATHS}
        self.compare_button, self.open_button = Button(), Button()
        self.bar = QProgressBar()
        self.bar.setRange(0, _PARTS)
        self.bar.hide()
        self.page = QTextBrowser()
        self.page.document().setDocumentMargin(12)
        self.name, self.role = QLineEdit(), QLineEdit()
        self._name_title, self._role_title = QLabel(), QLabel()
        self.sign_button = Button()
        self.answer = QLabel()
        self.answer.setWordWrap(True)
        self._lay_out()
        self._connect()
        self.retranslate()

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        parts: tuple[QWidget, ...] = (self._log_title, self.log, self.back_button)
        for part in parts:
            left.addWidget(part)
        form = QGridLayout()
        form.addWidget(self.way, 0, 0, 1, 3)
        for row, name in enumerate(_PATHS, 1):
            for column, widget in enumerate((self._path_titles[name], self.paths[name], self._choose[name])):
                form.addWidget(widget, row, column)
        buttons = QHBoxLayout()
        for widget in (self.compare_button, self.open_button):
            buttons.addWidget(widget)
        buttons.addWidget(self.bar, 1)
        buttons.addStretch()
        signing = QHBoxLayout()
        parts = (self._name_title, self.name, self._role_title, self.role, self.sign_button)
        for part in parts:
            signing.addWidget(part)
        right = QVBoxLayout()
        right.addLayout(form)
        right.addLayout(buttons)
        right.addWidget(self.page, 1)
        right.addLayout(signing)
        right.addWidget(self.answer)
        columns = QHBoxLayout()
        columns.setSpacing(10)
        columns.addLayout(left)
        columns.addLayout(right, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 8)
        layout.addWidget(self._head)
        layout.addLayout(columns, 1)

    def _connect(self) -> None:
        self.way.currentIndexChanged.connect(self._name_paths)
        self.compare_button.clicked.connect(self.compare)
        self.open_button.clicked.connect(self._ask_for_proposal)
        self.sign_button.clicked.connect(self.sign)
        self.back_button.clicked.connect(self.take_back)
        self.log.currentItemChanged.connect(self._enable)
        for name in _PATHS:
            self.paths[name].textChanged.connect(self._enable)
            self._choose[name].clicked.connect(lambda _=False, name=name: self._ask_for(name))
        self.name.textChanged.connect(self._enable)

    @property
    def change(self) -> Change:
        """What is to change."""
        return _WAYS[max(self.way.currentIndex(), 0)]

    def compare(self) -> None:
        """Compare under the plan, off the window's thread; the proposal is shown when it is written."""
        plan, learned, test = (Path(self.paths[name].text().strip()) for name in _PATHS)
        out = self._folder / f"{dt.datetime.now().astimezone():%Y%m%d-%H%M%S}"
        change = self.change

        def work(task: Task, emit: Emit) -> None:
            site_change.compare(change, plan, learned, test, out, task)
            emit("proposal", out)

        self._ticket += 1
        self._say("")
        self.bar.setValue(0)
        self.bar.show()
        self._runner.start("change", self._ticket, work)
        self._enable()

    def show_proposal(self, folder: Path) -> None:
        """Show a proposal; what cannot be read is said, and nothing can be signed."""
        self._shown, self._proposal = folder, None
        try:
            document = read_proposal(folder)
            self.page.setHtml(_proposal_page(document, folder))
        except (InputError, KeyError, TypeError) as error:
            said = LANGUAGE.error(error) if isinstance(error, InputError) else self.tr("This proposal cannot be read.")
            self.page.setHtml(f"<p>{escape(said)}</p>")
        else:
            self._proposal = folder if document["accepted"] else None
            self.role.setPlaceholderText(str(document["plan"]["role"]))
        self._enable()

    def _show_again(self, folder: Path) -> None:
        """The same proposal in another language; one that was signed cannot be signed again."""
        may_be_signed = self._proposal is not None
        self.show_proposal(folder)
        self._proposal = self._proposal if may_be_signed else None
        self._enable()

    def sign(self) -> None:
        """Put the proposal into use under the name and role typed."""
        if self._proposal is None:
            return
        try:
            new = site_change.sign(self._proposal, self.name.text(), self.role.text().strip())
        except CoreError as error:
            self._say(_why(error), fault=True)
            return
        self._proposal = None
        self._say(LANGUAGE.wording.text("site_model_in_use", {"name": new}))
        self._list_history()

    def take_back(self) -> None:
        """Take the chosen model out of use under the name typed."""
        identifier = self._chosen
        try:
            before = site_change.take_back(identifier, self.name.text())
        except CoreError as error:
            self._say(_why(error), fault=True)
            return
        self._say(LANGUAGE.wording.text("site_model_taken_back", {"name": identifier, "before": before}))
        self._list_history()

    def close_worker(self) -> None:
        """End a comparison with the window."""
        self._runner.close()

    @property
    def _chosen(self) -> str:
        item = self.log.currentItem()
        return "" if item is None else str(item.data(Qt.ItemDataRole.UserRole))

    def _progressed(self, ticket: int, done: float, _message: str) -> None:
        if ticket == self._ticket:
            self.bar.setValue(round(_PARTS * done))

    def _arrived(self, ticket: int, _key: str, folder: object) -> None:
        if ticket == self._ticket and isinstance(folder, Path):
            self.show_proposal(folder)

    def _failed(self, ticket: int, _lane: str, error: object) -> None:
        if ticket == self._ticket:
            self._say(_why(error), fault=True)

    def _ended(self, ticket: int, _lane: str) -> None:
        if ticket == self._ticket:
            self._ticket += 1
            self.bar.hide()
            self._enable()

    def _say(self, text: str, *, fault: bool = False) -> None:
        self.answer.setText(text)
        self.answer.setStyleSheet(f"color: {theme.STOP if fault else theme.INK}")
        self.answer.setVisible(bool(text))

    def _enable(self) -> None:
        busy = not self.bar.isHidden()
        self.compare_button.setEnabled(not busy and all(field.text().strip() for field in self.paths.values()))
        self.sign_button.setEnabled(self._proposal is not None and not busy)
        self.role.setEnabled(self._proposal is not None)
        try:
            usable = bool(self._chosen) and site_change.can_be_taken_back(self._chosen)
        except InputError:
            usable = False
        self.back_button.setEnabled(usable)

    def _ask_for(self, name: str) -> None:
        title, start = self._path_titles[name].text(), self.paths[name].text()
        if name == "plan":
            found, _ = QFileDialog.getOpenFileName(self, title, start, self.tr("Plans (*.yaml)"))
        elif name == "learned" and self.change is Change.PROPOSE:
            found, _ = QFileDialog.getOpenFileName(self, title, start, self.tr("Predictors (*.dwm)"))
        else:
            found = QFileDialog.getExistingDirectory(self, title, start)
        if found:
            self.paths[name].setText(found)

    def _ask_for_proposal(self) -> None:
        found = QFileDialog.getExistingDirectory(self, self.open_button.text(), str(self._folder))
        if found:
            self.show_proposal(Path(found))

    def _list_history(self) -> None:
        self.log.clear()
        try:
            entries = history()
        except InputError as error:
            self.log.addItem(LANGUAGE.error(error))
            return
        for entry in reversed(entries):
            item = QListWidgetItem(self._line(entry))
            item.setData(Qt.ItemDataRole.UserRole, str(entry["model"]))
            self.log.addItem(item)
        if not entries:
            self.log.addItem(LANGUAGE.wording.text("history_empty"))
        self._enable()

    def _line(self, entry: dict[str, Any]) -> str:
        done = {"signed": self.tr("signed"), "rolled back": self.tr("taken back")}
        who = " · ".join(str(entry[key]) for key in ("name", "role") if entry.get(key))
        when = str(entry["when"])[:16].replace("T", " ")
        return f"{entry['model']}\n{done.get(str(entry['action']), str(entry['action']))} · {when}\n{who}"

    def _name_paths(self) -> None:
        learned = self.tr("Candidate") if self.change is Change.PROPOSE else self.tr("Cases to learn from")
        titles = {"plan": self.tr("Plan"), "learned": learned, "test": self.tr("Other cases to test on")}
        for name, title in titles.items():
            self._path_titles[name].setText(title)
            self.paths[name].setAccessibleName(title)
            self._choose[name].setAccessibleName(f"{self.tr('Choose…')} {title}")

    def retranslate(self) -> None:
        """Write texts anew."""
        self._head.setText(
            self.tr(
                "Nothing changes by itself: a plan is written beforehand, the program compares on other patients of "
                "yours, the role the plan names signs, and one click takes it back."
            )
        )
        chosen = max(self.way.currentIndex(), 0)
        ways = (
            self.tr("Move the interval of the predictor in use"),
            self.tr("Put another predictor in its place"),
            self.tr("Fit a model's numbers to this site's patients"),
        )
        self.way.blockSignals(True)
        self.way.clear()
        self.way.addItems(list(ways))
        self.way.setCurrentIndex(chosen)
        self.way.blockSignals(False)
        self.way.setAccessibleName(self.tr("What changes"))
        self._name_paths()
        for button in self._choose.values():
            button.setText(self.tr("Choose…"))
        self.compare_button.setText(self.tr("Compare"))
        self.open_button.setText(self.tr("Open a proposal…"))
        self.bar.setAccessibleName(self.tr("Progress of the comparison"))
        self.page.setAccessibleName(self.tr("Outcome of the comparison"))
        self._log_title.setText(self.tr("Signed and taken back"))
        self.log.setAccessibleName(self._log_title.text())
        self.back_button.setText(self.tr("Take back"))
        for label, field, text in (
            (self._name_title, self.name, self.tr("Name")),
            (self._role_title, self.role, self.tr("Role")),
        ):
            label.setText(text)
            field.setAccessibleName(text)
        self.sign_button.setText(self.tr("Sign and put into use"))
        self._say("")
        self._list_history()
        if self._shown is not None:
            self._show_again(self._shown)
        else:
            none = self.tr("No comparison is open.")
            self.page.setHtml(f"<p>{escape(none)}</p>")


def _why(error: object) -> str:
    return LANGUAGE.error(error) if isinstance(error, InputError) else str(error)


def _proposal_page(document: dict[str, Any], folder: Path) -> str:
    """A proposal as HTML: verdict first, then plan, data and both sides."""
    found = site_change.sentences(document)
    verdict = next(sentence for sentence in found if sentence[0] in _DECIDES)
    colours = (theme.CAUTION_FILL, theme.CAUTION) if not document["accepted"] else ("#E5F3EC", theme.INK)
    plan = document["plan"]
    rows = [_written(sentence) for sentence in found if sentence is not verdict]
    return (
        f'<p style="background-color:{colours[0]}; color:{colours[1]}"><b>{escape(_written(verdict))}</b></p>'
        f"<p><b>{escape(str(plan['id']))}</b>: {escape(str(plan['reason']))}</p>"
        + "".join(f"<p>{escape(row)}</p>" for row in rows)
        + f'<p style="color:{theme.MUTED}">{escape(str(folder))}</p>'
    )


def _written(sentence: Sentence) -> str:
    return LANGUAGE.wording.text(*sentence)
