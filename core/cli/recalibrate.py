"""`learn recalibrate | sign | rollback | drift | history`: a site's patients change a model, or tell that it errs."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core import session
from core.cli.answer import Answer, Console, Status
from core.learn.drift import chart, scores_of
from core.learn.site_models import history
from core.site_change import Change, cases_of, compare, sentences, sign, take_back


def add_parsers(kinds: Any) -> None:
    """Register what the site does with its own models."""
    fitting = kinds.add_parser("recalibrate", help="fit a model's numbers to this site's patients, under a plan")
    fitting.add_argument("plan", metavar="PLAN", help="the change plan (*.yaml), made beforehand")
    fitting.add_argument("cases", metavar="CASES", help="folder of cases to learn from (*.case.json)")
    fitting.add_argument("test", metavar="TEST", help="folder of other cases, the same at every change")
    fitting.add_argument("-o", "--out", required=True, metavar="PROPOSAL", help="a new folder for the proposal")
    fitting.set_defaults(run=run_compare)
    moving = kinds.add_parser("calibrate", help="move a predictor's interval by this site's patients, under a plan")
    moving.add_argument("plan", metavar="PLAN", help="the plan of a predictor (*.yaml), made beforehand")
    moving.add_argument("cases", metavar="CASES", help="folder of cases to learn from (*.case.json)")
    moving.add_argument("test", metavar="TEST", help="folder of other cases, the same at every change")
    moving.add_argument("-o", "--out", required=True, metavar="PROPOSAL", help="a new folder for the proposal")
    moving.set_defaults(run=run_compare)
    putting = kinds.add_parser("propose", help="judge a predictor trained anew on this site's patients, under a plan")
    putting.add_argument("plan", metavar="PLAN", help="the plan of a predictor (*.yaml), made beforehand")
    putting.add_argument("candidate", metavar="CANDIDATE.dwm", help="the predictor trained anew")
    putting.add_argument("test", metavar="TEST", help="folder of cases, the same at every change")
    putting.add_argument("-o", "--out", required=True, metavar="PROPOSAL", help="a new folder for the proposal")
    putting.set_defaults(run=run_compare)
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


def run_compare(args: argparse.Namespace, console: Console) -> Answer:
    """Compare under the plan and write a proposal; exit status 3 where it is refused.

    Raises:
        InputError: no cases, a case that cannot be used, or a plan, model or predictor of another kind.
    """
    learned = Path(args.candidate if args.kind == Change.PROPOSE else args.cases)
    document = compare(Change(args.kind), Path(args.plan), learned, Path(args.test), Path(args.out), console.task())
    console.tell(console.wording.text("cli_written", {"path": args.out}))
    lines = [console.wording.text(name, gaps) for name, gaps in sentences(document)]
    return Answer(document, lines, Status.DONE if document["accepted"] else Status.NO_SAFE_ANSWER)


def run_sign(args: argparse.Namespace, console: Console) -> Answer:
    """Put a proposal into use."""
    new = sign(Path(args.proposal), args.name, args.role)
    return Answer({"in_use": new}, [console.wording.text("site_model_in_use", {"name": new})])


def run_rollback(args: argparse.Namespace, console: Console) -> Answer:
    """Take a site's model out of use."""
    before = take_back(args.model, args.name)
    gaps = {"name": args.model, "before": before}
    return Answer({"in_use": before}, [console.wording.text("site_model_taken_back", gaps)])


def run_drift(args: argparse.Namespace, console: Console) -> Answer:
    """Chart the first level of every patient; exit status 3 on an alarm.

    Raises:
        InputError: no cases, or one that cannot be used.
    """
    model = session.library().model(args.model)
    scores = scores_of(model, cases_of(Path(args.cases), "CASES", model))
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
