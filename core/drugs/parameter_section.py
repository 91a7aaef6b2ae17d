"""The `parameters` section of a drug file: typical values, relations, and variation between patients and occasions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.clinic.strict_yaml import Entry
from core.drugs.measured import Measured
from core.drugs.occasions import Occasions
from core.drugs.parameter import EtaKind, Parameter, Spread
from core.drugs.relation_section import read_relation
from core.drugs.relations import Relation
from core.pk.parameters import MAY_BE_ZERO, PARAMETER_UNITS, PART_UNITS
from core.pk.structures import RENAL_SHARE, Elimination, Structure

Array = NDArray[np.float64]

_SPREAD = ("between_subject_sd", "between_subject_variance", "between_subject_cv")
_OCCASION = ("between_occasion_sd", "between_occasion_variance", "between_occasion_cv")
_UNITS = {**PARAMETER_UNITS, **PART_UNITS}


@dataclass(frozen=True)
class Parameters:
    """What the section holds: parameters, and the variance of each eta by its name."""

    items: tuple[Parameter, ...]
    variances: Mapping[str, float]
    occasions: Occasions | None


def read_parameters(root: Entry, structure: Structure, measured: Measured) -> Parameters:
    """Read `parameters`; raises DrugFileError with the line."""
    section = root["parameters"]
    fields = section.fields
    needed = (*structure.needed(fields), *measured.parameters)
    for name in needed:
        if name not in fields:
            raise section.error(f"structure {structure.name} needs the parameter '{name}'")
    parts = [part.text for entry in fields.values() if "sum_of" in entry for part in entry["sum_of"].items]
    excreted = (RENAL_SHARE,) if structure.elimination is Elimination.LINEAR else ()
    for name, entry in fields.items():
        if name not in (*needed, *structure.optional, *excreted, *parts):
            raise entry.error(f"structure {structure.name} has no parameter '{name}'")
    items = tuple(_parameter(name, entry, fields) for name, entry in fields.items())
    cv_as = root.get("cv_as")
    own = {name: value for name, entry in fields.items() if (value := _variance(entry, _SPREAD, cv_as)) is not None}
    between = {name: v for name, entry in fields.items() if (v := _variance(entry, _OCCASION, cv_as)) is not None}
    return Parameters(items, own, _occasions(root, between, own))


def _occasions(root: Entry, between: Mapping[str, float], own: Mapping[str, float]) -> Occasions | None:
    length = root.get("occasion")
    if not between:
        if length is not None:
            raise length.error("no parameter varies between occasions")
        return None
    for name in between:
        if name not in own:
            raise root["parameters"][name].error("varies between occasions and so must vary between subjects")
    hours = root["occasion"].quantity("h")
    if hours <= 0:
        raise root["occasion"].error("must be positive")
    return Occasions(hours, dict(between))


def _parameter(name: str, entry: Entry, fields: Mapping[str, Entry]) -> Parameter:
    entry.only("typical", "sum_of", "covariates", "note", "eta", *_SPREAD, *_OCCASION)
    unit = _UNITS.get(name, "")
    if not unit:
        raise entry.error("is no parameter this program knows")
    relations = entry.get("covariates")
    return Parameter(
        name=name,
        typical=0.0 if "sum_of" in entry else _typical(name, entry, unit),
        unit=unit,
        relations=_relations(relations, unit, may_vanish=name in PART_UNITS) if relations else (),
        spread=_spread(name, entry, fields),
        sum_of=_parts(entry, fields),
    )


def _relations(section: Entry, unit: str, *, may_vanish: bool) -> tuple[Relation, ...]:
    found: list[Relation] = []
    for item in section.items:
        relation = read_relation(item, unit, may_vanish=may_vanish)
        twin = (relation.by, relation.form, relation.centre, relation.where)
        if twin in [(other.by, other.form, other.centre, other.where) for other in found]:
            raise item.error(f"'{relation.by}' acts in this way already: the relation is written twice")
        found.append(relation)
    return tuple(found)


def _typical(name: str, entry: Entry, unit: str) -> float:
    typical = entry["typical"].number() if unit == "1" else entry["typical"].quantity(unit)
    if typical < 0 or (typical == 0 and name not in MAY_BE_ZERO):
        raise entry["typical"].error("the typical value must be positive")
    if name == RENAL_SHARE and typical > 1:
        raise entry["typical"].error("a share is at most 1")
    return typical


def _parts(entry: Entry, fields: Mapping[str, Entry]) -> tuple[str, ...]:
    if "sum_of" not in entry:
        return ()
    for part in entry["sum_of"].items:
        part.choice(*PART_UNITS)
        if part.text not in fields:
            raise part.error("is not among the parameters")
    return tuple(part.text for part in entry["sum_of"].items)


def _spread(name: str, entry: Entry, fields: Mapping[str, Entry]) -> Spread | None:
    """How the parameter varies: by an eta of its own, or by that of another parameter."""
    varies = any(key in entry for key in _SPREAD)
    eta = entry.get("eta")
    if eta is None:
        return Spread(name) if varies else None
    eta.only("kind", "shape", "of", "scale")
    kind = EtaKind(eta["kind"].choice(*(kind.value for kind in EtaKind))) if "kind" in eta else EtaKind.LOG_NORMAL
    shape = eta["shape"].number() if "shape" in eta else 0.0
    if (kind in (EtaKind.BOX_COX, EtaKind.LOGIT_BOX_COX)) != (shape != 0.0):
        raise eta.error("'shape' belongs to the Box-Cox kinds and must not be zero")
    of = eta.get("of")
    if (of is None) != varies:
        raise eta.error("give a spread of its own or 'of', the parameter whose eta it shares")
    if of is not None and (of.text not in fields or not any(key in fields[of.text] for key in _SPREAD)):
        raise of.error("does not vary between subjects")
    return Spread(of.text if of else name, kind, eta["scale"].number() if "scale" in eta else 1.0, shape)


def _variance(entry: Entry, names: Sequence[str], cv_as: Entry | None) -> float | None:
    """Variance of the eta; a published CV becomes one by the convention the file names."""
    given = [name for name in names if name in entry]
    if not given:
        return None
    if len(given) > 1:
        raise entry.error(f"give one of {', '.join(names)}")
    number = entry[given[0]].number()
    if number <= 0:
        raise entry[given[0]].error("must be positive")
    if given[0].endswith("_variance"):
        return number
    if given[0].endswith("_sd"):
        return number**2
    if cv_as is None:
        raise entry.error(f"{given[0]} needs 'cv_as: sd' or 'cv_as: lognormal' in the file")
    return number**2 if cv_as.choice("sd", "lognormal") == "sd" else math.log1p(number**2)


def read_omega(variances: Mapping[str, float], correlations: Entry | None, parameters: Entry) -> Array:
    """Covariance of the etas (n, n); raises DrugFileError when it is not positive definite."""
    etas = tuple(variances)
    omega = np.diag(list(variances.values())) if etas else np.zeros((0, 0))
    for item in correlations.items if correlations else ():
        item.only("between", "value", "covariance")
        pair = [member.text for member in item["between"].items]
        if len(pair) != 2 or any(name not in etas for name in pair):
            raise item.error("'between' names two parameters that vary between subjects")
        i, j = (etas.index(name) for name in pair)
        covariance = item.get("covariance")
        value = covariance.number() if covariance else item["value"].number() * math.sqrt(omega[i, i] * omega[j, j])
        omega[i, j] = omega[j, i] = value
    if etas and np.linalg.eigvalsh(omega)[0] <= 0:
        raise (correlations or parameters).error("variances and correlations together are not positive definite")
    return omega


def unit_of_parameter(name: str) -> str:
    """Base unit of a parameter, or of a part of a sum."""
    return _UNITS[name]
