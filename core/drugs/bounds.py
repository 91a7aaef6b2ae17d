"""Is this patient like the people the model was made with?"""

from __future__ import annotations

from collections.abc import Sequence

from core.clinic.alert import Alert, Severity
from core.clinic.case import Case
from core.drugs.covariates import change_times, covariate_at
from core.drugs.sections import DomainRange, Outside
from core.units import format_number

_SEVERITY = {Outside.STOP: Severity.STOP, Outside.CAUTION: Severity.CAUTION}


def domain_findings(domain: Sequence[DomainRange], case: Case, model_id: str) -> list[Alert]:
    """Say for each covariate that is known whether it ever leaves the model's range; one alert per covariate, the
    worst value.
    """
    alerts = []
    for item in domain:
        times = change_times(case, (item.covariate,))
        values = [value for time in times if (value := covariate_at(case, item.covariate, time)) is not None]
        outside = [value for value in values if not _holds(item, value)]
        if outside:
            alerts.append(_alert(item, max(outside, key=lambda value: _distance(item, value)), model_id))
    return alerts


def _holds(item: DomainRange, value: float | str) -> bool:
    return value in item.choices if isinstance(value, str) else item.low <= value <= item.high


def _distance(item: DomainRange, value: float | str) -> float:
    return 0.0 if isinstance(value, str) else max(item.low - value, value - item.high)


def _alert(item: DomainRange, value: float | str, model_id: str) -> Alert:
    severity = _SEVERITY[item.outside]
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
