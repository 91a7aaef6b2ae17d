"""Reads a population-model file strictly; every mistake is an error with its line."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.clinic.covariate import CATALOGUE
from core.clinic.strict_yaml import Entry, parse_strict_yaml
from core.drugs.covariates import PATIENT_FACTS
from core.drugs.model import Residual
from core.drugs.population_model import Parameter, PopulationModel
from core.drugs.relations import Form, Relation
from core.drugs.sections import (
    DERIVED_UNITS,
    SHARED_SECTIONS,
    covariate_unit,
    read_domain,
    read_drug,
    read_facts,
    read_source,
)
from core.errors import DrugFileError
from core.pk.structures import STRUCTURES, Structure
from core.units import Quantity, parse_quantity

Array = NDArray[np.float64]

_OWN_SECTIONS = ("schema", "id", "drug", "source", "model", "parameters", "correlations", "residual", "analyte",
"domain",
                 "covariates", "cv_as", "checks", "notes")  # fmt: skip
PARAMETER_UNITS = {
    "clearance": "L/h", "intercompartmental_clearance": "L/h", "intercompartmental_clearance_2": "L/h", "volume": "L",
    "central_volume": "L", "peripheral_volume": "L", "peripheral_volume_2": "L", "absorption_rate": "1/h", "lag_time":
        "h",
    "bioavailability": "1",
}  # fmt: skip


def load_population_model(path: Path, *, local: bool = False) -> PopulationModel:
    """Read one drug file; sections about the drug that it leaves out come from `<drug>.common.yaml` beside it.

    Args:
        path: the file.
        local: the file is a site's own.

    Raises:
        DrugFileError: anything the schema does not allow, with file and line.
    """
    raw = _bytes(path)
    root = parse_strict_yaml(raw.decode("utf-8"), path)
    root.only(*_OWN_SECTIONS, *SHARED_SECTIONS)
    root["schema"].choice("1")
    facts_path = path.with_name(f"{root['drug']['name'].text}.common.yaml")
    facts_raw = _bytes(facts_path) if facts_path.exists() else b""
    facts = parse_strict_yaml(facts_raw.decode("utf-8"), facts_path) if facts_raw else None
    structure = _structure(root["model"])
    parameters, variances = _parameters(root, structure)
    etas = tuple(variances)
    return PopulationModel(
        id=root["id"].text,
        file_hash=hashlib.sha256(raw + facts_raw).hexdigest(),
        drug=read_drug(root["drug"]),
        source=read_source(root["source"]),
        structure=structure,
        parameters=parameters,
        etas=etas,
        omega=_omega(etas, variances, root.get("correlations")),
        residual=_residual(root["residual"]),
        analyte_unit=_analyte_unit(root["analyte"]),
        domain=read_domain(root["domain"]),
        defaults=_defaults(root.get("covariates"), parameters),
        local=local,
        facts=read_facts(root, facts),
    )


def _bytes(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
        raw.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DrugFileError(path, 0, f"cannot be read: {error}") from error
    return raw


def _structure(entry: Entry) -> Structure:
    entry.only("structure")
    return STRUCTURES[entry["structure"].choice(*STRUCTURES)]


def _parameters(root: Entry, structure: Structure) -> tuple[tuple[Parameter, ...], dict[str, float]]:
    fields = root["parameters"].fields
    for name in structure.parameters:
        if name not in fields:
            raise root["parameters"].error(f"structure {structure.name} needs the parameter '{name}'")
    for name, entry in fields.items():
        if name not in (*structure.parameters, *structure.optional):
            raise entry.error(f"structure {structure.name} has no parameter '{name}'")
    cv_as = root.get("cv_as")
    parameters = tuple(_parameter(name, entry) for name, entry in fields.items())
    variances = {name: value for name, entry in fields.items() if (value := _variance(entry, cv_as)) is not None}
    return parameters, variances


_SPREAD = ("between_subject_sd", "between_subject_variance", "between_subject_cv")


def _parameter(name: str, entry: Entry) -> Parameter:
    entry.only("typical", "covariates", "note", *_SPREAD)
    unit = PARAMETER_UNITS[name]
    typical = entry["typical"].number() if unit == "1" else entry["typical"].quantity(unit)
    if typical <= 0 and name != "lag_time":
        raise entry["typical"].error("the typical value must be positive")
    relations = entry.get("covariates")
    return Parameter(
        name=name,
        typical=typical,
        unit=unit,
        relations=tuple(_relation(item, unit) for item in relations.items) if relations else (),
    )


def _variance(entry: Entry, cv_as: Entry | None) -> float | None:
    """Variance of the eta; a published CV becomes one by the convention the file names."""
    given = [name for name in _SPREAD if name in entry]
    if not given:
        return None
    if len(given) > 1:
        raise entry.error(f"give one of {', '.join(_SPREAD)}")
    number = entry[given[0]].number()
    if number <= 0:
        raise entry[given[0]].error("must be positive")
    if given[0] == "between_subject_variance":
        return number
    if given[0] == "between_subject_sd":
        return number**2
    if cv_as is None:
        raise entry.error("between_subject_cv needs 'cv_as: sd' or 'cv_as: lognormal' in the file")
    return number**2 if cv_as.choice("sd", "lognormal") == "sd" else math.log1p(number**2)


_COEFFICIENT = {
    Form.POWER: "exponent",
    Form.LINEAR: "slope",
    Form.ADDITIVE: "slope",
    Form.EXPONENTIAL: "slope",
    Form.FACTOR: "factor",
}


def _relation(entry: Entry, parameter_unit: str) -> Relation:
    entry.only("by", "form", "centre", "exponent", "slope", "factor", "when", "scaled", "at_least", "at_most")
    by, form = entry["by"].text, Form(entry["form"].choice(*(item.value for item in Form)))
    if form is Form.FACTOR:
        when = entry["when"]
        _check_choice(by, when)
        return Relation(by=by, form=form, coefficient=entry["factor"].number(), when=when.text)
    unit = covariate_unit(by, entry["by"])
    scaled = entry.get("scaled")
    if scaled is not None:
        scaled.choice("by_centre")
    low, high = (_in_unit(entry[name], unit) if name in entry else None for name in ("at_least", "at_most"))
    relation = Relation(
        by=by,
        form=form,
        centre=_in_unit(entry["centre"], unit),
        coefficient=_coefficient(entry, form, unit, parameter_unit, by_centre=scaled is not None),
        scaled_by_centre=scaled is not None,
        at_least=low,
        at_most=high,
    )
    if relation.centre == 0 and form in (Form.POWER, Form.PROPORTIONAL):
        raise entry["centre"].error("must not be zero")
    return relation


def _check_choice(by: str, when: Entry) -> None:
    if by in ("sex", "ethnicity"):
        return
    kind = CATALOGUE.get(by)
    if kind is None or not kind.choices:
        raise when.error(f"'{by}' is not a covariate with choices")
    when.choice(*kind.choices)


def _coefficient(entry: Entry, form: Form, unit: str, parameter_unit: str, *, by_centre: bool) -> float:
    if form is Form.PROPORTIONAL:
        return 1.0
    coefficient = entry[_COEFFICIENT[form]]
    if form is Form.POWER:
        return coefficient.number()
    if form is Form.LINEAR and by_centre:
        return coefficient.quantity(parameter_unit)
    if form is Form.ADDITIVE:
        return coefficient.quantity(_per(parameter_unit, unit))
    return coefficient.number() if unit == "1" else coefficient.quantity(_per("1", unit))


def _per(unit: str, divisor: str) -> str:
    """Unit divided by another: `L/h` per `mL/min` becomes `L/h/mL*min`, read from left to right."""
    return f"{unit}/{divisor.replace('/', '*')}"


def _in_unit(entry: Entry, unit: str) -> float:
    return entry.number() if unit == "1" else entry.quantity(unit)


def _omega(etas: Sequence[str], variances: Mapping[str, float], correlations: Entry | None) -> Array:
    omega = np.diag([variances[name] for name in etas]) if etas else np.zeros((0, 0))
    for item in correlations.items if correlations else ():
        item.only("between", "value", "covariance")
        pair = [member.text for member in item["between"].items]
        if len(pair) != 2 or any(name not in etas for name in pair):  # a pair
            raise item.error("'between' names two parameters that vary between subjects")
        i, j = (etas.index(name) for name in pair)
        covariance = item.get("covariance")
        value = covariance.number() if covariance else item["value"].number() * math.sqrt(omega[i, i] * omega[j, j])
        omega[i, j] = omega[j, i] = value
    if len(etas) and np.linalg.eigvalsh(omega)[0] <= 0:
        assert correlations is not None
        raise correlations.error("variances and correlations together are not positive definite")
    return omega


def _residual(entry: Entry) -> Residual:
    entry.only("proportional", "additive", "log_additive", "note")
    log_additive = entry.get("log_additive")
    proportional, additive = entry.get("proportional"), entry.get("additive")
    residual = Residual(
        proportional=proportional.number() if proportional else 0.0,
        additive=additive.quantity("mg/L") if additive else 0.0,
        log_additive=log_additive.number() if log_additive else None,
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


def _defaults(entry: Entry | None, parameters: Sequence[Parameter]) -> dict[str, Quantity | str]:
    if entry is None:
        return {}
    read = {relation.by for parameter in parameters for relation in parameter.relations}
    defaults: dict[str, Quantity | str] = {}
    for name, item in entry.fields.items():
        item.only("default", "note")
        if name not in read:
            raise item.error(f"no parameter reads '{name}'")
        if "default" not in item:
            continue
        if name in PATIENT_FACTS:
            raise item.error("belongs to the patient and has no default")
        defaults[name] = _default(name, item["default"])
    return defaults


def _default(name: str, entry: Entry) -> Quantity | str:
    kind = CATALOGUE.get(name)
    if kind is not None and kind.choices:
        return entry.choice(*kind.choices)
    unit = DERIVED_UNITS[name] if name in DERIVED_UNITS else covariate_unit(name, entry)
    if unit == "1":
        return Quantity(entry.number(), "1")
    entry.quantity(unit)
    return parse_quantity(entry.text)
