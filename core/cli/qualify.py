"""`qualify`: the whole-body models against the user's own copy of published studies, as a PDF and a table."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

from core.atomic_write import write_atomically
from core.cli.answer import Answer, Console
from core.cli.arguments import read_moment
from core.qualify.pbpk.measures import Accuracy, accuracy
from core.qualify.pbpk.pages import qualification_pdf
from core.qualify.pbpk.pairs_csv import pairs_csv
from core.qualify.pbpk.qualification import Qualification, qualify
from core.report.phrase import say

_USES = {"fitted": True, "held_out": False, "all": None}


def add_parser(verbs: Any) -> None:
    """Register the verb."""
    parser = verbs.add_parser("qualify", help="compare the whole-body models with published studies")
    parser.add_argument("data", metavar="DATA_FOLDER", help="folder with the tables of the studies")
    parser.add_argument("-o", "--pdf", metavar="REPORT.pdf", required=True, help="the report to write")
    parser.add_argument("--csv", metavar="FILE.csv", help="every pair (default: REPORT.csv beside the report)")
    parser.add_argument("--people", metavar="FILE.json", help="who took part (default: people.json of the folder)")
    parser.add_argument(
        "--made", metavar="TIME", help="moment printed on the report, ISO 8601 with offset (default now)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Compare, write the report and the table, and give the figures.

    Raises:
        InputError: the folder, a JSON file or the moment cannot be read, or a file cannot be written.
    """
    made = read_moment(args.made)
    folder = Path(args.data)
    found = qualify(folder, None if args.people is None else Path(args.people), console.task())
    pdf = qualification_pdf(found, folder.resolve().name, console.wording, made)
    table = Path(args.csv) if args.csv is not None else Path(args.pdf).with_suffix(".csv")
    for path, content in ((Path(args.pdf), pdf), (table, pairs_csv(found).encode("utf-8-sig"))):
        write_atomically(path, content)
        console.tell(console.wording.text("cli_written", {"path": path}))
    return Answer(_document(found, console), _lines(found))


def _document(found: Qualification, console: Console) -> dict[str, Any]:
    drugs = {drug: {use: _figures(found.of(drug, fitted=kind)) for use, kind in _USES.items()} for drug in found.drugs}
    unread = [
        {"file": item.source, "study": item.study, "reason": item.reason.id, "text": say(console.wording, item.reason)}
        for item in found.unread
    ]
    guest = None if math.isnan(found.guest_share) else found.guest_share
    return {
        "drugs": drugs,
        "ratios": {**_figures(accuracy(found.ratios)), "within_guest": guest},
        "children": _figures(accuracy(found.children)),
        "people_assumed": found.assumed,
        "unread": unread,
    }


def _figures(item: Accuracy) -> dict[str, float | None]:
    if not item.count:
        return {"n": 0, "studies": 0, "gmfe": None, "within_two_fold": None}
    return {"n": item.count, "studies": item.studies, "gmfe": item.gmfe, "within_two_fold": item.within_two}


def _lines(found: Qualification) -> list[str]:
    lines = []
    for drug in found.drugs:
        parts = (f"{use} {_short(found.of(drug, fitted=kind))}" for use, kind in _USES.items())
        lines.append(f"{drug}: {'; '.join(parts)}")
    lines.append(f"AUC ratios: {_short(accuracy(found.ratios))}, within Guest limits {found.guest_share:.3f}")
    lines.append(f"children: {_short(accuracy(found.children))}")
    lines.append(f"not compared: {len(found.unread)}")
    return lines


def _short(item: Accuracy) -> str:
    return (
        f"n {item.count}" if not item.count else f"n {item.count}, gmfe {item.gmfe:.3f}, 2-fold {item.within_two:.3f}"
    )
