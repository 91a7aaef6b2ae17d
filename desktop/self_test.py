"""The installed program checks itself: what it computes against what is on record, and that it can draw."""

from __future__ import annotations

import os
import sys


def run_self_test() -> int:
    """Run every check and print each with its result; 0 when all hold."""
    from core.qualify.checks import Check
    from core.qualify.self_test import self_test

    checks = [*self_test(), Check("window drawn", "drawn", _window())]
    for check in checks:
        mark = "ok  " if check.passed else "FAIL"
        sys.stdout.write(f"{mark} {check.name}: {check.found} (expected {check.expected})\n")
    failed = sum(not check.passed for check in checks)
    sys.stdout.write(f"{len(checks) - failed} of {len(checks)} checks passed\n")
    return 1 if failed else 0


def _window() -> str:
    """Make the window without a screen and see that it paints something in both languages."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from desktop.tour import make_window

    try:
        app, window = make_window()
        from desktop.language import LANGUAGE, LANGUAGES

        for code in LANGUAGES:
            LANGUAGE.use(code)
            if window.grab().toImage().allGray():
                return "blank"
        window.close_workers()
        app.processEvents()
    except Exception as fault:
        return f"{type(fault).__name__}: {fault}"
    return "drawn"
