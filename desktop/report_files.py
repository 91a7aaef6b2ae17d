"""The report of the case on the screen as files: PDF, and the curves and the case as CSV."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from core.advise.recommendation import Outcome, Recommendation, Regimen
from core.atomic_write import write_atomically
from core.clinic.case import Case
from core.infer.prediction import Prediction
from core.report.content import Findings, build_content
from core.report.decision import Decision
from core.report.wording import Wording
from desktop.results import Results
from desktop.state import CaseState
from desktop.verbs import Verbs


@dataclass(frozen=True, eq=False)
class ReportJob:
    """What was on the screen when the report was asked for; later edits do not reach it."""

    verbs: Verbs
    case: Case
    results: Results
    recommendation: Recommendation
    decision: Decision | None
    made: dt.datetime

    @property
    def regimen(self) -> Regimen | None:
        """The regimen the page is about: what was decided, else what is recommended."""
        if self.decision is not None:
            return self.decision.regimen
        offers = self.recommendation.outcome is Outcome.OPTIONS
        return self.recommendation.options[0].regimen if offers else None


def report_job(state: CaseState) -> ReportJob | None:
    """The report that can be written now; None while anything on the screen is not of the case as it stands."""
    results, case = state.results, state.case
    if case is None or results.recommendation is None or state.busy:
        return None
    return ReportJob(state.verbs, case, results, results.recommendation, state.decision, state.clock())


def write_report(job: ReportJob, folder: Path, wording: Wording) -> list[Path]:
    """Write PDF and CSV files into a folder and name them.

    Raises:
        InputError: a file cannot be written.
    """
    from core.report.csv_files import case_csv, curves_csv
    from core.report.pdf import make_pdf

    results = job.results
    predictions = tuple(one for one in (results.prior, results.individual, _proposed(job)) if one is not None)
    posteriors = results.individualisation.posteriors if results.individualisation is not None else ()
    findings = Findings(job.case, job.recommendation, predictions, posteriors, job.decision)
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{safe_name(job.case.patient.id)}_{job.case.drug}_{job.made:%Y%m%d-%H%M%S}"
    files = {
        folder / f"{stem}.pdf": make_pdf(build_content(findings, job.made), wording, appendix=True),
        folder / f"{stem}_curves.csv": _for_spreadsheets(curves_csv(predictions)),
        folder / f"{stem}_case.csv": _for_spreadsheets(case_csv(findings)),
    }
    for path, content in files.items():
        write_atomically(path, content)
    return list(files)


def _proposed(job: ReportJob) -> Prediction | None:
    """The curve of the regimen the page is about, whichever option was last looked at."""
    fitted = job.results.individualisation
    if job.regimen is None or fitted is None:
        return None
    if job.regimen == job.results.proposed_regimen:
        return job.results.proposed
    return job.verbs.predict_proposed(job.case, fitted, job.regimen)


def _for_spreadsheets(text: str) -> bytes:
    """UTF-8 with the mark without which spreadsheets do not read Chinese."""
    return text.encode("utf-8-sig")


def safe_name(text: str) -> str:
    """A record number as part of a file name."""
    kept = "".join(character if character.isalnum() or character in "-_" else "-" for character in text.strip())
    return kept or "case"
