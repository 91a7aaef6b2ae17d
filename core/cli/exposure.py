"""`learn train` on a recipe of the kind `exposure`, and `learn exposure`: the area under the curve from few samples."""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core import session
from core.cli.answer import Answer, Console, Status
from core.clinic.case_file import load_case
from core.errors import InputError
from core.learn.exposure import bayesian_area, exposure_of
from core.learn.exposure_recipe import read_exposure_recipe
from core.learn.model_file import load_predictor, save_predictor
from core.learn.probe import unchanged
from core.learn.train_exposure import make_exposure_tables, refusals, train_exposure
from core.learn.virtual_course import holding
from core.task import Task


def add_exposure(kinds: Any) -> None:
    """Register `learn exposure`."""
    area = kinds.add_parser("exposure", help="the area under the last 24 h of one case, from its levels")
    area.add_argument("model", metavar="MODEL.dwm", help="a predictor of the kind `exposure`")
    area.add_argument("case", metavar="CASE", help="a case file")
    area.set_defaults(run=run_exposure)


def train_on_recipe(args: argparse.Namespace, task: Task, console: Console) -> Answer:
    """Train and compare; exit status 3, and no file, where it is not better than the Bayesian fit.

    Raises:
        InputError: a table was given, or a model is unknown.
    """
    if args.data is not None:
        raise InputError("DATA", "recipe_takes_no_data")
    recipe = read_exposure_recipe(Path(args.recipe))
    models = [session.library().model(name) for name in recipe.patients.models]
    tables = make_exposure_tables(recipe, models, session.library().model(recipe.external), task)
    trained = train_exposure(recipe, models, tables, task)
    report = trained.card.report
    lines = _exposure_lines(report, console)
    if trained.promoted:
        save_predictor(Path(args.model), trained.graphs, trained.card)
        load_predictor(Path(args.model))
        console.tell(console.wording.text("cli_written", {"path": args.model}))
        return Answer(report, lines)
    lines += [console.wording.text(f"exposure_fails_{bar}") for bar in refusals(recipe, report["external"])]
    return Answer(report, [*lines, console.wording.text("exposure_not_promoted")], Status.NO_SAFE_ANSWER)


def _exposure_lines(report: Mapping[str, Any], console: Console) -> list[str]:
    """The comparison in short lines: on patients of the models learned from, then on those of another."""
    lines = []
    places = (("exposure_same_models", report["test"][report["learner"]]), ("exposure_other_model", report["external"]))
    for title, found in places:
        lines.append(console.wording.text(title, {"count": found["n"], "name": report["external_model"]}))
        for who in ("predictor", "bayesian"):
            figures = {name: _percent(item) for name, item in found[who].items()}
            lines.append(console.wording.text(f"exposure_{who}", figures))
        gain, share = _percent(found["gain_over_bayesian"]), f"{100 * found['interval']['coverage']:.1f}"
        lines.append(console.wording.text("exposure_gain", {"gain": gain, "covered": share}))
    return lines


def _percent(item: Mapping[str, float]) -> str:
    return f"{100 * item['value']:.1f} % ({100 * item['low']:.1f} to {100 * item['high']:.1f})"


def run_exposure(args: argparse.Namespace, console: Console) -> Answer:
    """Area under the last 24 h of one case with its interval, beside the Bayesian estimate; exit status 3 when silent.

    Raises:
        InputError: what the readers refuse, or a predictor of another kind.
    """
    predictor, case = load_predictor(Path(args.model)), load_case(Path(args.case))
    if case.drug != predictor.card.drug:
        raise InputError("MODEL", "model_of_other_drug", name=predictor.card.id, drug=case.drug)
    models = [session.library().model(name) for name, _ in predictor.card.models]
    known = [item for item in models if unchanged(item, predictor.card.probe_cases, predictor.card.probe)]
    bounds = holding(known, case)
    if len(known) < len(models) or not bounds:
        reason = "predictor_other_models" if len(known) < len(models) else "predictor_outside_combination"
        return Answer({"silent_for": reason}, [console.wording.text(reason)], Status.NO_SAFE_ANSWER)
    found = exposure_of(predictor, bounds, case)
    if found.outside is not None:
        document: dict[str, Any] = {"silent_for": asdict(found.outside)}
        text = console.wording.text("predictor_outside_combination")
        return Answer(document, [text], Status.NO_SAFE_ANSWER)
    bayesian = bayesian_area(bounds, case)
    document = {"unit": "mg*h/L", "value": found.value, "low": found.low, "high": found.high}
    document |= {"coverage": predictor.card.coverage, "bayesian": bayesian if math.isfinite(bayesian) else None}
    figures = {
        name: f"{value:.0f}" for name, value in (("value", found.value), ("low", found.low), ("high", found.high))
    }
    return Answer(document, [console.wording.text("exposure_said", {**figures, "bayesian": f"{bayesian:.0f}"})])
