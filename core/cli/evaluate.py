"""`evaluate`: how well the next level of real patients is foretold, from the user's own copy of published data."""

from __future__ import annotations

import argparse
import csv
import io
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.atomic_write import write_atomically
from core.cli.answer import Answer, Console
from core.cli.arguments import add_crew, add_output, read_crew
from core.errors import InputError
from core.infer.next_level import Foretold, Score
from core.qualify.retrospective import Evaluation, Study, evaluate, read_study, study_files

_MEASURES = ("bias", "rmse", "within_20", "within_30")
_LEVEL_COLUMNS = ("study", "patient", "before", "time_h", "observed_mg_L", "individual_mg_L", "typical_mg_L")


def add_parser(verbs: Any) -> None:
    """Register the verb."""
    parser = verbs.add_parser("evaluate", help="foretell the next level of real patients, study by study")
    parser.add_argument("data", metavar="FOLDER", help="folder with the tables of the studies")
    parser.add_argument("--study", nargs="*", default=[], metavar="STUDY", help="names, or study files (*.study.yaml)")
    parser.add_argument("--levels", metavar="FILE", help="write every level and what was foretold of it (*.csv)")
    add_crew(parser)
    add_output(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Evaluate each study whose table is in the folder.

    Raises:
        InputError: no such folder, study or table, or a table that cannot be read.
        DrugFileError: a study or model file is broken.
    """
    folder = Path(args.data)
    if not folder.is_dir():
        raise InputError("FOLDER", "file_not_read", path=folder, why="there is no such folder")
    crew = read_crew(args, console)
    done = [evaluate(study, folder, console.task(), crew) for study in _studies(args.study, folder)]
    if args.levels:
        write_atomically(args.levels, _levels_csv(done))
        console.tell(console.wording.text("cli_written", {"path": args.levels}))
    lines = [line for item in done for line in _lines(item, console)]
    return Answer({"studies": [_document(item) for item in done]}, lines)


def _studies(names: Sequence[str], folder: Path) -> list[Study]:
    known = {study.name: study for study in map(read_study, study_files())}
    if not names:
        present = [study for study in known.values() if (folder / study.table).is_file()]
        if not present:
            wanted = ", ".join(study.table for study in known.values())
            raise InputError("FOLDER", "evaluate_no_table", path=folder, tables=wanted)
        return present
    found = []
    for name in names:
        if name not in known and not name.endswith(".yaml"):
            raise InputError("--study", "choice_unknown", value=name, choices=", ".join(known))
        found.append(known[name] if name in known else read_study(Path(name)))
    return found


def _lines(item: Evaluation, console: Console) -> list[str]:
    text = console.wording.text
    gaps = {"study": item.study.name, "people": item.subjects, "source": item.study.source}
    lines = [text("evaluate_heading", gaps), text("evaluate_fitted" if item.study.fitted else "evaluate_published")]
    lines.append("  " + text("evaluate_columns"))
    for row in item.rows:
        for label, score in (("evaluate_individual", row.individual), ("evaluate_typical", row.typical)):
            if label == "evaluate_typical" and row.before == 0:
                continue
            numbers = "".join(f"{number:10.1f}" for number in _numbers(score))
            lines.append(f"  {row.before:3d}{score.count:6d}{numbers}   {text(label)}")
    if item.failures:
        lines.append(text("evaluate_failures", {"count": len(item.failures)}))
    lines.append(text("cli_import_counts", item.sheet.counts()))
    return [*lines, ""]


def _numbers(score: Score) -> list[float]:
    return [getattr(score, name) for name in _MEASURES]


def _document(item: Evaluation) -> dict[str, Any]:
    return {
        "study": item.study.name,
        "source": item.study.source,
        "people": item.subjects,
        "fitted_on_other_half": item.study.fitted,
        "failures": [asdict(failure) for failure in item.failures],
        "rows": [
            {
                "levels_known": row.before,
                "levels_foretold": row.individual.count,
                "individual": _score(row.individual),
                "covariates_alone": _score(row.typical),
            }
            for row in item.rows
        ],
        "table": item.sheet.counts(),
    }


def _score(score: Score) -> dict[str, float | None]:
    numbers = zip(_MEASURES, _numbers(score), strict=True)
    return {f"{name}_percent": None if math.isnan(value) else value for name, value in numbers}


def _levels_csv(done: Sequence[Evaluation]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_LEVEL_COLUMNS)
    for item in done:
        writer.writerows(_level(item.study.name, level) for level in item.foretold)
    return out.getvalue().encode()


def _level(study: str, level: Foretold) -> list[str | int | float]:
    numbers = (level.time, level.observed, level.individual, level.typical)
    return [study, level.patient, level.before, *(float(f"{number:.6g}") for number in numbers)]
