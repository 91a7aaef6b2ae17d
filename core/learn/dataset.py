"""The table a predictor learns from: one row per virtual patient, with the mechanistic optimum and the true need."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.advise.candidates import WAITS, candidates, limits_met
from core.advise.recommendation import Regimen
from core.clinic.case import Case
from core.drugs.model import DrugModel
from core.errors import InputError
from core.learn.features import LEVELS_KNOWN, feature_row, see
from core.learn.optimum import Judge, believe_well, effective_size, with_truth
from core.learn.outlook import OUTLOOK, by_course, outlook
from core.learn.probe import CASES, probe, probe_case
from core.learn.recipe import Recipe
from core.learn.virtual_course import VirtualPatient, daily_limit, dose_grid, limits_of, usual_course, virtual_patient
from core.population.virtual_patients import sample_patient
from core.spread import Crew, Written, spread
from core.task import Task

Array = NDArray[np.float64]

_BATCH = 50

Row = tuple[Array, float, float, float, float, Array, Array, Array]


@dataclass(frozen=True, eq=False)
class Table:
    """Virtual patients in the order of their purpose: first those to train on, then to calibrate on, then to test on.

    `features` (N, F) single-precision numbers; `best` (N,) mg per day, the mechanistic optimum under what is known;
    `need` (N,) mg per day, the optimum had the truth been known; `limit` (N,) mg per day, the label's; `points` (N,)
    effective sample size behind `best`; for all but the training patients, else NaN: `by_interval` (N, E) mg per day,
    the optimum at each interval, `utility` (N, M) of each regimen of the menu, NaN where the label forbids it, and
    `outlook` (N, M, K), what is expected of each.
    """

    numbers: NDArray[np.int64]  # (N,) of the virtual patients
    features: Array
    best: Array
    need: Array
    limit: Array
    points: Array
    by_interval: Array
    utility: Array
    outlook: Array

    @property
    def hash(self) -> str:
        """SHA-256 of all that is learned from."""
        digest = hashlib.sha256()
        for part in (self.numbers, self.features, self.best, self.need, self.limit):
            digest.update(np.ascontiguousarray(part).tobytes())
        return digest.hexdigest()

    def rows(self, chosen: slice) -> Table:
        """Some of the patients."""
        return Table(**{name: value[chosen] for name, value in vars(self).items()})


def menu(model: DrugModel) -> list[Regimen]:
    """Every regimen the drug comes in, for a decision at time 0; its first dose may wait."""
    return candidates(model.given_as, 0.0, waits=WAITS)


def intervals(model: DrugModel) -> tuple[float, ...]:
    """Intervals the drug is given at, h, ascending."""
    return tuple(sorted({regimen.every for regimen in menu(model)}))


def purposes(recipe: Recipe) -> NDArray[np.int64]:
    """Numbers of the virtual patients ordered by the hash of their names; the split cuts this order."""
    keys = [hashlib.sha256(f"{recipe.id}:{number}".encode()).hexdigest() for number in range(recipe.split.total)]
    return np.array(sorted(range(recipe.split.total), key=keys.__getitem__), dtype=np.int64)


@dataclass(frozen=True)
class _Batch:
    """Virtual patients to judge together: number, and whether in full."""

    recipe: Recipe
    models: tuple[DrugModel, ...]
    patients: tuple[tuple[int, bool], ...]


def make_table(
    recipe: Recipe, models: Sequence[DrugModel], crew: Crew | None = None, task: Task | None = None
) -> Table:
    """Draw and judge every virtual patient of a recipe; the result does not depend on who works.

    Raises:
        InputError: the drug's target does not superpose; the cluster cannot be used.
        Cancelled: on request.
    """
    numbers = purposes(recipe)
    batches = [
        _Batch(
            recipe,
            tuple(models),
            tuple(
                (int(numbers[place]), place >= recipe.split.train)
                for place in range(start, min(start + _BATCH, len(numbers)))
            ),
        )
        for start in range(0, len(numbers), _BATCH)
    ]
    made_from = data_hash(recipe, models)
    rows: list[Row] = []
    work = spread(_judge_batch, batches, crew or Crew(), lambda batch: f"table {made_from} {batch.patients}", _AS_LISTS)
    for done, part in enumerate(work):
        rows += part
        if task is not None:
            task.step((done + 1) / len(batches), "drawing_virtual_patients")
    columns = [np.array(column, dtype=float) for column in zip(*rows, strict=True)]
    return Table(numbers, *columns)


def _judge_batch(batch: _Batch) -> list[Row]:
    return [_judge(batch.recipe, batch.models, number, in_full=in_full) for number, in_full in batch.patients]


def _row_lists(rows: list[Row]) -> list[list[Any]]:
    return [[part.tolist() if isinstance(part, np.ndarray) else part for part in row] for row in rows]


def _rows(lists: list[list[Any]]) -> list[Row]:
    return [
        (np.array(row), best, need, limit, points, *(np.array(part, dtype=float) for part in arrays))
        for row, best, need, limit, points, *arrays in lists
    ]


_AS_LISTS = Written(_row_lists, _rows)


def _judge(recipe: Recipe, models: Sequence[DrugModel], number: int, *, in_full: bool) -> Row:
    """One row: features, best, need, limit, points, by_interval, utility, outlook."""
    patient = virtual_patient(recipe, models, number)
    model = patient.bounds[0].model
    limit = daily_limit(model, patient.case)
    row = feature_row(recipe.features, see(patient.case, patient.bounds))
    judge, truth, points = judge_of(recipe, patient)
    grid = dose_grid(model.given_as, limit, recipe.floor)
    course = judge.best_wait(usual_course(model, recipe.reference_every), grid)
    best, need = judge.best_daily(course, grid), judge.best_daily(course, grid, truth)
    at_each = np.full(len(intervals(model)), np.nan)
    regimens = menu(models[0])
    utility = np.full(len(regimens), np.nan)
    ahead = np.full((len(regimens), len(OUTLOOK)), np.nan)
    if in_full:
        courses = [replace(usual_course(model, every), wait=course.wait) for every in intervals(model)]
        at_each = np.array([judge.best_daily(item, grid) for item in courses])
        utility = regimen_utilities(judge, model, patient.case, regimens)
        allowed = np.flatnonzero(np.isfinite(utility))
        ahead[allowed] = outlook(judge, model, [regimens[place] for place in allowed])
    return row, best, need, limit, points, at_each, utility, ahead


def judge_of(recipe: Recipe, patient: VirtualPatient) -> tuple[Judge, Array, float]:
    """A judge that believes what is known of a virtual patient, the weights that know the truth, effective points."""
    beliefs = believe_well(patient.bounds, patient.case, recipe.points, recipe.seed)
    size = effective_size(beliefs)
    beliefs, truth = with_truth(beliefs, patient.truth)
    model = patient.bounds[0].model
    return Judge(patient.case, beliefs, model.targets[0].target, model.harms), truth, size


def regimen_utilities(judge: Judge, model: DrugModel, case: Case, regimens: Sequence[Regimen]) -> Array:
    """Utility of each regimen (M,), NaN where the label forbids it or there is nothing to wait for."""
    limits, waits = limits_of(model, case), judge.waits()
    values = np.full(len(regimens), np.nan)
    for course, places in by_course(model, regimens).items():
        allowed = [place for place in places if course.wait in waits and not limits_met(regimens[place], limits)]
        if allowed:
            values[allowed] = judge.utilities(course, np.array([regimens[place].amount for place in allowed]))
    return values


def known_levels(recipe: Recipe, features: Array) -> NDArray[np.int64]:
    """How many levels each row (N, F) knows, (N,)."""
    return np.asarray(features[:, recipe.features.index(LEVELS_KNOWN)], dtype=np.int64)


def data_hash(recipe: Recipe, models: Sequence[DrugModel]) -> str:
    """SHA-256 of all the table depends on: the recipe but for its learners, and what the models say of six patients."""
    rng = np.random.default_rng(recipe.seed)
    cases = [probe_case(sample_patient(recipe.population, recipe.drug, number, rng)) for number in range(CASES)]
    parts = (
        recipe.id, recipe.population, recipe.course, recipe.features, recipe.reference_every, recipe.floor,
        recipe.points, recipe.split, recipe.seed, tuple((model.id, probe(model, cases)) for model in models),
    )  # fmt: skip
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def save_table(path: Path, table: Table, made_from: str) -> None:
    """Keep a table, so that other learners can be tried on it."""
    with path.open("wb") as stream:
        np.savez_compressed(stream, made_from=np.array(made_from), **vars(table))


def load_table(path: Path, made_from: str) -> Table:
    """Read a table that was kept.

    Raises:
        InputError: it was made from another recipe or from other models.
    """
    with np.load(path, allow_pickle=False) as kept:
        if str(kept["made_from"]) != made_from:
            raise InputError(str(path), "table_of_other_recipe")
        return Table(**{name: kept[name] for name in kept.files if name != "made_from"})
