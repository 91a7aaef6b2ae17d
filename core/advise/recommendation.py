"""What is offered to the person who decides: options with benefit and harm side by side, and the reasons."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from core.clinic.alert import Alert, Severity
from core.clinic.case import Target
from core.clinic.mic import MicDistribution
from core.clinic.regimen import MOST_IN_TURN, Dose, Route
from core.drugs.model import Assumption, Evidence
from core.errors import InputError

_DAYS = 7


@dataclass(frozen=True)
class Interval:
    """A best value and its 90 % interval, in the unit its owner names."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Regimen:
    """A way to go on: one dose (mg) every so many hours, from a case time on; the first may be a loading dose.

    Where doses differ in turn (5 mg on some days of the week, 2.5 mg on the others), `cycle` holds one round of them,
    that of the first dose first, and `amount` is the largest; 0 in it is a day without a dose.

    Raises:
        InputError: a round that is none: a single dose, a negative one, nothing but zeros, or beside a loading dose.
    """

    amount: float
    every: float
    route: Route
    duration: float = 0.0  # h
    first_dose: float = 0.0  # case time, h
    loading: float = 0.0  # mg given in place of the first dose; 0: none
    loading_duration: float = 0.0  # h
    cycle: tuple[float, ...] = ()  # mg, one dose after the other and then from the start; empty: all alike
    weekday: int | None = None  # of the first dose of a cycle, 0 a Monday; None: not known

    def __post_init__(self) -> None:
        if not self.cycle:
            return
        if not 2 <= len(self.cycle) <= MOST_IN_TURN:
            gaps = {"value": str(len(self.cycle)), "low": "2", "high": str(MOST_IN_TURN)}
            raise InputError("regimen.cycle", "out_of_domain", **gaps)
        if not all(math.isfinite(amount) and amount >= 0 for amount in self.cycle) or max(self.cycle) <= 0:
            raise InputError("regimen.cycle", "must_be_positive", value=", ".join(map(str, self.cycle)))
        if self.amount != max(self.cycle) or self.loading:
            raise InputError("regimen.cycle", "doses_in_turn_contradict")

    @property
    def amounts(self) -> tuple[float, ...]:
        """The doses of one round, mg; a single one where all are alike."""
        return self.cycle or (self.amount,)

    @property
    def per_day(self) -> float:
        """Mean of the doses in 24 h, mg, a loading dose aside."""
        return math.fsum(self.amounts) / len(self.amounts) * 24.0 / self.every

    @property
    def by_weekday(self) -> tuple[float, ...] | None:
        """Doses (mg) from Monday to Sunday; None where they do not go by the days of the week."""
        if self.weekday is None or len(self.cycle) != _DAYS or self.every != 24.0:
            return None
        return tuple(self.cycle[(day - self.weekday) % _DAYS] for day in range(_DAYS))

    def amount_of(self, number: int) -> float:
        """The dose of a number, mg; 0 is the first."""
        return self.loading if self.loading and number == 0 else self.amounts[number % len(self.amounts)]

    def later(self, count: int) -> Regimen:
        """The same without its first doses."""
        first = count % len(self.amounts)
        weekday = self.weekday
        if weekday is not None:
            weekday = (weekday + round(count * self.every / 24.0)) % _DAYS
        return replace(
            self,
            first_dose=self.first_dose + count * self.every,
            loading=0.0,
            cycle=(*self.cycle[first:], *self.cycle[:first]),
            weekday=weekday,
        )

    def doses(self, until: float) -> tuple[Dose, ...]:
        """The planned doses up to a case time."""
        from core.advise.candidates import planned_doses

        return planned_doses(self, until)


def doses_in_turn(amounts: Sequence[float], like: Regimen, weekday: int | None = None) -> Regimen:
    """A regimen of unequal doses (mg) in turn, else like another; equal ones make a plain one.

    Raises:
        InputError: as `Regimen`.
    """
    if not amounts:
        raise InputError("regimen.cycle", "must_be_positive", value="")
    plain = len(set(amounts)) == 1 and amounts[0] > 0
    return replace(
        like,
        amount=max(amounts),
        loading=0.0,
        loading_duration=0.0,
        cycle=() if plain else tuple(amounts),
        weekday=None if plain else weekday,
    )


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

    @property
    def has_stop(self) -> bool:
        """Whether an alert stands against judging any regimen."""
        return any(alert.severity is Severity.STOP for alert in self.alerts)
