"""The offered regimens in a report: the recommendation itself, the options beside it, the second opinion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.advise.recommendation import Interval, Option, Recommendation, Regimen, Risk, SecondOpinion
from core.clinic.case import Case, Target, TargetKind
from core.clinic.covariate import CATALOGUE
from core.clinic.mic import MicDistribution
from core.clinic.regimen import WEEK
from core.drugs.model import Evidence
from core.errors import InputError
from core.report.phrase import DrugName, Joined, Moment, Phrase, Said, Word
from core.report.week import amounts_said, schedule_said
from core.units import Quantity, format_dose, format_number, format_quantity, format_total

_METRIC_OF = {
    TargetKind.TROUGH: ("trough", "mg/L"),
    TargetKind.PEAK: ("peak", "mg/L"),
    TargetKind.AVERAGE: ("average", "mg/L"),
    TargetKind.AUC24: ("auc24", "mg*h/L"),
    TargetKind.AUC24_MIC: ("auc24", "mg*h/L"),
    TargetKind.TIME_ABOVE_MIC: ("trough", "mg/L"),
    TargetKind.PEAK_MIC: ("peak", "mg/L"),
    TargetKind.EFFECT: ("effect", "1"),
}


@dataclass(frozen=True)
class Bar:
    """A chance with its interval (0-1), its label and the grade of its evidence."""

    label: Said
    chance: Interval
    evidence: Said


@dataclass(frozen=True)
class Headline:
    """The first option as the box at the top of the page shows it."""

    drug: DrugName
    amount: Said
    way: Said  # route, infusion time, interval
    per_day: Said
    first_dose: Said
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class OptionRow:
    """One line of the table of options."""

    regimen: Said
    per_day: str
    within_target: Said
    by_mic: tuple[Said, ...]  # the same by MIC, in one line, where none was measured
    benefit: Said
    toxicity: tuple[Said, ...]
    exposure: Said
    notes: tuple[Said, ...]  # limits broken, "current"
    is_current: bool


def headline(case: Case, recommendation: Recommendation, drug: DrugName) -> Headline | None:
    """The recommendation's first option; None when there is none."""
    if not recommendation.options:
        return None
    option = recommendation.options[0]
    regimen = option.regimen
    graded = evidence_said(recommendation.target_evidence)
    bars = [
        Bar(Phrase("report_within_target"), option.attainment, graded),
        Bar(Phrase("report_benefit"), option.efficacy, graded),
    ]
    bars += [Bar(_risk_label(risk), risk.chance, evidence_said(risk.evidence)) for risk in option.risks]
    return Headline(
        drug=drug,
        amount=amounts_said(regimen),
        way=way_said(regimen),
        per_day=per_day_said(regimen),
        first_dose=Phrase("report_from", {"moment": Moment(case.clock(regimen.first_dose))}),
        bars=tuple(bars),
    )


def _risk_label(risk: Risk) -> Said:
    """The toxicity; where no relation is published, what the chance is really about."""
    if not risk.of_toxicity:
        return Phrase("report_risk_over_label", {"toxicity": Phrase(risk.name), "threshold": risk.threshold})
    return Phrase("report_risk_label", {"toxicity": Phrase(risk.name)})


def option_rows(recommendation: Recommendation) -> tuple[OptionRow, ...]:
    """Every option with benefit and harm side by side."""
    return tuple(_row(option, recommendation.target) for option in recommendation.options)


def _row(option: Option, target: Target) -> OptionRow:
    regimen = option.regimen
    notes: list[Said] = [Phrase("report_current")] if option.is_current else []
    notes += option.limits
    return OptionRow(
        regimen=dose_and_way(regimen),
        per_day=per_day(regimen),
        within_target=chance_said(option.attainment),
        by_mic=_by_mic(option),
        benefit=chance_said(option.efficacy),
        toxicity=tuple(Joined((_risk_label(risk), chance_said(risk.chance)), " ") for risk in option.risks),
        exposure=exposure_said(option.exposure, target),
        notes=tuple(notes),
        is_current=option.is_current,
    )


def _by_mic(option: Option) -> tuple[Said, ...]:
    if not option.by_mic:
        return ()
    chances = ((format_number(mic, 4), percent(chance)) for mic, chance in option.by_mic)
    said = (Phrase("report_one_mic", {"mic": mic, "percent": chance}) for mic, chance in chances)
    return (Phrase("report_by_mic", {"chances": Joined(tuple(said), ", ")}),)


def isolates_said(mics: MicDistribution) -> Said:
    """A table of isolates: its name, their number and its source."""
    gaps = {"name": mics.name, "count": str(mics.total)}
    if not mics.source:
        return Phrase("report_isolates_source_none", gaps)
    return Phrase("report_isolates_source", {**gaps, "source": mics.source})


@dataclass(frozen=True)
class MicRows:
    """The chance of each option by MIC, as a table."""

    isolates: Said
    mics: tuple[str, ...]  # mg/L; the last is `>16` where isolates lie beyond, which nothing reaches
    shares: tuple[str, ...]  # of the isolates
    options: tuple[tuple[Said, tuple[str, ...], str], ...]  # regimen, chance by MIC, over all of them


def mic_rows(recommendation: Recommendation) -> MicRows | None:
    """The table of chances by MIC; None where the MIC was measured, or nothing is offered."""
    mics = recommendation.mics
    if mics is None or not recommendation.options:
        return None
    beyond = mics.beyond > 0
    options = [
        (
            dose_and_way(option.regimen),
            (*(f"{percent(chance)} %" for _, chance in option.by_mic), *(["0 %"] if beyond else [])),
            f"{percent(option.attainment.value)} %",
        )
        for option in recommendation.options
    ]
    names = [format_number(mic, 4) for mic, _ in mics.present]
    shares = [share for _, share in mics.present]
    if beyond:
        names.append(f">{format_number(mics.mics[-1], 4)}")
        shares.append(mics.beyond / mics.total)
    return MicRows(isolates_said(mics), tuple(names), tuple(f"{percent(one)} %" for one in shares), tuple(options))


def exposure_said(exposure: Mapping[str, Interval], target: Target) -> Said:
    """The exposure the target is about, in the target's unit where it is a unit of exposure."""
    metric, base = _METRIC_OF[target.kind]
    found = exposure.get(metric)
    if found is None:
        return "–"
    unit = next((end.unit for end in (target.low, target.high) if end is not None), base)
    named: Said = Word("target_kind", metric)
    if target.kind is TargetKind.EFFECT:
        named, base = _effect_named(unit), unit
    try:
        scale = Quantity(1.0, base).to(unit)
    except InputError:
        unit, scale = base, 1.0
    value, low, high = (format_number(number * scale, 3) for number in (found.value, found.low, found.high))
    gaps: dict[str, Said] = {
        "name": named,
        "value": value,
        "low": low,
        "high": high,
        "unit": "" if unit == "1" else unit,
    }
    return Phrase("report_exposure", gaps)


def target_said(target: Target) -> Said:
    """A target in words: its kind, its ends, its unit once."""
    ends = [end for end in (target.low, target.high) if end is not None]
    unit = ends[0].unit
    if target.kind is TargetKind.EFFECT:
        return Joined((_effect_named(unit), _span_of_effect(target)), " ")
    if target.low is not None and target.high is not None and target.low.unit == target.high.unit:
        span = f"{format_number(target.low.value)}–{format_number(target.high.value)} {unit}".removesuffix(" 1")
    elif len(ends) > 1:
        span = f"{target.low} – {target.high}"
    else:
        span = f"{'≥' if target.high is None else '≤'} {ends[0]}".removesuffix(" 1")
    return Joined((Word("target_kind", target.kind.value), span), " ")


def _effect_named(unit: str) -> Said:
    """The name of what is measured of an effect; the catalogue has one such covariate to a unit."""
    named = [name for name, kind in CATALOGUE.items() if kind.response and kind.unit == unit]
    return Word("covariate", named[0]) if named else Word("target_kind", TargetKind.EFFECT.value)


def _span_of_effect(target: Target) -> str:
    low, high = (None if end is None else format_number(end.value) for end in (target.low, target.high))
    unit = next(end.unit for end in (target.low, target.high) if end is not None)
    span = f"{low}–{high}" if low and high else f"≥ {low}" if low else f"≤ {high}"
    return span if unit == "1" else f"{span} {unit}"


def every_said(hours: float) -> Said:
    """How often a dose is given: in days from a week on."""
    if hours >= WEEK and hours % 24.0 == 0.0:
        return Phrase("report_every_days", {"days": format_number(hours / 24.0)})
    return Phrase("report_every", {"hours": format_number(hours)})


def way_said(regimen: Regimen) -> Said:
    """Route, infusion time and interval; of unequal doses, which is given when."""
    parts: list[Said] = [Word("route", regimen.route.value)]
    if regimen.duration:
        parts.append(Phrase("report_over", {"hours": format_number(regimen.duration)}))
    if regimen.cycle:
        parts.append(schedule_said(regimen))
    if regimen.by_weekday is None:
        parts.append(every_said(regimen.every))
    if regimen.loading:
        gaps = {"amount": format_dose(regimen.loading), "hours": format_number(regimen.loading_duration)}
        parts.append(Phrase("report_loading_over" if regimen.loading_duration else "report_loading", gaps))
    return Joined(tuple(parts), " — ")


def regimen_said(regimen: Regimen, case: Case) -> Said:
    """A regimen in one line, with its first dose."""
    start = Phrase("report_from", {"moment": Moment(case.clock(regimen.first_dose))})
    return Joined((dose_and_way(regimen), start), " — ")


def dose_and_way(regimen: Regimen) -> Said:
    """A regimen in one line."""
    return way_said(regimen) if regimen.cycle else Joined((format_dose(regimen.amount), way_said(regimen)), " — ")


def per_day(regimen: Regimen) -> str:
    """Mean total per 24 h."""
    return format_total(regimen.per_day)


def per_day_said(regimen: Regimen) -> Said:
    """The same in words; of unequal doses the mean."""
    return Phrase("report_per_day_mean" if regimen.cycle else "report_per_day", {"amount": per_day(regimen)})


def percent(chance: float) -> str:
    """A chance in per cent, without the sign; never rounded to a certainty no sample can prove."""
    if chance <= 0.005:
        return "<1"
    return ">99" if chance >= 0.995 else f"{100 * chance:.0f}"


def chance_said(chance: Interval) -> Said:
    """A chance with its interval."""
    gaps: dict[str, Said] = {"value": percent(chance.value), "low": percent(chance.low), "high": percent(chance.high)}
    return Phrase("report_percent_interval", gaps)


def evidence_word(evidence: Evidence) -> Said:
    """`moderate`."""
    return Word("evidence", evidence.value)


def evidence_said(evidence: Evidence) -> Said:
    """`evidence moderate`."""
    return Phrase("report_evidence_label", {"grade": evidence_word(evidence)})


def second_opinion_lines(opinion: SecondOpinion | None) -> tuple[Said, ...]:
    """What the predictor says, whether it agrees, and why; or why it says nothing."""
    if opinion is None:
        return (Phrase("report_second_none"),)
    if opinion.abstains:
        return (Phrase("report_second_abstains", {"why": Phrase(opinion.abstains, opinion.gaps)}),)
    gaps: dict[str, Said] = {
        "amount": format_dose(opinion.amount),
        "route": Word("route", opinion.route.value),
        "every": every_said(opinion.every),
        "daily": format_quantity(opinion.daily, "mg"),
        "low": format_quantity(opinion.low, "mg"),
        "high": format_quantity(opinion.high, "mg"),
        "coverage": format_number(100 * opinion.coverage, 3),
    }
    lines: list[Said] = [
        Phrase("report_second_speaks", gaps),
        *([Phrase("report_second_waits", {"hours": format_number(opinion.wait)})] if opinion.wait else []),
        Phrase("report_second_agrees" if opinion.agrees else "report_second_differs"),
    ]
    if opinion.reasons:
        reasons = tuple(_feature(name, change) for name, change in opinion.reasons[:3])
        lines.append(Phrase("report_second_reasons", {"reasons": Joined(reasons)}))
    return tuple(lines)


def _feature(name: str, change: float) -> Said:
    sign = "+" if change > 0 else "-"
    shown = f"{sign}{format_total(abs(change))}"
    named: Said = Phrase(name) if name.startswith("feature_") else Word("covariate", name)
    return Phrase("report_second_feature", {"name": named, "change": shown})
