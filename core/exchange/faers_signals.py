"""Counts of drug and event over unique reports, and the signals of one drug."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import FitFailed
from core.exchange.drug_names import names_drug
from core.exchange.faers import Quarter, Reports, find_quarters, key_of, latest_reports, read_faers
from core.exchange.sheet import Sheet
from core.exchange.signals import (
    Estimate,
    GammaPrior,
    Table2x2,
    bcpnn,
    chi_squared,
    empirical_bayes,
    fit_prior,
    information_component,
    proportional_ratio,
    reporting_odds_ratio,
)
from core.task import Task

PRIMARY = ("PS",)
FEWEST = 3
MOST_REPORTS = 2_000_000  # reports the prior of the EBGM is fitted to; the drugs of more do not fit the memory
MOST_PAIRS = 4_000_000  # drug-event pairs, likewise


@dataclass(frozen=True)
class Counts:
    """Unique reports: in all, of the drug, by event, of drug and event; and every pair for the prior of the EBGM."""

    reports: int
    of_drug: int
    events: Counter[str]
    pairs: Counter[str]
    prior: GammaPrior | None  # None: too few pairs, or too many


@dataclass(frozen=True)
class Signal:
    """One event of the drug with its measures."""

    event: str
    table: Table2x2
    ror: Estimate
    prr: Estimate
    chi_squared: float
    ic: Estimate
    bcpnn: Estimate
    ebgm: Estimate | None

    @property
    def rules(self) -> tuple[str, ...]:
        """The usual rules it meets: PRR >= 2 with chi-squared >= 4 and three reports, IC025 > 0, EB05 >= 2."""
        met = []
        if self.table.a >= FEWEST and self.prr.value >= 2 and self.chi_squared >= 4:
            met.append("prr")
        if self.ic.low > 0:
            met.append("ic")
        if self.ebgm is not None and self.ebgm.low >= 2:
            met.append("ebgm")
        return tuple(met)


def read_signals(
    folder: Path, drug: str, sheet: Sheet, roles: Collection[str] = PRIMARY, task: Task | None = None
) -> tuple[Counts, Reports, list[Signal]]:
    """Count a drug's events in a folder of quarterly files and measure each.

    Args:
        folder: where the quarters lie.
        drug: its name; sought in the name and the active ingredient of each report.
        sheet: takes the remarks.
        roles: roles of the drug that count (PS primary suspect, SS secondary, C concomitant, I interacting).
        task: progress and cancellation.

    Raises:
        InputError: the files cannot be read.
        Cancelled: on request.
    """
    quarters = find_quarters(folder)
    reports = latest_reports(quarters, sheet, task)
    counts = count_events(quarters, reports, drug, roles, sheet, task)
    return counts, reports, signals_of(counts)


def signals_of(counts: Counts) -> list[Signal]:
    """Measures of every event of the drug, the strongest information component first."""
    found = []
    for event, together in counts.pairs.items():
        of_event = counts.events[event]
        table = Table2x2(
            together,
            counts.of_drug - together,
            of_event - together,
            counts.reports - counts.of_drug - of_event + together,
        )
        bayes = None if counts.prior is None else empirical_bayes(together, table.expected, counts.prior)
        found.append(
            Signal(
                event,
                table,
                reporting_odds_ratio(table),
                proportional_ratio(table),
                chi_squared(table),
                information_component(table),
                bcpnn(table),
                bayes,
            )
        )
    return sorted(found, key=lambda item: (-item.ic.low, item.event))


def count_events(
    quarters: Sequence[Quarter],
    reports: Reports,
    drug: str,
    roles: Collection[str],
    sheet: Sheet,
    task: Task | None = None,
) -> Counts:
    """Unique reports of each event, with the drug and in all; a report counts an event once however often it stands."""
    drugs, of_drug = _drugs(quarters, reports, drug, roles, sheet, task)
    events: Counter[str] = Counter()
    pairs: Counter[str] = Counter()
    every: Counter[tuple[str, str]] = Counter()
    margins: Counter[str] = Counter(name for names in drugs.values() for name in names)
    for quarter in quarters:
        for key, terms in _terms(quarter.files["reac"], reports, sheet, task):
            events.update(terms)
            if key in of_drug:
                pairs.update(terms)
            if len(every) <= MOST_PAIRS:
                every.update((name, term) for name in drugs.get(key, ()) for term in terms)
    prior = _prior(every, margins, events, len(reports.keys)) if len(every) <= MOST_PAIRS else None
    return Counts(len(reports.keys), len(of_drug), events, pairs, prior)


def _drugs(
    quarters: Sequence[Quarter], reports: Reports, drug: str, roles: Collection[str], sheet: Sheet, task: Task | None
) -> tuple[dict[int, tuple[str, ...]], set[int]]:
    """Drugs of each report in the wanted roles, and the reports of the drug sought."""
    names: dict[int, tuple[str, ...]] = {}
    wanted: set[int] = set()
    keeps = len(reports.keys) <= MOST_REPORTS
    shared: dict[str, str] = {}  # one copy of each name
    for quarter in quarters:
        file = quarter.files["drug"]
        columns = ("primaryid", "role_cod", "drugname", "prod_ai")
        for _, old, (number, role, name, ingredient) in read_faers(file, columns, sheet, task):
            key = key_of(number, old)
            if key is None or role not in roles or not reports.holds(key):
                continue
            called = (ingredient or name).upper()
            before = names.get(key, ())
            if keeps and called not in before:
                names[key] = (*before, shared.setdefault(called, called))
            if names_drug(drug, f"{name} {ingredient}"):
                wanted.add(key)
    return names, wanted


def _terms(file: Path, reports: Reports, sheet: Sheet, task: Task | None) -> list[tuple[int, frozenset[str]]]:
    """Preferred terms of each report of a quarter, in capitals (they were until 2012), each once."""
    found: dict[int, set[str]] = {}
    shared: dict[str, str] = {}
    for _, old, (number, term) in read_faers(file, ("primaryid", "pt"), sheet, task):
        key = key_of(number, old)
        if key is not None and term and reports.holds(key):
            called = term.upper()
            found.setdefault(key, set()).add(shared.setdefault(called, called))
    return [(key, frozenset(terms)) for key, terms in found.items()]


def _prior(
    every: Counter[tuple[str, str]], margins: Counter[str], events: Counter[str], total: int
) -> GammaPrior | None:
    expected = [margins[name] * events[term] / total for name, term in every]
    if not every:
        return None
    try:
        return fit_prior(list(every.values()), expected)
    except FitFailed:
        return None


def finite(value: float) -> float | None:
    """A number for a document, None where it could not be computed."""
    return value if math.isfinite(value) else None
