"""From a pharmacogenetic report to a phenotype: CYP2D6, CYP2C9, CYP2C19, CYP3A5 and VKORC1."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from core.clinic.allele_table import Allele, AlleleTable, MetabolizerPhenotype, allele_table
from core.errors import InputError

_COPY = re.compile(
    r"(?P<allele>\*[0-9]+)(?:[xX×](?P<exact>[2-9]|1[0-9])|[xX×](?:≥|>=)(?P<least>[2-9])|[xX×](?P<some>N))?"
)


@dataclass(frozen=True)
class Genotype:
    """A diplotype and what it means."""

    gene: str
    diplotype: str  # lower star number first
    phenotype: MetabolizerPhenotype
    activity_score: float | None = None  # none: the gene is not scored, or an allele's activity is unknown
    score_is_least: bool = False  # the number of gene copies is known only from below


class Cyp3a5Expression(StrEnum):
    """Whether the liver makes working CYP3A5."""

    EXPRESSER = "expresser"
    NON_EXPRESSER = "non_expresser"
    INDETERMINATE = "indeterminate"


class Vkorc1(StrEnum):
    """VKORC1 -1639 genotype on the gene's own strand; A makes sensitive to coumarins."""

    GG = "GG"
    AG = "AG"
    AA = "AA"


def cyp2d6(diplotype: str) -> Genotype:
    """Score a CYP2D6 diplotype and give its phenotype.

    Copies multiply (`*1/*2x2`), genes in tandem add (`*36+*10/*41`). `xN` and `x≥3` give a lower bound; the phenotype
    is then known only where more copies would not change it. An allele of unknown activity makes it indeterminate.

    Args:
        diplotype: two haplotypes of star alleles with `/` between.

    Raises:
        InputError: unreadable text, or an allele the table does not have (named).

    Source: Caudle 2020, Clin Transl Sci 13:116, doi:10.1111/cts.12692; CPIC allele functionality.
    """
    table = allele_table("CYP2D6")
    first, second = _split(table, diplotype)
    scores = [_haplotype_score(table, haplotype) for haplotype in (first, second)]
    known = [score for score in scores if score is not None]
    written = f"{first}/{second}"
    if len(known) < 2:
        return Genotype("CYP2D6", written, MetabolizerPhenotype.INDETERMINATE)
    total = sum(score for score, _ in known)
    least = any(bound for _, bound in known)
    phenotype = table.phenotype_of_score(total)
    if least and phenotype is not MetabolizerPhenotype.ULTRARAPID:
        phenotype = MetabolizerPhenotype.INDETERMINATE
    return Genotype("CYP2D6", written, phenotype, total, least)


def cyp2c9(diplotype: str) -> Genotype:
    """Score a CYP2C9 diplotype (`*1/*3`) and give its phenotype.

    Raises:
        InputError: unreadable text, or an allele the table does not have (named).

    Source: Karnes 2021, Clin Pharmacol Ther 109:302, doi:10.1002/cpt.2008; CPIC allele functionality.
    """
    table = allele_table("CYP2C9")
    first, second = _split(table, diplotype)
    one, two = _single(table, first).activity, _single(table, second).activity
    if one is None or two is None:
        return Genotype("CYP2C9", f"{first}/{second}", MetabolizerPhenotype.INDETERMINATE)
    return Genotype("CYP2C9", f"{first}/{second}", table.phenotype_of_score(one + two), one + two)


def cyp2c19(diplotype: str) -> Genotype:
    """Give the phenotype of a CYP2C19 diplotype (`*1/*17`).

    Raises:
        InputError: unreadable text, or an allele the table does not have (named).

    Source: Lee 2022, Clin Pharmacol Ther 112:959, doi:10.1002/cpt.2526; CPIC allele functionality.
    """
    return _by_function("CYP2C19", diplotype)


def cyp3a5(diplotype: str) -> Genotype:
    """Give the phenotype of a CYP3A5 diplotype (`*1/*3`).

    Raises:
        InputError: unreadable text, or an allele the table does not have (named).

    Source: Birdwell 2015, Clin Pharmacol Ther 98:19, doi:10.1002/cpt.113; CPIC allele functionality.
    """
    return _by_function("CYP3A5", diplotype)


def cyp3a5_expression(genotype: Genotype) -> Cyp3a5Expression:
    """Say whether a CYP3A5 genotype expresses the enzyme: one *1 is enough.

    Raises:
        InputError: a genotype of another gene.

    Source: Birdwell 2015, Clin Pharmacol Ther 98:19, doi:10.1002/cpt.113.
    """
    if genotype.gene != "CYP3A5":
        raise InputError("cyp3a5_genotype", "genotype_of_another_gene", gene=genotype.gene)
    if "*1" in genotype.diplotype.split("/"):
        return Cyp3a5Expression.EXPRESSER
    if genotype.phenotype is MetabolizerPhenotype.POOR:
        return Cyp3a5Expression.NON_EXPRESSER
    return Cyp3a5Expression.INDETERMINATE


def vkorc1(alleles: str) -> Vkorc1:
    """Read the VKORC1 -1639G>A (rs9923231) genotype from either strand.

    Databases give rs9923231 on the chromosome's strand (C, T), the clinic on the gene's (G, A): C/C is GG, C/T is AG,
    T/T is AA.

    Args:
        alleles: two letters with or without `/`, of one strand.

    Raises:
        InputError: other letters, or letters of both strands.

    Source: Johnson 2017, Clin Pharmacol Ther 102:397, doi:10.1002/cpt.668.
    """
    letters = alleles.strip().replace("/", "")
    if len(letters) != 2 or not (set(letters) <= {"C", "T"} or set(letters) <= {"G", "A"}):
        raise InputError("vkorc1_genotype", "vkorc1_unreadable", value=alleles)
    sensitive = sum(letter in "AT" for letter in letters)
    return (Vkorc1.GG, Vkorc1.AG, Vkorc1.AA)[sensitive]


def _by_function(gene: str, diplotype: str) -> Genotype:
    table = allele_table(gene)
    first, second = _split(table, diplotype)
    phenotype = table.phenotype_of_functions(_single(table, first).function, _single(table, second).function)
    return Genotype(gene, f"{first}/{second}", phenotype)


def _split(table: AlleleTable, diplotype: str) -> tuple[str, str]:
    """The two haplotypes, lower star number first."""
    parts = [part.strip() for part in diplotype.split("/")]
    if len(parts) != 2 or not all(re.match(r"\*[0-9]", part) for part in parts):
        raise _unreadable(table, diplotype)
    first, second = sorted(parts, key=lambda part: [int(number) for number in re.findall("[0-9]+", part)])
    return first, second


def _single(table: AlleleTable, name: str) -> Allele:
    """Look an allele up; raises InputError naming it."""
    allele = table.alleles.get(name)
    if allele is None:
        raise InputError(_field(table), "allele_unknown", gene=table.gene, allele=name)
    return allele


def _haplotype_score(table: AlleleTable, haplotype: str) -> tuple[float, bool] | None:
    """Summed activity of the genes on one chromosome, and whether it is only a lower bound; None when unknown."""
    total, least = 0.0, False
    known = True
    for gene in haplotype.split("+"):
        match = _COPY.fullmatch(gene.strip())
        if match is None:
            raise _unreadable(table, haplotype)
        activity = _single(table, match["allele"]).activity
        copies = int(match["exact"] or match["least"] or (2 if match["some"] else 1))
        if activity is None:
            known = False
        elif activity > 0.0:
            total += copies * activity
            least = least or bool(match["least"] or match["some"])
    return (total, least) if known else None


def _field(table: AlleleTable) -> str:
    return f"{table.gene.lower()}_genotype"


def _unreadable(table: AlleleTable, text: str) -> InputError:
    return InputError(_field(table), "diplotype_unreadable", gene=table.gene, value=text)
