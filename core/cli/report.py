"""`report`: the PDF, and its CSV twins."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core import session
from core.advise.recommendation import Outcome
from core.atomic_write import write_atomically
from core.cli.answer import Answer, Console, Status
from core.cli.arguments import add_isolates, read_case_argument, read_moment
from core.clinic.case import Case
from core.errors import InputError
from core.report.content import Findings, build_content
from core.report.csv_files import case_csv, curves_csv
from core.report.pdf import make_pdf
from core.task import Task


def add_parser(verbs: Any) -> None:
    """Register the verb."""
    parser = verbs.add_parser("report", help="a PDF report, and CSV files")
    parser.add_argument("case", metavar="CASE", help="a case file (*.case.json)")
    add_isolates(parser)
    parser.add_argument("-o", "--pdf", metavar="FILE.pdf", required=True, help="the report to write")
    parser.add_argument("--csv", metavar="DIR", help="also write <case>.curves.csv and <case>.case.csv to DIR")
    parser.add_argument("--appendix", action="store_true", help="add parameters and fit check")
    parser.add_argument(
        "--made", metavar="TIME", help="moment printed on the report, ISO 8601 with offset (default now)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Write the files; a blocked case still gets its report, which says why, and the status says so."""
    made = read_moment(args.made)
    case = read_case_argument(args)
    findings = find(case, console.task())
    pdf = make_pdf(build_content(findings, made), console.wording, appendix=args.appendix)
    written = {Path(args.pdf): pdf}
    if args.csv is not None:
        folder, stem = Path(args.csv), Path(args.case).name.removesuffix(".json").removesuffix(".case")
        _make_folder(folder)
        written[folder / f"{stem}.curves.csv"] = curves_csv(findings.predictions).encode("utf-8-sig")
        written[folder / f"{stem}.case.csv"] = case_csv(findings).encode("utf-8-sig")
    for path, content in written.items():
        write_atomically(path, content)
    offered = findings.recommendation.outcome is Outcome.OPTIONS
    return Answer(
        {"written": [str(path) for path in written], "outcome": findings.recommendation.outcome.value},
        [console.wording.text("cli_written", {"path": path}) for path in written],
        Status.DONE if offered else Status.NO_SAFE_ANSWER,
    )


def find(case: Case, task: Task) -> Findings:
    """Compute everything a report says; after a failed fit only the population's curve."""
    fitted = session.individualise(case, task=task)
    recommended = session.recommend(case, fitted, task=task)
    predictions = [session.predict_prior(case, task=task)]
    if not fitted.failed:
        predictions.append(session.predict_individual(case, fitted, task=task))
    if recommended.outcome is Outcome.OPTIONS:
        predictions.append(session.predict_proposed(case, fitted, recommended.options[0].regimen, task=task))
    return Findings(case, recommended, tuple(predictions), fitted.posteriors)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise InputError("--csv", "file_not_written", path=str(folder), why=why) from error
