"""Time and memory of imports: `python -m tests.benchmarks.exchange [ROWS]`, each kind in a process of its own.

The goal is a million rows of a hospital table within 2 GiB; the other kinds are measured at the same size.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from core.atomic_write import write_atomically
from core.exchange.drugbank import read_drugbank
from core.exchange.faers_signals import read_signals
from core.exchange.mapping import parse_mapping
from core.exchange.nonmem_case import read_cases
from core.exchange.sheet import Sheet
from core.exchange.table import clean_csv, clean_rows
from core.exchange.table_case import read_table_cases

LIMIT = 2 * 1024**2  # KiB
MAPPING = """
schema: dosewright.mapping/1
confirmed: yes
drug: vancomycin
routes: {default: intravenous}
columns:
  sex: {column: sex, codes: {m: male, f: female}}
  age: {column: age, unit: year}
  weight: {column: wt, unit: kg}
  serum_creatinine: {column: scr, unit: umol/L}
"""
EVENTS = """  id: {column: id}
  time: {column: time, unit: h}
  level: {column: dv, unit: mg/L}
  dose: {column: amt, unit: mg}
"""


def write_events(folder: Path, rows: int) -> Path:
    """Ten rows per patient: five doses, four levels, one result below the limit; every hundredth level is no number."""
    file = folder / "events.csv"
    with file.open("w", encoding="utf-8") as stream:
        stream.write("id,sex,age,wt,scr,time,dv,amt\n")
        for row in range(rows):
            patient, event = divmod(row, 10)
            level = "" if event % 2 == 0 else "x" if row % 100 == 99 else f"{5 + row % 977 / 31:.3f}"
            dose = "1000" if event % 2 == 0 else ""
            person = f"{patient},{'mf'[patient % 2]},{20 + patient % 70},{40 + patient % 70}.{patient % 10}"
            stream.write(f"{person},{50 + patient % 100},{event * 12},{level},{dose}\n")
    return file


def write_reports(folder: Path, rows: int) -> Path:
    """A quarter of `rows` reports, one drug of 500 and two events of 1,000 in each."""
    with (
        (folder / "DEMO22Q4.txt").open("w") as demo,
        (folder / "DRUG22Q4.txt").open("w") as drug,
        (folder / "REAC22Q4.txt").open("w") as reac,
    ):
        demo.write("primaryid$caseid$fda_dt\n")
        drug.write("primaryid$caseid$role_cod$drugname$prod_ai\n")
        reac.write("primaryid$caseid$pt\n")
        for row in range(rows):
            demo.write(f"{row}1${row}$20221001\n")
            drug.write(f"{row}1${row}$PS$BRAND$DRUG{row * 7919 % 500}\n")
            for event in (row * 104_729 % 1000, row * 1_299_709 % 997):
                reac.write(f"{row}1${row}$Event {event}\n")
    return folder


def write_drugs(folder: Path, rows: int) -> Path:
    """`rows` drugs of 1 kB."""
    file = folder / "full.xml"
    with file.open("w", encoding="utf-8") as stream:
        stream.write('<drugbank xmlns="http://www.drugbank.ca">\n')
        for row in range(rows):
            text = "word " * 200
            stream.write(f'<drug><drugbank-id primary="true">DB{row}</drugbank-id><name>Drug{row}</name>')
            stream.write(f"<toxicity>{text}</toxicity></drug>\n")
        stream.write("</drugbank>\n")
    return file


def clean(folder: Path, rows: int, sheet: Sheet) -> None:
    mapping = parse_mapping(MAPPING + EVENTS, folder)
    write_atomically(folder / "clean.csv", clean_csv(clean_rows(write_events(folder, rows), mapping, sheet), mapping))


def table_cases(folder: Path, rows: int, sheet: Sheet) -> None:
    found = read_table_cases(write_events(folder, rows), parse_mapping(MAPPING + EVENTS, folder), sheet)
    assert sum(1 for _ in found) == rows // 10


def nonmem(folder: Path, rows: int, sheet: Sheet) -> None:
    found = read_cases(write_events(folder, rows), parse_mapping(MAPPING, folder), sheet)
    assert sum(1 for _ in found) == rows // 10


def faers(folder: Path, rows: int, sheet: Sheet) -> None:
    read_signals(write_reports(folder, rows), "drug7", sheet)


def drugbank(folder: Path, rows: int, sheet: Sheet) -> None:
    assert sum(1 for _ in read_drugbank(write_drugs(folder, rows), sheet)) == rows


KINDS: dict[str, Callable[[Path, int, Sheet], None]] = {
    "table cleaned": clean,
    "table to cases": table_cases,
    "nonmem to cases": nonmem,
    "faers signals": faers,
    "drugbank": drugbank,
}


def measure(kind: str, rows: int) -> None:
    """One import in this process; prints seconds, peak memory and counts."""
    sheet = Sheet()
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        KINDS[kind](Path(folder), rows, sheet)
        seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"kind": kind, "seconds": round(seconds, 1), "peak_kib": peak, **sheet.counts()}))


def main(rows: int) -> int:
    """Every kind, each in its own process; 1 where one needs more memory than allowed."""
    worst = 0
    for kind in KINDS:
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.exchange", str(rows), kind],
            capture_output=True,
            check=True,
            text=True,
        )
        result = json.loads(done.stdout)
        worst = max(worst, result["peak_kib"])
        print(f"{kind:16} {rows:>9,} rows {result['seconds']:7.1f} s {result['peak_kib'] / 1024:7.0f} MiB", flush=True)
    return int(worst > LIMIT)


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    if len(sys.argv) > 2:
        measure(sys.argv[2], size)
    else:
        raise SystemExit(main(size))
