"""A training in a process of its own: the window stays free, a stopped training goes on where it was stopped."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path

from PySide6.QtCore import QProcess, QProcessEnvironment, Qt, QTimer
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from core.cli.learn import PROGRESS
from desktop.button import Button
from desktop.language import LANGUAGE, Panel
from desktop.learn.predictors import page_of
from desktop.places import candidate_folder

_STEP = re.compile(rf"^{PROGRESS} ([0-9.]+) ?(.*)$")
_KILL_AFTER = 3000  # ms; a training that does not hear the request to end is ended
_PARTS = 1000


def can_train() -> bool:
    """Whether the packages a training needs are at hand; the bundle only predicts."""
    return not getattr(sys, "frozen", False) and all(
        importlib.util.find_spec(name) is not None for name in ("sklearn", "skl2onnx")
    )


class TrainingPage(Panel):
    """Recipes to the left; progress and the report of what came out to the right."""

    def __init__(self, recipes: Sequence[Path], folder: Path | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder = candidate_folder() if folder is None else folder
        self._process: QProcess | None = None
        self._running: Path | None = None  # the recipe at work
        self._messages: list[str] = []
        self._stopped = False
        self._ended = ""  # how the last training ended: done | stopped | failed
        self.list = QListWidget()
        self.list.setFixedWidth(300)
        for path in recipes:
            item = QListWidgetItem()
            item.setData(Qt.ItemDataRole.UserRole, str(path))
            self.list.addItem(item)
        self._head = QLabel()
        self._head.setProperty("role", "muted")
        self._head.setWordWrap(True)
        self.start_button = Button()
        self.start_button.clicked.connect(self.start)
        self.cancel_button = Button()
        self.cancel_button.clicked.connect(self.cancel)
        self.bar = QProgressBar()
        self.bar.setRange(0, _PARTS)
        self.said = QLabel()
        self.said.setWordWrap(True)
        self.page = QTextBrowser()
        self.page.document().setDocumentMargin(12)
        self._lay_out()
        self.list.currentItemChanged.connect(self._refresh)
        self.retranslate()
        if self.list.count():
            self.list.setCurrentRow(0)

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.start_button)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.bar, 1)
        right = QVBoxLayout()
        right.addLayout(buttons)
        right.addWidget(self.said)
        right.addWidget(self.page, 1)
        columns = QHBoxLayout()
        columns.setSpacing(10)
        columns.addWidget(self.list)
        columns.addLayout(right, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 8)
        layout.addWidget(self._head)
        layout.addLayout(columns, 1)

    @property
    def is_running(self) -> bool:
        """Whether a training is at work."""
        return self._process is not None

    @property
    def _chosen(self) -> Path | None:
        item = self.list.currentItem()
        return None if item is None else Path(str(item.data(Qt.ItemDataRole.UserRole)))

    def candidate(self, recipe: Path) -> Path:
        """Where the predictor trained from a recipe is kept until it is promoted."""
        return self._folder / f"{recipe.stem}.dwm"

    def start(self) -> None:
        """Train the chosen recipe; what was drawn before a stop is used again."""
        recipe = self._chosen
        if recipe is None or self.is_running or not can_train():
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        kept = self._folder / f"{recipe.stem}.parts"
        program = ["-m", "core", "learn", "train", str(recipe), "-o", str(self.candidate(recipe))]
        process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        environment.insert("OMP_NUM_THREADS", "1")  # the other cores are the window's
        process.setProcessEnvironment(environment)
        process.setWorkingDirectory(str(Path(__file__).resolve().parents[2]))
        process.readyReadStandardError.connect(self._hear)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._not_started)
        self._process, self._running, self._messages = process, recipe, []
        self._stopped, self._ended = False, ""
        self.bar.setValue(0)
        process.start(sys.executable, [*program, "--keep", str(kept), "--progress", "--lang", LANGUAGE.code])
        self._refresh()

    def cancel(self) -> None:
        """Ask the training to end, and end it when it does not hear."""
        process = self._process
        if process is None:
            return
        self._stopped = True
        process.terminate()
        QTimer.singleShot(_KILL_AFTER, process, process.kill)

    def close_worker(self) -> None:
        """End a training with the window; its drawn patients are kept."""
        process = self._process
        if process is not None:
            self._stopped = True
            process.kill()
            process.waitForFinished(_KILL_AFTER)

    def _hear(self) -> None:
        if self._process is None:
            return
        for line in bytes(self._process.readAllStandardError().data()).decode("utf-8", "replace").splitlines():
            step = _STEP.match(line)
            if step is None:
                self._messages.append(line)
                continue
            self.bar.setValue(round(_PARTS * min(1.0, float(step[1]))))
            if step[2] and LANGUAGE.wording.has(step[2]):
                self.said.setText(LANGUAGE.wording.text(step[2]))

    def _not_started(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart and self._process is not None:
            self._messages.append(self._process.errorString())
            self._finished(1)

    def _finished(self, code: int, _status: object = None) -> None:
        self._hear()
        if self._process is not None:
            self._process.deleteLater()
        self._process = self._running = None
        self._ended = "stopped" if self._stopped else "done" if code == 0 else "failed"
        self._refresh()

    def _refresh(self) -> None:
        recipe, busy = self._chosen, self.is_running
        self.start_button.setEnabled(recipe is not None and not busy and can_train())
        self.cancel_button.setEnabled(busy)
        self.bar.setVisible(busy)
        self.said.setText(self._state_text())
        self.said.setVisible(bool(self.said.text()))
        found = None if recipe is None else self.candidate(recipe)
        if found is not None and found.is_file():
            self.page.setHtml(f"<p>{escape(self._candidate_text(found))}</p>{page_of(found)}")
        else:
            none = self.tr("There is no candidate of this recipe yet.")
            self.page.setHtml(f"<p>{escape(none)}</p>")

    def _state_text(self) -> str:
        if not can_train():
            return self.tr("Training needs a checkout with the training packages; this program only predicts.")
        if self._running is not None:
            drug = LANGUAGE.wording.drug(self._running.stem)
            return self.tr("Training the predictor of %1; it takes minutes to hours.").replace("%1", drug)
        if self._ended == "stopped":
            return self.tr("Stopped. The patients drawn so far are kept; starting again goes on from there.")
        if self._ended == "failed":
            return self.tr("No predictor came out: %1").replace("%1", " ".join(self._messages[-3:]))
        return self.tr("Done.") if self._ended == "done" else ""

    def _candidate_text(self, path: Path) -> str:
        text = self.tr(
            "A candidate, kept in %1. It gives no opinion on any patient until a change plan has compared it with the "
            "predictor in use on this site's test patients and a named person has signed."
        )
        return text.replace("%1", str(path))

    def retranslate(self) -> None:
        """Write texts anew."""
        self.list.setAccessibleName(self.tr("Recipes"))
        self.page.setAccessibleName(self.tr("Report of the candidate"))
        self.start_button.setText(self.tr("Start training"))
        self.cancel_button.setText(self.tr("Cancel training"))
        self.bar.setAccessibleName(self.tr("Progress of the training"))
        self._head.setText(
            self.tr(
                "A recipe draws virtual patients of published models and trains a predictor on them, in the "
                "background. What comes out is a candidate, never in use by itself."
            )
        )
        for item in (self.list.item(row) for row in range(self.list.count())):
            item.setText(LANGUAGE.wording.drug(Path(str(item.data(Qt.ItemDataRole.UserRole))).stem))
        self._refresh()
