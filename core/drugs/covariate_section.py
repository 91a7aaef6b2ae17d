"""The `covariates` section of a drug file: formulas of derived covariates, and what stands in for an unknown one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import TypeVar

from core.clinic.covariate import CATALOGUE
from core.clinic.formulas.body import SurfaceFormula
from core.clinic.strict_yaml import Entry
from core.drugs.condition_section import covariate_unit
from core.drugs.covariates import DERIVED_UNITS, PATIENT_FACTS, Body, Expected, FatFree, Recipes
from core.drugs.parameter import Parameter
from core.units import Quantity, parse_quantity

_Choice = TypeVar("_Choice", bound=StrEnum)


def read_recipes(entry: Entry | None) -> Recipes:
    """Read which formulas compute the derived covariates; raises DrugFileError with the line."""
    recipes = Recipes()
    for name, item in (entry.fields if entry is not None else {}).items():
        item.only("default", "formula", "weight", "creatinine_at_least", "note")
        formula = item.get("formula")
        if "weight" in item or "creatinine_at_least" in item:
            recipes = _clearance(recipes, name, item)
        elif formula is None:
            continue
        elif name == "fat_free_mass":
            recipes = replace(recipes, fat_free=_chosen(formula, FatFree))
        elif name == "body_surface_area":
            recipes = replace(recipes, surface=_chosen(formula, SurfaceFormula))
        elif name in ("creatinine_ratio", "creatinine_excess"):
            recipes = replace(recipes, expected=_chosen(formula, Expected))
        else:
            raise formula.error(f"'{name}' has no choice of formulas")
    return recipes


def _clearance(recipes: Recipes, name: str, item: Entry) -> Recipes:
    floor, weight, formula = item.get("creatinine_at_least"), item.get("weight"), item.get("formula")
    if floor is not None:
        recipes = replace(recipes, creatinine_at_least=floor.quantity("umol/L"))
    if name in ("creatinine_ratio", "creatinine_excess"):
        if weight is not None:
            raise weight.error("only Cockcroft-Gault takes a weight")
        return recipes if formula is None else replace(recipes, expected=_chosen(formula, Expected))
    if name != "creatinine_clearance":
        raise item.error("'weight' and 'creatinine_at_least' belong to creatinine_clearance")
    if formula is not None:
        formula.choice("cockcroft_gault")
    return recipes if weight is None else replace(recipes, clearance_weight=_chosen(weight, Body))


def _chosen(entry: Entry, kind: type[_Choice]) -> _Choice:
    return kind(entry.choice(*(item.value for item in kind)))


def read_defaults(entry: Entry | None, parameters: Sequence[Parameter], recipes: Recipes) -> dict[str, Quantity | str]:
    """Read what stands in for a covariate that was not entered; raises DrugFileError with the line."""
    if entry is None:
        return {}
    read = set(_with_parts((name for parameter in parameters for name in parameter.reads), recipes))
    defaults: dict[str, Quantity | str] = {}
    for name, item in entry.fields.items():
        if name not in read:
            raise item.error(f"no parameter reads '{name}'")
        if "default" not in item:
            continue
        if name in PATIENT_FACTS:
            raise item.error("belongs to the patient and has no default")
        defaults[name] = _default(name, item["default"])
    return defaults


def _with_parts(names: Iterable[str], recipes: Recipes) -> Iterable[str]:
    for name in names:
        yield name
        yield from _with_parts(recipes.parts(name), recipes)


def _default(name: str, entry: Entry) -> Quantity | str:
    kind = CATALOGUE.get(name)
    if kind is not None and kind.choices:
        return entry.choice(*kind.choices)
    unit = DERIVED_UNITS[name] if name in DERIVED_UNITS else covariate_unit(name, entry)
    if unit == "1":
        return Quantity(entry.number(), "1")
    entry.quantity(unit)
    return parse_quantity(entry.text)
