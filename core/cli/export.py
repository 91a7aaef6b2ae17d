"""`export`: a case in another program's format, and what that format has no place for."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core import session
from core.atomic_write import write_atomically
from core.cli.answer import Answer, Console
from core.cli.exchange_files import report_of
from core.clinic.case import Case
from core.clinic.case_file import load_case
from core.drugs.model import Drug
from core.errors import InputError
from core.exchange.fhir_write import write_bundle
from core.exchange.nonmem_write import write_table
from core.exchange.sheet import Sheet

KINDS = ("nonmem", "fhir")


def add_parser(verbs: Any) -> None:
    """Register the verb."""
    parser = verbs.add_parser("export", help="write a case in another program's format")
    parser.add_argument("kind", metavar="KIND", choices=KINDS, help=", ".join(KINDS))
    parser.add_argument("case", metavar="CASE", help="a case file (*.case.json)")
    parser.add_argument("-o", "--out", metavar="OUT", required=True, help="the file to write")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Export; the document names what could not be written.

    Raises:
        InputError: the case cannot be read or the file not written.
    """
    case = load_case(Path(args.case))
    drug = _drug(case)
    sheet = Sheet()
    if args.kind == "nonmem":
        written = write_table(case, sheet, None if drug is None else drug.molar_mass)
    else:
        written = write_bundle(case, sheet, "" if drug is None else drug.atc)
    write_atomically(args.out, written.encode())
    sheet.read = 1
    return report_of(args.kind, Path(args.out), sheet, console, {"cases": 1})


def _drug(case: Case) -> Drug | None:
    """The drug of the library, for its molar mass and ATC code; None where the library does not have it."""
    try:
        models = session.library().models(case.drug)
    except InputError:
        return None
    return models[0].drug if models else None
