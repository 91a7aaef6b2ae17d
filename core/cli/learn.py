"""`learn`: train a predictor from a recipe, show the card of one."""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from core import session
from core.atomic_write import write_atomically
from core.cli.answer import Answer, Console
from core.cli.arguments import LARGEST_SEED, add_crew, add_output, read_count, read_crew
from core.cli.exposure import add_exposure, train_on_recipe
from core.cli.recalibrate import add_parsers
from core.cli.weighting import add_weighting
from core.drugs.model import DrugModel
from core.errors import InputError
from core.exchange.iwpc import read_iwpc
from core.learn.card import Card, write_card
from core.learn.dataset import Table, data_hash, load_table, make_table, save_table
from core.learn.model_file import load_predictor, save_predictor
from core.learn.patient_recipe import read_patient_recipe
from core.learn.patient_table import PatientTable
from core.learn.recipe import Recipe, read_recipe, recipe_kind
from core.learn.table_prediction import PredictedRow, predict_table
from core.learn.train import check_promoted, train
from core.learn.train_patients import evaluate_on, train_on_patients
from core.learn.verify import verify
from core.spread import Crew
from core.task import Task

PROGRESS = "progress"  # first word of a line of progress written for a program that watches
_READERS: dict[str, Callable[[Path], PatientTable]] = {"iwpc": read_iwpc}


def add_parser(verbs: Any) -> None:
    """Register the verb and what it can do."""
    parser = verbs.add_parser("learn", help="train and look at predictors of the dose")
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="WHAT")
    training = kinds.add_parser("train", help="train a predictor from a recipe")
    training.add_argument("recipe", metavar="RECIPE", help="a recipe file (*.yaml)")
    training.add_argument("data", metavar="DATA", nargs="?", help="the patients, for a recipe of the kind `patients`")
    training.add_argument("-o", "--model", required=True, metavar="MODEL.dwm", help="where the predictor goes")
    training.add_argument("--table", metavar="FILE.npz", help="keep the virtual patients here, or take them from here")
    training.add_argument("--progress", action="store_true", help="write progress as lines, for a program that watches")
    add_crew(training)
    training.set_defaults(run=run_train)
    judging = kinds.add_parser("evaluate", help="judge a predictor on patients it has never seen")
    judging.add_argument("model", metavar="MODEL.dwm")
    judging.add_argument("data", metavar="DATA", help="a table its recipe's reader can read")
    judging.add_argument("--seed", default="1", metavar="S", help="seed of the bootstrap (default 1)")
    judging.set_defaults(run=run_evaluate)
    telling = kinds.add_parser(
        "predict", help="predict every row of a table whose columns are the predictor's features"
    )
    telling.add_argument("model", metavar="MODEL.dwm")
    telling.add_argument("table", metavar="TABLE.csv")
    telling.add_argument("--csv", metavar="FILE", help="write one line per row here")
    add_output(telling)
    telling.set_defaults(run=run_predict)
    card = kinds.add_parser("card", help="show the card of a predictor")
    card.add_argument("model", metavar="MODEL.dwm")
    card.set_defaults(run=run_card)
    add_exposure(kinds)
    add_weighting(kinds)
    add_parsers(kinds)


def run_train(args: argparse.Namespace, console: Console) -> Answer:
    """Draw virtual patients, train every candidate, write the best; nothing is written that is no better than one dose.

    Raises:
        InputError: the recipe's models are unknown, or the predictor earns no place.
    """
    kind = recipe_kind(Path(args.recipe))
    if kind == "exposure":
        return train_on_recipe(args, Task(_tell_progress) if args.progress else console.task(), console)
    if kind == "patients":
        return _train_on_patients(args, console)
    if kind == "weighting":
        raise InputError("RECIPE", "recipe_of_weighting")
    if args.data is not None:
        raise InputError("DATA", "recipe_takes_no_data")
    crew = read_crew(args, console)
    recipe = read_recipe(Path(args.recipe))
    models = [session.library().model(name) for name in recipe.models]
    task = Task(_tell_progress) if args.progress else console.task()
    table = _table(args.table, recipe, models, crew, task)
    trained = train(recipe, models, table, task)
    check_promoted(trained)
    card = verify(recipe, models, trained.graphs, trained.card, task)
    save_predictor(Path(args.model), trained.graphs, card)
    load_predictor(Path(args.model))
    console.tell(console.wording.text("cli_written", {"path": args.model}))
    return Answer(card.report, lines_of(card))


def _tell_progress(fraction: float, message: str) -> None:
    print(PROGRESS, f"{fraction:.4f}", message, file=sys.stderr, flush=True)


def _train_on_patients(args: argparse.Namespace, console: Console) -> Answer:
    recipe = read_patient_recipe(Path(args.recipe))
    if args.data is None:
        raise InputError("DATA", "recipe_needs_data", name=recipe.reader)
    trained = train_on_patients(recipe, _READERS[recipe.reader](Path(args.data)), console.task())
    report = trained.card.report
    if not trained.promoted:
        gain = report["gain_over_published"][report["learner"]]
        raise InputError(
            "recipe", "predictor_not_above_published", low=f"{gain['low']:.3g}", high=f"{gain['high']:.3g}"
        )
    save_predictor(Path(args.model), trained.graphs, trained.card)
    load_predictor(Path(args.model))
    console.tell(console.wording.text("cli_written", {"path": args.model}))
    return Answer(report, lines_of(trained.card))


def run_evaluate(args: argparse.Namespace, console: Console) -> Answer:
    """Errors, intervals, domain and subgroups on a table of patients, beside the published formula.

    Raises:
        InputError: the predictor was not trained on patients, or the table has other features.
    """
    predictor = load_predictor(Path(args.model))
    reader = _READERS.get(str(predictor.card.report.get("reader", "")))
    if reader is None:
        raise InputError("MODEL", "predictor_not_of_patients")
    table = reader(Path(args.data))
    if table.names != predictor.card.features:
        raise InputError("DATA", "predictor_shape_differs", wanted=str(len(predictor.card.features)))
    found = evaluate_on(predictor, table, read_count(args.seed, "--seed", 0, LARGEST_SEED))
    lines = [f"{name} {_figure(value)}" for name, value in found["dose"].items()]
    lines.append(f"gain_over_published {_figure(found['gain_over_published'])} {predictor.card.unit}")
    return Answer(found, [*lines, f"interval {found['interval']['coverage']:.3f}", *_groups(found["subgroups"])])


def run_predict(args: argparse.Namespace, console: Console) -> Answer:
    """Dose, interval and reasons row by row; rows that cannot be read are named by line and field, none is lost.

    Raises:
        InputError: the predictor or the table cannot be read.
    """
    predictor = load_predictor(Path(args.model))
    found = predict_table(predictor, Path(args.table))
    for refused in found.refused:
        console.tell(f"{args.table}:{refused.line}: {console.wording.error(refused.error)}")
    rows = [_predicted(row) for row in found.rows]
    if args.csv:
        write_atomically(args.csv, _as_csv(rows))
        console.tell(console.wording.text("cli_written", {"path": args.csv}))
    silent = sum(row.dose is None for row in found.rows)
    counts = {"rows": len(found.rows) + len(found.refused), "silent": silent, "refused": len(found.refused)}
    document = {
        "predictor": predictor.card.id,
        "file_hash": predictor.file_hash,
        "unit": predictor.card.unit,
        "coverage": predictor.card.coverage,
        **counts,
        "predicted": rows,
        "not_read": [{"line": item.line, "field": item.field, "reason": item.error.reason} for item in found.refused],
    }
    return Answer(document, [console.wording.text("learn_predict_counts", counts)])


def _predicted(row: PredictedRow) -> dict[str, Any]:
    """One row as a document; contributions add up to the dose less `base`."""
    dose = row.dose
    return {
        "line": row.line,
        "id": row.id,
        "dose": None if dose is None else dose.value,
        "low": None if dose is None else dose.low,
        "high": None if dose is None else dose.high,
        "silent_for": row.abstains,
        "base": row.base,
        "contributions": dict(row.reasons),
    }


def _as_csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    themes = list(dict.fromkeys(name for row in rows for name in row["contributions"]))
    plain = ("line", "id", "dose", "low", "high", "silent_for", "base")
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*plain, *themes])
    for row in rows:
        numbers = [*(row[name] for name in plain), *(row["contributions"].get(theme) for theme in themes)]
        writer.writerow(["" if value is None else value for value in numbers])
    return out.getvalue().encode()


def _table(place: str | None, recipe: Recipe, models: Sequence[DrugModel], crew: Crew, task: Task) -> Table:
    made_from = data_hash(recipe, models)
    if place is not None and Path(place).exists():
        return load_table(Path(place), made_from)
    table = make_table(recipe, models, crew, task)
    if place is not None:
        save_table(Path(place), table, made_from)
    return table


def run_card(args: argparse.Namespace, console: Console) -> Answer:
    """The whole card as the document, the figures that matter as lines."""
    import json

    predictor = load_predictor(Path(args.model))
    return Answer(json.loads(write_card(predictor.card)), lines_of(predictor.card))


def lines_of(card: Card) -> list[str]:
    """A card in short lines: names and figures, as they stand in it."""
    report = card.report
    learner = report["learner"]
    test = report["test"][learner]
    seen = report.get("kept_aside", test)
    gains = report.get("gain_over_comparator", report.get("gain_over_published", {}))
    lines = [f"{card.id}: {learner}", str(report["trained_on"]), f"patients {report['patients']}"]
    lines.append(f"gain {_figure(gains[learner])} {card.unit}")
    lines += [f"{name} {_figure(value)}" for name, value in test["dose"].items()]
    lines.append(f"interval {seen['interval']['coverage']:.3f} of {card.coverage:g}")
    lines.append(f"in_domain {seen['in_domain']:.3f}")
    if "choice" in report:
        lines.append(f"utility_within_5_percent {report['choice']['utility_within_5_percent']:.3f}")
    return [*lines, *_groups(seen["subgroups"])]


def _groups(subgroups: Mapping[str, Mapping[str, float]]) -> list[str]:
    return [
        f"{name}: n {group['n']:g}, mae {group['mae']:.3g}, coverage {group['coverage']:.3f}"
        for name, group in subgroups.items()
    ]


def _figure(item: dict[str, float]) -> str:
    return f"{item['value']:.4g} ({item['low']:.4g} to {item['high']:.4g})"
