"""`simulate`: curves before the levels, after them, or under the regimen proposed."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core import session
from core.advise.recommendation import Outcome
from core.cli import wire
from core.cli.answer import Answer, Console, Status
from core.cli.arguments import (
    LARGEST_SEED,
    MOST_SAMPLES,
    add_case,
    add_sampling,
    read_case_argument,
    read_count,
    read_times,
)
from core.clinic.case import Case
from core.engine.schedule import Side
from core.engine.solve import simulate
from core.errors import InputError
from core.exchange.sbml.read import read_sbml
from core.infer.prediction import Prediction, PredictionSource
from core.units import format_number

MOST_VALUES = 20_000_000  # samples times times; more does not fit a usual machine's memory


def add_parser(verbs: Any) -> None:
    """Register the verb."""
    parser = verbs.add_parser("simulate", help="predicted curves with their 5-95 %% band, or those of an SBML model")
    add_case(parser)
    parser.add_argument("--times", metavar="START:END:STEP", help="times in hours, such as 0:168:0.5")
    parser.add_argument("--source", choices=[source.value for source in PredictionSource], default="prior")
    parser.set_defaults(run=run)
    add_sampling(parser)


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Predict; without a fit or a regimen where one is needed there is no safe answer."""
    if args.case.lower().endswith((".xml", ".sbml")):
        return _sbml(args)
    samples = read_count(args.samples, "--samples", 1, MOST_SAMPLES)
    seed = read_count(args.seed, "--seed", 0, LARGEST_SEED)
    times = read_times(args.times)
    if times is not None and len(times) * samples > MOST_VALUES:
        raise InputError("--samples", "cli_number_range", value=samples, low=1, high=MOST_VALUES // len(times))
    case = read_case_argument(args)
    tissues = sorted({name for bound in session.bind_models(case) for name in bound.outputs} - {"plasma"})
    shared: dict[str, Any] = {
        "times": times,
        "samples": samples,
        "seed": seed,
        "tissues": tissues,
        "task": console.task(),
    }
    source = PredictionSource(args.source)
    predicted = _predict(case, source, shared)
    if predicted is None:
        reason = "cli_no_regimen" if source is PredictionSource.PROPOSED else "fit_failed_plain"
        document: dict[str, Any] = {"source": source.value, "outputs": {}, "why": console.wording.text(reason)}
        return Answer(document, [console.wording.text(reason)], Status.NO_SAFE_ANSWER)
    return Answer(wire.prediction(predicted), _lines(predicted, console))


def _sbml(args: argparse.Namespace) -> Answer:
    """Amounts in every species of an SBML model."""
    times = read_times(args.times)
    if times is None:
        raise InputError("--times", "cli_times_needed")
    read = read_sbml(Path(args.case))
    laid = read.laid
    states = laid.graph.states
    amounts = simulate(laid.graph, laid.segments, laid.inputs, times, states=states, side=Side.AFTER).amounts[0]
    curves = {state: amounts[:, index].tolist() for index, state in enumerate(states)}
    lines = [f"{state}: {format_number(curve[-1], 6)}" for state, curve in curves.items()]
    return Answer({"model": read.name, "times": times.tolist(), "amounts": curves}, lines)


def _predict(case: Case, source: PredictionSource, shared: dict[str, Any]) -> Prediction | None:
    if source is PredictionSource.PRIOR:
        return session.predict_prior(case, **shared)
    fitted = session.individualise(case, task=shared["task"])
    if fitted.failed:
        return None
    if source is PredictionSource.INDIVIDUAL:
        return session.predict_individual(case, fitted, **shared)
    recommended = session.recommend(case, fitted, task=shared["task"])
    if recommended.outcome is not Outcome.OPTIONS:
        return None
    return session.predict_proposed(case, fitted, recommended.options[0].regimen, **shared)


def _lines(predicted: Prediction, console: Console) -> list[str]:
    """The last value of every curve."""
    lines = []
    for curve in predicted.curves:
        value, low, high = (format_number(float(part[-1]), 4) for part in (curve.median, curve.low, curve.high))
        effect = curve.output.removeprefix("effect:")
        word = console.wording.word
        name = word("output", effect) if effect == curve.output else word("", f"effect_name_{effect}")
        lines.append(f"{name}: {value} ({low}-{high}) {curve.unit}, {format_number(float(curve.times[-1]), 6)} h")
    return lines
