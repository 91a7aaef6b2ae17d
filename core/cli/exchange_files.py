"""Where an import goes: one case file, a folder of them with its data sheet, or one document."""

from __future__ import annotations

import csv
import io
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.atomic_write import write_atomically
from core.cli.answer import Answer, Console, Status
from core.clinic.alert import Alert, Severity
from core.clinic.case import Case
from core.clinic.case_file import write_case
from core.errors import InputError
from core.exchange.sheet import Action, Remark, Sheet
from core.exchange.text_table import safe_cell
from core.report.wording import MissingText

MOST_SHOWN = 1000  # remarks in a document; the data sheet has all
_LINES = 20
SHEET = "data_sheet.csv"


def save_cases(cases: Iterator[Case], out: Path, sheet: Sheet, console: Console) -> int:
    """Write cases: one file where `out` ends in .json, else a new folder that appears when all is written.

    Returns:
        How many were written.

    Raises:
        InputError: several cases for one file, a folder that is not empty, or a place that cannot be written.
    """
    if out.suffix.lower() == ".json":
        first, second = next(cases, None), next(cases, None)
        if second is not None:
            raise InputError("-o", "exchange_several_cases", path=out)
        if first is not None:
            write_atomically(out, write_case(first).encode())
        return 0 if first is None else 1
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError("-o", "exchange_folder_not_empty", path=out)
    try:
        part = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".part", dir=out.resolve().parent))
    except OSError as error:
        raise InputError("-o", "file_not_written", path=out, why=error.strerror or "") from error
    try:
        number = _fill(part, cases, sheet)
        if number:
            write_sheet(part / SHEET, sheet, console)
            if out.exists():
                out.rmdir()
            part.chmod(0o755)
            part.rename(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return number


def _fill(folder: Path, cases: Iterator[Case], sheet: Sheet) -> int:
    number = 0
    for case in cases:
        name = f"case_{re.sub(r'[^A-Za-z0-9_-]+', '_', case.patient.id)[:80]}"
        file = folder / f"{name}.case.json"
        if file.exists():
            file = folder / f"{name}_{number + 1}.case.json"
        try:
            file.write_text(write_case(case), "utf-8")
        except InputError as error:
            sheet.refuse(case.patient.id, error.field, error)
            continue
        number += 1
    return number


def write_sheet(path: Path, sheet: Sheet, console: Console) -> None:
    """The data sheet as CSV, one remark per row, its sentence in the reader's language.

    Raises:
        InputError: the file cannot be written.
    """
    write_atomically(path, _sheet_rows(sheet, console))


def _sheet_rows(sheet: Sheet, console: Console) -> Iterator[bytes]:
    yield b"row,field,action,reason,message\r\n"
    for remark in sheet.remarks():
        stream = io.StringIO()
        cells = (remark.row, remark.field, remark.action.value, remark.reason, sentence(remark, console))
        csv.writer(stream, lineterminator="\r\n").writerow([safe_cell(cell) for cell in cells])
        yield stream.getvalue().encode()


def sentence(remark: Remark, console: Console) -> str:
    """A remark in words; a doubt names its covariate and unit as the screen does."""
    wording = console.wording
    try:
        if remark.action is Action.FLAGGED and not remark.reason.startswith("exchange_"):
            return wording.alert(Alert(Severity.CAUTION, remark.reason, remark.values, remark.field))
        return wording.error(InputError(remark.field, remark.reason, **remark.values))
    except MissingText:
        return remark.reason


def report_of(kind: str, out: Path, sheet: Sheet, console: Console, more: dict[str, Any]) -> Answer:
    """Counts, reasons and the first remarks; status 2 where nothing could be taken over."""
    shown: list[dict[str, str]] = []
    for remark in sheet.remarks():
        if len(shown) == MOST_SHOWN:
            break
        shown.append(
            {
                "row": remark.row,
                "field": remark.field,
                "action": remark.action.value,
                "reason": remark.reason,
                "message": sentence(remark, console),
            }
        )
    reasons = [
        {"action": action.value, "reason": reason, "count": count} for (action, reason), count in sheet.reasons.items()
    ]
    document = {
        "kind": kind,
        "output": str(out),
        **more,
        "counts": sheet.counts(),
        "reasons": reasons,
        "remarks": shown,
    }
    nothing = next(iter(more.values()), 1) == 0
    lines = [console.wording.text("cli_import_counts", sheet.counts())]
    lines += [f"{item['row']} {item['field']} {item['action']}: {item['message']}" for item in shown[:_LINES]]
    console.tell(console.wording.text("cli_import_nothing" if nothing else "cli_written", {"path": str(out)}))
    return Answer(document, lines, Status.BAD_INPUT if nothing else Status.DONE)
