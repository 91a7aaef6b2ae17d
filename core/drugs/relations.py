"""The closed set of ways in which a covariate changes a parameter; drug files name them, none is written in a file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from core.errors import ModelError


class Form(StrEnum):
    """Form of a covariate relation, x the covariate, c its centre."""

    POWER = "power"  # times (x/c)^exponent
    LINEAR = "linear"  # times 1 + slope (x - c); with scaled: by_centre, plus slope (x - c)/c in the parameter's unit
    ADDITIVE = "additive"  # plus slope (x - c), slope in parameter unit per covariate unit
    EXPONENTIAL = "exponential"  # times exp(slope (x - c))
    PROPORTIONAL = "proportional"  # times x/c
    FACTOR = "factor"  # times factor, when the covariate has the named value


@dataclass(frozen=True)
class Relation:
    """One covariate relation, numbers in the covariate's base unit.

    `at_least` and `at_most` are bounds the paper itself puts on the covariate before using it; the bound model says
    so when one acts.
    """

    by: str
    form: Form
    centre: float = 0.0
    coefficient: float = 0.0  # exponent, slope or factor
    scaled_by_centre: bool = False
    when: str = ""
    at_least: float | None = None
    at_most: float | None = None

    def bounded(self, value: float) -> float:
        """Apply the paper's bounds."""
        lifted = value if self.at_least is None else max(value, self.at_least)
        return lifted if self.at_most is None else min(lifted, self.at_most)


def added(relation: Relation, value: float) -> float:
    """What a relation adds to the typical value, in the parameter's base unit; 0 for those that multiply."""
    x = relation.bounded(value) if isinstance(value, float) else value
    if relation.form is Form.ADDITIVE:
        return relation.coefficient * (x - relation.centre)
    if relation.form is Form.LINEAR and relation.scaled_by_centre:
        return relation.coefficient * (x - relation.centre) / relation.centre
    return 0.0


def multiplied(relation: Relation, value: float | str) -> float:
    """The factor a relation gives; 1 for those that add.

    Raises:
        ModelError: a positive parameter would become zero or negative at this value.
    """
    if isinstance(value, str):
        return relation.coefficient if value == relation.when else 1.0
    x = relation.bounded(value)
    factor = _factor(relation, x)
    if factor <= 0:
        raise ModelError(f"{relation.by} = {value:g} makes the {relation.form.value} relation non-positive")
    return factor


def _factor(relation: Relation, x: float) -> float:
    match relation.form:
        case Form.POWER:
            return math.pow(x / relation.centre, relation.coefficient)
        case Form.PROPORTIONAL:
            return x / relation.centre
        case Form.EXPONENTIAL:
            return math.exp(relation.coefficient * (x - relation.centre))
        case Form.LINEAR if not relation.scaled_by_centre:
            return 1.0 + relation.coefficient * (x - relation.centre)
        case _:
            return 1.0
