"""`learn recalibrate | sign | rollback | drift | history`: a site's patients change a model, or tell that it errs."""

from __future__ import annotations

import argparse
import datetime as dt
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core import session
from core.cli.answer import Answer, Console, Status
from core.clinic.case import Case
from core.clinic.case_file import load_case
from core.drugs.library import model_file
from core.drugs.model import DrugModel
from core.drugs.population_model import PopulationModel
from core.errors import InputError
from core.learn.change_plan import read_plan
from core.learn.drift import chart, scores_of
from core.learn.model_file import load_predictor
from core.learn.predictor import Predictor
from core.learn.predictor_change import PredictorProposal, PredictorSide, calibrate, propose
from core.learn.predictor_plan import read_predictor_plan
from core.learn.recalibrate import Proposal, Side, recalibrate
from core.learn.site_models import history, proposal_document, roll_back, save_proposal, sign
from core.learn.site_predictors import (
    is_predictor_proposal,
    is_site_predictor,
    predictor_file,
    roll_back_predictor,
    save_predictor_proposal,
    sign_predictor,
)

_SUFFIX = "*.case.json"


def add_parsers(kinds: Any) -> None:
    """Register what the site does with its own models."""
    fitting = kinds.add_parser("recalibrate", help="fit a model's numbers to this site's patients, under a plan")
    fitting.add_argument("plan", metavar="PLAN", help="the change plan (*.yaml), made beforehand")
    fitting.add_argument("cases", metavar="CASES", help="folder of cases to learn from (*.case.json)")
    fitting.add_argument("test", metavar="TEST", help="folder of other cases, the same at every change")
    fitting.add_argument("-o", "--out", required=True, metavar="PROPOSAL", help="a new folder for the proposal")
    fitting.set_defaults(run=run_recalibrate)
    moving = kinds.add_parser("calibrate", help="move a predictor's interval by this site's patients, under a plan")
    moving.add_argument("plan", metavar="PLAN", help="the plan of a predictor (*.yaml), made beforehand")
    moving.add_argument("cases", metavar="CASES", help="folder of cases to learn from (*.case.json)")
    moving.add_argument("test", metavar="TEST", help="folder of other cases, the same at every change")
    moving.add_argument("-o", "--out", required=True, metavar="PROPOSAL", help="a new folder for the proposal")
    moving.set_defaults(run=run_calibrate)
    putting = kinds.add_parser("propose", help="judge a predictor trained anew on this site's patients, under a plan")
    putting.add_argument("plan", metavar="PLAN", help="the plan of a predictor (*.yaml), made beforehand")
    putting.add_argument("candidate", metavar="CANDIDATE.dwm", help="the predictor trained anew")
    putting.add_argument("test", metavar="TEST", help="folder of cases, the same at every change")
    putting.add_argument("-o", "--out", required=True, metavar="PROPOSAL", help="a new folder for the proposal")
    putting.set_defaults(run=run_propose)
    signing = kinds.add_parser("sign", help="put a proposed model into use")
    signing.add_argument("proposal", metavar="PROPOSAL", help="the folder of the proposal")
    signing.add_argument("--name", required=True, help="who signs")
    signing.add_argument("--role", required=True, help="as what; the plan's")
    signing.set_defaults(run=run_sign)
    back = kinds.add_parser("rollback", help="take a site's model out of use again")
    back.add_argument("model", metavar="MODEL", help="id of the site's model")
    back.add_argument("--name", required=True, help="who does it")
    back.set_defaults(run=run_rollback)
    watching = kinds.add_parser("drift", help="has a model begun to err one way at this site?")
    watching.add_argument("model", metavar="MODEL", help="id of a model")
    watching.add_argument("cases", metavar="CASES", help="folder of this site's cases (*.case.json)")
    watching.set_defaults(run=run_drift)
    past = kinds.add_parser("history", help="every signature and every step back")
    past.set_defaults(run=run_history)


def run_recalibrate(args: argparse.Namespace, console: Console) -> Answer:
    """Fit, compare, and write a proposal; exit status 3 where the plan is not kept.

    Raises:
        InputError: no cases, a case that cannot be used, or a model that is no population model.
    """
    plan = read_plan(Path(args.plan))
    model = session.library().model(plan.model)
    if not isinstance(model, PopulationModel):
        raise InputError("PLAN", "recalibration_no_population", name=plan.model)
    cases, test = _cases(args.cases, "CASES", model), _cases(args.test, "TEST", model)
    proposal = recalibrate(plan, model, cases, test, console.task())
    made = _now()
    new = save_proposal(proposal, model_file(plan.model), model, Path(args.out), made)
    console.tell(console.wording.text("cli_written", {"path": args.out}))
    status = Status.DONE if proposal.accepted else Status.NO_SAFE_ANSWER
    return Answer(proposal_document(proposal, new, made), _lines(proposal, new, console), status)


def _cases(folder: str, field: str, model: DrugModel) -> list[Case]:
    place = Path(folder)
    files = sorted(place.glob(_SUFFIX)) if place.is_dir() else []
    if not files:
        raise InputError(field, "recalibration_no_cases", path=folder)
    found = []
    for path in files:
        try:
            case = load_case(path)
        except InputError as error:
            raise InputError(f"{path.name}: {error.field}", error.reason, **error.values) from None
        if case.drug != model.drug.name:
            raise InputError(path.name, "model_of_other_drug", name=model.id, drug=case.drug)
        found.append(case)
    return found


def _lines(proposal: Proposal, new: str, console: Console) -> list[str]:
    text = console.wording.text
    sizes = {"patients": proposal.patients, "levels": proposal.levels, "test": proposal.test_patients}
    lines = [text("recalibration_data", sizes)]
    for name, side in (("recalibration_before", proposal.before), ("recalibration_after", proposal.after)):
        if side is not None:
            lines.append(text(name, _side(side)))
    if proposal.gain is not None:
        names = ("gain", "low", "high")
        gain = {name: f"{100 * value:.1f}" for name, value in zip(names, proposal.gain, strict=True)}
        lines.append(text("recalibration_gain", gain))
    lines += [text(item.id, item.values) for item in proposal.objections]
    last = {"name": new, "role": proposal.plan.role}
    return [*lines, text("recalibration_accepted" if proposal.accepted else "recalibration_refused", last)]


def _side(side: Side) -> dict[str, str]:
    return {
        "first": f"{side.before_levels.within_30:.0f}",
        "later": f"{side.after_levels.within_30:.0f}",
        "rmse": f"{side.every.rmse:.1f}",
        "bias": f"{side.every.bias:+.1f}",
    }


def run_calibrate(args: argparse.Namespace, console: Console) -> Answer:
    """Move the ends of the interval, compare, write a proposal; exit status 3 where the plan is not kept.

    Raises:
        InputError: no cases, a case that cannot be used, or a predictor of another kind.
    """
    plan = read_predictor_plan(Path(args.plan))
    source = predictor_file(plan.drug)
    used, models = load_predictor(source), session.library().models(plan.drug)
    cases, test = _cases(args.cases, "CASES", models[0]), _cases(args.test, "TEST", models[0])
    proposal = calibrate(plan, used, models, cases, test)
    return _proposed(proposal, used, source, Path(args.out), console)


def run_propose(args: argparse.Namespace, console: Console) -> Answer:
    """Compare a predictor trained anew with the one in use, write a proposal; exit status 3 where it is not better.

    Raises:
        InputError: no cases, a case that cannot be used, or a predictor of another kind.
    """
    plan, source = read_predictor_plan(Path(args.plan)), Path(args.candidate)
    used, candidate = load_predictor(predictor_file(plan.drug)), load_predictor(source)
    models = session.library().models(plan.drug)
    proposal = propose(plan, used, candidate, models, _cases(args.test, "TEST", models[0]))
    return _proposed(proposal, used, source, Path(args.out), console)


def _proposed(proposal: PredictorProposal, used: Predictor, source: Path, out: Path, console: Console) -> Answer:
    document = save_predictor_proposal(proposal, used, source, out, _now())
    console.tell(console.wording.text("cli_written", {"path": out}))
    text = console.wording.text
    lines = [text("predictor_change_data", {"patients": proposal.patients, "test": proposal.test_patients})]
    for name, side in (("predictor_change_before", proposal.before), ("predictor_change_after", proposal.after)):
        if side is not None:
            lines.append(text(name, _predictor_side(side, used.card.coverage)))
    lines += [text(item.id, item.values) for item in proposal.objections]
    last = {"name": document["new_model"], "role": proposal.plan.role}
    lines.append(text("recalibration_accepted" if proposal.accepted else "recalibration_refused", last))
    return Answer(document, lines, Status.DONE if proposal.accepted else Status.NO_SAFE_ANSWER)


def _predictor_side(side: PredictorSide, wanted: float) -> dict[str, str]:
    return {
        "covered": f"{100 * side.coverage:.1f}",
        "wanted": f"{100 * wanted:g}",
        "ratio": f"{side.median_ratio:.2f}",
        "error": f"{side.log_error:.3f}",
        "score": f"{side.interval_score:.3f}",
    }


def run_sign(args: argparse.Namespace, console: Console) -> Answer:
    """Put a proposal into use."""
    folder = Path(args.proposal)
    put = sign_predictor if is_predictor_proposal(folder) else sign
    new = put(folder, args.name, args.role, _now())
    return Answer({"in_use": new}, [console.wording.text("site_model_in_use", {"name": new})])


def run_rollback(args: argparse.Namespace, console: Console) -> Answer:
    """Take a site's model out of use."""
    take = roll_back_predictor if is_site_predictor(args.model) else roll_back
    before = take(args.model, args.name, _now())
    gaps = {"name": args.model, "before": before}
    return Answer({"in_use": before}, [console.wording.text("site_model_taken_back", gaps)])


def run_drift(args: argparse.Namespace, console: Console) -> Answer:
    """Chart the first level of every patient; exit status 3 on an alarm.

    Raises:
        InputError: no cases, or one that cannot be used.
    """
    model = session.library().model(args.model)
    scores = scores_of(model, _cases(args.cases, "CASES", model))
    found = chart([item.score for item in scores])
    document = {
        "model": model.id,
        "scores": [asdict(item) for item in scores],
        "cusum_high": found.high,
        "cusum_low": found.low,
        "ewma": found.ewma,
        "ewma_limits": found.limits,
        "alarm": None if found.alarm is None else scores[found.alarm].patient,
    }
    gaps = {"count": len(scores), "model": model.id}
    if found.alarm is None:
        return Answer(document, [console.wording.text("drift_none", gaps)])
    above = found.ewma[found.alarm] > 0
    gaps |= {"patient": scores[found.alarm].patient, "place": found.alarm + 1}
    line = console.wording.text("drift_above" if above else "drift_below", gaps)
    return Answer(document, [line], Status.NO_SAFE_ANSWER)


def run_history(args: argparse.Namespace, console: Console) -> Answer:
    """Show the log."""
    entries = history()
    lines = [
        " | ".join(str(entry.get(key, "")) for key in ("when", "action", "model", "name", "role")) for entry in entries
    ]
    return Answer({"history": entries}, lines or [console.wording.text("history_empty")])


def _now() -> dt.datetime:
    return dt.datetime.now().astimezone()
