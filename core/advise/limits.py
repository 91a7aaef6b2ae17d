"""What a regimen may not exceed, layer by layer: physical, label, this patient, this site; each keeps the value it
tightens and the reason.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from core.advise.recommendation import Regimen
from core.clinic.alert import Alert, Severity
from core.clinic.case import Case
from core.clinic.regimen import expand
from core.clinic.strict_yaml import read_strict_yaml
from core.drugs.covariates import covariate_at
from core.drugs.library import site_folder
from core.drugs.model import DrugModel, GivenAs, Limits
from core.errors import InputError
from core.units import format_dose, format_number, format_total

_ROUNDING = 1e-9
_HOURS = 24.0
_DAY_OF_HISTORY = 22.0  # h; a dose of every day that comes two hours early is not one too many


class Layer(StrEnum):
    """Who sets a limit, the first that can never be argued with."""

    PHYSICAL = "physical"
    LABEL = "label"
    PATIENT = "patient"
    SITE = "site"


class Measure(StrEnum):
    """What is limited."""

    SINGLE = "single"  # mg
    DAILY = "daily"  # mg
    DAY_WITH_GIVEN = "day_with_given"  # mg in any 24 h, doses given before included
    RATE = "rate"  # mg/h
    OVERLAP = "overlap"  # h of infusion in each interval


@dataclass(frozen=True)
class Limit:
    """One limit: mg, mg/h or h; `original` is what the layers before it allow."""

    layer: Layer
    measure: Measure
    value: float
    source: str
    original: float | None = None
    given: tuple[tuple[float, float], ...] = ()  # time (h) and mg of the doses before, where they count

    def excess(self, regimen: Regimen) -> float:
        """By how much a regimen breaks it, 1 for twice the limit; at most 0 when it keeps it."""
        return measured(regimen, self.measure, self) / self.value - 1.0

    def alert(self, regimen: Regimen) -> Alert | None:
        """What to say when the regimen breaks it."""
        if self.excess(regimen) <= _ROUNDING:
            return None
        if not math.isfinite(self.excess(regimen)):
            gaps = {"limit": format_dose(self.value, "mg/h"), "source": self.source, "layer": self.layer.value}
            return Alert(Severity.STOP, "infusion_time_missing", gaps, "regimen")
        if self.measure is Measure.DAY_WITH_GIVEN and replace(self, measure=Measure.DAILY).excess(regimen) > _ROUNDING:
            return None  # too much even without what was given: that is said by the other limit
        unit = {Measure.RATE: "mg/h", Measure.OVERLAP: "h"}.get(self.measure, "mg")
        value = measured(regimen, self.measure, self)
        gaps = {
            "value": format_dose(value, unit),
            "limit": format_dose(self.value, unit),
            "source": self.source,
            "original": format_dose(self.value if self.original is None else self.original, unit),
            "layer": self.layer.value,
        }
        if self.measure is Measure.DAY_WITH_GIVEN:
            before = sum(amount for time, amount in self.given if time > regimen.first_dose - _DAY_OF_HISTORY)
            return Alert(Severity.STOP, "day_with_given_above", gaps | {"given": format_total(before)}, "regimen")
        return Alert(Severity.STOP, _MESSAGES[self.measure, self.layer], gaps, "regimen")


_MESSAGES = {
    (Measure.SINGLE, Layer.LABEL): "dose_above_single",
    (Measure.DAILY, Layer.LABEL): "dose_above_daily",
    (Measure.SINGLE, Layer.PATIENT): "dose_above_single_of_patient",
    (Measure.DAILY, Layer.PATIENT): "dose_above_daily_of_patient",
    (Measure.SINGLE, Layer.SITE): "dose_above_single_of_site",
    (Measure.DAILY, Layer.SITE): "dose_above_daily_of_site",
    (Measure.RATE, Layer.LABEL): "infusion_too_fast",
    (Measure.OVERLAP, Layer.PHYSICAL): "infusion_longer_than_interval",
}


def measured(regimen: Regimen, measure: Measure, limit: Limit) -> float:
    """What a regimen puts against a limit: mg, mg/h or h; the loading dose and the first day count too."""
    doses = [(regimen.amount, regimen.duration)]  # of unequal doses the largest
    doses += [(regimen.loading, regimen.loading_duration)] if regimen.loading else []
    match measure:
        case Measure.SINGLE:
            return max(amount for amount, _ in doses)
        case Measure.DAILY:
            if regimen.cycle:
                return _fullest_of_cycle(regimen)
            first_day = max(regimen.loading, regimen.amount) + regimen.amount * (_HOURS / regimen.every - 1.0)
            return max(regimen.amount * max(1.0, _HOURS / regimen.every), first_day, regimen.loading)
        case Measure.DAY_WITH_GIVEN:
            return _fullest_day(regimen, limit.given)
        case Measure.RATE:
            return max(amount / hours if hours else (math.inf if amount else 0.0) for amount, hours in doses)
        case Measure.OVERLAP:
            return max(hours for _, hours in doses) / regimen.every


def _fullest_of_cycle(regimen: Regimen) -> float:
    """The most of unequal doses in any 24 h, mg."""
    together = range(math.ceil(_HOURS / regimen.every - _ROUNDING))
    return max(sum(regimen.amount_of(first + number) for number in together) for first in range(len(regimen.cycle)))


def _fullest_day(regimen: Regimen, given: Sequence[tuple[float, float]]) -> float:
    """The most that enters in any 24 h that reach back to doses given before, mg; 0 where none does."""
    fullest = planned = 0.0
    for number in range(math.ceil(_HOURS / regimen.every)):
        time = regimen.first_dose + number * regimen.every
        before = sum(amount for earlier, amount in given if earlier > time - _DAY_OF_HISTORY)
        amount = regimen.amount_of(number)
        planned += max(amount, regimen.amounts[0]) if number == 0 else amount
        fullest = max(fullest, before + planned if before else 0.0)
    return fullest


def limits_of(case: Case, model: DrugModel, at: float, *, site: Path | None = None) -> tuple[Limit, ...]:
    """Every limit that holds for a patient at a case time (h), layer by layer.

    Args:
        case: the patient, for weight, kidney function and the other drugs.
        model: the drug's model, bound to the patient.
        at: time of the next dose.
        site: the site's own limits; by default the file beside the site's drug files.

    Raises:
        DrugFileError: the site's file is broken; it is never passed over.
    """
    taken = [item.drug for item in case.co_medication if item.start <= at and (item.until is None or item.until > at)]
    found = [Limit(Layer.PHYSICAL, Measure.OVERLAP, 1.0, "two infusions cannot run at once")]
    found += label_limits(model.limits.under(taken))
    found += _for_kidney(case, model.limits.under(taken), at)
    found += _of_site(model.drug.name, _tightest(found), site_limits_file() if site is None else site)
    given = tuple((dose.time, dose.milligrams) for dose in expand(case.given_doses) if dose.time > at - _HOURS)
    daily = [item for item in found if item.measure is Measure.DAILY]
    return (*found, *(replace(item, measure=Measure.DAY_WITH_GIVEN, given=given) for item in daily if given))


def label_limits(limits: Limits) -> list[Limit]:
    """The label's limits, and those per kilogram where they are tighter."""
    found = []
    for measure, value, original in (
        (Measure.SINGLE, limits.single, limits.label_single),
        (Measure.DAILY, limits.daily, limits.label_daily),
    ):
        if original is not None and value < original:
            found.append(Limit(Layer.PATIENT, measure, value, limits.source, original))
        found.append(Limit(Layer.LABEL, measure, value if original is None else original, limits.source))
    return found


def _for_kidney(case: Case, limits: Limits, at: float) -> list[Limit]:
    clearance = _clearance(case, at) if limits.kidney else None
    holding = [item for item in limits.kidney if clearance is not None and clearance < item.below]
    if not holding:
        return []
    tightest = min(holding, key=lambda item: item.below)
    return [
        Limit(Layer.PATIENT, Measure.SINGLE, tightest.single, tightest.source, limits.single),
        Limit(Layer.PATIENT, Measure.DAILY, tightest.daily, tightest.source, limits.daily),
    ]


def _clearance(case: Case, at: float) -> float | None:
    """Creatinine clearance, mL/min; None where it is not known or no formula holds."""
    try:
        value = covariate_at(case, "creatinine_clearance", at)
    except InputError:
        return None
    return value if isinstance(value, float) else None


def unchecked_limits(case: Case, model: DrugModel) -> list[Alert]:
    """Say when the label has limits by kidney function and that function is not known."""
    if not model.limits.kidney or _clearance(case, case.now) is not None:
        return []
    return [Alert(Severity.CAUTION, "kidney_limit_unchecked", {}, "serum_creatinine")]


def _tightest(limits: Sequence[Limit]) -> dict[Measure, float]:
    return {item.measure: min(one.value for one in limits if one.measure is item.measure) for item in limits}


def _of_site(drug: str, before: dict[Measure, float], file: Path) -> list[Limit]:
    """The site's limits; one that would loosen another layer changes nothing, for all layers are kept."""
    if not file.is_file():
        return []
    root = read_strict_yaml(file)
    root.only("schema", "limits", "administration_times")
    entry = root["limits"].get(drug) if "limits" in root else None
    if entry is None:
        return []
    entry.only("single", "daily", "reason")
    reason = entry["reason"].text
    return [
        Limit(Layer.SITE, measure, entry[measure.value].quantity("mg"), reason, before[measure])
        for measure in (Measure.SINGLE, Measure.DAILY)
        if measure.value in entry
    ]


def site_limits_file() -> Path:
    """Where a site keeps its own limits: `limits: {vancomycin: {single: 1500 mg, daily: 3000 mg, reason: ...}}`,
    and the hours at which its wards give drugs (`core/advise/ward_times.py`).
    """
    return site_folder().parent / "limits.yaml"


def rate_limits(given_as: Sequence[GivenAs], regimen: Regimen) -> list[Limit]:
    """How fast a regimen may be infused: by the forms of its route that come in its dose, the most patient of them."""
    forms = [form for form in given_as if form.route is regimen.route]
    alike = [form for form in forms if any(math.isclose(regimen.amount, dose) for dose in form.doses)] or forms
    rates = [form.fastest for form in alike if form.fastest is not None]
    if len(rates) < len(alike):
        return []  # one of the forms has no such limit
    return (
        [Limit(Layer.LABEL, Measure.RATE, max(rates), f"{format_number(max(rates) / 60.0, 3)} mg/min")] if rates else []
    )


def broken(regimen: Regimen, limits: Sequence[Limit]) -> tuple[Alert, ...]:
    """What a regimen breaks, the most binding layer first."""
    alerts = [item.alert(regimen) for item in sorted(limits, key=lambda item: list(Layer).index(item.layer))]
    return tuple(alert for alert in alerts if alert is not None)
