"""What is offered to the person who decides: options with benefit and harm side by side, and the reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.clinic.alert import Alert, Severity
from core.clinic.case import Target
from core.clinic.mic import MicDistribution
from core.clinic.regimen import Dose, Route
from core.drugs.model import Assumption, Evidence


@dataclass(frozen=True)
class Interval:
    """A best value and its 90 % interval, in the unit its owner names."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Regimen:
    """A way to go on: one dose (mg) every so many hours, from a case time on; the first may be a loading dose."""

    amount: float
    every: float
    route: Route
    duration: float = 0.0  # h
    first_dose: float = 0.0  # case time, h
    loading: float = 0.0  # mg given in place of the first dose; 0: none
    loading_duration: float = 0.0  # h

    def doses(self, until: float) -> tuple[Dose, ...]:
        """The planned doses up to a case time."""
        from core.advise.candidates import planned_doses

        return planned_doses(self, until)


@dataclass(frozen=True)
class Risk:
    """The chance of one toxicity, or of exceeding an observed exposure where no relation is validated (`evidence`
    none).
    """

    name: str  # message id
    chance: Interval  # 0-1
    evidence: Evidence
    source: str
    threshold: str  # with its unit
    of_toxicity: bool = True  # False: the chance is only that of exceeding the threshold, an observed exposure
    by_effect: bool = False  # it comes from a model of the toxicity itself; the threshold is then a value of that


@dataclass(frozen=True)
class Option:
    """One regimen with what it would do; chances 0-1.

    Chances are shares of the judged time, averaged over all that is uncertain; the exposure is that of its last span,
    when the regimen has settled.
    """

    regimen: Regimen
    attainment: Interval  # share of the judged time within the target
    below_target: float
    above_target: float
    efficacy: Interval  # share of the judged time at or above the lower end of the target
    risks: tuple[Risk, ...]
    exposure: Mapping[str, Interval]  # auc24 mg*h/L; peak, trough, average mg/L; effect in its own unit
    utility: float
    effect_unit: str = ""  # of the effect the target, or else a harm, is about
    by_mic: tuple[tuple[float, float], ...] = ()  # MIC (mg/L) and attainment at it, where none was measured
    is_current: bool = False
    surpassed: bool = False  # another option gives no less benefit and no more of any harm
    limits: tuple[Alert, ...] = ()  # what the label says against it, each with the value and its source

    @property
    def limits_broken(self) -> bool:
        """Whether it may not be offered."""
        return any(alert.severity is Severity.STOP for alert in self.limits)


class ReasonKind(StrEnum):
    """What a reason is about."""

    USED = "used"
    ASSUMED = "assumed"
    DRIVES = "drives"
    WOULD_CHANGE = "would_change"
    NOT_KNOWN = "not_known"


@dataclass(frozen=True)
class Reason:
    """One thing to know before the advice is followed, as a message id and values."""

    kind: ReasonKind
    id: str
    values: Mapping[str, str] = field(default_factory=dict)


class Outcome(StrEnum):
    """Whether there is anything to offer."""

    OPTIONS = "options"
    NO_OPTION = "no_option"  # nothing feasible; the nearest miss is among `options` and marked by its limits
    BLOCKED = "blocked"  # fit failed, or outside the domain: no number is shown


@dataclass(frozen=True)
class SecondOpinion:
    """What the trained predictor would give, or why it stays silent."""

    model_id: str
    file_hash: str
    abstains: str  # message id, empty when it speaks
    amount: float = 0.0  # mg
    every: float = 0.0  # h
    route: Route = Route.ORAL
    low: float = 0.0  # mg per day, conformal interval
    high: float = 0.0
    daily: float = 0.0  # mg per day, point prediction
    coverage: float = 0.9
    agrees: bool = True
    reasons: tuple[tuple[str, float], ...] = ()  # feature and its contribution, mg per day, largest first
    wait: float = 0.0  # h it would put the next dose off
    gaps: Mapping[str, str] = field(default_factory=dict)  # what fills the message of `abstains`


@dataclass(frozen=True)
class ModelUse:
    """A model that took part: its id, the hash of its file, its weight; `local`: a site's own file."""

    model_id: str
    file_hash: str
    weight: float
    citation: str
    local: bool = False


@dataclass(frozen=True)
class Basis:
    """What a recommendation rests on, enough to replay it."""

    inputs_hash: str
    program_version: str
    models: tuple[ModelUse, ...]
    assumptions: tuple[Assumption, ...]
    samples: int
    seed: int


@dataclass(frozen=True)
class Recommendation:
    """Ranked options, the second opinion, the alerts, and the basis."""

    outcome: Outcome
    options: tuple[Option, ...]
    target: Target
    target_evidence: Evidence
    target_source: str
    alerts: tuple[Alert, ...]
    basis: Basis
    mics: MicDistribution | None = None  # isolates the chances are also over; None: a measured MIC, or none is needed
    judged_for: float = 0.0  # h from the next dose on over which attainment and risks are averaged
    why: tuple[tuple[str, Mapping[str, str]], ...] = field(default=())  # message ids and values, plain words
    second_opinion: SecondOpinion | None = None
    reasons: tuple[Reason, ...] = ()  # more of the same, for who asks
