"""The closed set of ways in which a covariate changes a parameter; drug files name them, none is written in a file."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.errors import ModelError

CO_MEDICATION = "co_medication"
Value = float | str | frozenset[str]  # a number in base units, a choice, or the names of the other drugs taken


class Form(StrEnum):
    """Form of a covariate relation, x the covariate, c its centre, k its coefficient, h its shape."""

    POWER = "power"  # times (x/c)^k
    LINEAR = "linear"  # times 1 + k (x - c); with scaled: by_centre, plus k (x - c)/c in the parameter's unit
    ADDITIVE = "additive"  # plus k (x - c), k in parameter unit per covariate unit
    EXPONENTIAL = "exponential"  # times exp(k (x - c))
    PROPORTIONAL = "proportional"  # times x/c
    LOG_POWER = "log_power"  # times (ln(x/unit)/c)^k
    SIGMOID = "sigmoid"  # times x^h / (x^h + c^h): maturation; with a negative h decline
    APPROACH = "approach"  # times 1 - k exp(-h x): from 1 - k at zero towards 1
    EXCESS_LOSS = "excess_loss"  # times 1 - k (max(x - c, 0) / scale)^h
    SATURATING_LOSS = "saturating_loss"  # times 1 - k y/(y + c), y = max(x - scale, 0)
    FACTOR = "factor"  # times k, where the condition holds
    SHIFT = "shift"  # plus k in the parameter's unit, where the condition holds


CONDITIONAL = (Form.FACTOR, Form.SHIFT)


@dataclass(frozen=True)
class Condition:
    """Where a relation holds: a choice, other drugs taken or not taken, or a range of numbers (low <= x < high)."""

    by: str
    one_of: tuple[str, ...] = ()  # choices, or drugs of which at least one is taken
    none_of: tuple[str, ...] = ()  # drugs none of which is taken
    low: float = -math.inf
    high: float = math.inf

    def holds(self, value: Value) -> bool:
        """Whether the covariate's value meets the condition."""
        if isinstance(value, frozenset):
            return (not self.one_of or bool(value & set(self.one_of))) and not value & set(self.none_of)
        if isinstance(value, str):
            return value in self.one_of
        return self.low <= value < self.high


@dataclass(frozen=True)
class Criterion:
    """What a patient is like: conditions with what each counts, and how much is enough."""

    counted: tuple[tuple[Condition, int], ...]
    enough: int

    def met(self, value_of: Callable[[str], Value | None]) -> bool:
        """Whether enough conditions hold; one whose covariate is not known does not count."""
        total = 0
        for condition, counts in self.counted:
            value = value_of(condition.by)
            total += counts if value is not None and condition.holds(value) else 0
        return total >= self.enough


@dataclass(frozen=True)
class Relation:
    """One covariate relation, numbers in the covariate's base unit.

    `at_least` and `at_most` are bounds the paper itself puts on the covariate before using it; the bound model says
    so when one acts. `where` are the conditions under which the relation acts at all.
    """

    by: str
    form: Form
    centre: float = 0.0
    coefficient: float = 0.0  # exponent, slope, share, factor or shift
    shape: float = 1.0  # hill, rate or exponent of an excess
    scale: float = 1.0
    scaled_by_centre: bool = False
    at_least: float | None = None
    at_most: float | None = None
    where: tuple[Condition, ...] = ()

    def bounded(self, value: float) -> float:
        """Apply the paper's bounds."""
        lifted = value if self.at_least is None else max(value, self.at_least)
        return lifted if self.at_most is None else min(lifted, self.at_most)

    def acts(self, values: Mapping[str, Value]) -> bool:
        """Whether every condition holds."""
        return all(condition.holds(values[condition.by]) for condition in self.where)

    @property
    def reads(self) -> tuple[str, ...]:
        """Covariates the relation and its conditions read."""
        return tuple(dict.fromkeys((self.by, *(condition.by for condition in self.where))))


def added(relation: Relation, value: Value) -> float:
    """What a relation adds to the typical value, in the parameter's base unit; 0 for those that multiply."""
    if relation.form is Form.SHIFT:
        return relation.coefficient
    if not isinstance(value, float):
        return 0.0
    x = relation.bounded(value)
    if relation.form is Form.ADDITIVE:
        return relation.coefficient * (x - relation.centre)
    if relation.form is Form.LINEAR and relation.scaled_by_centre:
        return relation.coefficient * (x - relation.centre) / relation.centre
    return 0.0


def multiplied(relation: Relation, value: Value) -> float:
    """The factor a relation gives; 1 for those that add.

    Raises:
        ModelError: a positive parameter would become zero, negative or infinite at this value.
    """
    if relation.form is Form.FACTOR:
        return relation.coefficient
    if not isinstance(value, float):
        return 1.0
    x = relation.bounded(value)
    try:
        factor = _factor(relation, x)
    except (OverflowError, ValueError):  # beyond the largest number, or a power of a negative one
        factor = math.inf
    if not 0 < factor < math.inf:
        raise ModelError(f"{relation.by} = {value:g} makes the {relation.form.value} relation impossible")
    return factor


def _factor(relation: Relation, x: float) -> float:
    k, c, h = relation.coefficient, relation.centre, relation.shape
    if x <= 0 and relation.form in (Form.POWER, Form.LOG_POWER, Form.SIGMOID):
        return 0.0
    match relation.form:
        case Form.POWER:
            return math.pow(x / c, k)
        case Form.PROPORTIONAL:
            return x / c
        case Form.EXPONENTIAL:
            return math.exp(k * (x - c))
        case Form.LINEAR if not relation.scaled_by_centre:
            return 1.0 + k * (x - c)
        case Form.LOG_POWER:
            logarithm = math.log(x / relation.scale)
            return math.pow(logarithm / c, k) if logarithm > 0 else 0.0
        case Form.SIGMOID:
            return 1.0 / (1.0 + math.pow(x / c, -h))
        case Form.APPROACH:
            return 1.0 - k * math.exp(-h * x)
        case Form.EXCESS_LOSS:
            return 1.0 - k * math.pow(max(x - c, 0.0) / relation.scale, h)
        case Form.SATURATING_LOSS:
            beyond = max(x - relation.scale, 0.0)
            return 1.0 - k * beyond / (beyond + c)
        case _:
            return 1.0
