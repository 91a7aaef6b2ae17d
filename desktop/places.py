"""Where the program keeps things outside the repository."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_data_path
from PySide6.QtCore import QStandardPaths

APPLICATION = "dosewright"


def draft_path() -> Path:
    """The private file of what is being typed."""
    return user_data_path(APPLICATION, appauthor=False) / "draft.json"


def candidate_folder() -> Path:
    """Predictors trained here that nobody has promoted."""
    return user_data_path(APPLICATION, appauthor=False) / "candidates"


def proposal_folder() -> Path:
    """Comparisons of a model or predictor in use with another."""
    return user_data_path(APPLICATION, appauthor=False) / "proposals"


def report_folder() -> Path:
    """The person's documents folder."""
    found = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return Path(found) if found else Path.home()
