"""`recommend`: the regimens that can be given, ranked, with benefit and harm side by side."""

from __future__ import annotations

import argparse
from typing import Any

from core import session
from core.advise.recommendation import Outcome, Recommendation
from core.cli import wire
from core.cli.answer import Answer, Console, Status
from core.cli.arguments import add_case, add_isolates, read_case_argument, read_count
from core.report.offer import option_rows
from core.report.phrase import say

MOST_OPTIONS = 50


def add_parser(verbs: Any) -> None:
    """Register the verb."""
    parser = verbs.add_parser("recommend", help="regimens ranked by benefit against harm")
    add_case(parser)
    add_isolates(parser)
    parser.add_argument("--options", default="5", metavar="N", help="how many to offer (default 5)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Recommend; blocked or nothing feasible means there is no safe answer."""
    count = read_count(args.options, "--options", 1, MOST_OPTIONS)
    case = read_case_argument(args)
    task = console.task()
    recommended = session.recommend(case, session.individualise(case, task=task), options=count, task=task)
    status = Status.DONE if recommended.outcome is Outcome.OPTIONS else Status.NO_SAFE_ANSWER
    return Answer(wire.recommendation(recommended, console.wording), offered_lines(recommended, console), status)


def offered_lines(recommended: Recommendation, console: Console) -> list[str]:
    """Every option in a line, then the alerts."""
    wording = console.wording
    lines = []
    for number, row in enumerate(option_rows(recommended), 1):
        parts = [
            f"{number}. {say(wording, row.regimen)}",
            f"{wording.text('report_within_target')} {say(wording, row.within_target)}",
        ]
        parts += [say(wording, line) for line in (*row.by_mic, *row.toxicity)]
        lines.append("; ".join([*parts, *(say(wording, note) for note in row.notes)]))
    alerts = (
        f"{wording.word('severity', alert.severity.value)}: {wording.alert(alert)}" for alert in recommended.alerts
    )
    return [*lines, *dict.fromkeys(alerts)]  # two entries may raise the same one
