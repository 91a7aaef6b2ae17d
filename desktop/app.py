"""The program with a window: `python -m desktop [CASE] [--lang zh_CN] [--offscreen-tour OUTDIR] [--self-test]`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from desktop.language import LANGUAGE, LANGUAGES

ExceptHook = Callable[[type[BaseException], BaseException, TracebackType | None], object]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; the exit status is that of the window, the tour or the self-test."""
    arguments = _parser().parse_args(argv)
    if arguments.self_test:
        from desktop.self_test import run_self_test

        return run_self_test()
    if arguments.offscreen_tour is not None:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        from desktop.tour import run_tour

        return run_tour(arguments.case, arguments.offscreen_tour)
    return _run_window(arguments.case, arguments.lang)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dosewright", description="Finds the right dose for one patient, offline.")
    parser.add_argument("case", nargs="?", type=Path, metavar="CASE", help="case file to open")
    parser.add_argument("--lang", choices=tuple(LANGUAGES), help="language of the window")
    parser.add_argument(
        "--offscreen-tour", type=Path, metavar="OUTDIR", help="do the case without a screen, leave pictures and report"
    )
    parser.add_argument("--self-test", action="store_true", help="work the shipped cases and check the results")
    return parser


def _run_window(case: Path | None, language: str | None) -> int:
    from PySide6.QtCore import QLocale, QLockFile
    from PySide6.QtWidgets import QApplication

    from core import session
    from desktop.case.draft_file import DraftKeeper
    from desktop.main_window import MainWindow
    from desktop.messages import error_text
    from desktop.places import draft_path
    from desktop.state import CaseState
    from desktop.theme import apply_theme

    app = QApplication(sys.argv[:1])
    app.setApplicationName("Dosewright")
    apply_theme(app)
    system = "zh_CN" if QLocale.system().language() == QLocale.Language.Chinese else "en"
    LANGUAGE.use(language or system)
    state = CaseState(session)
    lock = QLockFile(str(draft_path().with_suffix(".lock")))
    draft_path().parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    own = draft_path() if lock.tryLock(0) else draft_path().with_name(f"draft-window-{os.getpid()}.json")
    keeper = DraftKeeper(own)  # a second window keeps its draft apart
    window = MainWindow(state, keeper)
    if case is not None:
        aside = keeper.put_aside()
        if not window.open(case):
            sys.stderr.write(f"{window.status.text.text()}\n")
            return 2
        if aside is not None:
            window.say_kept(aside)
    else:
        draft = keeper.restore()
        if draft is not None:
            state.open_draft(draft)
            window.say_restored()
    sys.excepthook = _reporting(lambda fault: window.status.say(error_text(fault)), sys.excepthook)
    window.show()
    return app.exec()


def _reporting(tell: Callable[[Exception], None], before: ExceptHook) -> ExceptHook:
    """A fault in a slot is told to the person as well; the window goes on."""

    def hook(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
        before(kind, fault, trace)
        if isinstance(fault, Exception):
            tell(fault)

    return hook
