"""`population`: a table of virtual patients of a recipe."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.cli.answer import Answer, Console
from core.cli.arguments import LARGEST_SEED, add_output, read_count
from core.clinic.case import Case
from core.drugs.covariates import covariate_at
from core.drugs.library import resources_folder
from core.errors import InputError
from core.learn.recipe import read_recipe
from core.population.virtual_patients import sample_patient
from core.units import parse_plain_number

MOST_PATIENTS = 1_000_000
_MOST_REFUSED = 1000  # draws per patient wanted, before the condition counts as impossible


def add_parser(verbs: Any) -> None:
    """Register the verb."""
    parser = verbs.add_parser("population", help="draw virtual patients, as a table")
    parser.add_argument("drug", metavar="DRUG", help="a drug that has a recipe, or a recipe file (*.yaml)")
    parser.add_argument("-n", "--number", default="100", metavar="N", help="how many (default 100)")
    parser.add_argument("--seed", default="1", metavar="S", help="seed of the draws (default 1)")
    parser.add_argument("--where", nargs="*", default=[], metavar="NAME=LOW:HIGH", help="such as age=65:90")
    add_output(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Draw patients until enough meet every condition.

    Raises:
        InputError: no recipe, a condition that cannot be read, or one hardly anybody meets.
    """
    number = read_count(args.number, "-n", 1, MOST_PATIENTS)
    seed = read_count(args.seed, "--seed", 0, LARGEST_SEED)
    recipe = read_recipe(_recipe_file(args.drug))
    conditions = [read_condition(text) for text in args.where]
    population = recipe.population
    names = ("weight", "height", *population.numbers, *population.choices)
    rng = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for drawn in range(number * _MOST_REFUSED):
        case = sample_patient(population, recipe.drug, len(rows), rng)
        if all(_meets(case, *condition) for condition in conditions):
            rows.append(row_of(case, names))
        if len(rows) == number:
            break
        if drawn > _MOST_REFUSED and not rows:
            raise InputError("--where", "cli_nobody_meets")
    lines = [",".join(rows[0]), *(",".join(str(value) for value in row.values()) for row in rows)] if rows else []
    return Answer({"recipe": recipe.id, "seed": seed, "patients": rows}, lines)


def _recipe_file(name: str) -> Path:
    path = Path(name) if name.endswith(".yaml") else resources_folder() / "recipes" / f"{name}.yaml"
    if not path.is_file():
        known = sorted(item.stem for item in (resources_folder() / "recipes").glob("*.yaml"))
        raise InputError("drug", "recipe_unknown", name=name, known=", ".join(known))
    return path


def read_condition(text: str) -> tuple[str, float, float]:
    """Read `age=65:90`.

    Raises:
        InputError: it is not written so.
    """
    name, equals, ends = text.partition("=")
    low, colon, high = ends.partition(":")
    if not (equals and colon):
        raise InputError("--where", "cli_condition_unreadable", value=text[:40])
    return name, parse_plain_number(low, "--where"), parse_plain_number(high, "--where")


def _meets(case: Case, name: str, low: float, high: float) -> bool:
    value = covariate_at(case, name, 0.0)
    if not isinstance(value, float):
        raise InputError("--where", "covariate_unknown", name=name)
    return low <= value <= high


def row_of(case: Case, names: Sequence[str]) -> dict[str, Any]:
    """One patient as a row: the covariates `names` in base units, empty where not entered."""
    patient = case.patient
    row: dict[str, Any] = {
        "id": patient.id,
        "sex": patient.sex.value,
        "age": patient.age,
        "ethnicity": patient.ethnicity.value,
    }
    for name in names:
        item = case.covariate(name)
        row[name] = "" if item is None else item.value if isinstance(item.value, str) else item.number
    row["co_medication"] = case.co_medication[0].drug if case.co_medication else ""
    return row
