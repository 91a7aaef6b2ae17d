"""Patients who never lived: covariates drawn from documented distributions, as cases any model can be bound to."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from core.clinic.case import Case
from core.clinic.covariate import CATALOGUE, CovariateValue
from core.clinic.level import CoMedication
from core.clinic.patient import Ethnicity, Patient, Sex
from core.clinic.strict_yaml import Entry
from core.errors import ModelError
from core.population.body_size import BodySizes, body_sizes
from core.units import Quantity

START = dt.datetime(2000, 1, 1, 8, tzinfo=dt.UTC)  # time 0 of every virtual course
NOT_ENTERED = "none"  # a choice nobody enters
_MOST_TRIES = 10_000
_ROUNDED = {"weight": 1, "age": 0, "height": 0, "serum_creatinine": 0}  # decimals, as wards write them


class Shape(StrEnum):
    """Form of a distribution."""

    NORMAL = "normal"
    LOGNORMAL = "lognormal"
    UNIFORM = "uniform"


@dataclass(frozen=True)
class Spread:
    """One distribution, cut to [low, high] by drawing again.

    `centre` is the mean of a normal, the median of a lognormal; `width` the standard deviation of a normal, the
    coefficient of variation of a lognormal. A uniform has only its ends.
    """

    shape: Shape
    low: float
    high: float
    centre: float = 0.0
    width: float = 0.0

    def draw(self, rng: np.random.Generator) -> float:
        """One value.

        Raises:
            ModelError: hardly any draw falls between the ends.
        """
        for _ in range(_MOST_TRIES):
            value = self._once(rng)
            if self.low <= value <= self.high:
                return value
        raise ModelError(f"no draw falls between {self.low:g} and {self.high:g}")

    def _once(self, rng: np.random.Generator) -> float:
        match self.shape:
            case Shape.NORMAL:
                return float(rng.normal(self.centre, self.width))
            case Shape.LOGNORMAL:
                return self.centre * math.exp(math.sqrt(math.log1p(self.width**2)) * float(rng.standard_normal()))
            case Shape.UNIFORM:
                return float(rng.uniform(self.low, self.high))


@dataclass(frozen=True)
class VirtualPopulation:
    """Distributions of what is known of a patient before the first dose."""

    female: float  # share
    age: Spread  # year
    height: Mapping[Sex, Spread]  # cm
    bmi: Mapping[Sex, Spread]  # kg/m2
    weight_ends: tuple[float, float]  # kg
    sizes: BodySizes | None  # heights and weights together by age; `height` and `bmi` are then empty
    numbers: Mapping[str, Mapping[Sex, Spread]]  # further covariates, base units
    choices: Mapping[str, Mapping[str, float]]  # covariate -> choice -> share
    ethnicity: Mapping[str, float]
    co_medication: Mapping[str, float]  # drug -> share; at most one a patient
    sources: tuple[str, ...]


def read_spread(entry: Entry, unit: str) -> Spread:
    """Read `{normal: [60 year, 17 year], between: [18 year, 95 year]}`; lognormal takes a median and a plain CV.

    Args:
        entry: the mapping.
        unit: base unit of the values; empty for plain numbers.

    Raises:
        DrugFileError: with the line.
    """
    entry.only("normal", "lognormal", "uniform", "between")
    shape = next((shape for shape in Shape if shape.value in entry), None)
    if shape is None:
        raise entry.error("one of normal, lognormal, uniform is needed")
    parts = entry[shape.value].items
    if len(parts) != 2:  # two numbers describe every shape
        raise entry[shape.value].error("two values are needed")
    first = _value(parts[0], unit)
    second = parts[1].number() if shape is Shape.LOGNORMAL else _value(parts[1], unit)
    if shape is Shape.UNIFORM:
        return Spread(shape, first, second)
    ends = entry["between"].items
    if len(ends) != 2:  # a low and a high end
        raise entry["between"].error("two ends are needed")
    low, high = (_value(end, unit) for end in ends)
    if not low < high:
        raise entry["between"].error("the low end must lie below the high end")
    return Spread(shape, low, high, first, second)


def _value(entry: Entry, unit: str) -> float:
    return entry.quantity(unit) if unit else entry.number()


def read_population(entry: Entry) -> VirtualPopulation:
    """Read the `population` section of a recipe.

    Raises:
        DrugFileError: with the line.
    """
    entry.only(
        "female",
        "age",
        "height",
        "bmi",
        "body_size",
        "weight",
        "numbers",
        "choices",
        "ethnicity",
        "co_medication",
        "sources",
    )
    ends = entry["weight"]["between"].items
    sizes = _sizes(entry)
    numbers, choices = entry.get("numbers"), entry.get("choices")
    return VirtualPopulation(
        female=entry["female"].number(),
        age=read_spread(entry["age"], "year"),
        height=_by_sex(entry["height"], "cm") if sizes is None else {},
        bmi=_by_sex(entry["bmi"], "kg/m2") if sizes is None else {},
        sizes=sizes,
        weight_ends=(ends[0].quantity("kg"), ends[1].quantity("kg")),
        numbers={
            name: _by_sex(item, _kind_unit(item, name)) for name, item in (numbers.fields if numbers else {}).items()
        },
        choices={name: _shares(item) for name, item in (choices.fields if choices else {}).items()},
        ethnicity=_shares(entry["ethnicity"]),
        co_medication={name: item.number() for name, item in _optional(entry, "co_medication").items()},
        sources=tuple(item.text for item in entry["sources"].items),
    )


def _sizes(entry: Entry) -> BodySizes | None:
    named = entry.get("body_size")
    if named is None:
        return None
    if "height" in entry or "bmi" in entry:
        raise named.error("'body_size' stands in place of 'height' and 'bmi'")
    try:
        return body_sizes(named.text)
    except ModelError as error:
        raise named.error(str(error)) from error


def _optional(entry: Entry, key: str) -> Mapping[str, Entry]:
    found = entry.get(key)
    return {} if found is None else found.fields


def _kind_unit(entry: Entry, name: str) -> str:
    if name not in CATALOGUE:
        raise entry.error("no covariate of this name is known")
    return CATALOGUE[name].unit


def _by_sex(entry: Entry, unit: str) -> Mapping[Sex, Spread]:
    if Sex.FEMALE.value in entry:
        entry.only(*(sex.value for sex in Sex))
        return {sex: read_spread(entry[sex.value], unit) for sex in Sex}
    return dict.fromkeys(Sex, read_spread(entry, unit))


def _shares(entry: Entry) -> Mapping[str, float]:
    shares = {name: item.number() for name, item in entry.fields.items()}
    if abs(sum(shares.values()) - 1.0) > 1e-9 or min(shares.values()) < 0:  # rounding of typed shares
        raise entry.error("the shares must not be negative and must add up to 1")
    return shares


def sample_patient(population: VirtualPopulation, drug: str, number: int, rng: np.random.Generator) -> Case:
    """Draw one virtual patient as a case without doses; what the patient takes besides is taken throughout."""
    sex = Sex.FEMALE if rng.random() < population.female else Sex.MALE
    age = population.age.draw(rng)
    values = {"age": age, **_size(population, sex, age, rng)}
    values |= {name: spreads[sex].draw(rng) for name, spreads in population.numbers.items()}
    values = {name: round(value, _ROUNDED.get(name, 2)) for name, value in values.items()}
    chosen = {name: _pick(shares, rng) for name, shares in population.choices.items()}
    other = _pick({**population.co_medication, NOT_ENTERED: 1.0 - sum(population.co_medication.values())}, rng)
    covariates = [
        CovariateValue(name, Quantity(value, CATALOGUE[name].unit)) for name, value in values.items() if name != "age"
    ]
    covariates += [CovariateValue(name, choice) for name, choice in chosen.items() if choice != NOT_ENTERED]
    return Case(
        patient=Patient(
            f"V{number:06d}", sex, age=values["age"], ethnicity=Ethnicity(_pick(population.ethnicity, rng))
        ),
        drug=drug,
        start=START,
        covariates=tuple(covariates),
        co_medication=() if other == NOT_ENTERED else (CoMedication(other, 0.0),),
    )


def _size(population: VirtualPopulation, sex: Sex, age: float, rng: np.random.Generator) -> dict[str, float]:
    low, high = population.weight_ends
    for _ in range(_MOST_TRIES):
        if population.sizes is not None:
            height, weight = (float(found[0]) for found in population.sizes.draw(sex, np.array([age]), rng))
        else:
            height = population.height[sex].draw(rng)
            weight = population.bmi[sex].draw(rng) * (height / 100.0) ** 2
        if low <= weight <= high:
            return {"weight": weight, "height": height}
    raise ModelError(f"no weight falls between {low:g} and {high:g} kg")


def _pick(shares: Mapping[str, float], rng: np.random.Generator) -> str:
    names = list(shares)
    return names[int(rng.choice(len(names), p=np.array(list(shares.values()))))]
