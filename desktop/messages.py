"""What went wrong, and what is going on, in the window's language."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication

from core.errors import Cancelled, DrugFileError, FitFailed, InputError, ModelError
from desktop.language import LANGUAGE, say


def error_text(error: Exception) -> str:
    """A sentence for any error that reached the window."""
    match error:
        case InputError():
            return LANGUAGE.error(error)
        case DrugFileError():
            return say("drug_file_fault", path=Path(error.path).name, line=error.line, why=error.reason)
        case Cancelled():
            return say("cancelled")
        case FitFailed():
            return say("fit_failed", why=str(error), models=str(error))
        case ModelError():
            return say("model_failed", why=str(error))
        case _:
            return say("program_fault", why=f"{type(error).__name__}: {error}")


def progress_text(message: str) -> str:
    """What the core is doing; a step without a name says only that it works."""
    translate = QCoreApplication.translate
    steps = {
        "predicting": translate("messages", "Predicting curves"),
        "fitting": translate("messages", "Fitting this patient"),
        "judging_regimens": translate("messages", "Comparing regimens"),
    }
    return steps.get(message, translate("messages", "Working"))
