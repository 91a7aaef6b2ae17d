"""A window over recorded results of the real session, so that most tests need no computation of their own."""

import datetime as dt
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from core import session
from core.clinic.case_file import load_case
from core.drugs.library import resources_folder
from desktop.case.draft_file import DraftKeeper, draft_of
from desktop.language import LANGUAGE
from desktop.main_window import MainWindow
from desktop.state import CaseState
from desktop.theme import apply_theme

VANCOMYCIN = resources_folder() / "examples" / "vancomycin_falling_renal_function.case.json"
NOW = dt.datetime(2026, 7, 9, 9, 41, tzinfo=dt.timezone(dt.timedelta(hours=8)))


@dataclass
class Recorded:
    """The verbs of the session, answered from one real computation; a gate can hold an answer back."""

    case: object
    prior: object
    fitted: object
    individual: object
    recommendation: object
    proposed: object
    options: tuple
    calls: list = field(default_factory=list)
    gate: threading.Event | None = None
    failure: Exception | None = None
    alerts: tuple = ()

    def library(self):
        return session.library()

    def bind_models(self, case):
        return session.bind_models(self.case)

    def target(self, case):
        return session.target(self.case)

    def check_case(self, case):
        self.calls.append(("check", case))
        return self.alerts

    def predict_prior(self, case, times=None, *, tissues=(), task=None):
        self.calls.append(("prior", case))
        if self.failure is not None:
            raise self.failure
        return self.prior

    def individualise(self, case, task=None):
        self.calls.append(("fit", case))
        if self.gate is not None:
            self.gate.wait(20)
        return self.fitted

    def predict_individual(self, case, fitted, times=None, *, tissues=(), task=None):
        return self.individual

    def recommend(self, case, fitted, options=5, *, task=None):
        self.calls.append(("recommend", case))
        return self.recommendation

    def judge(self, case, fitted, regimens):
        return tuple(replace(self.options[0], regimen=regimen) for regimen in regimens)

    def objections(self, case, regimen):
        return session.objections(self.case, regimen)

    def predict_proposed(self, case, fitted, regimen, times=None, *, tissues=(), task=None):
        self.calls.append(("proposed", regimen))
        return self.proposed

    def dose_for_target(self, case, fitted, way):
        self.calls.append(("dose", way))
        return session.dose_for_target(self.case, self.fitted, way)

    def next_sample(self, case, fitted, recommendation):
        return session.next_sample(self.case, self.fitted, self.recommendation)

    def level_scenarios(self, case, fitted, index, task=None):
        self.calls.append(("doubt", index))
        return session.level_scenarios(self.case, self.fitted, index, task)

    def advice_with_flat_prior(self, case, fitted, task=None):
        return session.advice_with_flat_prior(self.case, self.fitted, task)

    def forgiveness_of(self, case, fitted, regimens, task=None):
        return session.forgiveness_of(self.case, self.fitted, regimens, task)

    def chances_by_mic(self, case, fitted, regimens):
        return session.chances_by_mic(self.case, self.fitted, regimens)

    def drivers(self, case, fitted):
        return session.drivers(self.case, self.fitted)

    def time_grid(self, case, *regimens):
        return session.time_grid(self.case, *regimens)


@pytest.fixture(scope="session")
def computed():
    case = load_case(VANCOMYCIN)
    fitted = session.individualise(case)
    recommendation = session.recommend(case, fitted)
    regimen = recommendation.options[0].regimen
    return {
        "case": case,
        "prior": session.predict_prior(case),
        "fitted": fitted,
        "individual": session.predict_individual(case, fitted),
        "recommendation": recommendation,
        "proposed": session.predict_proposed(case, fitted, regimen),
        "options": recommendation.options,
    }


@pytest.fixture
def verbs(computed):
    return Recorded(**computed)


@pytest.fixture
def themed(qapp):
    apply_theme(qapp)
    LANGUAGE.use("en")
    yield qapp
    LANGUAGE.use("en")


@pytest.fixture
def state(themed, verbs):
    made = CaseState(verbs, clock=lambda: NOW)
    yield made
    made.close()


@pytest.fixture
def window(qtbot, state, tmp_path: Path):
    made = MainWindow(state, DraftKeeper(tmp_path / "private" / "draft.json"))
    made.resize(1366, 698)
    made.show()
    yield made
    made.close_workers()
    made.hide()
    made.deleteLater()


@pytest.fixture
def worked(qtbot, window, verbs):
    """The window with the worked case open and its recommendation on the screen."""
    window.state.open_draft(draft_of(verbs.case), saved=True)
    qtbot.waitUntil(lambda: window.state.results.proposed is not None and not window.state.busy, timeout=20000)
    return window
