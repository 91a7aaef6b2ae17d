"""What a report says, in the order of the page: the answer first, then the doubts, the reasons, and what went in."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from core.advise.recommendation import Outcome, Recommendation
from core.clinic.alert import Severity
from core.clinic.case import Case
from core.infer.posterior import Posterior
from core.infer.prediction import Prediction
from core.report.appendix import appendix_blocks
from core.report.basis import basis_lines
from core.report.decision import Decision
from core.report.inputs import Block, input_blocks
from core.report.offer import (
    Headline,
    MicRows,
    OptionRow,
    headline,
    mic_rows,
    option_rows,
    regimen_said,
    second_opinion_lines,
    target_said,
)
from core.report.phrase import DrugName, Joined, Moment, Phrase, Said, Word
from core.report.picture import Picture, picture_of
from core.units import format_number, format_quantity


@dataclass(frozen=True, eq=False)
class Findings:
    """All a report is made from; `decision` None: not decided yet."""

    case: Case
    recommendation: Recommendation
    predictions: tuple[Prediction, ...]
    posteriors: tuple[Posterior, ...] = ()
    decision: Decision | None = None


@dataclass(frozen=True)
class AlertLine:
    """One alert and whether somebody acknowledged it; a note needs no acknowledgement."""

    severity: Severity
    text: Said
    acknowledged: Said | None


@dataclass(frozen=True, eq=False)
class ReportContent:
    """What is said, before a language is chosen."""

    patient_id: str
    banner: tuple[tuple[Said, Said], ...]  # label and value
    outcome: Outcome
    headline: Headline | None
    alerts: tuple[AlertLine, ...]
    why: tuple[Said, ...]
    picture: Picture | None
    options: tuple[OptionRow, ...]
    by_mic: MicRows | None
    second_opinion: tuple[Said, ...]
    inputs: tuple[Block, ...]
    basis: tuple[Said, ...]
    decision: tuple[Said, ...]
    appendix: tuple[Block, ...]
    made: dt.datetime


def build_content(findings: Findings, made: dt.datetime) -> ReportContent:
    """Collect what a report says.

    Args:
        findings: the case and what was computed from it.
        made: moment the report is made, with its offset; printed, and the only thing that differs between two prints.
    """
    case, recommendation = findings.case, findings.recommendation
    drug = _drug(findings)
    blocked = recommendation.outcome is Outcome.BLOCKED
    return ReportContent(
        patient_id=case.patient.id,
        banner=_banner(case, recommendation, made),
        outcome=recommendation.outcome,
        headline=None if blocked else headline(case, recommendation, drug),
        alerts=_alert_lines(recommendation, findings.decision),
        why=tuple(Phrase(message, values) for message, values in recommendation.why),
        picture=picture_of(case, recommendation, findings.predictions, findings.posteriors),
        options=() if blocked else option_rows(recommendation),
        by_mic=None if blocked else mic_rows(recommendation),
        second_opinion=() if blocked else second_opinion_lines(recommendation.second_opinion),
        inputs=input_blocks(case, recommendation, findings.posteriors),
        basis=basis_lines(recommendation),
        decision=_decision(case, findings.decision),
        appendix=appendix_blocks(case, findings.posteriors),
        made=made,
    )


def _drug(findings: Findings) -> DrugName:
    chinese = findings.posteriors[0].bound.model.drug.zh if findings.posteriors else ""
    return DrugName(findings.case.drug, chinese)


def _banner(case: Case, recommendation: Recommendation, made: dt.datetime) -> tuple[tuple[Said, Said], ...]:
    patient = case.patient
    age = Phrase("report_age_years", {"age": format_number(int(case.age_at(case.now)))})
    born: Said = age if patient.born is None else Joined((Moment(patient.born), age), ", ")
    weight = case.covariate("weight", case.now)
    rows: list[tuple[Said, Said]] = [
        (Phrase("report_name"), patient.name or "–"),
        (Phrase("report_record"), patient.id),
        (Phrase("report_age" if patient.born is None else "report_born"), born),
        (Phrase("report_sex"), Word("sex", patient.sex.value)),
    ]
    if weight is not None:
        rows.append((Phrase("report_weight"), format_quantity(weight.number, "kg")))
    rows.append((Phrase("report_target"), target_said(recommendation.target)))
    rows.append((Phrase("report_made"), Moment(made)))
    return tuple(rows)


def _alert_lines(recommendation: Recommendation, decision: Decision | None) -> tuple[AlertLine, ...]:
    shown = () if recommendation.outcome is Outcome.BLOCKED else recommendation.options[:1]
    limits = [alert for option in shown for alert in option.limits]
    lines = []
    for alert in (*recommendation.alerts, *limits):
        acknowledged: Said | None = None
        if alert.severity is not Severity.NOTE:
            acknowledged = Phrase("report_not_acknowledged")
            if decision is not None and alert.id in decision.acknowledged:
                gaps: dict[str, Said] = {"person": decision.signed_by or "–", "moment": Moment(decision.moment)}
                acknowledged = Phrase("report_acknowledged", gaps)
        lines.append(AlertLine(alert.severity, alert, acknowledged))
    return tuple(lines)


def _decision(case: Case, decision: Decision | None) -> tuple[Said, ...]:
    if decision is None:
        return (Phrase("report_decision_open"),)
    kind = Word("decision", decision.kind.value)
    first: Said = kind
    if decision.regimen is not None:
        chosen = regimen_said(decision.regimen, case)
        first = Phrase("report_decision_row", {"decision": kind, "regimen": chosen})
    lines: list[Said] = [first]
    if decision.reason:
        lines.append(Joined((Phrase("report_reason"), decision.reason), ": "))
    lines.append(Joined((Phrase("report_signature"), decision.signed_by or "–", Moment(decision.moment)), " "))
    return tuple(lines)
