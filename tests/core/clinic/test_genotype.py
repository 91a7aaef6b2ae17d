"""Expected phenotypes: CPIC's diplotype tables; all of them where the reference copy is present, a selection here."""

import json

import pytest

from core.clinic.allele_table import MetabolizerPhenotype, allele_table
from core.clinic.covariate import CATALOGUE
from core.clinic.genotype import (
    Cyp3a5Expression,
    Vkorc1,
    cyp2c9,
    cyp2c19,
    cyp2d6,
    cyp3a5,
    cyp3a5_expression,
    vkorc1,
)
from core.errors import InputError
from tests.conftest import SHARED

TABLES = SHARED / "science" / "cpic_phenotypes.json"
ADVERBS = {
    "Poor Metabolizer": MetabolizerPhenotype.POOR,
    "Likely Poor Metabolizer": MetabolizerPhenotype.LIKELY_POOR,
    "Intermediate Metabolizer": MetabolizerPhenotype.INTERMEDIATE,
    "Likely Intermediate Metabolizer": MetabolizerPhenotype.LIKELY_INTERMEDIATE,
    "Possible Intermediate Metabolizer": MetabolizerPhenotype.POSSIBLE_INTERMEDIATE,
    "Normal Metabolizer": MetabolizerPhenotype.NORMAL,
    "Rapid Metabolizer": MetabolizerPhenotype.RAPID,
    "Ultrarapid Metabolizer": MetabolizerPhenotype.ULTRARAPID,
    "Indeterminate": MetabolizerPhenotype.INDETERMINATE,
}


@pytest.mark.parametrize(
    ("diplotype", "score", "phenotype"),
    [
        # rows of CPIC's CYP2D6 diplotype table
        ("*1/*1", 2.0, "Normal Metabolizer"),
        ("*1/*4", 1.0, "Intermediate Metabolizer"),
        ("*1/*10", 1.25, "Normal Metabolizer"),
        ("*1/*9", 1.25, "Normal Metabolizer"),
        ("*1/*14", 1.5, "Normal Metabolizer"),
        ("*1/*17x2", 2.0, "Normal Metabolizer"),
        ("*1/*2x2", 3.0, "Ultrarapid Metabolizer"),
        ("*1x2/*9", 2.25, "Normal Metabolizer"),
        ("*1x2/*10", 2.25, "Normal Metabolizer"),
        ("*1x2/*10x2", 2.5, "Ultrarapid Metabolizer"),
        ("*1x2/*17", 2.5, "Ultrarapid Metabolizer"),
        ("*1x2/*4", 2.0, "Normal Metabolizer"),
        ("*1x2/*1x2", 4.0, "Ultrarapid Metabolizer"),
        ("*1/*4x≥3", 1.0, "Intermediate Metabolizer"),
        ("*1/*161", 1.0, "Intermediate Metabolizer"),
        # Caudle 2020: a score of 0 is poor
        ("*3/*4", 0.0, "Poor Metabolizer"),
        ("*4x2/*5", 0.0, "Poor Metabolizer"),
        ("*4/*10", 0.25, "Intermediate Metabolizer"),
        ("*10/*41", 0.5, "Intermediate Metabolizer"),
    ],
)
def test_cyp2d6_diplotypes_score_as_cpic_says(diplotype: str, score: float, phenotype: str) -> None:
    result = cyp2d6(diplotype)
    assert result.activity_score == pytest.approx(score)
    assert result.phenotype is ADVERBS[phenotype]
    assert not result.score_is_least


def test_open_copy_numbers_give_a_lower_bound() -> None:
    # CPIC: *1/*1x≥3 scores ≥4.0 and is ultrarapid; a lower bound of 2 may be normal or ultrarapid
    many = cyp2d6("*1/*1x≥3")
    assert (many.activity_score, many.score_is_least, many.phenotype) == (4.0, True, MetabolizerPhenotype.ULTRARAPID)
    some = cyp2d6("*4/*2xN")
    assert (some.activity_score, some.score_is_least) == (2.0, True)
    assert some.phenotype is MetabolizerPhenotype.INDETERMINATE
    assert cyp2d6("*1/*2xN").phenotype is MetabolizerPhenotype.ULTRARAPID
    assert not cyp2d6("*1/*4xN").score_is_least  # however many copies of nothing


def test_genes_in_tandem_add_up() -> None:
    # CPIC counts *36+*10 as the *10 it carries, and *68+*4 as nothing
    assert cyp2d6("*36+*10/*41").activity_score == pytest.approx(0.5)
    assert cyp2d6("*36+*10/*1") == cyp2d6("*1/*36+*10")
    assert cyp2d6("*68+*4/*5").phenotype is MetabolizerPhenotype.POOR


@pytest.mark.parametrize("diplotype", ["*1/*22", "*4/*163", "*1/*43x2", "*1/*22+*1"])
def test_an_allele_of_unknown_activity_is_indeterminate_and_has_no_score(diplotype: str) -> None:
    result = cyp2d6(diplotype)
    assert result.phenotype is MetabolizerPhenotype.INDETERMINATE
    assert result.activity_score is None


@pytest.mark.parametrize(
    ("diplotype", "score", "phenotype"),
    [
        ("*1/*1", 2.0, MetabolizerPhenotype.NORMAL),
        ("*1/*2", 1.5, MetabolizerPhenotype.INTERMEDIATE),
        ("*3/*1", 1.0, MetabolizerPhenotype.INTERMEDIATE),
        ("*2/*3", 0.5, MetabolizerPhenotype.POOR),
        ("*3/*3", 0.0, MetabolizerPhenotype.POOR),
        ("*1/*57", None, MetabolizerPhenotype.INDETERMINATE),
    ],
)
def test_cyp2c9_diplotypes_score_as_cpic_says(
    diplotype: str, score: float | None, phenotype: MetabolizerPhenotype
) -> None:
    result = cyp2c9(diplotype)
    assert (result.activity_score, result.phenotype) == (score, phenotype)


@pytest.mark.parametrize(
    ("diplotype", "phenotype"),
    [
        ("*1/*2", MetabolizerPhenotype.INTERMEDIATE),
        ("*2/*17", MetabolizerPhenotype.INTERMEDIATE),
        ("*1/*17", MetabolizerPhenotype.RAPID),
        ("*17/*17", MetabolizerPhenotype.ULTRARAPID),
        ("*2/*2", MetabolizerPhenotype.POOR),
        ("*2/*9", MetabolizerPhenotype.LIKELY_POOR),
        ("*9/*17", MetabolizerPhenotype.LIKELY_INTERMEDIATE),
        ("*1/*12", MetabolizerPhenotype.INDETERMINATE),
    ],
)
def test_cyp2c19_pairs_of_functions_are_cpics(diplotype: str, phenotype: MetabolizerPhenotype) -> None:
    assert cyp2c19(diplotype).phenotype is phenotype


@pytest.mark.parametrize(
    ("diplotype", "expression"),
    [
        ("*1/*1", Cyp3a5Expression.EXPRESSER),
        ("*3/*1", Cyp3a5Expression.EXPRESSER),
        ("*1/*8", Cyp3a5Expression.EXPRESSER),
        ("*3/*3", Cyp3a5Expression.NON_EXPRESSER),
        ("*6/*7", Cyp3a5Expression.NON_EXPRESSER),
        ("*3/*8", Cyp3a5Expression.INDETERMINATE),
    ],
)
def test_one_working_cyp3a5_allele_makes_an_expresser(diplotype: str, expression: Cyp3a5Expression) -> None:
    assert cyp3a5_expression(cyp3a5(diplotype)) is expression  # Birdwell 2015


def test_expression_of_another_gene_is_refused() -> None:
    with pytest.raises(InputError):
        cyp3a5_expression(cyp2c9("*1/*1"))


@pytest.mark.parametrize(
    ("text", "genotype"),
    [
        ("C/C", Vkorc1.GG),
        ("C/T", Vkorc1.AG),
        ("T/C", Vkorc1.AG),
        ("T/T", Vkorc1.AA),
        ("G/G", Vkorc1.GG),
        ("GA", Vkorc1.AG),
        ("AG", Vkorc1.AG),
        ("A/A", Vkorc1.AA),
    ],
)
def test_vkorc1_is_read_from_either_strand(text: str, genotype: Vkorc1) -> None:
    assert vkorc1(text) is genotype  # rs9923231 C is -1639 G


@pytest.mark.parametrize("text", ["C/G", "A/T", "G/T", "A", "", "AAA", "g/a", "*1/*2"])
def test_letters_of_both_strands_are_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        vkorc1(text)
    assert caught.value.reason == "vkorc1_unreadable"


def test_an_allele_nobody_listed_is_named() -> None:
    for read, gene in ((cyp2d6, "CYP2D6"), (cyp2c9, "CYP2C9"), (cyp2c19, "CYP2C19"), (cyp3a5, "CYP3A5")):
        with pytest.raises(InputError) as caught:
            read("*1/*999")
        assert caught.value.reason == "allele_unknown"
        assert caught.value.values == {"gene": gene, "allele": "*999"}


@pytest.mark.parametrize(
    "text", ["*1", "*1/*2/*4", "", "1/2", "*1/", "*1/*2x", "*1/*2x1", "*1/*2x0", "(*1/*2)x2", "*1/*2A"]
)
def test_unreadable_diplotypes_are_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        cyp2d6(text)
    assert caught.value.reason == "diplotype_unreadable"


def test_copies_are_read_for_cyp2d6_only() -> None:
    with pytest.raises(InputError) as caught:
        cyp2c19("*1/*2x2")
    assert caught.value.values["allele"] == "*2x2"


def test_order_of_the_alleles_does_not_matter() -> None:
    assert cyp2c19("*17/*2") == cyp2c19("*2/*17")
    assert cyp2c9(" *3 / *1 ").diplotype == "*1/*3"


@pytest.mark.parametrize("gene", ["CYP2D6", "CYP2C9", "CYP2C19", "CYP3A5"])
def test_every_listed_allele_can_be_read(gene: str) -> None:
    read = {"CYP2D6": cyp2d6, "CYP2C9": cyp2c9, "CYP2C19": cyp2c19, "CYP3A5": cyp3a5}[gene]
    for name in allele_table(gene).alleles:
        assert read(f"*1/{name}").gene == gene


def test_results_speak_the_catalogues_words() -> None:
    assert cyp2c9("*1/*3").diplotype in CATALOGUE["cyp2c9_genotype"].choices
    assert cyp3a5("*3/*1").diplotype in CATALOGUE["cyp3a5_genotype"].choices
    assert vkorc1("T/C").value in CATALOGUE["vkorc1_genotype"].choices
    assert cyp2d6("*4/*4").phenotype.value in CATALOGUE["cyp2d6_phenotype"].choices


@pytest.mark.skipif(not TABLES.exists(), reason="CPIC's whole diplotype tables are not here")
@pytest.mark.parametrize(("gene", "count"), [("CYP2C9", 2850), ("CYP2C19", 666), ("CYP3A5", 21)])
def test_every_diplotype_of_cpic_gets_its_phenotype(gene: str, count: int) -> None:
    read = {"CYP2C9": cyp2c9, "CYP2C19": cyp2c19, "CYP3A5": cyp3a5}[gene]
    rows = json.loads(TABLES.read_text(encoding="utf-8"))["genes"][gene]["diplotype_phenotype"]
    assert len(rows) == count
    for diplotype, (phenotype, score) in rows.items():
        result = read(diplotype)
        assert result.phenotype is ADVERBS[phenotype], diplotype
        if gene == "CYP2C9":
            assert result.activity_score == (None if score == "n/a" else float(score)), diplotype


@pytest.mark.skipif(not TABLES.exists(), reason="CPIC's whole diplotype tables are not here")
def test_every_vkorc1_diplotype_of_cpic_gets_its_genotype() -> None:
    rows = json.loads(TABLES.read_text(encoding="utf-8"))["genes"]["VKORC1"]["diplotype_phenotype"]
    assert len(rows) == 3
    for diplotype, (phenotype, _) in rows.items():
        letters = "/".join(part.split("(")[1][0] for part in diplotype.split("/"))
        assert f"-1639 {vkorc1(letters).value}" == phenotype
