"""`fit`: the patient's own parameters, model by model."""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from typing import Any

import numpy as np

from core import session
from core.cli import wire
from core.cli.answer import Answer, Console, Status
from core.cli.arguments import add_case, read_case_argument
from core.infer.posterior import FitStatus, LevelFit, Posterior
from core.report.appendix import parameter_unit

_STEP = 1e-4


def add_parser(verbs: Any) -> None:
    """Register the verb."""
    parser = verbs.add_parser("fit", help="the patient's own parameters from the levels")
    add_case(parser)
    parser.add_argument("--model", metavar="ID", help="fit this model only")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Individualise; when no model could be fitted there is no safe answer."""
    case = read_case_argument(args)
    if args.model is not None:
        case = replace(case, models=(args.model,))
    fitted = session.individualise(case, task=console.task())
    document = {
        "models": {posterior.model_id: _model(posterior, case.now) for posterior in fitted.posteriors},
        "inputs_hash": session.inputs_hash(case),
        "alerts": wire.alerts(session.check_case(case), console.wording),
    }
    lines = [_line(posterior, console) for posterior in fitted.posteriors]
    return Answer(document, lines, Status.NO_SAFE_ANSWER if fitted.failed else Status.DONE)


def _model(posterior: Posterior, now: float) -> dict[str, Any]:
    """One model's fit; a failed one shows no estimate."""
    shared = {"status": posterior.status.value, "weight": posterior.weight}
    if posterior.status is FitStatus.FAILED:
        return {**shared, "eta": None, "parameters": None, "objective": None, "levels": []}
    return {
        **shared,
        "eta": dict(zip(posterior.bound.model.etas, posterior.eta.tolist(), strict=True)),
        "parameters": parameters(posterior, now),
        "objective": posterior.objective,
        "gradient_norm": posterior.gradient_norm,
        "levels": [_level(level) for level in posterior.levels],
    }


def parameters(posterior: Posterior, now: float) -> dict[str, dict[str, Any]]:
    """Typical and individual value of each parameter now, with the standard error by the delta method."""
    eta = posterior.eta
    n = len(eta)
    steps = np.concatenate([np.zeros((1, n)), eta[None], eta + _STEP * np.eye(n), eta - _STEP * np.eye(n)])
    found = {}
    for name, values in posterior.bound.parameters(steps, now).items():
        slope = (values[2 : 2 + n] - values[2 + n :]) / (2.0 * _STEP)
        found[name] = {
            "typical": float(values[0]),
            "individual": float(values[1]),
            "unit": parameter_unit(name),
            "se": math.sqrt(max(0.0, float(slope @ posterior.covariance @ slope))),
        }
    return found


def _level(level: LevelFit) -> dict[str, Any]:
    return {
        "time": level.time,
        "observed": level.observed,
        "population": level.population,
        "individual": level.individual,
        "unit": "mg/L",
        "below_limit": level.below_limit,
        "percentile": level.percentile,
        "low": level.low,
        "high": level.high,
    }


def _line(posterior: Posterior, console: Console) -> str:
    status = console.wording.word("fit", posterior.status.value)
    if posterior.status is FitStatus.FAILED:
        return f"{posterior.model_id}: {status}"
    inside = sum(level.low <= level.observed <= level.high for level in posterior.levels)
    gaps = {"inside": inside, "count": len(posterior.levels), "model": posterior.model_id, "status": status}
    return console.wording.text("report_fit_row", gaps)
