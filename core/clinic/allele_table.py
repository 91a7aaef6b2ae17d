"""What each star allele of a gene does, read from `resources/pharmacogenetics`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import as_file, files

from core.clinic.strict_yaml import Entry, read_strict_yaml
from core.units import parse_plain_number


class MetabolizerPhenotype(StrEnum):
    """CPIC's standard terms for how fast an enzyme works."""

    POOR = "poor"
    LIKELY_POOR = "likely_poor"
    INTERMEDIATE = "intermediate"
    LIKELY_INTERMEDIATE = "likely_intermediate"
    POSSIBLE_INTERMEDIATE = "possible_intermediate"
    NORMAL = "normal"
    RAPID = "rapid"
    ULTRARAPID = "ultrarapid"
    INDETERMINATE = "indeterminate"


@dataclass(frozen=True)
class Allele:
    """The function of one gene copy; no activity when nobody knows it or the gene is not scored."""

    function: str
    activity: float | None = None


@dataclass(frozen=True)
class AlleleTable:
    """One gene: its alleles, and the phenotype by summed activity or by the pair of functions."""

    gene: str
    alleles: Mapping[str, Allele]
    by_activity: tuple[tuple[float, MetabolizerPhenotype], ...]  # each from this score on, rising
    by_function: Mapping[frozenset[str], MetabolizerPhenotype]

    def phenotype_of_score(self, score: float) -> MetabolizerPhenotype:
        """The phenotype of an exact activity score, 0 or more."""
        return [phenotype for start, phenotype in self.by_activity if start <= score][-1]

    def phenotype_of_functions(self, first: str, second: str) -> MetabolizerPhenotype:
        """The phenotype of two functions; a pair the table does not have is indeterminate."""
        return self.by_function.get(frozenset((first, second)), MetabolizerPhenotype.INDETERMINATE)


@cache
def allele_table(gene: str) -> AlleleTable:
    """Read the table of one gene (CYP2D6, CYP2C9, CYP2C19, CYP3A5).

    Raises:
        DrugFileError: the file is not what it should be.
    """
    with as_file(files("resources") / "pharmacogenetics" / f"{gene.lower()}.yaml") as path:
        root = read_strict_yaml(path)
    root.only("schema", "gene", "source", "alleles", "by_activity", "by_function")
    root["schema"].choice("1")
    root["gene"].choice(gene)
    scored = root.get("by_activity")
    paired = root.get("by_function")
    return AlleleTable(
        gene,
        _alleles(root["alleles"]),
        tuple((_number(row["from"]), _phenotype(row)) for row in scored.items) if scored else (),
        {_pair(row["pair"]): _phenotype(row) for row in paired.items} if paired else {},
    )


def _alleles(entry: Entry) -> dict[str, Allele]:
    alleles: dict[str, Allele] = {}
    for row in entry.items:
        row.only("function", "activity", "names")
        activity = row.get("activity")
        allele = Allele(row["function"].text, _number(activity) if activity else None)
        for name in row["names"].items:
            if name.text in alleles:
                raise name.error(f"{name.text} stands twice")
            alleles[name.text] = allele
    return alleles


def _number(entry: Entry) -> float:
    return parse_plain_number(entry.text, entry.name)


def _phenotype(row: Entry) -> MetabolizerPhenotype:
    return MetabolizerPhenotype(row["phenotype"].choice(*MetabolizerPhenotype))


def _pair(entry: Entry) -> frozenset[str]:
    return frozenset(item.text for item in entry.items)
