"""What must be said beside a recommendation: the patient against the model, the fit, the levels, the other drugs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from core.advise.recommendation import Regimen
from core.advise.responses import Believer
from core.clinic.alert import Alert, Severity
from core.clinic.case import MIC_KINDS, Case, Target
from core.clinic.covariate import kind_of
from core.clinic.dose_questions import UsualDoses
from core.clinic.regimen import describe_time
from core.drugs.model import DrugModel, DrugTarget, Evidence, effect_ids
from core.infer.flattened import pulled
from core.infer.posterior import FitStatus, LevelFit, Posterior
from core.infer.steady_draws import in_steady_state, needs_steady_state
from core.pd.library import effect_by_id
from core.population.sampling import sample_etas
from core.units import Quantity, format_number, format_quantity

_RARE = 1.0  # percentile of the prior below which, and above 100 minus which, a level is improbable (hazard H20)
_RARE_BESIDE = 0.25  # the same beside the other levels
_SWAP_RATIO = 5.0  # of the likelihoods; at ten, as hazard H7 has it, one exchange in ten would pass
_SLIP_RATIO = 20.0  # of the likelihoods of a decimal slip and the value as entered
_LIGHT = 0.01  # a model believed less has no say about a level
_ONSET = 24.0  # h after which a level may show what another drug does
_DISAGREEMENT = 1.25  # ratio of the 24-h areas two models predict
_ROUNDING = 1e-9  # h
_NEARLY_ALL, _MANY = 0.99, 0.5  # shares of the model's people who can be in a steady state
_ABLE_DRAWS, _SEED = 200, 23
_FEW_ISOLATES = 30  # fewer make no antibiogram (CLSI M39; remembered, not seen)
_ORDER = {Severity.STOP: 0, Severity.CAUTION: 1, Severity.NOTE: 2}


def ordered(alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    """Drop repeats, the gravest first."""
    return tuple(sorted(_distinct(alerts), key=lambda alert: _ORDER[alert.severity]))


def _distinct(alerts: Iterable[Alert]) -> list[Alert]:
    seen: dict[tuple[object, ...], Alert] = {}
    for alert in alerts:
        seen.setdefault((alert.severity, alert.id, tuple(sorted(alert.values.items())), alert.about), alert)
    return list(seen.values())


def patient_alerts(case: Case, models: Sequence[DrugModel]) -> list[Alert]:
    """States and other drugs no model at hand describes, and those begun or stopped too late for the levels to know
    (hazards H21, H22).
    """
    known = {drug for model in models for drug in model.modelled_drugs}
    alerts = []
    for item in case.co_medication:
        if item.drug not in known:
            alerts.append(_not_modelled(item.drug, models))
        seen_with = [level for level in case.used_levels if level.time > item.start + _ONSET]
        if case.used_levels and case.now - item.start >= 0.0 and not seen_with and item.until is None:
            gaps = {"drug": item.drug, "time": describe_time(item.start)}
            alerts.append(Alert(Severity.CAUTION, "co_medication_after_levels", gaps, "co_medication"))
    for state, (no, severity) in _STATES.items():
        value = case.covariate(state, case.now)
        if value is not None and value.value != no and not any(_reads(model, state) for model in models):
            alerts.append(Alert(severity, f"{state}_not_modelled", {}, state))
    return alerts + _too_low_to_treat(case, models) + _renal_replacement(case, models)


def _too_low_to_treat(case: Case, models: Sequence[DrugModel]) -> list[Alert]:
    """Counts, as measured last, below which the label does not give the next dose."""
    found = []
    for item in dict.fromkeys(item for model in models for item in model.treat_from):
        value = case.covariate(item.covariate, case.now)
        if value is not None and value.number < item.at_least:
            unit = kind_of(item.covariate).unit
            gaps = {"value": str(value.value), "least": f"{format_number(item.at_least, 4)} {unit}"}
            found.append(Alert(Severity.CAUTION, "count_too_low_to_treat", gaps, item.covariate))
    return found


def _not_modelled(drug: str, models: Sequence[DrugModel]) -> Alert:
    """That no model describes what another drug does, with what was published about it."""
    reported = [change for model in models for change in model.reported_changes if change.drug == drug]
    if not reported:
        return Alert(Severity.CAUTION, "co_medication_not_modelled", {"drug": drug}, "co_medication")
    low, high = (format_number(value, 3) for value in (reported[0].low, reported[0].high))
    if low == high:
        return Alert(Severity.CAUTION, "co_medication_reported_once", {"drug": drug, "factor": low}, "co_medication")
    gaps = {"drug": drug, "low": low, "high": high}
    return Alert(Severity.CAUTION, "co_medication_reported", gaps, "co_medication")


def _renal_replacement(case: Case, models: Sequence[DrugModel]) -> list[Alert]:
    """Renal replacement that no model reads, while dialysis, which they may read, is not said: none would use it."""
    replaced, dialysis = case.covariate("renal_replacement", case.now), case.covariate("dialysis", case.now)
    if replaced is None or replaced.value == "none" or (dialysis is not None and dialysis.value == "yes"):
        return []
    if any("renal_replacement" in model.covariates for model in models):
        return []
    return [Alert(Severity.STOP, "renal_replacement_without_dialysis", {}, "dialysis")]


def timing_alerts(case: Case, regimen: Regimen) -> list[Alert]:
    """Say when a regimen begins sooner after the last dose than its interval, as that dose has none of its own."""
    last = max(case.given_doses, key=lambda dose: dose.last_time, default=None)
    if last is None or last.interval is not None:
        return []
    gap = regimen.first_dose - last.last_time
    if gap >= regimen.every - _ROUNDING:
        return []
    gaps = {"gap": describe_time(gap), "every": describe_time(regimen.every), "dose": str(last.amount)}
    return [Alert(Severity.CAUTION, "next_dose_early", gaps, "doses")]


_STATES = {
    "pregnant": ("no", Severity.STOP),
    "dialysis": ("no", Severity.STOP),
    "renal_replacement": ("none", Severity.STOP),
    "ecmo": ("no", Severity.CAUTION),
}


def _reads(model: DrugModel, state: str) -> bool:
    """Whether a model was made with patients in this state; dialysis has more than one covariate."""
    alike = {"dialysis", "renal_replacement"} if state in {"dialysis", "renal_replacement"} else {state}
    return bool(alike & set(model.covariates))


def fit_alerts(case: Case, posteriors: Sequence[Posterior]) -> list[Alert]:
    """Domain findings, assumed covariates, and the state of the fit of each model that carries weight."""
    alerts: list[Alert] = []
    for posterior in posteriors:
        alerts += posterior.bound.findings
        alerts += [
            Alert(
                Severity.NOTE, "covariate_assumed", {"covariate": item.covariate, "assumed": item.value}, item.covariate
            )
            for item in posterior.bound.assumptions
        ]
    failed = [posterior.model_id for posterior in posteriors if posterior.status is FitStatus.FAILED]
    if posteriors and len(failed) == len(posteriors):
        alerts.append(Alert(Severity.STOP, "fit_failed", {"models": ", ".join(failed)}, "levels"))
    elif failed:
        alerts.append(Alert(Severity.CAUTION, "fit_failed_for_some", {"models": ", ".join(failed)}, "levels"))
    alerts += [_steady_state(share) for share in map(_able, posteriors) if share < _NEARLY_ALL]
    used = len(case.used_levels)
    if used == 0:
        alerts.append(_without_level(case, posteriors))
    elif used == 1:
        alerts.append(Alert(Severity.NOTE, "only_one_level", {}, "levels"))
    usable = [posterior for posterior in posteriors if posterior.status is not FitStatus.FAILED]
    main = max(usable, key=lambda posterior: posterior.weight, default=None)
    if main is not None and pulled(main):
        alerts.append(Alert(Severity.NOTE, "levels_pull_from_prior", {"model": main.model_id}, "levels"))
    return alerts


def _without_level(case: Case, posteriors: Sequence[Posterior]) -> Alert:
    """That no level is used; where the effect was measured, that this is."""
    names = measured_effects(case, [posterior.bound.model for posterior in posteriors])
    count = sum(item.name in names for item in case.covariates)
    if not count:
        return Alert(Severity.NOTE, "no_level_yet", {}, "levels")
    seen = [name for name in names if any(item.name == name for item in case.covariates)]
    return Alert(Severity.NOTE, "effect_measured", {"covariate": ", ".join(seen), "count": str(count)}, "covariates")


def _able(posterior: Posterior) -> float:
    """Share of the model's people who can be in the steady state that was entered."""
    if not needs_steady_state(posterior.bound, posterior.doses):
        return 1.0
    eta = sample_etas(posterior.bound.model, _ABLE_DRAWS, np.random.default_rng(_SEED))
    return float(in_steady_state(posterior.bound, posterior.doses, eta).mean())


def _steady_state(share: float) -> Alert:
    severity = Severity.NOTE if share >= _MANY else Severity.CAUTION
    return Alert(severity, "steady_state_not_for_all", {"percent": f"{100.0 * (1.0 - share):.0f}"}, "doses")


def measured_effects(case: Case, models: Sequence[DrugModel]) -> list[str]:
    """Covariates that are measurements of what targets and harms are about, and were taken."""
    effects = [effect_by_id(name) for model in models for name in effect_ids(model.targets, model.harms)]
    named = [effect.observed.covariate for effect in effects if effect is not None and effect.observed is not None]
    return [name for name in dict.fromkeys(named) if any(item.name == name for item in case.covariates)]


def effect_alerts(believers: Sequence[Believer]) -> list[Alert]:
    """Say when what was measured of an effect lies where hardly any draw of the model goes, and what was assumed."""
    effects = [effect for believer in believers for effect in believer.effects.values()]
    assumed = dict.fromkeys(name for effect in effects for name in effect.assumed)
    notes = [Alert(Severity.NOTE, "effect_fact_assumed", {"covariate": name}, name) for name in assumed]
    mixed = dict.fromkeys(name for effect in effects for name in effect.mixed)
    notes += [Alert(Severity.CAUTION, "effect_fact_mixed", {"covariate": name}, name) for name in mixed]
    return notes + [
        Alert(
            Severity.CAUTION, "effect_hardly_explained", {"covariate": effect.effect.observed.covariate}, "covariates"
        )
        for effect in effects
        if effect.effect.observed is not None and not effect.explained
    ]


def usual_doses(models: Sequence[DrugModel]) -> UsualDoses | None:
    """How a drug is given by all its models together; None where none says so."""
    forms = [form for model in models for form in model.given_as]
    if not forms:
        return None
    highest = [limits for model in models for limits in (model.limits, model.limits.raised) if limits is not None]
    return UsualDoses(
        routes=tuple(dict.fromkeys(form.route for form in forms)),
        least=min(dose for form in forms for dose in form.doses),
        most=max(limits.single for limits in highest),
    )


def level_alerts(posteriors: Sequence[Posterior], unit: str, molar_mass: float) -> list[Alert]:
    """Levels improbable in every model that carries weight, alone or beside the others, and pairs that seem exchanged
    (hazards H3, H6, H7, H20).
    """
    believed = [posterior for posterior in posteriors if posterior.weight > _LIGHT and posterior.levels]
    alerts = []
    swapped = -1
    for index in range(min((len(posterior.levels) for posterior in believed), default=0)):
        fits = [posterior.levels[index] for posterior in believed]
        about = f"levels[{index}]"
        if all(fit.swap_ratio > _SWAP_RATIO for fit in fits):
            later = believed[0].levels[index + 1]
            gaps = {"time": describe_time(fits[0].time), "other_time": describe_time(later.time)}
            alerts.append(Alert(Severity.CAUTION, "levels_maybe_swapped", gaps, about))
            swapped = index
            if not _fits_elsewhere(believed, index, index + 1):
                alerts += [_improbable(fits[0], index, unit, molar_mass)] if all(map(_is_improbable, fits)) else []
        elif index == swapped + 1 and swapped >= 0 and _fits_elsewhere(believed, index, swapped):
            continue  # the exchange is the likelier story
        elif all(fit.slip_ratio > _SLIP_RATIO for fit in fits):
            alerts.append(_slipped(fits[0], unit, molar_mass, about))
        elif all(map(_is_improbable, fits)):
            alerts.append(_improbable(fits[0], index, unit, molar_mass))
        elif all(min(fit.given_others, 100 - fit.given_others) < _RARE_BESIDE for fit in fits):
            gaps = {"value": _shown(fits[0].observed, unit, molar_mass), "time": describe_time(fits[0].time)}
            alerts.append(Alert(Severity.CAUTION, "level_contradicts_others", gaps, about))
    return alerts


def _slipped(fit: LevelFit, unit: str, molar_mass: float, about: str) -> Alert:
    gaps = {
        "value": _shown(fit.observed, unit, molar_mass),
        "time": describe_time(fit.time),
        "instead": _shown(fit.observed * fit.slip_factor, unit, molar_mass),
        "percentile": format_number(fit.percentile, 3),
    }
    return Alert(Severity.CAUTION, "level_maybe_decimal", gaps, about)


def _is_improbable(fit: LevelFit) -> bool:
    """A level below its limit lies lower still: it can be too low, never too high."""
    return fit.percentile < _RARE or (not fit.below_limit and fit.percentile > 100 - _RARE)


def _fits_elsewhere(posteriors: Sequence[Posterior], index: int, place: int) -> bool:
    """Whether a level's value would be an expected one at the place of another, in some model."""
    pairs = ((posterior.levels[index], posterior.levels[place]) for posterior in posteriors)
    return any(other.low <= fit.observed <= other.high for fit, other in pairs)


def _shown(milligrams: float, unit: str, molar_mass: float) -> str:
    return format_quantity(Quantity(milligrams, "mg/L").to(unit, molar_mass), unit)


def _improbable(fit: LevelFit, index: int, unit: str, molar_mass: float) -> Alert:
    gaps = {
        "value": _shown(fit.observed, unit, molar_mass),
        "time": describe_time(fit.time),
        "low": _shown(fit.low, unit, molar_mass),
        "high": _shown(fit.high, unit, molar_mass),
        "percentile": format_number(fit.percentile, 3),
    }
    in_molar = fit.observed * molar_mass / 1000.0  # the number, had it been umol/L instead of mg/L
    swapped = fit.low <= in_molar <= fit.high or fit.low <= fit.observed * 1000.0 / molar_mass <= fit.high
    name = "level_improbable_unit" if swapped else "level_improbable"
    return Alert(Severity.CAUTION, name, gaps, f"levels[{index}]")


def target_alerts(target: DrugTarget) -> list[Alert]:
    """Say when the target is no validated goal, or is the person's own."""
    if target.meaning == "target_of_case":
        return [Alert(Severity.NOTE, "target_set_by_person", {}, "target")]
    if target.evidence is Evidence.NONE:
        return [Alert(Severity.CAUTION, "target_not_validated", {"source": target.source}, "target")]
    return []


def mic_alerts(case: Case, target: Target) -> list[Alert]:
    """Say what isolates stand in for the MIC, when they are few, and when a table of them is not used."""
    mics = case.mics
    if mics is None:
        return []
    named = {"name": mics.name}
    if target.kind not in MIC_KINDS:
        return [Alert(Severity.NOTE, "mic_table_not_needed", named, "mic_distribution")]
    if case.covariate("mic", case.now) is not None:
        return [Alert(Severity.NOTE, "mic_table_not_used", named, "mic_distribution")]
    gaps = {**named, "count": str(mics.total)}
    alerts = [Alert(Severity.NOTE, "mic_of_isolates", gaps, "mic_distribution")]
    if mics.total < _FEW_ISOLATES:
        gaps = {**gaps, "least": str(_FEW_ISOLATES)}
        alerts.append(Alert(Severity.CAUTION, "mic_few_isolates", gaps, "mic_distribution"))
    return alerts


def disagreement_alerts(areas: Sequence[tuple[str, float]]) -> list[Alert]:
    """Say when models that carry weight predict areas far apart (id, mg*h/L per 24 h)."""
    if len(areas) < 2:
        return []
    low, high = min(areas, key=lambda item: item[1]), max(areas, key=lambda item: item[1])
    if high[1] <= _DISAGREEMENT * low[1]:
        return []
    gaps = {
        "low": format_quantity(low[1], "mg*h/L"),
        "high": format_quantity(high[1], "mg*h/L"),
        "low_model": low[0],
        "high_model": high[0],
    }
    return [Alert(Severity.CAUTION, "models_disagree", gaps, "models")]
