"""A case done without a screen: a picture of every page in both languages, the report as PDF, the curves as CSV."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from core.report.wording import Wording
from desktop.case.draft_file import DraftKeeper
from desktop.language import LANGUAGE, LANGUAGES
from desktop.main_window import MainWindow
from desktop.report_files import report_job, write_report
from desktop.state import CaseState
from desktop.theme import apply_theme

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLE = "gefitinib_itraconazole"
_PATIENCE = 300.0  # s
_SETTLE = 0.6  # s for the last layout and paint, on a busy machine


def make_window(draft: Path | None = None) -> tuple[QApplication, MainWindow]:
    """The application and its window, not shown on any screen; drafts go to a throw-away place."""
    from core import session

    app = QApplication.instance() or QApplication(["dosewright"])
    assert isinstance(app, QApplication)
    apply_theme(app)
    LANGUAGE.use("en")
    where = draft or Path(tempfile.mkdtemp(prefix="dosewright-")) / "draft.json"
    return app, MainWindow(CaseState(session), DraftKeeper(where))


def run_tour(case: Path | None, folder: Path) -> int:
    """Open a case, wait for its recommendation, leave pictures and reports in a folder; 0 when all was written."""
    from core.drugs.library import resources_folder

    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    _app, window = make_window()
    path = case or resources_folder() / "examples" / f"{EXAMPLE}.case.json"
    folder.mkdir(parents=True, exist_ok=True)
    window.show()
    if not window.open(path):
        sys.stderr.write(f"{window.status.text.text()}\n")
        return 2
    if not wait_until(lambda: not window.state.busy and window.state.results.prior is not None, _PATIENCE):
        sys.stderr.write("the computation did not end in time\n")
        return 1
    written = _pictures(window, folder, path.name.split(".")[0])
    job = report_job(window.state)
    if job is not None:
        for code in LANGUAGES:
            written += write_report(job, folder / code, Wording(code))
    window.close_workers()
    for item in written:
        sys.stdout.write(f"{item}\n")
    return 0


def _pictures(window: MainWindow, folder: Path, stem: str) -> list[Path]:
    written = []
    for code in LANGUAGES:
        LANGUAGE.use(code)
        pages = {
            "case": window.case_tab,
            "closer": window.closer_tab,
            "compare": window.compare_tab,
            "learn": window.learn_tab,
        }
        for page, tab in {**pages, "library": window.library_tab}.items():
            if tab is None:
                continue
            window.tabs.setCurrentWidget(tab)
            if page == "closer":
                wait_until(lambda: window.closer_tab.is_ready, _PATIENCE)
            if page == "compare":
                wait_until(lambda: window.compare_tab.is_ready, _PATIENCE)
            pause(_SETTLE)
            target = folder / f"{stem}_{page}_{code}.png"
            if window.grab().save(str(target)):
                written.append(target)
            if page == "learn":
                written += _learn_pages(window, target)
    window.tabs.setCurrentIndex(0)
    return written


def _learn_pages(window: MainWindow, first: Path) -> list[Path]:
    """The pages behind the first one of the learn tab."""
    written = []
    pages = window.learn_tab.pages if window.learn_tab is not None else None
    for place in range(1, pages.count() if pages is not None else 0):
        assert pages is not None
        pages.setCurrentIndex(place)
        pause(_SETTLE)
        target = first.with_name(first.name.replace("_learn_", f"_learn{place + 1}_"))
        if window.grab().save(str(target)):
            written.append(target)
    if pages is not None:
        pages.setCurrentIndex(0)
    return written


def wait_until(holds: Callable[[], bool], seconds: float) -> bool:
    """Let the window work until a condition holds; False when it did not in time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        pause(0.05)
    return True


def pause(seconds: float) -> None:
    """Let the window work for a while."""
    loop = QEventLoop()
    QTimer.singleShot(int(1000 * seconds), loop.quit)
    loop.exec()
