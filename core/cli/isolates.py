"""`isolates`: tables of MICs a site keeps for a drug, to be used where no MIC was measured."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core import session
from core.cli import wire
from core.cli.answer import Answer, Console
from core.cli.arguments import add_output
from core.clinic.mic import MicDistribution, distribution_of, read_isolates
from core.errors import InputError
from core.exchange.mic_store import drop_isolates, keep_isolates, kept_isolates
from core.report.offer import isolates_said
from core.report.phrase import say

_LARGEST = 100_000  # bytes


def add_parser(verbs: Any) -> None:
    """Register the verb and its parts."""
    parts = verbs.add_parser("isolates", help="how many isolates had which MIC").add_subparsers(
        dest="part", required=True, metavar="PART"
    )
    listing = parts.add_parser("list", help="the tables kept for a drug")
    keep = parts.add_parser("keep", help="keep a table")
    drop = parts.add_parser("drop", help="keep a table no longer")
    for parser, run in ((listing, run_list), (keep, run_keep), (drop, run_drop)):
        parser.add_argument("drug", metavar="DRUG")
        parser.set_defaults(run=run)
    keep.add_argument("table", metavar="FILE", help="text, a row `MIC: number of isolates` to a line, MICs in mg/L")
    keep.add_argument("--name", required=True, help="germ, ward and year")
    keep.add_argument("--replace", action="store_true", help="in place of another of the same name")
    keep.add_argument("--source", default="", help="where the counts come from")
    drop.add_argument("--name", required=True, help="of the table")
    for parser in (listing, keep, drop):
        add_output(parser)


def run_list(args: argparse.Namespace, console: Console) -> Answer:
    """Every table kept for the drug."""
    kept = kept_isolates(_drug(args))
    lines = [say(console.wording, isolates_said(table)) for table in kept]
    nothing = [console.wording.text("cli_isolates_none", {"drug": console.wording.drug(args.drug)})]
    return Answer({"drug": args.drug, "tables": [wire.isolates(table) for table in kept]}, lines or nothing)


def run_keep(args: argparse.Namespace, console: Console) -> Answer:
    """Read a table and keep it."""
    drug, table = _drug(args), _table(Path(args.table), args.name, args.source)
    try:
        place = keep_isolates(drug, table, replace=args.replace)
    except InputError as error:
        raise _of_the_command(error) from None
    gaps = {"name": table.name, "drug": console.wording.drug(drug), "path": str(place)}
    document = {"drug": drug, "path": str(place), "table": wire.isolates(table)}
    return Answer(document, [console.wording.text("cli_isolates_kept", gaps)])


def run_drop(args: argparse.Namespace, console: Console) -> Answer:
    """Forget a table."""
    drop_isolates(_drug(args), args.name)
    return run_list(args, console)


def _drug(args: argparse.Namespace) -> str:
    drug: str = args.drug
    if drug not in session.library().drugs():
        raise InputError("DRUG", "drug_unknown", name=drug[:60])
    return drug


def _table(path: Path, name: str, source: str) -> MicDistribution:
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError("FILE", "file_too_large", path=str(path), value=path.stat().st_size, high=_LARGEST)
        content = path.read_bytes()
    except OSError as error:
        raise InputError("FILE", "file_not_read", path=str(path), why=error.strerror or "") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("FILE", "file_not_utf8", path=str(path), position=error.start) from error
    try:
        return distribution_of(read_isolates(text, "FILE"), name, source)
    except InputError as error:
        raise _of_the_command(error) from None


def _of_the_command(error: InputError) -> InputError:
    """The same fault, of the word of the command it is about."""
    parts = {"mic_distribution.name": "--name", "mic_distribution.source": "--source"}
    field = parts.get(error.field, "FILE" if error.field.startswith("mic_distribution.isolates") else error.field)
    return InputError(field, error.reason, **error.values)
