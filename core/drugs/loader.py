"""Reads a population-model file strictly; every mistake is an error with its line."""

from __future__ import annotations

import hashlib
from pathlib import Path

from core.clinic.regimen import Route
from core.clinic.strict_yaml import Entry, parse_strict_yaml
from core.drugs.covariate_section import read_defaults, read_recipes
from core.drugs.facts import NOT_TO_DOSE
from core.drugs.measured import Measured
from core.drugs.model import Metabolite, Residual
from core.drugs.parameter_section import read_omega, read_parameters
from core.drugs.population_model import PopulationModel
from core.drugs.sections import SHARED_SECTIONS, drug_name, read_domain, read_drug, read_facts, read_source
from core.errors import DrugFileError, ModelError
from core.pk.structures import NAMES, Absorption, Elimination, Structure, structure_of
from core.units import Quantity

_OWN_SECTIONS = ("schema", "id", "replaces", "drug", "source", "model", "parameters", "correlations", "residual",
                 "analyte", "domain", "covariates", "cv_as", "occasion", "metabolite", "salt", "checks",
                 "notes")  # fmt: skip


def load_population_model(
    path: Path, *, local: bool = False, shipped_facts: Path | None = None, to_dose: bool = True
) -> PopulationModel:
    """Read one drug file; sections about the drug that it leaves out come from `<drug>.common.yaml` beside it.

    Args:
        path: the file.
        local: the file is a site's own.
        shipped_facts: folder in which the common file is looked for when there is none beside the file.
        to_dose: whether doses may be found with it; a model that only describes data has no facts about giving the
            drug, and its limits allow none.

    Raises:
        DrugFileError: anything the schema does not allow, with file and line.
    """
    raw = _bytes(path)
    root = parse_strict_yaml(raw.decode("utf-8"), path)
    root.only(*_OWN_SECTIONS, *(SHARED_SECTIONS if to_dose else ()))
    root["schema"].choice("1")
    facts_path = path.with_name(f"{drug_name(root['drug'])}.common.yaml")
    if not facts_path.exists() and shipped_facts is not None:
        facts_path = shipped_facts / facts_path.name
    facts_raw = _bytes(facts_path) if facts_path.exists() else b""
    facts = parse_strict_yaml(facts_raw.decode("utf-8"), facts_path) if facts_raw else None
    model = root["model"]
    measured = Measured(model["measured"].choice(*Measured)) if "measured" in model else Measured.CENTRAL
    structure = _structure(root)
    parameters = read_parameters(root, structure, measured)
    recipes = read_recipes(root.get("covariates"))
    return PopulationModel(
        id=root["id"].text,
        file_hash=hashlib.sha256(raw + facts_raw).hexdigest(),
        drug=read_drug(root["drug"]),
        source=read_source(root["source"]),
        structure=structure,
        parameters=parameters.items,
        etas=tuple(parameters.variances),
        omega=read_omega(parameters.variances, root.get("correlations"), root["parameters"]),
        residual=_residual(root["residual"], root["drug"]["molar_mass"].quantity("g/mol")),
        analyte_unit=_analyte_unit(root["analyte"]),
        domain=read_domain(root["domain"]),
        defaults=read_defaults(root.get("covariates"), parameters.items, recipes),
        facts=read_facts(root, facts) if to_dose else NOT_TO_DOSE,
        measured=measured,
        recipes=recipes,
        active=_active(root.get("salt")),
        metabolite=_metabolite(root.get("metabolite"), root["drug"]["molar_mass"].quantity("g/mol")),
        occasions=parameters.occasions,
        local=local,
        replaces=_replaced(root, local=local),
    )


def _replaced(root: Entry, *, local: bool) -> str:
    """Id of the model this one stands in for; only a site may put one of its own in another's place."""
    entry = root.get("replaces")
    if entry is None:
        return ""
    if not local:
        raise entry.error("only a site's own file may replace a model")
    return entry.text


def _bytes(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
        raw.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DrugFileError(path, 0, f"cannot be read: {error}") from error
    return raw


def _structure(root: Entry) -> Structure:
    entry = root["model"]
    entry.only("structure", "absorption", "steps", "elimination", "measured", "note")
    name = entry["structure"].choice(*NAMES)
    absorption, elimination, steps = (entry.get(key) for key in ("absorption", "elimination", "steps"))
    try:
        return structure_of(
            name,
            None if absorption is None else Absorption(absorption.choice(*Absorption)),
            Elimination.LINEAR if elimination is None else Elimination(elimination.choice(*Elimination)),
            0 if steps is None else int(steps.number()),
            metabolite=_metabolite_compartments(root.get("metabolite")),
        )
    except ModelError as error:
        raise entry.error(str(error)) from error


def _residual(entry: Entry, molar_mass: float) -> Residual:
    entry.only("proportional", "additive", "log_additive", "combined", "note")
    log_additive, combined = entry.get("log_additive"), entry.get("combined")
    proportional, additive = entry.get("proportional"), entry.get("additive")
    residual = Residual(
        proportional=proportional.number() if proportional else 0.0,
        additive=additive.quantity("mg/L", molar_mass) if additive else 0.0,
        log_additive=log_additive.number() if log_additive else None,
        deviations_add=combined is not None and combined.choice("variances_add", "deviations_add") == "deviations_add",
    )
    values = (residual.proportional, residual.additive, residual.log_additive or 0.0)
    if min(values) < 0 or max(values) == 0:
        raise entry.error("give a positive residual error")
    if residual.log_additive is not None and max(values[:2]) > 0:
        raise entry.error("log_additive stands alone")
    return residual


def _analyte_unit(entry: Entry) -> str:
    entry.only("unit", "note")
    unit = entry["unit"].text
    try:
        Quantity(1.0, unit).to("mg/L", 1.0)
    except Exception as error:
        raise entry["unit"].error("is no concentration unit") from error
    return unit


def _active(entry: Entry | None) -> dict[Route, float]:
    """How many mg of what the parameters count are in 1 mg of what is dosed, by route."""
    if entry is None:
        return {}
    entry.only("dosed_as", "counted_as", "factor", "routes", "source")
    for name in ("dosed_as", "counted_as", "source"):
        entry[name]  # a missing key is an error with its line
    factor = entry["factor"].number()
    if not 0 < factor <= 1:
        raise entry["factor"].error("must lie above 0 and not above 1")
    routes = [item.choice(*Route) for item in entry["routes"].items] if "routes" in entry else list(Route)
    return {Route(route): factor for route in routes}


def _metabolite(entry: Entry | None, molar_mass: float) -> Metabolite | None:
    if entry is None:
        return None
    entry.only("name", "molar_mass", "compartments", "counted_as")
    own = entry["molar_mass"].quantity("g/mol")
    as_drug = entry["counted_as"].choice("metabolite", "drug") == "drug" if "counted_as" in entry else False
    return Metabolite(entry["name"].text, own, 1.0 if as_drug else own / molar_mass)


def _metabolite_compartments(entry: Entry | None) -> int:
    if entry is None:
        return 0
    return 1 if "compartments" not in entry else int(entry["compartments"].choice("1", "2"))
