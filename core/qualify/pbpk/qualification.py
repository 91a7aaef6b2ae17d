"""The whole-body models against a folder of published studies: curves, interactions, children."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.pbpk.shelf import shipped_compounds
from core.qualify.pbpk.children import compare_children, read_children
from core.qualify.pbpk.curves import compare_curves, read_curves
from core.qualify.pbpk.measures import Accuracy, Pair, accuracy, within_guest
from core.qualify.pbpk.ratios import compare_ratios, read_ratios
from core.qualify.pbpk.study_files import CannotRead, Unread, read_folder
from core.task import Task

CURVE_GMFE, RATIO_GMFE = 1.5, 1.42  # bars; the second is PK-Sim's own on CYP3A4
WITHIN_TWO, WITHIN_GUEST = 0.8, 0.7


@dataclass(frozen=True)
class Qualification:
    """Every pair of prediction and observation, and what could not be compared."""

    curves: Sequence[Pair]
    ratios: Sequence[Pair]
    children: Sequence[Pair]
    unread: Sequence[Unread]
    assumed: int  # curves of people nobody described, compared with the standard man

    @property
    def drugs(self) -> tuple[str, ...]:
        """Compounds with a curve, sorted."""
        return tuple(sorted({pair.drug for pair in self.curves}))

    def of(self, drug: str, *, fitted: bool | None = None) -> Accuracy:
        """Accuracy of one drug's curves: of the studies fitted, of those held out, or of all."""
        return accuracy(p for p in self.curves if p.drug == drug and fitted in (None, p.fitted))

    @property
    def guest_share(self) -> float:
        """Share of the ratios within Guest's limits; NaN without any."""
        return sum(map(within_guest, self.ratios)) / len(self.ratios) if self.ratios else float("nan")


def qualify(folder: Path, people: Path | None = None, task: Task | None = None) -> Qualification:
    """Compare every compound of the program with every study it can be compared with.

    Args:
        folder: tables of the studies, as `read_folder` takes them.
        people: who took part, where not in the folder.
        task: progress.

    Raises:
        InputError: the folder or a JSON file cannot be read.
        DrugFileError: a compound file of the program cannot be read.
    """
    work = task or Task()
    compounds, studies = shipped_compounds(), read_folder(folder, people)
    curves, unread = read_curves(studies, compounds)
    ratios, unread_ratios = read_ratios(studies, compounds)
    children, unread_children = read_children(studies, compounds)
    failed = [*studies.unread, *unread, *unread_ratios, *unread_children]
    seen: list[Pair] = []
    assumed = 0
    for curve, result in compare_curves(curves, compounds, lambda done: work.step(0.5 * done, "qualify_curves")):
        if isinstance(result, CannotRead):
            failed.append(Unread(curve.source, curve.dataset, result.reason))
            continue
        seen += result
        assumed += curve.assumed
    exposures: list[Pair] = []
    for study, pair in compare_ratios(ratios, compounds, lambda done: work.step(0.5 + 0.5 * done, "qualify_ratios")):
        _sort(pair, study.source, study.label, exposures, failed)
    clearances: list[Pair] = []
    for child, pair in compare_children(children, compounds):
        _sort(pair, child.source, child.label, clearances, failed)
    work.step(1.0)
    return Qualification(seen, exposures, clearances, failed, assumed)


def _sort(result: Pair | CannotRead, source: str, label: str, pairs: list[Pair], failed: list[Unread]) -> None:
    if isinstance(result, Pair):
        pairs.append(result)
    else:
        failed.append(Unread(source, label, result.reason))
