"""One model written out as a page."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QCoreApplication

from core.clinic.covariate import kind_of
from core.clinic.regimen import describe_interval
from core.drugs.model import DrugModel, DrugTarget, GivenAs, Harm, Source
from core.errors import InputError
from core.exchange.signal_store import kept_signals
from core.units import Quantity, format_dose, format_number
from desktop import texts, theme
from desktop.case.covariates import COMPUTED
from desktop.language import LANGUAGE, say

Rows = list[tuple[str, str]]


def model_page(model: DrugModel) -> str:
    """The page as HTML; everything a file says is escaped."""
    translate = QCoreApplication.translate
    parts = [f"<h2>{escape(texts.drug_name(model.drug))}</h2>"]
    parts += _table("", _about(model))
    parts += _table(translate("library", "What it reads"), _covariates(model))
    parts += _table(translate("library", "How it is given"), [_form(form) for form in model.given_as])
    parts += _table(translate("library", "Targets"), [_target(item) for item in model.targets])
    parts += _table(translate("library", "Toxicity"), [_harm(item) for item in model.harms])
    parts += _table(translate("library", "Limits"), _limits(model))
    parts += _table(translate("library", "Other drugs, reported but not in the model"), _other_drugs(model))
    parts += _table(translate("library", "Variability between patients"), _variability(model))
    parts += _table(
        translate("library", "Reported more often with it: background, never this patient's risk"), _reported(model)
    )
    return f'<div style="color:{theme.INK}">{"".join(parts)}</div>'


def _about(model: DrugModel) -> Rows:
    translate, source = QCoreApplication.translate, model.source
    doi = f"doi:{source.doi}" if source.doi else ""
    return [
        (translate("library", "Model"), model.id),
        (translate("library", "Source"), f"{source.citation} {doi}".strip()),
        (translate("library", "People"), f"{_people(source)} (n = {source.n})"),
        (translate("library", "Evidence"), texts.word("model_evidence", source.evidence).replace("-", " ")),
        ("ATC", model.drug.atc),
        (translate("library", "Molar mass"), f"{format_number(model.drug.molar_mass, 7)} g/mol"),
        (translate("library", "Levels in"), texts.unit(model.analyte_unit)),
        (translate("library", "Other drugs it knows"), ", ".join(model.modelled_drugs) or "–"),
        (translate("library", "File"), f"SHA-256 {model.file_hash[:16]}…"),
    ]


def _people(source: Source) -> str:
    chinese = source.population_zh if LANGUAGE.wording.is_chinese else ""
    return chinese or source.population


def _other_drugs(model: DrugModel) -> Rows:
    translate = QCoreApplication.translate
    found: Rows = []
    for item in model.reported_changes:
        ends = "–".join(dict.fromkeys((format_number(item.low, 3), format_number(item.high, 3))))
        text = translate("library", "exposure × %1 (%2)").replace("%1", ends).replace("%2", item.source)
        found.append((LANGUAGE.wording.drug(item.drug), text))
    return found


def _covariates(model: DrugModel) -> Rows:
    translate = QCoreApplication.translate
    rows = []
    for name in model.covariates:
        default = model.defaults.get(name)
        if name in model.effect_covariates and name not in model.required:
            shown = translate("library", "for the effect, where entered")
        elif name in COMPUTED:
            shown = translate("library", "worked out from other entries unless entered")
        elif default is None:
            shown = translate("library", "must be entered")
        else:
            value = (
                f"{format_number(default.value, 4)} {texts.unit(default.unit)}"
                if isinstance(default, Quantity)
                else texts.word("choice", default)
            )
            shown = translate("library", "if not entered: %1").replace("%1", value.strip())
        rows.append((texts.title("covariate", name), shown))
    return rows


def _form(form: GivenAs) -> tuple[str, str]:
    doses = ", ".join(format_dose(amount) for amount in form.doses)
    every = ", ".join(describe_interval(hours) for hours in form.every)
    interval = QCoreApplication.translate("library", "every %1").replace("%1", every)
    parts = [doses, interval]
    if form.week_of:
        parts.append(QCoreApplication.translate("library", "unequal doses over the week"))
    if form.where or form.unless:
        parts.append(QCoreApplication.translate("library", "only for some patients"))
    if form.off_label:
        parts.append(QCoreApplication.translate("library", "outside the label"))
    return texts.title("route", form.route.value), "; ".join(parts)


def _target(item: DrugTarget) -> tuple[str, str]:
    grade = texts.word("evidence", item.evidence.value)
    evidence = QCoreApplication.translate("library", "evidence: %1").replace("%1", grade)
    return texts.target(item.target), f"{say(item.meaning)} ({evidence}; {item.source})"


def _harm(item: Harm) -> tuple[str, str]:
    name = say(item.name)
    if item.effect:
        return name[:1].upper() + name[1:], _harm_by_effect(item)
    above = QCoreApplication.translate("library", "seen more often above %1 (%2)")
    shown = above.replace("%1", str(item.threshold).replace("*", "·")).replace(
        "%2", texts.word("target_kind", item.metric)
    )
    grade = QCoreApplication.translate("library", "evidence: %1").replace(
        "%1", texts.word("evidence", item.evidence.value)
    )
    return name[:1].upper() + name[1:], f"{shown}; {grade}; {item.source}"


def _harm_by_effect(item: Harm) -> str:
    translate = QCoreApplication.translate
    shown = translate("library", "chance from a model: %1").replace("%1", say(f"effect_name_{item.effect}"))
    if item.threshold is not None:
        sides = {"lowest": translate("library", "below %1"), "highest": translate("library", "above %1")}
        shown += f" {sides[item.metric].replace('%1', str(item.threshold).removesuffix(' 1'))}"
    weight = translate("library", "counts %1 against the benefit").replace("%1", format_number(item.weight))
    return f"{shown}; {weight}; {item.source}"


def _limits(model: DrugModel) -> Rows:
    translate, limits = QCoreApplication.translate, model.limits
    rows = [
        (translate("library", "One dose"), format_dose(limits.single)),
        (translate("library", "Per day"), format_dose(limits.daily)),
        (translate("library", "Source"), limits.source),
    ]
    if limits.raised is not None:
        doses = f"{format_dose(limits.raised.single)} / {format_dose(limits.raised.daily)}"
        raised = f"{doses} ({', '.join(limits.with_inducer)})"
        rows.append((translate("library", "Beside an inducer"), raised))
    for item in model.treat_from:
        least = f"{texts.word('covariate', item.covariate)} ≥ {format_number(item.at_least, 4)}"
        unit = texts.unit(kind_of(item.covariate).unit)
        rows.append((translate("library", "Next dose from"), f"{least} {unit} ({item.source})"))
    return rows


def _reported(model: DrugModel) -> Rows:
    """Safety signals of the site's own copy of FAERS, where it keeps any."""
    translate = QCoreApplication.translate
    try:
        found = kept_signals(model.drug.name)
    except InputError as error:
        return [("FAERS", LANGUAGE.error(error))]
    if found is None:
        return []
    of = translate("library", "%1 reports of this drug among %2 in all").replace("%1", str(found.of_drug))
    rows = [("FAERS", of.replace("%2", str(found.reports)))]
    for item in found.signals:
        counts = translate("library", "%1 reports; reporting odds ratio %2 (95 %: %3–%4)")
        numbers = (str(item.reports), *(format_number(x, 3) for x in (item.ror.value, item.ror.low, item.ror.high)))
        for place, number in enumerate(numbers, start=1):
            counts = counts.replace(f"%{place}", number, 1)
        rows.append((item.event.capitalize(), counts))
    return rows


def _variability(model: DrugModel) -> Rows:
    """Standard deviation of each eta."""
    rows = []
    for index, name in enumerate(model.etas):
        deviation = float(model.omega[index, index]) ** 0.5
        rows.append((texts.title("parameter", name), f"ω = {format_number(deviation, 3)}"))
    return rows


def _table(title: str, rows: Rows) -> list[str]:
    if not rows:
        return []
    head = [f'<h4 style="margin-bottom:2px">{escape(title)}</h4>'] if title else []
    lines = [
        f'<tr><td width="190" style="color:{theme.MUTED}; padding:2px 14px 2px 0">{escape(name)}</td>'
        f'<td style="padding:2px 0">{escape(value)}</td></tr>'
        for name, value in rows
    ]
    return [*head, f'<table cellspacing="0">{"".join(lines)}</table>']
