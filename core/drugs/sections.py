"""The parts of a drug file that do not depend on the kind of model: substance, source, forms, targets, harms, limits,
domain.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from core.clinic.case import MIC_KINDS, Target, TargetKind
from core.clinic.regimen import Route
from core.clinic.strict_yaml import Entry
from core.drugs.condition_section import check_choices, covariate_unit, read_criteria
from core.drugs.facts import DomainRange, DrugFacts, Outside
from core.drugs.model import Drug, DrugTarget, Evidence, GivenAs, Harm, KidneyLimit, Limits, Source
from core.drugs.relations import CO_MEDICATION
from core.drugs.reported import read_reported
from core.drugs.treat_from import read_treat_from
from core.pd.library import EffectModel, effect_by_id
from core.units import Quantity, parse_quantity

_TARGET_UNITS = {
    TargetKind.TROUGH: "mg/L",
    TargetKind.PEAK: "mg/L",
    TargetKind.AVERAGE: "mg/L",
    TargetKind.AUC24: "mg*h/L",
    TargetKind.AUC24_MIC: "h",
    TargetKind.TIME_ABOVE_MIC: "%",
    TargetKind.PEAK_MIC: "1",
    TargetKind.EFFECT: "",  # the effect's own
}
_LIMITS = ("single", "daily", "source", "single_per_kg", "daily_per_kg", "kidney")
CHANCE = "chance"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_EVIDENCE = tuple(item.value for item in Evidence)


def read_drug(entry: Entry) -> Drug:
    """Read `drug`; raises DrugFileError with the line."""
    entry.only("name", "zh", "atc", "molar_mass")
    return Drug(
        name=drug_name(entry),
        zh=entry["zh"].text,
        atc=entry["atc"].text,
        molar_mass=entry["molar_mass"].quantity("g/mol"),
    )


def drug_name(entry: Entry) -> str:
    """The name in `drug`, of which a file's name is made; raises DrugFileError with the line."""
    if not _NAME.fullmatch(entry["name"].text):
        raise entry["name"].error("a drug's name is written in small letters, digits and hyphens")
    return entry["name"].text


def read_source(entry: Entry) -> Source:
    """Read `source`; raises DrugFileError with the line."""
    entry.only("citation", "doi", "population", "population_zh", "n", "evidence", "note")
    doi, chinese = entry.get("doi"), entry.get("population_zh")
    return Source(
        citation=entry["citation"].text,
        doi=doi.text if doi else "",
        population=entry["population"].text,
        n=int(entry["n"].number()),
        evidence=entry["evidence"].text,
        population_zh=chinese.text if chinese else "",
    )


_DAY = 24.0  # h


def read_given_as(entry: Entry) -> tuple[GivenAs, ...]:
    """Read `given_as`; raises DrugFileError with the line."""
    return tuple(_given_as(item) for item in entry.items)


def _given_as(entry: Entry) -> GivenAs:
    entry.only(
        *("route", "doses", "every", "durations", "fastest", "loading", "week_of", "off_label"),
        *("where", "unless", "source"),
    )
    durations, fastest, off_label, loading, week_of = (
        entry.get(name) for name in ("durations", "fastest", "off_label", "loading", "week_of")
    )
    if week_of is not None:
        week_of.only("tablets", "source")
        if not any(item.quantity("h") == _DAY for item in entry["every"].items):
            raise week_of.error("unequal doses over a week need an interval of 24 h")
    return GivenAs(
        route=Route(entry["route"].choice(*(route.value for route in Route))),
        doses=tuple(item.quantity("mg") for item in entry["doses"].items),
        every=tuple(item.quantity("h") for item in entry["every"].items),
        durations=tuple(item.quantity("h") for item in durations.items) if durations else (0.0,),
        fastest=fastest.quantity("mg/h") if fastest else None,
        loading=tuple(item.quantity("mg") for item in loading.items) if loading else (),
        week_of=tuple(item.quantity("mg") for item in week_of["tablets"].items) if week_of else (),
        off_label=off_label.text if off_label else "",
        where=read_criteria(entry, "where"),
        unless=read_criteria(entry, "unless"),
    )


def read_targets(entry: Entry) -> tuple[DrugTarget, ...]:
    """Read `targets`, the default first; raises DrugFileError with the line."""
    return tuple(_target(item) for item in entry.items)


def _target(entry: Entry) -> DrugTarget:
    entry.only("kind", "low", "high", "evidence", "source", "meaning", "fraction_unbound", "effect", "where", "unless")
    kind = TargetKind(entry["kind"].choice(*(item.value for item in TargetKind)))
    effect = _effect(entry["effect"]) if kind is TargetKind.EFFECT else None
    unit = _TARGET_UNITS[kind] if effect is None else effect.unit
    low, high = (_optional_quantity(entry.get(end), unit) for end in ("low", "high"))
    if low is None and high is None:
        raise entry.error("a target needs at least one end")
    return DrugTarget(
        target=Target(kind, low, high),
        evidence=Evidence(entry["evidence"].choice(*_EVIDENCE)),
        source=entry["source"].text,
        meaning=entry["meaning"].text,
        fraction_unbound=_fraction_unbound(entry.get("fraction_unbound"), kind),
        effect="" if effect is None else effect.id,
        where=read_criteria(entry, "where"),
        unless=read_criteria(entry, "unless"),
    )


def _effect(entry: Entry) -> EffectModel:
    effect = effect_by_id(entry.text)
    if effect is None:
        raise entry.error(f"there is no effect '{entry.text}'")
    return effect


def _fraction_unbound(entry: Entry | None, kind: TargetKind) -> float:
    if entry is None:
        return 1.0
    fraction = entry.number()
    if not 0 < fraction <= 1 or kind not in MIC_KINDS:
        raise entry.error("a fraction unbound lies above 0 and at most at 1, and belongs to a target by the MIC")
    return fraction


def _optional_quantity(entry: Entry | None, unit: str) -> Quantity | None:
    if entry is None:
        return None
    entry.quantity(unit)
    return parse_quantity(entry.text)


def read_harms(entry: Entry) -> tuple[Harm, ...]:
    """Read `harms`; raises DrugFileError with the line."""
    return tuple(_harm(item) for item in entry.items)


def _harm(entry: Entry) -> Harm:
    entry.only("name", "metric", "threshold", "evidence", "source", "below", "above", "effect", "weight",
               "where", "unless")  # fmt: skip
    effect = _effect(entry["effect"]) if "effect" in entry else None
    if effect is None:
        metric = entry["metric"].choice("auc24", "trough", "peak", "average")
        unit = "mg*h/L" if metric == "auc24" else "mg/L"
    else:
        metric, unit = _metric_of_effect(entry, effect), effect.unit
    threshold = None if metric == CHANCE else _optional_quantity(entry["threshold"], unit)
    below, above = entry.get("below"), entry.get("above")
    if (below is None) != (above is None) or (below is not None and effect is not None):
        raise entry.error("'below' and 'above' go together, and not with an effect")
    weight = entry["weight"].number() if "weight" in entry else 1.0
    if weight < 0:
        raise entry["weight"].error("must not be negative")
    return Harm(
        name=entry["name"].text,
        metric=metric,
        threshold=threshold,
        evidence=Evidence(entry["evidence"].choice(*_EVIDENCE)),
        source=entry["source"].text,
        below=_frequency(below) if below else None,
        above=_frequency(above) if above else None,
        effect="" if effect is None else effect.id,
        weight=weight,
        where=read_criteria(entry, "where"),
        unless=read_criteria(entry, "unless"),
    )


def _metric_of_effect(entry: Entry, effect: EffectModel) -> str:
    """An effect that is a share of patients is the chance itself; of a course the lowest or highest value counts."""
    metric = entry["metric"].choice("lowest", "highest", CHANCE)
    if (metric == CHANCE) != (effect.unit == "%" and effect.at_once):
        raise entry["metric"].error("'chance' belongs to an effect in % that goes with an exposure, and to no other")
    return metric


def _frequency(entry: Entry) -> tuple[int, int]:
    """Patients with the toxicity and how many were looked at."""
    entry.only("events", "of")
    events, of = (int(entry[name].number()) for name in ("events", "of"))
    if not 0 <= events <= of or of == 0:
        raise entry.error("'events' must lie between 0 and 'of'")
    return events, of


def read_limits(entry: Entry) -> Limits:
    """Read `limits`; raises DrugFileError with the line."""
    entry.only(*_LIMITS, "with_inducer")
    raised = entry.get("with_inducer")
    if raised is None:
        return _limits(entry)
    raised.only(*_LIMITS, "drugs")
    drugs = tuple(item.text for item in raised["drugs"].items)
    return replace(_limits(entry), with_inducer=drugs, raised=_limits(raised))


def _limits(entry: Entry) -> Limits:
    single, daily, kidney = (entry.get(name) for name in ("single_per_kg", "daily_per_kg", "kidney"))
    return Limits(
        entry["single"].quantity("mg"),
        entry["daily"].quantity("mg"),
        entry["source"].text,
        single_per_kg=None if single is None else single.quantity("mg/kg"),
        daily_per_kg=None if daily is None else daily.quantity("mg/kg"),
        kidney=tuple(_kidney_limit(item) for item in kidney.items) if kidney else (),
    )


def _kidney_limit(entry: Entry) -> KidneyLimit:
    entry.only("below", "single", "daily", "source")
    return KidneyLimit(
        entry["below"].quantity("mL/min"),
        entry["single"].quantity("mg"),
        entry["daily"].quantity("mg"),
        entry["source"].text,
    )


def read_domain(entry: Entry) -> tuple[DomainRange, ...]:
    """Read `domain`; raises DrugFileError with the line."""
    return tuple(_domain_range(name, item) for name, item in entry.fields.items())


def _domain_range(name: str, entry: Entry) -> DomainRange:
    entry.only("between", "one_of", "none_of", "outside", "unknown", "source")
    outside = Outside(entry["outside"].choice("stop", "caution"))
    if name == CO_MEDICATION:
        return DomainRange(name, 0.0, 0.0, "", tuple(item.text for item in entry["none_of"].items), outside)
    unknown = entry.get("unknown")
    known = unknown is not None and unknown.choice("outside", "passed_over") == "outside"
    choices = entry.get("one_of")
    if choices is not None:
        check_choices(name, choices)
        return DomainRange(name, 0.0, 0.0, "", tuple(item.text for item in choices.items), outside, known)
    ends = entry["between"].items
    if len(ends) != 2:  # a range has two ends
        raise entry.error("'between' takes two values")
    unit = covariate_unit(name, entry)
    low, high = (end.number() if unit == "1" else end.quantity(unit) for end in ends)
    if low >= high:
        raise entry.error("the lower end must lie below the upper")
    return DomainRange(name, low, high, unit, (), outside, known)


SHARED_SECTIONS = ("given_as", "targets", "harms", "limits", "judged_after", "reported_changes", "treat_from")
_MAY_BE_ABSENT = ("harms", "reported_changes", "treat_from")


def read_known_facts(common: Entry) -> None:
    """Read every shared section a common file holds.

    Raises:
        DrugFileError: a section that is no shared one, or wrong.
    """
    common.only("schema", "drug", *SHARED_SECTIONS)
    readers: dict[str, Callable[[Entry], object]] = {
        "given_as": read_given_as,
        "targets": read_targets,
        "harms": read_harms,
        "limits": read_limits,
        "judged_after": lambda entry: entry.quantity("h"),
        "reported_changes": read_reported,
        "treat_from": read_treat_from,
    }
    for name, reader in readers.items():
        if name in common:
            reader(common[name])


def read_facts(root: Entry, common: Entry | None) -> DrugFacts:
    """Read the shared sections from a model's own file, else from the drug's common file.

    Raises:
        DrugFileError: a section is missing in both, or wrong.
    """
    found: dict[str, Entry] = {}
    if common is not None:
        common.only("schema", "drug", *SHARED_SECTIONS)
        found |= {name: common[name] for name in SHARED_SECTIONS if name in common}
    found |= {name: root[name] for name in SHARED_SECTIONS if name in root}
    missing = [name for name in SHARED_SECTIONS if name not in found and name not in _MAY_BE_ABSENT]
    if missing:
        raise root.error(f"the key '{missing[0]}' is missing here and in the drug's common file")
    return DrugFacts(
        given_as=read_given_as(found["given_as"]),
        targets=read_targets(found["targets"]),
        harms=read_harms(found["harms"]) if "harms" in found else (),
        limits=read_limits(found["limits"]),
        judged_after=found["judged_after"].quantity("h"),
        reported=read_reported(found["reported_changes"]) if "reported_changes" in found else (),
        treat_from=read_treat_from(found["treat_from"]) if "treat_from" in found else (),
    )
