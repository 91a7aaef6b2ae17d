"""How a drug divides between tissues and plasma, from its chemistry and the tissues' composition."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from core.clinic.strict_yaml import read_strict_yaml
from core.errors import ModelError
from core.pbpk.physiology import TISSUES

PH_PLASMA = 7.4
PH_CELL = 7.0
PH_BLOOD_CELL = 7.22
REFERENCE_HAEMATOCRIT = 0.45
_STRONG_BASE = 7.0
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Chemistry:
    """What the partition equations need to know of a drug."""

    log_p: float  # octanol-water
    acids: tuple[float, ...]  # pKa
    bases: tuple[float, ...]  # pKa of the conjugate acids
    fraction_unbound: float  # in plasma
    blood_to_plasma: float

    @property
    def strong_base(self) -> bool:
        """Whether binding to acidic phospholipids decides, instead of plasma proteins in the tissue."""
        return any(pka > _STRONG_BASE for pka in self.bases)

    def check(self, haematocrit: float = REFERENCE_HAEMATOCRIT) -> None:
        """Raise ModelError when fraction unbound or blood-to-plasma ratio cannot exist at this haematocrit."""
        if not 0.0 < self.fraction_unbound <= 1.0:
            raise ModelError(f"fraction unbound must lie above 0 and not above 1, is {self.fraction_unbound:g}")
        if self.blood_to_plasma < 1.0 - haematocrit - _ROUNDING:
            low = 1.0 - haematocrit
            raise ModelError(f"blood-to-plasma ratio cannot be below {low:g}, is {self.blood_to_plasma:g}")

    def ionised(self, ph: float) -> float:
        """Ionised over neutral drug at a pH: each successive protonation or loss of a proton adds its product."""
        return _successive([pka - ph for pka in sorted(self.bases, reverse=True)]) + _successive(
            [ph - pka for pka in sorted(self.acids)]
        )


@dataclass(frozen=True)
class Composition:
    """Volume fractions of one tissue; acidic phospholipid in mg/g; albumin and lipoprotein as tissue-to-plasma
    ratios.
    """

    neutral_lipid: float
    phospholipid: float
    extracellular: float = 0.0
    intracellular: float = 0.0
    acidic_phospholipid: float = 0.0
    albumin: float = 0.0
    lipoprotein: float = 0.0


@dataclass(frozen=True)
class CompositionTable:
    """Compositions by tissue of the body, and of the two parts of blood."""

    tissues: Mapping[str, Composition]
    blood_cells: Composition
    plasma: Composition


@functools.cache
def composition_table() -> CompositionTable:
    """Read `resources/physiology/tissue_composition.yaml` (Rodgers and Rowland 2005, 2006).

    Raises:
        DrugFileError: the table cannot be read.
        ModelError: a tissue of the body has no composition.
    """
    root = read_strict_yaml(Path(str(resources.files("resources") / "physiology" / "tissue_composition.yaml")))

    def composition(section: str, name: str | None = None) -> Composition:
        entry = root[section] if name is None else root[section][name]
        return Composition(**{part: value.number() for part, value in entry.fields.items()})

    tissues = {name: composition("tissues", name) for name in root["tissues"].fields}
    tissues.update({name: tissues[lender.text] for name, lender in root["borrowed"].fields.items()})
    missing = set(TISSUES) - set(tissues)
    if missing:
        raise ModelError(f"tissue_composition.yaml lacks {', '.join(sorted(missing))}")
    return CompositionTable(tissues, composition("blood_cells"), composition("plasma"))


def rodgers_rowland(chemistry: Chemistry, haematocrit: float = REFERENCE_HAEMATOCRIT) -> dict[str, float]:
    """Tissue-to-plasma partition coefficients (total over total) at steady state, by tissue.

    Bases with a pKa above 7 bind to acidic phospholipids, their affinity being read from the blood cells; all others
    bind to albumin in the tissue, neutral drugs to lipoprotein. The protein term stands alone: it is NOT multiplied by
    X/(1+Y), an error of some published programs that lets it vanish for neutral drugs.

    Raises:
        ModelError: fraction unbound outside (0, 1], or a blood-to-plasma ratio below that of empty blood cells.

    Source:
        Rodgers, Leahy and Rowland 2005 (doi:10.1002/jps.20322), Rodgers and Rowland 2006 (doi:10.1002/jps.20502).
    """
    return {
        tissue: chemistry.fraction_unbound * (part.outside + part.inside)
        for tissue, part in rodgers_rowland_parts(chemistry, haematocrit).items()
    }


@dataclass(frozen=True)
class TissueParts:
    """Drug in a litre of tissue against unbound drug in plasma: outside the cells and inside them."""

    outside: float
    inside: float


def rodgers_rowland_parts(chemistry: Chemistry, haematocrit: float = REFERENCE_HAEMATOCRIT) -> dict[str, TissueParts]:
    """Split the coefficients of `rodgers_rowland`, over unbound plasma, by where in the tissue the drug is.

    Outside: extracellular water and what binds to albumin or lipoprotein there. Inside: cell water, lipid,
    phospholipid. Errors and source as for `rodgers_rowland`.
    """
    chemistry.check(haematocrit)
    table = composition_table()
    x, y = chemistry.ionised(PH_CELL), chemistry.ionised(PH_PLASMA)
    octanol = 10.0**chemistry.log_p
    vegetable_oil = 10.0 ** (1.115 * chemistry.log_p - 1.35)  # stands for the neutral lipid of adipose tissue
    phospholipid_affinity = _phospholipid_affinity(chemistry, table, haematocrit) if chemistry.strong_base else 0.0
    protein_affinity = 0.0 if chemistry.strong_base else _protein_affinity(chemistry, table)
    neutral = not (chemistry.acids or chemistry.bases)
    parts = {}
    for tissue in TISSUES:
        part = table.tissues[tissue]
        partition = vegetable_oil if tissue == "adipose" else octanol
        acidic = phospholipid_affinity * part.acidic_phospholipid * x / (1.0 + y)
        parts[tissue] = TissueParts(
            outside=part.extracellular + protein_affinity * (part.lipoprotein if neutral else part.albumin),
            inside=(1.0 + x) / (1.0 + y) * part.intracellular + _lipid(part, partition) / (1.0 + y) + acidic,
        )
    return parts


def _lipid(part: Composition, partition: float) -> float:
    """Neutral lipid as oil, phospholipid as 30 % oil and 70 % water (Poulin and Theil 2000)."""
    return partition * part.neutral_lipid + (0.3 * partition + 0.7) * part.phospholipid


def _phospholipid_affinity(chemistry: Chemistry, table: CompositionTable, haematocrit: float) -> float:
    """Affinity of a strong base to acidic phospholipid, from its uptake in blood cells; never below none at all."""
    y, z = chemistry.ionised(PH_PLASMA), chemistry.ionised(PH_BLOOD_CELL)
    cells = table.blood_cells
    fu = chemistry.fraction_unbound
    cell_ratio = (haematocrit - 1.0 + chemistry.blood_to_plasma) / (haematocrit * fu)
    water_and_lipid = (1.0 + z) / (1.0 + y) * cells.intracellular + _lipid(cells, 10.0**chemistry.log_p) / (1.0 + y)
    return max(0.0, cell_ratio - water_and_lipid) * (1.0 + y) / (cells.acidic_phospholipid * z)


def _protein_affinity(chemistry: Chemistry, table: CompositionTable) -> float:
    """Plasma protein binding that lipid does not explain; never below none at all."""
    lipid = _lipid(table.plasma, 10.0**chemistry.log_p) / (1.0 + chemistry.ionised(PH_PLASMA))
    return max(0.0, 1.0 / chemistry.fraction_unbound - 1.0 - lipid)


def _successive(steps: list[float]) -> float:
    total, exponent = 0.0, 0.0
    for step in steps:
        exponent += step
        total += 10.0**exponent
    return total
