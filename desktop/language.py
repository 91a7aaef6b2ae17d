"""The language of the window, changed while it runs: Qt's own texts, the window's texts, and the core's messages."""

from __future__ import annotations

import importlib.resources
import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QEvent, QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication, QWidget

from core.clinic.alert import Alert
from core.errors import InputError
from core.report.phrase import Said
from core.report.phrase import say as write_said
from core.report.wording import MissingText, Wording

_log = logging.getLogger(__name__)
LANGUAGES = {"en": "English", "zh_CN": "中文"}


class Language:
    """The chosen language; widgets hear of a change through Qt's LanguageChange event."""

    def __init__(self) -> None:
        self.code = "en"
        self.wording = Wording("en")
        self._installed: list[QTranslator] = []

    @property
    def is_chinese(self) -> bool:
        """Whether the window speaks Chinese."""
        return self.code == "zh_CN"

    def use(self, code: str) -> None:
        """Switch the running application to a language of `LANGUAGES`."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        self.code = code
        self.wording = Wording(code)
        QLocale.setDefault(QLocale("en_GB" if code == "en" else code))
        for translator in self._installed:
            app.removeTranslator(translator)
        self._installed = []
        if code != "en":
            qt_folder = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))
            own_folder = importlib.resources.files("resources") / "lang"
            for path in (qt_folder / f"qtbase_{code}.qm", own_folder / f"{code}.qm"):
                translator = QTranslator(app)
                if translator.load(str(path)):
                    app.installTranslator(translator)
                    self._installed.append(translator)
        if not self._installed:
            # English installs no translator, so Qt sends no event of its own
            for widget in app.topLevelWidgets():
                app.sendEvent(widget, QEvent(QEvent.Type.LanguageChange))

    def say(self, message: str, values: Mapping[str, object] | None = None) -> str:
        """The sentence of a core message id; one without a text shows its id, and the fault is logged."""
        return self._written(lambda: self.wording.text(message, values), message)

    def error(self, error: InputError) -> str:
        """What is wrong with an input."""
        return self._written(lambda: self.wording.error(error), str(error))

    def said(self, said: Said) -> str:
        """What a report says, in the window's language."""
        return self._written(lambda: write_said(self.wording, said), str(said))

    def alert(self, alert: Alert) -> str:
        """The sentence of an alert."""
        return self._written(lambda: self.wording.alert(alert), alert.id)

    def _written(self, write: Callable[[], str], otherwise: str) -> str:
        try:
            return write()
        except MissingText:
            _log.exception("a message has no text")
            return otherwise


LANGUAGE = Language()


def say(message: str, **values: object) -> str:
    """The sentence of a core message id in the window's language."""
    return LANGUAGE.say(message, values)


class Panel(QWidget):
    """A widget that writes its texts anew when the language changes."""

    def retranslate(self) -> None:
        """Set every text; called once by the widget itself and at each change of language."""

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 Qt's name
        """Follow a change of language."""
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)
