"""One patient, one course of one drug: all that the window can hold."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from enum import StrEnum

from core.clinic.covariate import CATALOGUE, CovariateValue, value_at
from core.clinic.level import CoMedication, Level, Outcome
from core.clinic.mic import MicDistribution
from core.clinic.patient import Patient
from core.clinic.regimen import Dose, DoseStatus, rows_in_turn
from core.units import Quantity


class TargetKind(StrEnum):
    """What a target is about."""

    TROUGH = "trough"
    PEAK = "peak"
    AVERAGE = "average"
    AUC24 = "auc24"
    AUC24_MIC = "auc24_mic"
    TIME_ABOVE_MIC = "time_above_mic"
    PEAK_MIC = "peak_mic"
    EFFECT = "effect"  # what the drug does, as measured in the patient: the INR, a blood count


MIC_KINDS = (TargetKind.AUC24_MIC, TargetKind.TIME_ABOVE_MIC, TargetKind.PEAK_MIC)


@dataclass(frozen=True)
class Target:
    """The range the exposure should lie in; either end may be open."""

    kind: TargetKind
    low: Quantity | None = None
    high: Quantity | None = None


@dataclass(frozen=True)
class Case:
    """Everything known about one patient on one drug."""

    patient: Patient
    drug: str
    start: dt.datetime  # with an offset; time 0
    covariates: tuple[CovariateValue, ...] = ()
    co_medication: tuple[CoMedication, ...] = ()
    models: tuple[str, ...] = ()  # empty: all of the drug's whose domain holds the patient
    doses: tuple[Dose, ...] = ()
    levels: tuple[Level, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    target: Target | None = None
    mics: MicDistribution | None = None  # of isolates, where the patient's own germ has no measured MIC
    harm_weight: float = 1.0  # what the chance of harm counts against that of benefit, the clinician's choice

    def covariate(self, name: str, time: float = 0.0) -> CovariateValue | None:
        """Give the covariate in force at a time."""
        return value_at(self.covariates, name, time)

    def mics_in_force(self) -> MicDistribution | None:
        """The MIC that was measured, else how often which MIC occurs; None: neither is known."""
        measured = self.covariate("mic", self.now)
        return self.mics if measured is None else MicDistribution((measured.number,), (1,))

    def age_at(self, time: float) -> float:
        """Age in years at a case time."""
        return self.patient.age_at(self.start + dt.timedelta(hours=time))

    def clock(self, time: float) -> dt.datetime:
        """Turn hours after the start into a clock time."""
        return self.start + dt.timedelta(hours=time)

    @property
    def given_doses(self) -> tuple[Dose, ...]:
        """The rows of doses that entered the body."""
        return tuple(dose for dose in self.doses if dose.status is DoseStatus.GIVEN)

    @property
    def used_levels(self) -> tuple[Level, ...]:
        """The levels the person has not put aside, in order of time."""
        return tuple(sorted((level for level in self.levels if level.use), key=lambda level: level.time))

    @property
    def now(self) -> float:
        """Hours after the start at which the next decision falls: the next dose of the row given last, or the last
        fact known; that a dose was missed is one.
        """
        turns = rows_in_turn([dose for dose in self.given_doses if dose.interval])
        due = turns[0][0] if turns else None  # the others of its round come after it
        others = [dose for dose in self.given_doses if dose is due or not any(dose in place for place in turns)]
        ends = [dose.last_time + (dose.interval or dose.hours) for dose in others]
        facts = [level.time for level in self.levels] + [outcome.time for outcome in self.outcomes]
        facts += [dose.last_time for dose in self.doses if dose.status is DoseStatus.MISSED]
        facts += [item.time for item in self.covariates if item.name in CATALOGUE and CATALOGUE[item.name].response]
        return max([0.0, *ends, *facts])

    def with_doses(self, doses: tuple[Dose, ...]) -> Case:
        """The same case with other doses."""
        return replace(self, doses=doses)
