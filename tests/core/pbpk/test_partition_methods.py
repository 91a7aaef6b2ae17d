import csv

import pytest

from core.pbpk.partition import Chemistry
from core.pbpk.partition_methods import (
    METHODS,
    Fractions,
    FractionTable,
    berezhkovskiy,
    pksim_standard,
    poulin_theil,
    schmitt,
)
from core.pbpk.physiology import TISSUES
from tests.conftest import SHARED

SCIENCE = SHARED / "science"
COLUMNS = {
    "f_water": "water", "f_proteins": "protein", "f_lipids": "lipid", "f_n_l": "neutral_lipid",
    "f_n_pl": "phospholipid", "f_a_pl": "acidic_phospholipid", "pH": "ph",
}  # fmt: skip
PARTS = {
    "Kpad": "Adipose", "Kpbo": "Bone", "Kpbr": "Brain", "Kphe": "Heart", "Kpki": "Kidney", "Kpgu": "Gut",
    "Kpli": "Liver",
    "Kplu": "Lung", "Kpmu": "Muscle", "Kpsk": "Skin", "Kpsp": "Spleen",
}  # fmt: skip
# the pKa order of that program is wrong for two groups, so only drugs with at most one are compared
ONE_GROUP = {"1", "2", "3"}


def _table(name: str, columns: dict[str, str]) -> FractionTable:
    tissues = {}
    with (SCIENCE / "physiology" / name).open() as file:
        for row in csv.DictReader(file):
            values = {ours: float(row[theirs]) for theirs, ours in columns.items() if row.get(theirs, "NA") != "NA"}
            key = "adipose" if row["tissue"] == "Adipose" else row["tissue"]
            tissues[key] = Fractions(**values)
    plasma = tissues.pop("Plasma", None)
    tissues.pop("RBCs", None)
    return FractionTable(tissues, plasma)


@pytest.mark.skipif(not SCIENCE.exists(), reason="reference partition coefficients are not here")
@pytest.mark.parametrize(
    ("method", "function", "tables"),
    [
        ("PT", poulin_theil, {"published": "metrum_tissue_comp_PnT.csv", "unified": "metrum_unified_tissue_comp.csv"}),
        (
            "Berez",
            berezhkovskiy,
            {"published": "metrum_tissue_comp_PnT.csv", "unified": "metrum_unified_tissue_comp.csv"},
        ),
        ("Schmitt", schmitt, {"unified": "metrum_unified_tissue_comp.csv"}),
        ("PKSim", pksim_standard, {"unified": "metrum_unified_tissue_comp.csv"}),
    ],
)
def test_drugs_with_one_group_agree_with_the_metrum_program(method, function, tables) -> None:  # type: ignore[no-untyped-def]
    """Metrum PBPK_PC on its own tissue tables, to 1e-9."""
    columns = COLUMNS | ({"f_pl": "phospholipid", "f_n_pl": "unused"} if method in {"PT", "Berez"} else {})
    columns = {theirs: ours for theirs, ours in columns.items() if ours != "unused"}
    compositions = {kind: _table(name, columns) for kind, name in tables.items()}
    errors = {}
    with (SCIENCE / "kp_reference" / "kp_metrum_5methods_23drugs.csv").open() as file:
        for row in csv.DictReader(file):
            if row["method"] == method and row["type"] in ONE_GROUP and row["Kp"] in PARTS:
                acids = (float(row["pKa"]),) if row["type"] == "2" else ()
                bases = (float(row["pKa"]),) if row["type"] == "3" else ()
                drug = Chemistry(float(row["logP"]), acids, bases, float(row["fup"]), float(row["BP"]))
                part = "adipose" if row["Kp"] == "Kpad" else PARTS[row["Kp"]]
                ours = function(drug, compositions[row["tissue_table"]])[part]
                errors[row["drug"], part, row["tissue_table"]] = ours / float(row["value"]) - 1.0
    assert len(errors) >= 200
    assert {key: error for key, error in errors.items() if abs(error) > 1e-9} == {}


@pytest.mark.parametrize("method", sorted(METHODS))
def test_every_method_covers_every_tissue_and_is_never_negative(method: str) -> None:
    for drug in (
        Chemistry(4.5, (), (9.4,), 0.05, 0.9),
        Chemistry(-1.0, (3.5,), (), 0.9, 0.6),
        Chemistry(0.3, (6.0,), (8.2,), 0.7, 1.0),
    ):
        found = METHODS[method](drug)
        assert set(TISSUES) <= set(found)
        assert min(found.values()) > 0


@pytest.mark.parametrize("method", sorted(METHODS))
def test_more_lipid_loving_drugs_hold_more_in_fat(method: str) -> None:
    low, high = (METHODS[method](Chemistry(log_p, (), (), 0.2, 1.0))["adipose"] for log_p in (1.0, 4.0))
    assert high > low


def test_cations_bind_to_acidic_phospholipid_and_anions_do_not() -> None:
    table = FractionTable({"x": Fractions(water=0.0, acidic_phospholipid=1.0, ph=7.0)})
    neutral, cation, anion = (
        schmitt(Chemistry(2.0, acids, bases, 1.0, 1.0), table)["x"]
        for acids, bases in (((), ()), ((), (12.0,)), ((2.0,), ()))
    )
    assert cation / neutral == pytest.approx(20.0, rel=1e-3)
    assert anion / neutral == pytest.approx(0.05, rel=1e-3)
