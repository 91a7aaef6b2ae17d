"""`learn`: train a predictor from a recipe, show the card of one."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core import session
from core.cli.answer import Answer, Console
from core.cli.arguments import read_count
from core.drugs.model import DrugModel
from core.errors import InputError
from core.learn.card import Card, write_card
from core.learn.dataset import Table, data_hash, load_table, make_table, save_table
from core.learn.model_file import load_predictor, save_predictor
from core.learn.recipe import Recipe, read_recipe
from core.learn.train import check_promoted, train
from core.learn.verify import verify

MOST_JOBS = 256


def add_parser(verbs: Any) -> None:
    """Register the verb and what it can do."""
    parser = verbs.add_parser("learn", help="train and look at predictors of the dose")
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="WHAT")
    training = kinds.add_parser("train", help="train a predictor from a recipe")
    training.add_argument("recipe", metavar="RECIPE", help="a recipe file (*.yaml)")
    training.add_argument("-o", "--model", required=True, metavar="MODEL.dwm", help="where the predictor goes")
    training.add_argument("--table", metavar="FILE.npz", help="keep the virtual patients here, or take them from here")
    training.add_argument("--jobs", default="1", metavar="N", help="processes that draw patients (default 1)")
    training.set_defaults(run=run_train)
    card = kinds.add_parser("card", help="show the card of a predictor")
    card.add_argument("model", metavar="MODEL.dwm")
    card.set_defaults(run=run_card)


def run_train(args: argparse.Namespace, console: Console) -> Answer:
    """Draw virtual patients, train every candidate, write the best; nothing is written that is no better than one dose.

    Raises:
        InputError: the recipe's models are unknown, or the predictor earns no place.
    """
    jobs = read_count(args.jobs, "--jobs", 1, MOST_JOBS)
    recipe = read_recipe(Path(args.recipe))
    models = [session.library().model(name) for name in recipe.models]
    task = console.task()
    table = _table(args.table, recipe, models, jobs, console)
    trained = train(recipe, models, table, task)
    check_promoted(trained)
    card = verify(recipe, models, trained.graphs, trained.card, task)
    save_predictor(Path(args.model), trained.graphs, card)
    load_predictor(Path(args.model))
    console.tell(console.wording.text("cli_written", {"path": args.model}))
    return Answer(card.report, lines_of(card))


def _table(place: str | None, recipe: Recipe, models: Sequence[DrugModel], jobs: int, console: Console) -> Table:
    made_from = data_hash(recipe, models)
    if place is not None and Path(place).exists():
        return load_table(Path(place), made_from)
    table = make_table(recipe, models, jobs, console.task())
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
    lines = [
        f"{card.id}: {learner}",
        str(report["trained_on"]),
        f"patients {report['patients']}",
        f"gain_over_comparator {_figure(report['gain_over_comparator'][learner])} mg/day",
    ]
    lines += [f"{name} {_figure(value)}" for name, value in test["dose"].items()]
    lines.append(f"interval {test['interval']['coverage']:.3f} of {card.coverage:g}")
    lines.append(f"utility_within_5_percent {test['utility_within_5_percent']:.3f}")
    lines.append(f"in_domain {test['in_domain']:.3f}")
    for name, group in test["subgroups"].items():
        lines.append(f"{name}: n {group['n']:g}, mae {group['mae']:.0f}, coverage {group['coverage']:.3f}")
    return lines


def _figure(item: dict[str, float]) -> str:
    return f"{item['value']:.4g} ({item['low']:.4g} to {item['high']:.4g})"


__all__ = ["InputError", "add_parser", "run_card", "run_train"]
