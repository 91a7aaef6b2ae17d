"""The report of the case on the screen as files: PDF and the curves and case as CSV."""

from __future__ import annotations

from pathlib import Path

from core.atomic_write import write_atomically
from core.report.content import Findings, build_content
from core.report.wording import Wording
from desktop.state import CaseState


def can_report(state: CaseState) -> bool:
    """Whether everything on the screen belongs to the case as it stands."""
    results = state.results
    return state.case is not None and results.recommendation is not None and not state.busy


def write_report(state: CaseState, folder: Path, wording: Wording) -> list[Path]:
    """Write PDF and CSV files into a folder and name them.

    Raises:
        InputError: a file cannot be written.
    """
    from core.report.csv_files import case_csv, curves_csv
    from core.report.pdf import make_pdf

    case, results = state.case, state.results
    assert case is not None
    assert results.recommendation is not None
    predictions = tuple(one for one in (results.prior, results.individual, results.proposed) if one is not None)
    posteriors = results.individualisation.posteriors if results.individualisation is not None else ()
    findings = Findings(case, results.recommendation, predictions, posteriors, state.decision)
    made = state.clock()
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{safe_name(case.patient.id)}_{case.drug}_{made:%Y%m%d-%H%M}"
    pdf = folder / f"{stem}.pdf"
    write_atomically(pdf, make_pdf(build_content(findings, made), wording, appendix=True))
    curves, facts = folder / f"{stem}_curves.csv", folder / f"{stem}_case.csv"
    write_atomically(curves, curves_csv(predictions).encode("utf-8-sig"))  # spreadsheets need the mark to read Chinese
    write_atomically(facts, case_csv(findings).encode("utf-8-sig"))
    return [pdf, curves, facts]


def safe_name(text: str) -> str:
    """A record number as part of a file name."""
    kept = "".join(character if character.isalnum() or character in "-_" else "-" for character in text.strip())
    return kept or "case"
