"""What has been worked out for one version of the case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from core.advise.next_sample import NextSample
from core.advise.recommendation import Option, Recommendation, Regimen
from core.clinic.alert import Alert, Severity
from core.clinic.case import Target
from core.infer.prediction import Prediction
from core.session import Individualisation

_ORDER = [Severity.STOP, Severity.CAUTION, Severity.NOTE]


@dataclass(frozen=True)
class Results:
    """What has been worked out for the current version of the case."""

    questions: tuple[Alert, ...] = ()
    target: Target | None = None
    outputs: tuple[str, ...] = ()  # tissues the models can show
    prior: Prediction | None = None
    individualisation: Individualisation | None = None
    individual: Prediction | None = None
    recommendation: Recommendation | None = None
    proposed: Prediction | None = None
    proposed_regimen: Regimen | None = None
    next_sample: NextSample | None = None
    judged: Option | None = None  # what the regimen last looked at would do
    failure: Exception | None = None
    old: frozenset[str] = frozenset()  # curves that belong to the version before

    def kept_curves(self) -> Results:
        """What may stay on the screen while the next curves are on their way: never any advice."""
        old = frozenset({"prior", "individual"})
        return Results((), self.target, self.outputs, self.prior, None, self.individual, old=old)

    def failed(self, error: Exception) -> Results:
        """Nothing that rests on the computation that failed, and no curve of an older version."""
        prior = None if "prior" in self.old else self.prior
        individual = None if "individual" in self.old else self.individual
        fitted = self.individualisation
        return Results(self.questions, self.target, self.outputs, prior, fitted, individual, failure=error)

    def with_part(self, key: str, value: object) -> Results:
        """The same with one part that has arrived."""
        fresh: dict[str, Any] = {key: value}
        return replace(self, old=self.old - {key}, **fresh)

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """Everything the person should know, STOP first, each only once."""
        advice = self.recommendation.alerts if self.recommendation is not None else ()
        return tuple(sorted(_once((*self.questions, *advice)), key=lambda alert: _ORDER.index(alert.severity)))


def _once(alerts: Iterable[Alert]) -> list[Alert]:
    seen = {(alert.severity, alert_key(alert)): alert for alert in alerts}
    return list(seen.values())


def alert_key(alert: Alert) -> str:
    """What makes an alert the same alert: its id and values."""
    return f"{alert.id}:{sorted(alert.values.items())}"
