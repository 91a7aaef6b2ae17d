"""Results as plain JSON values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from core.advise.recommendation import Basis, Interval, Option, Recommendation, Regimen, SecondOpinion
from core.clinic.alert import Alert
from core.clinic.case import Target
from core.clinic.mic import MicDistribution, distribution_to
from core.infer.prediction import Curve, Prediction
from core.report.wording import Wording

Json = dict[str, Any]

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def interval(item: Interval) -> Json:
    """A value with its 90 % interval."""
    return {"value": item.value, "low": item.low, "high": item.high}


def alerts(items: Iterable[Alert], wording: Wording) -> list[Json]:
    """Alerts with their sentences."""
    return [
        {
            "severity": item.severity.value,
            "id": item.id,
            "about": item.about,
            "values": dict(item.values),
            "message": wording.alert(item),
        }
        for item in items
    ]


def curve(item: Curve) -> Json:
    """One curve and its 5-95 % band."""
    return {
        "times": item.times.tolist(),
        "median": item.median.tolist(),
        "low": item.low.tolist(),
        "high": item.high.tolist(),
        "unit": item.unit,
    }


def prediction(item: Prediction) -> Json:
    """Every curve by the name of its output."""
    return {
        "source": item.curves[0].source.value,
        "inputs_hash": item.inputs_hash,
        "models": list(item.model_ids),
        "outputs": {one.output: curve(one) for one in item.curves},
    }


def regimen(item: Regimen) -> Json:
    """Amounts in mg, times in hours; `in_turn` holds doses that differ, `amount` is then the largest of them."""
    return {
        "amount": item.amount,
        "unit": "mg",
        "every": item.every,
        "route": item.route.value,
        "duration": item.duration,
        "first_dose": item.first_dose,
        "loading": item.loading,
        "loading_duration": item.loading_duration,
        "per_day": item.per_day,
        "in_turn": list(item.cycle),
        "week": None if item.by_weekday is None else dict(zip(_WEEKDAYS, item.by_weekday, strict=True)),
    }


def option(item: Option, wording: Wording) -> Json:
    """A regimen with benefit and harm side by side."""
    return {
        **regimen(item.regimen),
        "attainment": interval(item.attainment),
        "below_target": item.below_target,
        "above_target": item.above_target,
        "efficacy": interval(item.efficacy),
        "toxicity": [
            {
                "name": risk.name,
                "text": wording.word("", risk.name),
                **interval(risk.chance),
                "evidence": risk.evidence.value,
                "threshold": risk.threshold,
                "is_chance_of_toxicity": risk.of_toxicity,
                "source": risk.source,
            }
            for risk in item.risks
        ],
        "exposure": {
            name: {**interval(value), "unit": item.effect_unit if name == "effect" else exposure_unit(name)}
            for name, value in item.exposure.items()
        },
        "by_mic": [{"mic": mic, "unit": "mg/L", "attainment": chance} for mic, chance in item.by_mic],
        "utility": item.utility,
        "current": item.is_current,
        "surpassed": item.surpassed,
        "limits": alerts(item.limits, wording),
    }


def isolates(item: MicDistribution) -> Json:
    """A table of isolates as case files hold it, with their number."""
    return {**distribution_to(item), "total": item.total}


def exposure_unit(name: str) -> str:
    """Unit of an exposure in the core."""
    return "mg*h/L" if name == "auc24" else "mg/L"


def target(item: Target) -> Json:
    """Kind and ends, as entered."""
    low, high = (None if end is None else str(end) for end in (item.low, item.high))
    return {"kind": item.kind.value, "low": low, "high": high}


def second_opinion(item: SecondOpinion | None, wording: Wording) -> Json | None:
    """What the predictor says, or why it says nothing."""
    if item is None:
        return None
    common: Json = {"model": item.model_id, "file_hash": item.file_hash}
    if item.abstains:
        return {**common, "abstains": item.abstains, "why": wording.text(item.abstains, item.gaps)}
    return {
        **common,
        "abstains": None,
        "amount": item.amount,
        "every": item.every,
        "route": item.route.value,
        "wait": item.wait,
        "daily": item.daily,
        "low": item.low,
        "high": item.high,
        "coverage": item.coverage,
        "agrees": item.agrees,
        "reasons": [{"feature": name, "mg_per_day": change} for name, change in item.reasons],
    }


def basis(item: Basis) -> Json:
    """What a result rests on, enough to replay it."""
    return {
        "inputs_hash": item.inputs_hash,
        "program_version": item.program_version,
        "defaults": {assumption.covariate: assumption.value for assumption in item.assumptions},
        "models": [
            {
                "id": use.model_id,
                "file_hash": use.file_hash,
                "weight": use.weight,
                "citation": use.citation,
                "local": use.local,
            }
            for use in item.models
        ],
        "samples": item.samples,
        "seed": item.seed,
    }


def recommendation(item: Recommendation, wording: Wording) -> Json:
    """The whole recommendation."""
    why: list[Mapping[str, Any]] = [
        {"id": message, "values": dict(values), "message": wording.text(message, values)}
        for message, values in item.why
    ]
    return {
        "outcome": item.outcome.value,
        "options": [option(one, wording) for one in item.options],
        "second_opinion": second_opinion(item.second_opinion, wording),
        "alerts": alerts(item.alerts, wording),
        "why": why,
        "reasons": [
            {
                "about": one.kind.value,
                "id": one.id,
                "values": dict(one.values),
                "message": wording.text(one.id, one.values),
            }
            for one in item.reasons
        ],
        "target": {**target(item.target), "evidence": item.target_evidence.value, "source": item.target_source},
        "mic_distribution": None if item.mics is None else isolates(item.mics),
        "basis": basis(item.basis),
    }
