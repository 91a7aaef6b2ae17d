"""Foretelling the next level of real patients, study by study, from the user's own copy of the data."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from core.clinic.case import Case
from core.clinic.case_file import case_text
from core.clinic.strict_yaml import Entry, read_strict_yaml
from core.drugs.library import resources_folder
from core.drugs.loader import load_population_model
from core.drugs.model import DrugModel
from core.drugs.population_model import PopulationModel
from core.errors import DrugFileError, InputError
from core.exchange.mapping import load_mapping
from core.exchange.nonmem_case import read_cases
from core.exchange.sheet import Sheet
from core.exchange.table_case import read_table_cases
from core.infer.next_level import MOST_BEFORE, Failure, Foretold, Score, foretell, score
from core.infer.population_fit import PopulationFit, fit_population
from core.session import library
from core.spread import Crew, Written, spread
from core.task import Task

SCHEMA = "dosewright.retrospective/1"
SUFFIX = ".study.yaml"
_TOGETHER = 5  # patients in one piece of work
_COURSE = re.compile(r"-[0-9]+$")


@dataclass(frozen=True)
class Study:
    """One table of real patients, how it is read, and the model that is tried on it."""

    name: str
    table: str  # file name in the folder of the data
    kind: str  # table | nonmem
    mapping: Path
    model: str  # file beside the study, or a model's id in the library
    fitted: bool  # whether the model's numbers are fitted, on one half of the patients for the other
    source: str
    folder: Path


@dataclass(frozen=True)
class Row:
    """What was foretold after so many levels: with them, and from the covariates alone for the very same levels."""

    before: int
    individual: Score
    typical: Score


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The outcome of one study."""

    study: Study
    sheet: Sheet
    subjects: int
    foretold: tuple[Foretold, ...]
    failures: tuple[Failure, ...]
    fits: tuple[PopulationFit, ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        """Scores by number of levels known."""
        found = []
        for before in range(MOST_BEFORE + 1):
            items = [item for item in self.foretold if item.before == before]
            own = score([(item.individual, item.observed) for item in items])
            found.append(Row(before, own, score([(item.typical, item.observed) for item in items])))
        return tuple(found)


def study_files() -> list[Path]:
    """The studies that come with the program."""
    return sorted((resources_folder() / "retrospective").glob(f"*{SUFFIX}"))


def read_study(path: Path) -> Study:
    """Read one study file.

    Raises:
        DrugFileError: with file and line.
    """
    root = read_strict_yaml(path)
    root.only("schema", "table", "kind", "mapping", "model", "fit", "source")
    root["schema"].choice(SCHEMA)
    return Study(
        name=path.name.removesuffix(SUFFIX),
        table=_file_name(root["table"]),
        kind=root["kind"].choice("table", "nonmem"),
        mapping=path.with_name(_file_name(root["mapping"])),
        model=root["model"].text,
        fitted=root["fit"].choice("halves", "no") == "halves",
        source=root["source"].text,
        folder=path.parent,
    )


def _file_name(entry: Entry) -> str:
    if Path(entry.text).name != entry.text:
        raise entry.error("the name of a file, without folders")
    return entry.text


@dataclass(frozen=True)
class _Some:
    """Some patients, and the model that is tried on them."""

    model: DrugModel
    cases: tuple[Case, ...]


def evaluate(study: Study, data: Path, task: Task, crew: Crew | None = None) -> Evaluation:
    """Foretell every level of a study's patients from up to three before it.

    A model whose numbers are fitted is fitted on one half of the people and tried on the other, then the other way
    round: nobody's level is foretold by numbers he had a part in.

    Args:
        study: what to read and try.
        data: folder with the table.
        task: progress and cancel.
        crew: who works; the result does not depend on it.

    Raises:
        InputError: the table or the mapping cannot be read, there are too few patients, or the cluster cannot be used.
        DrugFileError: the model's file is broken.
        Cancelled: on request.
    """
    sheet = Sheet()
    cases = _read(study, data / study.table, sheet, task)
    model = _model(study)
    halves = halved(cases) if study.fitted else (cases,)
    foretold: list[Foretold] = []
    failures: list[Failure] = []
    fits = []
    for number, half in enumerate(halves):
        used: DrugModel = model
        if study.fitted:
            fit = _fit(study, model, halves[1 - number], task)
            fits.append(fit)
            used = fit.model
        pieces = [_Some(used, tuple(half[at : at + _TOGETHER])) for at in range(0, len(half), _TOGETHER)]
        for done, (told, failed) in enumerate(spread(_foretell, pieces, crew or Crew(), _key, _AS_LISTS)):
            task.step((number + done / len(pieces)) / len(halves), "foretelling")
            foretold += told
            failures += failed
    people = len({subject_of(case) for case in cases})
    return Evaluation(study, sheet, people, tuple(foretold), tuple(failures), tuple(fits))


_Told = tuple[list[Foretold], list[Failure]]


def _foretell(some: _Some) -> _Told:
    found = [foretell(some.model, case) for case in some.cases]
    return [item for told, _ in found for item in told], [item for _, failed in found for item in failed]


def _key(some: _Some) -> str:
    """All the answer depends on: the file, what was fitted, and the patients."""
    model = some.model
    numbers = [model.omega.tolist(), repr(model.residual)]
    numbers += [(item.name, item.typical) for item in getattr(model, "parameters", ())]
    cases = hashlib.sha256("".join(map(case_text, some.cases)).encode()).hexdigest()
    return f"foretold {model.id} {model.file_hash} {numbers} {cases}"


_AS_LISTS: Written[_Told] = Written(
    lambda told: [[asdict(item) for item in part] for part in told],
    lambda values: ([Foretold(**item) for item in values[0]], [Failure(**item) for item in values[1]]),
)


def _fit(study: Study, model: DrugModel, cases: Sequence[Case], task: Task) -> PopulationFit:
    if not isinstance(model, PopulationModel):
        raise InputError("fit", "population_fit_not_population", model=study.model)
    return fit_population(model, cases, task=task)


def _model(study: Study) -> DrugModel:
    if not study.model.endswith(".yaml"):
        return library().model(study.model)
    path = study.folder / study.model
    if not path.is_file():
        raise DrugFileError(path, 0, "there is no such file")
    return load_population_model(path, to_dose=False)


def _read(study: Study, path: Path, sheet: Sheet, task: Task) -> list[Case]:
    mapping = load_mapping(study.mapping)
    if not path.is_file():
        raise InputError(str(path), "file_not_read", path=path, why="there is no such file")
    if study.kind == "nonmem":
        return list(read_cases(path, mapping, sheet, task))
    return list(read_table_cases(path, mapping, sheet, task))


def subject_of(case: Case) -> str:
    """The person a course belongs to; a table's second course of one person has a number behind the name."""
    return _COURSE.sub("", case.patient.id)


def halved(cases: Sequence[Case]) -> tuple[list[Case], list[Case]]:
    """Two halves of the people, every second one in the order of the table; all courses of one person stay together."""
    order = {name: index for index, name in enumerate(dict.fromkeys(subject_of(case) for case in cases))}
    return (
        [case for case in cases if order[subject_of(case)] % 2 == 0],
        [case for case in cases if order[subject_of(case)] % 2 == 1],
    )
