"""Is this patient like the people the model was made with?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.clinic.alert import Alert, Severity
from core.drugs.covariates import CovariateReader, change_times
from core.drugs.facts import DomainRange, Outside
from core.drugs.relations import Value
from core.errors import DomainNotKnown, OutOfDomain
from core.units import format_number

_NOT_KNOWN = "covariate_not_known_to_be_studied"
_SEVERITY = {Outside.STOP: Severity.STOP, Outside.CAUTION: Severity.CAUTION}


def domain_findings(domain: Sequence[DomainRange], reader: CovariateReader, model_id: str) -> list[Alert]:
    """Say for each covariate whether it ever leaves the model's range; one alert per covariate, the worst value.

    What is not known is passed over, unless the file says it must be.
    """
    alerts = []
    for item in domain:
        values = _values(item, reader)
        if not values and item.must_be_known:
            gaps = {"covariate": item.covariate, "model": model_id, "choices": ", ".join(item.choices)}
            alerts.append(Alert(_SEVERITY[item.outside], _NOT_KNOWN, gaps, item.covariate))
        outside = [value for value in values if not _holds(item, value)]
        if outside:
            alerts.append(_alert(item, max(outside, key=lambda value: _distance(item, value)), model_id))
    return alerts


def refusal(findings: Iterable[Alert]) -> OutOfDomain | None:
    """The refusal that follows from a finding which forbids the model, if there is one."""
    for alert in findings:
        if alert.severity is Severity.STOP:
            gaps = {str(name): str(value) for name, value in alert.values.items()}
            if alert.id == _NOT_KNOWN:
                return DomainNotKnown(f"covariates.{alert.about}", gaps["model"])
            ends = gaps.get("choices", "")
            return OutOfDomain(alert.about, gaps.get("value", "?"), gaps.get("low", ends), gaps.get("high", ends))
    return None


def _values(item: DomainRange, reader: CovariateReader) -> list[Value]:
    times = change_times(reader.case, (item.covariate,), reader.recipes)
    found = [reader.at(item.covariate, time) for time in times]
    return [value for value in found if value is not None]


def _holds(item: DomainRange, value: Value) -> bool:
    if isinstance(value, frozenset):
        return not value & set(item.choices)
    return value in item.choices if isinstance(value, str) else item.low <= value <= item.high


def _distance(item: DomainRange, value: Value) -> float:
    return max(item.low - value, value - item.high) if isinstance(value, float) else 0.0


def _alert(item: DomainRange, value: Value, model_id: str) -> Alert:
    severity = _SEVERITY[item.outside]
    if isinstance(value, frozenset):
        drugs = ", ".join(sorted(value & set(item.choices)))
        return Alert(severity, "co_medication_not_modelled", {"drug": drugs}, item.covariate)
    gaps = {"covariate": item.covariate, "model": model_id}
    if isinstance(value, str):
        gaps |= {"value": value, "choices": ", ".join(item.choices)}
        return Alert(severity, "covariate_not_studied", gaps, item.covariate)
    gaps |= {
        "value": f"{format_number(value, 3)} {item.unit}",
        "low": f"{format_number(item.low)} {item.unit}",
        "high": f"{format_number(item.high)} {item.unit}",
    }
    return Alert(severity, "covariate_outside_studied_range", gaps, item.covariate)
