"""What a predictor is trained on and how: read from `resources/recipes/<drug>.yaml`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.clinic.strict_yaml import Entry, read_strict_yaml
from core.population.virtual_patients import Spread, VirtualPopulation, read_population, read_spread

_LEARNERS = ("linear", "random_forest", "gradient_boosting", "neural_network", "average")


@dataclass(frozen=True)
class CoursePlan:
    """How the virtual patients were treated and sampled before the decision."""

    levels: Mapping[int, float]  # number of levels known -> share of patients
    untreated: float  # share, of those without a level, who have had no dose
    intervals: tuple[float, ...]  # h, of the doses given
    doses: tuple[int, int]  # fewest and most doses given
    start_spread: float  # CV of the daily dose given around the typical patient's best
    trough: float  # share of levels drawn within the last hour before a dose; the rest anywhere in the interval
    earliest: float  # h after the end of a dose at which the first level is drawn
    lower_limit: float  # mg/L; a patient with a level below it is drawn anew
    changing: Mapping[str, tuple[float, Spread]]  # covariate -> share of patients in whom it changes, and the factor
    stopping: float  # share of those with another drug who begin or stop it at a dose during the course
    peak: tuple[float, float] | None = None  # h after the last dose's end: of two levels, the other being its trough


@dataclass(frozen=True)
class Split:
    """Patients by purpose; whole patients, by the hash of their id."""

    train: int
    calibrate: int
    test: int
    verify: int  # of the test patients, judged again by the program's own fit and ranking

    @property
    def total(self) -> int:
        """All patients."""
        return self.train + self.calibrate + self.test


@dataclass(frozen=True)
class Candidate:
    """One learner and its settings, fixed beforehand."""

    name: str
    settings: Mapping[str, float]


@dataclass(frozen=True)
class Recipe:
    """A predictor of the daily dose, trained on virtual patients."""

    id: str
    drug: str
    models: tuple[str, ...]
    population: VirtualPopulation
    course: CoursePlan
    features: tuple[str, ...]
    reference_every: float  # h; the interval at which the daily dose is learned
    floor: float  # lowest dose considered, as a share of the least that can be given
    standard_daily: float  # mg; the comparator that gives everybody the same
    points: int  # of each model's prior, a power of two
    split: Split
    candidates: tuple[Candidate, ...]
    choice: Candidate  # gradient boosting that judges regimens
    coverage: float
    inside: float  # share of patients like those trained on who count as inside the domain
    agreeing: float  # share of them in whom predictor and mechanistic optimum count as agreeing
    seed: int
    file_hash: str


def read_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises:
        DrugFileError: with file and line.
    """
    root = read_strict_yaml(path)
    root.only(
        "schema", "id", "drug", "models", "population", "course", "features", "target", "comparator", "points",
        "split", "candidates", "choice", "coverage", "inside", "agreeing", "seed",
    )  # fmt: skip
    target = root["target"]
    target.only("every", "floor", "note")
    comparator = root["comparator"]
    comparator.only("daily", "note")
    return Recipe(
        id=root["id"].text,
        drug=root["drug"].text,
        models=tuple(item.text for item in root["models"].items),
        population=read_population(root["population"]),
        course=_course(root["course"]),
        features=tuple(item.text for item in root["features"].items),
        reference_every=target["every"].quantity("h"),
        floor=target["floor"].number(),
        standard_daily=comparator["daily"].quantity("mg"),
        points=_power_of_two(root["points"]),
        split=_split(root["split"]),
        candidates=read_candidates(root["candidates"]),
        choice=_candidate("gradient_boosting", root["choice"], _LEARNERS),
        coverage=root["coverage"].number(),
        inside=root["inside"].number(),
        agreeing=root["agreeing"].number(),
        seed=whole_number(root["seed"]),
        file_hash=hashlib.sha256(path.read_bytes()).hexdigest(),
    )


def recipe_kind(path: Path) -> str:
    """`patients`, `exposure` or `weighting`; empty for a dose learned from virtual patients.

    Raises:
        DrugFileError: it cannot be read.
    """
    kind = read_strict_yaml(path).get("kind")
    return "" if kind is None else kind.text


def whole_number(entry: Entry) -> int:
    """A count; raises DrugFileError for anything else."""
    value = entry.number()
    if value != int(value) or value < 0:
        raise entry.error("a whole number is expected")
    return int(value)


def _power_of_two(entry: Entry) -> int:
    value = whole_number(entry)
    if value < 2 or value & (value - 1):  # the smallest power of two that is a sample
        raise entry.error("a power of two is expected")
    return value


def _course(entry: Entry) -> CoursePlan:
    entry.only(
        "levels", "untreated", "intervals", "doses", "start_spread", "trough", "earliest", "lower_limit", "changing",
        "stopping",
    )  # fmt: skip
    fewest, most = (whole_number(item) for item in entry["doses"].items)
    changing = entry.get("changing")
    return CoursePlan(
        levels={int(name): item.number() for name, item in entry["levels"].fields.items()},
        untreated=entry["untreated"].number(),
        intervals=tuple(item.quantity("h") for item in entry["intervals"].items),
        doses=(fewest, most),
        start_spread=entry["start_spread"].number(),
        trough=entry["trough"].number(),
        earliest=entry["earliest"].quantity("h"),
        lower_limit=entry["lower_limit"].quantity("mg/L"),
        changing={
            name: (item["share"].number(), read_spread(item["factor"], ""))
            for name, item in (changing.fields if changing else {}).items()
        },
        stopping=entry["stopping"].number(),
    )


def _split(entry: Entry) -> Split:
    entry.only("train", "calibrate", "test", "verify")
    return Split(*(whole_number(entry[name]) for name in ("train", "calibrate", "test", "verify")))


def read_candidates(entry: Entry, known: tuple[str, ...] = _LEARNERS) -> tuple[Candidate, ...]:
    """The learners a recipe names, with their settings; raises DrugFileError for one that is not known."""
    return tuple(_candidate(name, item, known) for name, item in entry.fields.items())


def _candidate(name: str, entry: Entry, known: tuple[str, ...]) -> Candidate:
    if name not in known:
        raise entry.error(f"unknown learner; known: {', '.join(known)}")
    return Candidate(name, {key: item.number() for key, item in entry.fields.items()})
