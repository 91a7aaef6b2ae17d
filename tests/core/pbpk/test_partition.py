import csv
from collections.abc import Iterator

import pytest

from core.errors import ModelError
from core.pbpk.partition import Chemistry, rodgers_rowland
from core.pbpk.physiology import TISSUES
from tests.conftest import SHARED

FOLDER = SHARED / "science" / "kp_reference"
PARTS = {
    "ad": "adipose", "bo": "bone", "br": "brain", "he": "heart", "ki": "kidney", "gu": "small_intestine", "li": "liver",
    "lu": "lung", "mu": "muscle", "sk": "skin", "sp": "spleen", "pa": "pancreas",
}  # fmt: skip
needs_reference = pytest.mark.skipif(not FOLDER.exists(), reason="reference partition coefficients are not here")


def _chemistry(row: dict[str, str]) -> Chemistry:
    groups = [item for item in row["pKa"].split(";") if item]
    acids = tuple(float(item[1:]) for item in groups if item[0] == "A")
    bases = tuple(float(item[1:]) for item in groups if item[0] == "B")
    return Chemistry(float(row["logP"]), acids, bases, float(row["fup"]), float(row["BP"]))


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (FOLDER / name).open() as file:
        yield from csv.DictReader(file)


@needs_reference
def test_twenty_two_drugs_agree_with_an_independent_calculation_of_the_pksim_formula() -> None:
    seen = {}
    for row in _rows("kp_RR_pksim_formula_22drugs_by_helper.csv"):
        if row["tissue"] in PARTS:
            ours = rodgers_rowland(_chemistry(row))[PARTS[row["tissue"]]]
            seen[row["drug"], row["tissue"]] = ours / float(row["Kp"]) - 1.0
    assert len({drug for drug, _ in seen}) == 22
    assert {key: error for key, error in seen.items() if abs(error) > 1e-9} == {}


@needs_reference
def test_strong_bases_agree_with_the_metrum_program() -> None:
    """Metrum PBPK_PC, published tissue table; only strong bases: for others that program loses the protein term."""
    strong = {"Amitriptyline", "Imipramine", "Lidocaine", "Metoprolol", "Propranolol", "Verapamil"}
    seen = {}
    for row in _rows("kp_metrum_5methods_23drugs.csv"):
        if row["method"] == "RR" and row["tissue_table"] == "published" and row["drug"] in strong:
            part = row["Kp"].removeprefix("Kp")
            if part in PARTS:
                base = Chemistry(float(row["logP"]), (), (float(row["pKa"]),), float(row["fup"]), float(row["BP"]))
                seen[row["drug"], part] = rodgers_rowland(base)[PARTS[part]] / float(row["value"]) - 1.0
    assert {drug for drug, _ in seen} == strong
    assert {key: error for key, error in seen.items() if abs(error) > 1e-5} == {}


def test_metoprolol_agrees_with_three_published_figures() -> None:
    """Muscle 4.1912, adipose 0.8817, liver 9.4435 (Metrum PBPK_PC)."""
    found = rodgers_rowland(Chemistry(1.88, (), (9.7,), 0.88, 1.15))
    assert [found[tissue] for tissue in ("muscle", "adipose", "liver")] == pytest.approx(
        [4.1912, 0.8817, 9.4435], abs=5e-5
    )


def test_a_neutral_drug_keeps_its_protein_binding_in_tissue() -> None:
    """With no lipid affinity and half bound, tissue holds water plus 0.5 * (1/0.5 - 1 - lipid) * lipoprotein ratio."""
    found = rodgers_rowland(Chemistry(-10.0, (), (), 0.5, 1.0))
    water, phospholipid, plasma_phospholipid, ratio = 0.118 + 0.63, 0.7 * 0.0072, 0.7 * 0.0013, 0.059
    assert found["muscle"] == pytest.approx(0.5 * (water + phospholipid + (1.0 - plasma_phospholipid) * ratio))


def test_order_of_two_base_groups_does_not_matter() -> None:
    one = rodgers_rowland(Chemistry(3.2, (), (7.2, 5.4), 0.09, 1.0))
    other = rodgers_rowland(Chemistry(3.2, (), (5.4, 7.2), 0.09, 1.0))
    assert one == other


def test_no_coefficient_is_negative_even_where_blood_cells_take_up_less_than_water_would() -> None:
    assert min(rodgers_rowland(Chemistry(3.2, (), (9.0,), 0.9, 0.56)).values()) > 0


def test_every_tissue_of_the_body_gets_a_coefficient() -> None:
    assert set(rodgers_rowland(Chemistry(2.0, (), (), 0.5, 1.0))) == set(TISSUES)


@pytest.mark.parametrize(("unbound", "blood"), [(0.0, 1.0), (1.1, 1.0), (0.5, 0.54)])
def test_impossible_binding_is_refused(unbound: float, blood: float) -> None:
    with pytest.raises(ModelError):
        rodgers_rowland(Chemistry(2.0, (), (), unbound, blood))
