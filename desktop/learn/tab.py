"""Learning: what this patient teaches, the trained predictors, a training in the background, the gate of changes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from core.drugs.library import resources_folder
from core.errors import InputError
from core.learn.site_predictors import predictor_file
from desktop.language import Panel
from desktop.learn.change import ChangePage
from desktop.learn.patient import PatientPage
from desktop.learn.predictors import PredictorsPage
from desktop.learn.training import TrainingPage
from desktop.state import CaseState


def predictor_files() -> list[Path]:
    """The predictors in use: those shipped, or what the site has signed in place of one."""
    return [_in_use(path) for path in sorted((resources_folder() / "models").glob("*.dwm"))]


def _in_use(shipped: Path) -> Path:
    try:
        return predictor_file(shipped.stem)
    except InputError:  # of no use, which the second opinion then says
        return shipped


def recipe_files() -> list[Path]:
    """The recipes of a dose that need no table of patients."""
    from core.learn.recipe import recipe_kind

    return [path for path in sorted((resources_folder() / "recipes").glob("*.yaml")) if not recipe_kind(path)]


class LearnTab(Panel):
    """Four pages."""

    def __init__(self, state: CaseState, files: Sequence[Path], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.patient = PatientPage(state)
        self.predictors = PredictorsPage(files)
        self.training = TrainingPage(recipe_files())
        self.change = ChangePage()
        self.pages = QTabWidget()
        for page in (self.patient, self.predictors, self.training, self.change):
            self.pages.addTab(page, "")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.addWidget(self.pages)
        self.retranslate()

    def focus_on(self, where: str) -> None:
        """Go to the field of a fault."""
        self.pages.setCurrentWidget(self.patient)
        self.patient.focus_on(where)

    def close_workers(self) -> None:
        """Stop a training or a comparison that runs."""
        self.training.close_worker()
        self.change.close_worker()

    def retranslate(self) -> None:
        """Write texts anew."""
        names = (self.tr("This patient"), self.tr("Predictors"), self.tr("Training"), self.tr("Changes"))
        for place, name in enumerate(names):
            self.pages.setTabText(place, name)
