"""Options several verbs share, read as strictly as a case file."""

from __future__ import annotations

import argparse
import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.cli.answer import Console
from core.clinic.case import Case
from core.clinic.case_file import load_case
from core.errors import InputError
from core.exchange.mic_store import isolates_named
from core.spread import Crew
from core.units import format_number, parse_plain_number

Array = NDArray[np.float64]

MOST_JOBS = 256
MOST_TIMES = 20_001
MOST_SAMPLES = 10_000
LARGEST_SEED = 2**32 - 1


def add_case(parser: argparse.ArgumentParser) -> None:
    """The case file, and where the document goes."""
    parser.add_argument("case", metavar="CASE", help="a case file (*.case.json)")
    add_output(parser)


def add_output(parser: argparse.ArgumentParser) -> None:
    """Where the document goes."""
    parser.add_argument("-o", "--output", metavar="FILE", help="write the JSON document to FILE, whole or not at all")


def add_crew(parser: argparse.ArgumentParser) -> None:
    """Who works, and where finished pieces are kept."""
    parser.add_argument("--jobs", default="1", metavar="N", help="processes of this computer (default 1)")
    parser.add_argument("--cluster", default="", metavar="ADDRESS", help="a Dask cluster, such as tcp://10.0.0.7:8786")
    parser.add_argument("--keep", metavar="FOLDER", help="keep finished pieces here; a run that was stopped goes on")


def read_crew(args: argparse.Namespace, console: Console) -> Crew:
    """Read what `add_crew` asks for.

    Raises:
        InputError: a number that is none.
    """

    def damaged(place: Path) -> None:
        console.tell(console.wording.text("kept_piece_damaged", {"path": place}))

    jobs = read_count(args.jobs, "--jobs", 1, MOST_JOBS)
    return Crew(jobs, args.cluster, None if args.keep is None else Path(args.keep), damaged)


def add_sampling(parser: argparse.ArgumentParser) -> None:
    """How many draws, from which seed."""
    parser.add_argument("--samples", default="500", metavar="N", help="draws for the band (default 500)")
    parser.add_argument("--seed", default="1", metavar="S", help="seed of the draws (default 1)")


def add_isolates(parser: argparse.ArgumentParser) -> None:
    """A table of isolates in place of the case's own."""
    parser.add_argument("--isolates", metavar="NAME", help="a kept table of MICs, where none was measured")


def read_case_argument(args: argparse.Namespace) -> Case:
    """Load the case, with the kept table of isolates that was asked for.

    Raises:
        InputError: what `load_case` refuses; no such table is kept.
    """
    case = load_case(Path(args.case))
    name = getattr(args, "isolates", None)
    return case if name is None else replace(case, mics=isolates_named(case.drug, name))


def read_count(text: str, field: str, low: int, high: int) -> int:
    """Read a whole number from `low` to `high`.

    Raises:
        InputError: naming `field`.
    """
    body = text.strip()
    if not (body.isascii() and body.isdigit() and len(body) <= len(str(high)) and low <= int(body) <= high):
        raise InputError(field, "cli_number_range", value=body[:40], low=low, high=high)
    return int(body)


def read_times(text: str | None, field: str = "--times") -> Array | None:
    """Read a time grid `start:end:step` in hours; None stays None, the usual grid.

    Raises:
        InputError: naming `field`.
    """
    if text is None:
        return None
    refusal = InputError(field, "cli_times", value=text[:40], high=MOST_TIMES)
    parts = text.split(":")
    if len(parts) != 3:
        raise refusal
    start, end, step = (parse_plain_number(part, field) for part in parts)
    if step <= 0 or end < start or (end - start) / step > MOST_TIMES - 1:
        raise refusal
    count = int(np.floor((end - start) / step + 1e-9)) + 1
    return np.asarray([float(format_number(start + index * step)) for index in range(count)])


def read_moment(text: str | None) -> dt.datetime:
    """Read the moment of `--made`; None is now.

    Raises:
        InputError: no ISO 8601 moment with an offset.
    """
    if text is None:
        return dt.datetime.now().astimezone()
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InputError("--made", "moment_unreadable", value=text[:40])
    return moment
