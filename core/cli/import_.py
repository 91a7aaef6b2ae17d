"""`import`: other people's formats become cases, counts or cleaned tables, with every rejected row and its reason."""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from core.atomic_write import write_atomically
from core.cli.answer import Answer, Console
from core.cli.exchange_files import report_of, save_cases, write_sheet
from core.clinic.case import Case
from core.errors import InputError
from core.exchange import eicu, fhir, mimic, nonmem_case, table, table_case
from core.exchange.drugbank import drugbank_json, read_drugbank
from core.exchange.faers_signals import Signal, finite, read_signals
from core.exchange.hospital_files import HospitalSource
from core.exchange.mapping import TableMapping, load_mapping
from core.exchange.mapping_draft import draft_mapping
from core.exchange.sheet import Sheet
from core.exchange.signal_store import keep_signals
from core.exchange.signals import Estimate
from core.exchange.text_table import safe_cell
from core.task import Task

KINDS = ("nonmem", "fhir", "table", "mimic", "eicu", "faers", "drugbank")
_ROLES = ("PS", "SS", "C", "I")
_MEASURES = ("ror", "prr", "ic", "bcpnn", "ebgm")


def add_parser(verbs: Any) -> None:
    """Register the verb."""
    parser = verbs.add_parser("import", help="read another program's or a hospital's data")
    parser.add_argument("kind", metavar="KIND", choices=KINDS, help=", ".join(KINDS))
    parser.add_argument("path", metavar="PATH", help="the file, or the folder of the data set")
    parser.add_argument("-o", "--out", metavar="OUT", help="*.json for one case, else a new folder of cases")
    parser.add_argument("--drug", default="", help="the drug, by its name in the library")
    parser.add_argument("--map", metavar="FILE", help="the confirmed mapping of a table (*.yaml)")
    parser.add_argument("--draft", metavar="FILE", help="write a mapping to check and confirm, import nothing")
    parser.add_argument("--sheet", metavar="FILE", help="write the data sheet, one remark per row (*.csv)")
    parser.add_argument("--orders-as-given", action="store_true", help="take orders for doses given (mimic, eicu)")
    parser.add_argument("--drug-page", action="store_true", help="show the signals on the drug's page (faers)")
    parser.add_argument("--roles", default="PS", metavar="LIST", help="roles of the drug that count, such as PS,SS")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Import; the document counts what was read, changed, doubted and rejected.

    Raises:
        InputError: what the readers refuse.
    """
    if args.draft:
        return _draft(args, console)
    if not args.out:
        raise InputError("-o", "exchange_out_needed")
    sheet, task = Sheet(), console.task()
    more = _IMPORTS[args.kind](args, sheet, task, console)
    if args.sheet:
        write_sheet(Path(args.sheet), sheet, console)
    return report_of(args.kind, Path(args.out), sheet, console, more)


def _draft(args: argparse.Namespace, console: Console) -> Answer:
    if args.kind not in ("nonmem", "table"):
        raise InputError("--draft", "choice_unknown", value=args.kind, choices="nonmem, table")
    draft = draft_mapping(Path(args.path), args.drug, nonmem=args.kind == "nonmem")
    note = console.wording.text("exchange_draft_note", {"columns": ", ".join(draft.unexplained) or "-"})
    write_atomically(args.draft, f"# {note}\n{draft.text}".encode())
    console.tell(console.wording.text("cli_written", {"path": args.draft}))
    return Answer({"kind": args.kind, "draft": args.draft, "unexplained": list(draft.unexplained)})


def _cases(args: argparse.Namespace, cases: Iterator[Case], sheet: Sheet, console: Console) -> dict[str, Any]:
    return {"cases": save_cases(cases, Path(args.out), sheet, console)}


def _drug(args: argparse.Namespace) -> str:
    if not args.drug:
        raise InputError("--drug", "exchange_drug_needed")
    return str(args.drug)


def _mapping(args: argparse.Namespace) -> TableMapping | None:
    return load_mapping(Path(args.map)) if args.map else None


def _nonmem(args: argparse.Namespace, sheet: Sheet, task: Task, console: Console) -> dict[str, Any]:
    return _cases(args, nonmem_case.read_cases(Path(args.path), _mapping(args), sheet, task), sheet, console)


def _fhir(args: argparse.Namespace, sheet: Sheet, task: Task, console: Console) -> dict[str, Any]:
    return _cases(args, fhir.read_cases(Path(args.path), _drug(args), sheet, task), sheet, console)


def _table(args: argparse.Namespace, sheet: Sheet, task: Task, console: Console) -> dict[str, Any]:
    mapping = _mapping(args)
    if mapping is None:
        raise InputError("--map", "exchange_mapping_needed", columns=args.path)
    if not args.out.lower().endswith(".csv"):
        return _cases(args, table_case.read_table_cases(Path(args.path), mapping, sheet, task), sheet, console)
    rows = table.clean_rows(Path(args.path), mapping, sheet, task)
    write_atomically(args.out, table.clean_csv(rows, mapping))
    return {"rows": sheet.read}


def _source(args: argparse.Namespace) -> HospitalSource:
    return HospitalSource(Path(args.path), _drug(args), args.orders_as_given)


def _mimic(args: argparse.Namespace, sheet: Sheet, task: Task, console: Console) -> dict[str, Any]:
    return _cases(args, mimic.read_mimic(_source(args), sheet, task), sheet, console)


def _eicu(args: argparse.Namespace, sheet: Sheet, task: Task, console: Console) -> dict[str, Any]:
    return _cases(args, eicu.read_eicu(_source(args), sheet, task), sheet, console)


def _drugbank(args: argparse.Namespace, sheet: Sheet, task: Task, console: Console) -> dict[str, Any]:
    del console
    names = [args.drug] if args.drug else []
    write_atomically(args.out, drugbank_json(read_drugbank(Path(args.path), sheet, names, task)))
    return {"drugs": sheet.read - sheet.skipped - sheet.rejected}


def _faers(args: argparse.Namespace, sheet: Sheet, task: Task, console: Console) -> dict[str, Any]:
    roles = tuple(args.roles.upper().split(","))
    unknown = next((role for role in roles if role not in _ROLES), None)
    if unknown is not None:
        raise InputError("--roles", "choice_unknown", value=unknown, choices=", ".join(_ROLES))
    counts, reports, signals = read_signals(Path(args.path), _drug(args), sheet, roles, task)
    facts = {
        "reports": counts.reports,
        "versions": reports.versions,
        "deleted_cases": reports.deleted,
        "of_drug": counts.of_drug,
        "roles": list(roles),
    }
    rows = [_signal(item) for item in signals]
    document = {"drug": args.drug, **facts, "signals": rows}
    text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    if args.drug_page:
        console.tell(console.wording.text("cli_written", {"path": keep_signals(_drug(args), text)}))
    if args.out.lower().endswith(".csv"):
        write_atomically(args.out, _signal_csv(rows).encode())
    else:
        write_atomically(args.out, text.encode())
    return {"events": len(signals), **facts}


def _signal(item: Signal) -> dict[str, Any]:
    """One event; EBGM's interval is EB05 to EB95, the others' 95 %."""
    row: dict[str, Any] = {"event": item.event, **vars(item.table), "expected": finite(item.table.expected)}
    for name in _MEASURES:
        estimate: Estimate | None = getattr(item, name)
        row[name] = None if estimate is None else {key: finite(value) for key, value in vars(estimate).items()}
    return {**row, "chi_squared": finite(item.chi_squared), "rules": list(item.rules)}


def _signal_csv(rows: Sequence[dict[str, Any]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    counts = ("a", "b", "c", "d", "expected", "chi_squared")
    parts = [(name, part) for name in _MEASURES for part in ("value", "low", "high")]
    writer.writerow(["event", *counts, *(f"{name} {part}" for name, part in parts), "rules"])
    for row in rows:
        numbers = [row[name] for name in counts] + [
            None if row[name] is None else row[name][part] for name, part in parts
        ]
        cells = ["" if number is None else f"{number:.8g}" for number in numbers]
        writer.writerow([safe_cell(row["event"]), *cells, " ".join(row["rules"])])
    return stream.getvalue()


_IMPORTS: dict[str, Callable[[argparse.Namespace, Sheet, Task, Console], dict[str, Any]]] = {
    "nonmem": _nonmem,
    "fhir": _fhir,
    "table": _table,
    "mimic": _mimic,
    "eicu": _eicu,
    "faers": _faers,
    "drugbank": _drugbank,
}
