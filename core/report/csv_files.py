"""The report's twins for spreadsheets: the curves in one file, the case and the options in another."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

import numpy as np

from core.advise.recommendation import Interval, Option, Regimen
from core.clinic.case import Case
from core.clinic.mic import distribution_to
from core.infer.prediction import Curve, Prediction
from core.report.content import Findings
from core.units import Quantity, format_number

CASE_COLUMNS = (
    *(
        "kind",
        "name",
        "time (h)",
        "clock",
        "value",
        "unit",
        "low",
        "high",
        "route",
        "duration (h)",
        "every (h)",
        "count",
    ),
    *("until (h)", "status", "note"),
)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
Row = dict[str, "str | float | int | None"]


def curves_csv(predictions: Sequence[Prediction]) -> str:
    """Every curve: one row per time, one column per median, low (5 %) and high (95 %), the unit in its header.

    Curves of different sources may stand at different times; where one has no value the cell is empty.
    """
    curves = [curve for prediction in predictions for curve in prediction.curves]
    times = np.unique(np.concatenate([curve.times for curve in curves])) if curves else np.empty(0)
    columns: dict[str, dict[float, float]] = {}
    for curve in curves:
        for part in ("median", "low", "high"):
            values = getattr(curve, part)
            columns[_heading(curve, part)] = dict(zip(curve.times.tolist(), values.tolist(), strict=True))
    rows = [
        [format_number(time, 9), *(_cell(_rounded(column.get(time))) for column in columns.values())]
        for time in times.tolist()
    ]
    return _written([["time (h)", *columns], *rows])


def case_csv(findings: Findings) -> str:
    """The case, the levels beside what was expected, and the options with their chances; one fact per row."""
    case = findings.case
    rows: list[Row] = [*_patient(case), *_history(case), *_given(case), *_levels(findings), *_isolates(case)]
    for rank, option in enumerate(findings.recommendation.options, 1):
        rows += _option(option, rank)
    for row in rows:
        time = row.get("time (h)")
        row["clock"] = None if not isinstance(time, int | float) else case.clock(time).isoformat(timespec="minutes")
    return _written([list(CASE_COLUMNS), *([_cell(row.get(column)) for column in CASE_COLUMNS] for row in rows)])


def _heading(curve: Curve, part: str) -> str:
    share = {"median": "median", "low": "5 %", "high": "95 %"}[part]
    return f"{curve.output} {curve.source.value} {share} ({curve.unit})"


def _patient(case: Case) -> list[Row]:
    patient = case.patient
    facts = {
        "id": patient.id,
        "name": patient.name,
        "sex": patient.sex.value,
        "born": "" if patient.born is None else patient.born.isoformat(),
        "ethnicity": patient.ethnicity.value,
        "drug": case.drug,
        "start": case.start.isoformat(timespec="minutes"),
    }
    rows: list[Row] = [{"kind": "patient", "name": name, "value": value} for name, value in facts.items() if value]
    rows.append({"kind": "patient", "name": "age", "value": case.age_at(0.0), "unit": "year", "time (h)": 0.0})
    return rows


def _measure(value: Quantity | str | None) -> Row:
    if value is None:
        return {}
    return {"value": value} if isinstance(value, str) else {"value": value.value, "unit": value.unit}


def _history(case: Case) -> list[Row]:
    rows: list[Row] = [
        {"kind": "covariate", "name": item.name, "time (h)": item.time, **_measure(item.value)}
        for item in case.covariates
    ]
    rows += [
        {
            "kind": "co_medication",
            "name": item.drug,
            "time (h)": item.start,
            "until (h)": item.until,
            "every (h)": None if item.every is None else item.every.to("h"),
            **_measure(item.amount),
        }
        for item in case.co_medication
    ]
    rows += [
        {
            "kind": f"outcome {item.kind}",
            "name": item.name,
            "time (h)": item.time,
            "value": item.value,
            "note": _grade(item.grade),
        }
        for item in case.outcomes
    ]
    return rows


def _grade(grade: int | None) -> str:
    return "" if grade is None else f"grade {grade}"


def _given(case: Case) -> list[Row]:
    return [
        {
            "kind": "dose",
            "name": case.drug,
            "time (h)": dose.time,
            "route": dose.route.value,
            "duration (h)": dose.hours or None,
            "every (h)": dose.interval,
            "count": dose.count,
            "status": dose.status.value,
            "note": "steady state" if dose.steady_state else "",
            **_measure(dose.amount),
        }
        for dose in case.doses
    ]


def _levels(findings: Findings) -> list[Row]:
    rows: list[Row] = []
    for level in findings.case.levels:
        status = ("below limit" if level.below_limit else "measured") if level.use else "not used"
        fact: Row = {"kind": "level", "name": level.analyte or findings.case.drug, "time (h)": level.time}
        rows.append({**fact, "status": status, "note": level.reason, **_measure(level.value)})
    for posterior in findings.posteriors:
        for fit in posterior.levels:
            common: Row = {"time (h)": fit.time, "unit": "mg/L", "note": posterior.model_id}
            band: Row = {"low": _rounded(fit.low), "high": _rounded(fit.high)}
            for name, value in (("population", fit.population), ("individual", fit.individual)):
                expected: Row = {"kind": "level expected", "name": name, "value": _rounded(value)}
                rows.append(expected | common | (band if name == "population" else {}))
    return rows


def _isolates(case: Case) -> list[Row]:
    rows = [] if case.mics is None else distribution_to(case.mics)["isolates"]
    name = "" if case.mics is None else case.mics.name
    return [{"kind": "isolates", "name": name, "value": row["count"], "note": f"MIC {row['mic']}"} for row in rows]


def _option(option: Option, rank: int) -> list[Row]:
    regimen = option.regimen
    kind = f"option {rank}"
    rows: list[Row] = [
        {
            "kind": kind,
            "name": "regimen",
            "time (h)": regimen.first_dose,
            "value": None if regimen.cycle else regimen.amount,
            "unit": "mg",
            "route": regimen.route.value,
            "duration (h)": regimen.duration or None,
            "every (h)": regimen.every,
            "status": "current" if option.is_current else "",
            "note": "; ".join(alert.id for alert in option.limits),
        },
        *_in_turn(regimen, kind),
        *_loading(regimen, kind),
        {"kind": kind, "name": "within target", **_interval(option.attainment, "%")},
        {"kind": kind, "name": "benefit", **_interval(option.efficacy, "%")},
    ]
    for mic, chance in option.by_mic:
        note = f"MIC {format_number(mic)} mg/L"
        rows.append(
            {"kind": kind, "name": "within target by MIC", "value": _rounded(100 * chance), "unit": "%", "note": note}
        )
    for risk in option.risks:
        about = "" if risk.of_toxicity else f"chance of exceeding {risk.threshold} only"
        rows.append({"kind": kind, "name": risk.name, **_interval(risk.chance, "%"), "note": about})
    units = {"auc24": "mg*h/L", "effect": option.effect_unit}
    for name, interval in option.exposure.items():
        rows.append({"kind": kind, "name": name, **_interval(interval, units.get(name, "mg/L"))})
    return rows


def _in_turn(regimen: Regimen, kind: str) -> list[Row]:
    """Each dose of a round of unequal ones, with the time it is first given at."""
    return [
        {
            "kind": kind,
            "name": f"dose {place + 1} of {len(regimen.cycle)} in turn",
            "time (h)": regimen.first_dose + place * regimen.every,
            "value": amount,
            "unit": "mg",
            "route": regimen.route.value,
            "duration (h)": regimen.duration or None,
            "every (h)": regimen.every * len(regimen.cycle),
        }
        for place, amount in enumerate(regimen.cycle)
    ]


def _loading(regimen: Regimen, kind: str) -> list[Row]:
    if not regimen.loading:
        return []
    return [
        {
            "kind": kind,
            "name": "loading dose",
            "time (h)": regimen.first_dose,
            "value": regimen.loading,
            "unit": "mg",
            "route": regimen.route.value,
            "duration (h)": regimen.loading_duration or None,
        }
    ]


def _interval(interval: Interval, unit: str) -> Row:
    scale = 100.0 if unit == "%" else 1.0
    value, low, high = (_rounded(scale * number) for number in (interval.value, interval.low, interval.high))
    return {"value": value, "low": low, "high": high, "unit": unit}


def _rounded(value: float | None) -> float | None:
    """Six digits: more than any prediction is good for."""
    return None if value is None else float(f"{value:.6g}")


def _cell(value: str | float | None) -> str:
    """A number in digits, a text that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return format_number(value)
    return f"'{value}" if value.startswith(_FORMULA_STARTS) else value


def _written(rows: Iterable[Sequence[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\r\n").writerows(rows)
    return stream.getvalue()
