"""`predict`: a predictor alone, for a case."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core import session
from core.cli.answer import Answer, Console, Status
from core.cli.arguments import add_output, read_case_argument
from core.clinic.alert import Severity
from core.learn.features import feature_row, see
from core.learn.model_file import load_predictor
from core.learn.virtual_course import daily_limit
from core.units import format_total


def add_parser(verbs: Any) -> None:
    """Register the verb."""
    parser = verbs.add_parser("predict", help="the daily dose a trained predictor would give, without a recommendation")
    parser.add_argument("model", metavar="MODEL.dwm", help="a predictor's file")
    parser.add_argument("case", metavar="CASE", help="a case file (*.case.json)")
    add_output(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Predict; a patient unlike those trained on gets no dose.

    Raises:
        InputError: the file is no predictor, or a feature cannot be read from the case.
    """
    predictor = load_predictor(Path(args.model))
    case = read_case_argument(args)
    bounds = session.bind_models(case)
    near = [bound for bound in bounds if not any(alert.severity is not Severity.NOTE for alert in bound.findings)]
    row = feature_row(predictor.card.features, see(case, near or bounds))
    outside = predictor.outside(row)
    common: dict[str, Any] = {"model": predictor.card.id, "file_hash": predictor.file_hash}
    if outside is not None or not near:
        why = "" if outside is None else outside.feature
        document = {**common, "dose": None, "low": None, "high": None, "in_domain": False, "why": why}
        line = console.wording.text("predictor_outside_combination")
        return Answer(document, [line], Status.NO_SAFE_ANSWER)
    interval = predictor.interval(row, daily_limit(bounds[0].model, case))
    reasons = predictor.reasons(row)
    document = {
        **common,
        "dose": interval.value,
        "low": interval.low,
        "high": interval.high,
        "unit": "mg/day",
        "coverage": predictor.card.coverage,
        "in_domain": True,
        "why": [{"feature": name, "mg_per_day": change} for name, change in reasons.items()],
    }
    return Answer(document, [" – ".join(format_total(value) for value in (interval.low, interval.high))])
