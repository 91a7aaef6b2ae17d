"""What went into a calculation: doses, levels, patient data with assumptions marked, other drugs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.advise.recommendation import Recommendation
from core.clinic.case import Case
from core.clinic.covariate import CovariateValue
from core.clinic.level import CoMedication, Level
from core.clinic.regimen import Dose
from core.infer.posterior import LevelFit, Posterior
from core.report.phrase import DrugName, Joined, Moment, Phrase, Said, Word
from core.units import Quantity, format_dose, format_number, format_quantity


@dataclass(frozen=True)
class Block:
    """A titled list; `inline` when its lines are short and may stand one behind the other."""

    title: Said
    lines: tuple[Said, ...]
    inline: bool = False


def input_blocks(case: Case, recommendation: Recommendation, posteriors: Sequence[Posterior]) -> tuple[Block, ...]:
    """Doses, levels beside what was expected of them, covariates with the assumed ones marked, co-medication."""
    none: tuple[Said, ...] = (Phrase("report_none"),)
    covariates = [_covariate(case, item) for item in case.covariates]
    covariates += [
        Phrase("report_assumed_row", {"name": Word("covariate", item.covariate), "value": _choice(item.value)})
        for item in recommendation.basis.assumptions
    ]
    blocks = [
        Block(Phrase("report_doses_label"), tuple(_dose(case, dose) for dose in case.doses) or none),
        Block(Phrase("report_levels_label"), _levels(case, posteriors) or none),
        Block(Phrase("report_covariates_label"), tuple(covariates) or none, inline=True),
    ]
    if case.co_medication:
        rows = tuple(_co_medication(case, item) for item in case.co_medication)
        blocks.append(Block(Phrase("report_co_medication_label"), rows))
    return tuple(blocks)


def quantity_said(quantity: Quantity) -> str:
    """An amount as it was entered; masses by the dose rules (`0.5 mg`, mcg)."""
    return format_dose(quantity.value, quantity.unit)


def _dose(case: Case, dose: Dose) -> Said:
    route: list[Said] = [Word("route", dose.route.value)]
    if dose.duration is not None:
        route.append(Phrase("report_over", {"hours": format_number(dose.hours, 4)}))
    gaps: dict[str, Said] = {
        "moment": Moment(case.clock(dose.time)),
        "amount": quantity_said(dose.amount),
        "route": Joined(tuple(route)),
        "status": Word("status", dose.status.value),
    }
    if dose.count == 1 or dose.interval is None:
        return Phrase("report_dose_row_once", gaps)
    gaps |= {"every": Phrase("report_every", {"hours": format_number(dose.interval, 4)}), "count": str(dose.count)}
    return Phrase("report_dose_row", gaps)


def _levels(case: Case, posteriors: Sequence[Posterior]) -> tuple[Said, ...]:
    """Every level; the used ones beside what the heaviest model expected."""
    main = max(posteriors, key=lambda posterior: posterior.weight, default=None)
    fits = {fit.time: fit for fit in main.levels} if main is not None else {}
    return tuple(_level(case, level, fits.get(level.time), main) for level in case.levels)


def _level(case: Case, level: Level, fit: LevelFit | None, main: Posterior | None) -> Said:
    written: Said = str(level.value)
    if level.below_limit:
        written = Phrase("report_level_below", {"value": written})
    gaps: dict[str, Said] = {"moment": Moment(case.clock(level.time)), "value": written}
    if not level.use:
        why: Said = level.reason or Phrase("report_level_no_reason")
        plain = Phrase("report_level_row_plain", gaps)
        return Joined((plain, Phrase("report_level_excluded", {"why": why})), "; ")
    if fit is None or main is None:
        return Phrase("report_level_row_plain", gaps)
    molar_mass = main.bound.model.drug.molar_mass
    for name, value in (("population", fit.population), ("individual", fit.individual)):
        shown = Quantity(value, "mg/L").to(level.value.unit, molar_mass)
        gaps[name] = format_quantity(shown, level.value.unit)
    return Phrase("report_level_row", gaps)


def _covariate(case: Case, item: CovariateValue) -> Said:
    value: Said = _choice(item.value) if isinstance(item.value, str) else _without_one(item.value)
    gaps: dict[str, Said] = {
        "name": Word("covariate", item.name),
        "value": value,
    }
    if item.time == 0:
        return Phrase("report_covariate_row", gaps)
    return Phrase("report_covariate_row_later", {**gaps, "moment": Moment(case.clock(item.time))})


def _choice(value: str) -> Said:
    return Word("choice", value)


def _without_one(quantity: Quantity) -> str:
    """A pure number carries no unit on paper."""
    return format_number(quantity.value) if quantity.unit == "1" else str(quantity)


def _co_medication(case: Case, item: CoMedication) -> Said:
    every: Said = ""
    if item.every is not None:
        every = Phrase("report_every", {"hours": format_number(item.every.to("h"), 4)})
    gaps: dict[str, Said] = {
        "drug": DrugName(item.drug),
        "amount": "" if item.amount is None else quantity_said(item.amount),
        "every": every,
        "start": Moment(case.clock(item.start)),
    }
    if item.until is None:
        return Phrase("report_co_medication_open", gaps)
    return Phrase("report_co_medication_row", {**gaps, "until": Moment(case.clock(item.until))})
