"""The one observable case: what is typed, what follows from it, and nothing that belongs to an older version."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from core.advise.recommendation import Outcome, Regimen
from core.clinic.alert import Alert, Severity
from core.clinic.case import Case, Target
from core.drugs.model import DrugModel
from core.errors import Cancelled, DrugFileError, InputError
from core.report.decision import Decision
from desktop.case.draft import Draft
from desktop.case.draft_file import draft_of
from desktop.case.reading import Problem, Reading, read_draft
from desktop.case.settle import settled
from desktop.compute import first_look, full_answer, preview, with_tissues
from desktop.history import History
from desktop.results import Results, alert_key
from desktop.tasks import Runner
from desktop.verbs import Verbs

DEBOUNCE = 40  # ms between the last key stroke and the curve
_STILL_EMPTY = {
    "number_empty",
    "time_empty",
    "route_needed",
    "level_unit_needed",
    "exclusion_reason_needed",
    "medication_needed",
    "outcome_needed",
}
Clock = Callable[[], dt.datetime]


def local_now() -> dt.datetime:
    """The present with the machine's offset."""
    return dt.datetime.now().astimezone()


_NEEDED = ("covariate_missing", "covariate_or_ancestry_missing", "mic_missing")  # what is asked for in its field


class CaseState(QObject):
    """Draft, case, results and decision; every edit bumps `version`."""

    draft_changed = Signal()  # fields and messages
    results_changed = Signal()
    busy_changed = Signal(bool)
    progressed = Signal(float, str)
    replaced = Signal()  # another case: ranges and selections start anew

    def __init__(self, verbs: Verbs, *, clock: Clock = local_now, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.verbs = verbs
        self.clock = clock
        self.version = 0
        self.draft = Draft()
        self.results = Results()
        self.decision: Decision | None = None
        self.acknowledged: frozenset[str] = frozenset()
        self.path: Path | None = None
        self.typing = ""  # field under the cursor: its fault is not shown yet
        self.open_row = ""  # row under the cursor: its empty fields are not faults yet
        self.busy = False
        self._running: set[str] = set()  # lanes at work for this version
        self.tissues: tuple[str, ...] = ()
        self.last_case: Case | None = None  # the one the curves still on the screen belong to
        self._saved = Draft()
        self._history = History()
        self.drugs = tuple(verbs.library().drugs())
        self.reading: Reading = read_draft(self.draft, clock(), self.drugs)
        self._computed: Case | None = None
        self.runner = Runner(self)
        self.runner.arrived.connect(self._arrived)
        self.runner.failed.connect(self._failed)
        self.runner.progressed.connect(self._progressed)
        self.runner.ended.connect(self._ended)
        self._timer = QTimer(self, singleShot=True, interval=DEBOUNCE)
        self._timer.timeout.connect(self._start)

    @property
    def case(self) -> Case | None:
        """The case, when everything typed can be used."""
        return self.reading.case

    @property
    def is_dirty(self) -> bool:
        """Whether the draft differs from what the case file holds."""
        return self.draft != self._saved

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Faults to show: not that of the field being typed in, nor what is still empty in the row being filled."""
        return tuple(problem for problem in self.reading.problems if not self._is_young(problem))

    def _is_young(self, problem: Problem) -> bool:
        in_row = bool(self.open_row) and problem.field.startswith(f"{self.open_row}.")
        return problem.field == self.typing or (in_row and problem.reason in _STILL_EMPTY)

    @property
    def missing(self) -> tuple[str, ...]:
        """Fields that must be filled before there can be a curve."""
        error = self.results.failure
        needed = isinstance(error, InputError) and error.reason in _NEEDED
        found = [f"entry.{error.field.rpartition('.')[2]}.0"] if needed and isinstance(error, InputError) else []
        return (*self.reading.missing, *found)

    @property
    def models(self) -> tuple[DrugModel, ...]:
        """The models the case may use."""
        every = self.known_models
        return tuple(model for model in every if model.id in self.draft.models) or every

    @property
    def known_models(self) -> tuple[DrugModel, ...]:
        """All models of the drug; none when a file of them is broken, which the computation then says."""
        if self.draft.drug not in self.drugs:
            return ()
        try:
            return tuple(self.verbs.library().models(self.draft.drug))
        except DrugFileError:
            return ()

    @property
    def models_in_use(self) -> tuple[DrugModel, ...]:
        """Those of them that hold the patient, once that is known."""
        prior = self.results.prior
        used = tuple(model for model in self.models if prior is not None and model.id in prior.model_ids)
        return used or self.models

    @property
    def model(self) -> DrugModel | None:
        """The first of them, for units and forms."""
        return next(iter(self.models_in_use), None)

    @property
    def by_week(self) -> bool:
        """Whether the drug is usually given in unequal doses over the week."""
        return self.model is not None and any(form.week_of for form in self.model.given_as)

    @property
    def target(self) -> Target | None:
        """What the case is judged by."""
        return self.case.target if self.case is not None and self.case.target is not None else self.results.target

    @property
    def tissues_at_hand(self) -> tuple[str, ...]:
        """Further outputs that can be shown."""
        return self.results.outputs

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """Everything the person should know, STOP first, each only once."""
        return self.results.alerts

    @property
    def unacknowledged(self) -> tuple[Alert, ...]:
        """Cautions nobody has acknowledged yet."""
        return tuple(a for a in self.alerts if a.severity is Severity.CAUTION and alert_key(a) not in self.acknowledged)

    @property
    def can_decide(self) -> bool:
        """Whether there is a fresh recommendation to accept, modify or reject."""
        recommendation = self.results.recommendation
        return (
            recommendation is not None
            and recommendation.outcome is Outcome.OPTIONS
            and not self.busy
            and all(alert.severity is not Severity.STOP for alert in self.alerts)
        )

    def edit(self, draft: Draft, where: str) -> None:
        """Take a draft over while the person is still typing in `where`."""
        self._history.remember(self.draft, where)
        self.typing = where
        self._take(draft)

    def change(self, draft: Draft, where: str = "") -> None:
        """Take a finished change over: a choice, a row added or removed."""
        self._history.remember(self.draft, "")
        self.typing = ""
        self._take(draft)
        if where:
            self.settle()

    def settle(self) -> None:
        """The field was left: times are written out in full, its fault, if any, is shown."""
        self.typing = ""
        self._take(settled(self.draft, self.reading))

    def enter_row(self, where: str) -> None:
        """A row is being filled; its empty fields are no faults until it is left."""
        if where != self.open_row:
            self.open_row = where
            self._take(self.draft)

    def undo(self) -> None:
        """Take the last edit back."""
        self._go_to(self._history.undo(self.draft))

    def redo(self) -> None:
        """Do the edit taken back once more."""
        self._go_to(self._history.redo(self.draft))

    def _go_to(self, draft: Draft | None) -> None:
        if draft is not None:
            self.typing = ""
            self._take(draft)

    def open_draft(self, draft: Draft, path: Path | None = None, *, saved: bool = False) -> None:
        """Begin another case; the one before stays in no field, curve or list."""
        self.path = path
        self._history = History()
        self._computed = None
        self.typing = self.open_row = ""
        self._saved = draft if saved else Draft()
        self._reset()
        self._take(draft)
        self.replaced.emit()

    def open_case(self, case: Case, path: Path | None = None) -> None:
        """Begin with a case from a file."""
        self.open_draft(draft_of(case), path, saved=True)

    def mark_saved(self, path: Path) -> None:
        """The case file now holds the draft."""
        self.path = path
        self._saved = self.draft
        self.draft_changed.emit()

    def _take(self, draft: Draft) -> None:
        self.draft = draft
        try:
            self.reading = read_draft(draft, self.clock(), self.drugs)
        except Exception:  # an unforeseen fault: the entry is kept, no advice of the older one stays
            self.reading = Reading(None, (), (), None)
            self._computed = None
            self._timer.stop()
            self._set_busy(False)
            self._reset()
            raise
        if self.case is None:
            self.runner.cancel()
            self.version += 1
            self._computed = None
            self._timer.stop()
            self._set_busy(False)
            self._clear(keep_curves=bool(self.typing or self.open_row))
        elif self.case != self._computed:
            self.version += 1
            self.runner.cancel()
            self._clear(keep_curves=True)
            self._set_busy(True)
            self._timer.start()
        self.draft_changed.emit()

    def _clear(self, *, keep_curves: bool) -> None:
        """Advice of an older version is never shown; its curves may stay while the next ones are on their way."""
        self.results = self.results.kept_curves() if keep_curves else Results()
        self.decision = None
        self.results_changed.emit()

    def _reset(self) -> None:
        self.runner.cancel()
        self.version += 1
        self.results = Results()
        self.decision = None
        self.acknowledged = frozenset()
        self.results_changed.emit()

    def _start(self) -> None:
        case = self.case
        if case is None:
            return
        self._computed = self.last_case = case
        self._running = {"curves", "advice"}
        self.runner.start("curves", self.version, first_look(self.verbs, case, self.tissues))
        self.runner.start("advice", self.version, full_answer(self.verbs, case, self.tissues))

    def cancel(self) -> None:
        """Stop the computation; the curves stay, there is no recommendation."""
        if not self.busy:
            return
        self.runner.cancel()
        self._timer.stop()
        self.version += 1
        self._computed = None
        self.results = self.results.failed(Cancelled())
        self._set_busy(False)
        self.results_changed.emit()

    def drop_row(self, draft: Draft) -> None:
        """Take back a row that was begun and never filled; it leaves no step to undo."""
        self.open_row = self.typing = ""
        self._take(draft)

    def recompute(self) -> None:
        """Work the case out again, after a cancellation."""
        self._computed = None
        self._take(self.draft)

    def show_regimen(self, regimen: Regimen) -> None:
        """Draw what one regimen would do."""
        case, fitted = self.case, self.results.individualisation
        if case is None or fitted is None or self.busy:
            return
        self.runner.start("preview", self.version, preview(self.verbs, case, fitted, regimen, self.tissues))

    def show_tissue(self, name: str) -> None:
        """Predict a tissue beside plasma."""
        self.tissues = () if name == "plasma" else (name,)
        case, results = self.case, self.results
        if case is not None and not self.busy:
            work = with_tissues(self.verbs, case, results.individualisation, results.proposed_regimen, self.tissues)
            self.runner.start("preview", self.version, work)
        elif case is not None:
            self.recompute()

    def decide(self, decision: Decision | None) -> None:
        """Record what the person decided; it lasts until the case changes."""
        self.decision = decision
        self.results_changed.emit()

    def acknowledge(self) -> None:
        """The person has seen every caution on the screen."""
        self.acknowledged |= {alert_key(alert) for alert in self.unacknowledged}
        self.results_changed.emit()

    def _arrived(self, ticket: int, key: str, value: object) -> None:
        if ticket != self.version:
            return
        if key == "proposed":
            assert isinstance(value, tuple)
            regimen, prediction = value
            self.results = replace(self.results, proposed=prediction, proposed_regimen=regimen)
        else:
            self.results = self.results.with_part(key, value)
        self.results_changed.emit()

    def _failed(self, ticket: int, lane: str, error: Exception) -> None:
        if ticket != self.version or (lane == "advice" and self.results.failure is not None):
            return
        if lane == "preview":
            self.results = replace(self.results, proposed=None, proposed_regimen=None)
            self.results_changed.emit()
            return
        if lane == "curves":
            self.runner.cancel("advice")
            self.version += 1  # whatever the other lane still says of this case is not wanted
            self._running.clear()
            self.results = Results()
            self._set_busy(False)
        self.results = self.results.failed(error)
        self.results_changed.emit()

    def _progressed(self, ticket: int, fraction: float, message: str) -> None:
        if ticket == self.version:
            self.progressed.emit(fraction, message)

    def _ended(self, ticket: int, lane: str) -> None:
        if ticket != self.version or lane not in self._running:
            return
        self._running.discard(lane)
        if not self._running:
            self._set_busy(False)
            self.results_changed.emit()

    def _set_busy(self, busy: bool) -> None:
        if busy != self.busy:
            self.busy = busy
            self.busy_changed.emit(busy)

    def close(self) -> None:
        """Stop all work."""
        self._timer.stop()
        self.runner.close()
