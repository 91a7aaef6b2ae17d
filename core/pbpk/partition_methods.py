"""Further published equations for the partition between tissue and plasma; compounds name the one they were fitted
with.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from core.clinic.strict_yaml import read_strict_yaml
from core.errors import ModelError
from core.pbpk.partition import PH_PLASMA, Chemistry, rodgers_rowland
from core.pbpk.physiology import TISSUES

_CHARGED_IN_OIL = 1e-3  # partition of the charged against the neutral species (Schmitt 2008)
_CATION, _ANION = 20.0, 0.05  # affinity to acidic phospholipid for each charge (Schmitt 2008)
_TISSUE_PROTEIN = 0.5  # binding proteins of tissue against plasma (Poulin and Theil 2002)


@dataclass(frozen=True)
class Fractions:
    """Volume fractions of one tissue, as far as an equation needs them, and the pH of its cells."""

    water: float
    protein: float = 0.0
    lipid: float = 0.0  # of every kind
    neutral_lipid: float = 0.0
    phospholipid: float = 0.0  # neutral
    acidic_phospholipid: float = 0.0
    ph: float = PH_PLASMA


@dataclass(frozen=True)
class FractionTable:
    """The tissues of one equation, and plasma where the equation needs it."""

    tissues: Mapping[str, Fractions]
    plasma: Fractions | None = None


@functools.cache
def fraction_table(method: str) -> FractionTable:
    """Read one equation's table from `resources/physiology/tissue_fractions.yaml`.

    Raises:
        DrugFileError: the table cannot be read.
        ModelError: a tissue of the body is missing.
    """
    root = read_strict_yaml(Path(str(resources.files("resources") / "physiology" / "tissue_fractions.yaml")))
    section = root[method]
    tissues = {
        name: Fractions(**{part: value.number() for part, value in entry.fields.items()})
        for name, entry in section["tissues"].fields.items()
    }
    tissues.update({name: tissues[lender.text] for name, lender in root["borrowed"].fields.items()})
    if not set(TISSUES) <= set(tissues):
        raise ModelError(f"tissue_fractions.yaml lacks tissues for {method}")
    plasma = section.get("plasma")
    return FractionTable(
        tissues,
        None if plasma is None else Fractions(**{part: value.number() for part, value in plasma.fields.items()}),
    )


def poulin_theil(chemistry: Chemistry, table: FractionTable | None = None) -> dict[str, float]:
    """Tissue-to-plasma coefficients after Poulin and Theil 2002 (J Pharm Sci 91:129).

    Adipose tissue takes the olive-oil distribution of the drug at its pH and no binding protein.
    """
    table = table or fraction_table("poulin_theil")
    assert table.plasma is not None
    coefficients = {}
    for name, part in table.tissues.items():
        affinity = _oil_distribution(chemistry, part.ph) if name == "adipose" else 10.0**chemistry.log_p
        tissue_unbound = 1.0 if name == "adipose" else _tissue_unbound(chemistry)
        ratio = (_soluble(part, affinity) + part.water) / (_soluble(table.plasma, affinity) + table.plasma.water)
        coefficients[name] = ratio * chemistry.fraction_unbound / tissue_unbound
    return coefficients


def berezhkovskiy(chemistry: Chemistry, table: FractionTable | None = None) -> dict[str, float]:
    """Tissue-to-plasma coefficients after Berezhkovskiy 2004 (doi:10.1002/jps.20073): binding beside water alone."""
    table = table or fraction_table("poulin_theil")
    assert table.plasma is not None
    unbound, tissue_unbound = chemistry.fraction_unbound, _tissue_unbound(chemistry)
    coefficients = {}
    for name, part in table.tissues.items():
        affinity = _oil_distribution(chemistry, part.ph) if name == "adipose" else 10.0**chemistry.log_p
        plasma = _soluble(table.plasma, affinity) + table.plasma.water / unbound
        coefficients[name] = (_soluble(part, affinity) + part.water / tissue_unbound) / plasma
    return coefficients


def schmitt(chemistry: Chemistry, table: FractionTable | None = None) -> dict[str, float]:
    """Tissue-to-plasma coefficients after Schmitt 2008 (Toxicol In Vitro 22:457), whole tissue as PK-Sim uses it.

    Membrane affinity stands for the neutral phospholipid, acidic phospholipid attracts cations and repels anions.
    """
    table = table or fraction_table("schmitt")
    membrane = 10.0**chemistry.log_p
    protein = _protein_affinity(membrane)
    coefficients = {}
    for name, part in table.tissues.items():
        neutral, attraction = _species(chemistry, part.ph)
        oil = membrane * (neutral * (1.0 - _CHARGED_IN_OIL) + _CHARGED_IN_OIL)
        unbound_ratio = (
            part.water
            + oil * part.neutral_lipid
            + membrane * part.phospholipid
            + membrane * attraction * part.acidic_phospholipid
            + protein * part.protein
        )
        coefficients[name] = unbound_ratio * chemistry.fraction_unbound
    return coefficients


def pksim_standard(chemistry: Chemistry, table: FractionTable | None = None) -> dict[str, float]:
    """Tissue-to-plasma coefficients of PK-Sim's standard method (Willmann 2005, J Med Chem 48:4022): water, lipid,
    protein.
    """
    table = table or fraction_table("pksim_standard")
    membrane = 10.0**chemistry.log_p
    return {
        name: (part.water + membrane * part.lipid + _protein_affinity(membrane) * part.protein)
        * chemistry.fraction_unbound
        for name, part in table.tissues.items()
    }


METHODS: Mapping[str, Callable[[Chemistry], dict[str, float]]] = {
    "rodgers_rowland": rodgers_rowland,
    "poulin_theil": poulin_theil,
    "berezhkovskiy": berezhkovskiy,
    "schmitt": schmitt,
    "pksim_standard": pksim_standard,
}


def _soluble(part: Fractions, affinity: float) -> float:
    """Drug in lipid against drug in water: phospholipid as 30 % oil and 70 % water."""
    return affinity * (part.neutral_lipid + 0.3 * part.phospholipid) + 0.7 * part.phospholipid


def _tissue_unbound(chemistry: Chemistry) -> float:
    bound = (1.0 - chemistry.fraction_unbound) / chemistry.fraction_unbound
    return 1.0 / (1.0 + _TISSUE_PROTEIN * bound)


def _oil_distribution(chemistry: Chemistry, ph: float) -> float:
    """Olive oil to water, all species (Leo and Hansch 1971)."""
    return float(10.0 ** (1.115 * chemistry.log_p - 1.35) / (1.0 + chemistry.ionised(ph)))


def _protein_affinity(membrane: float) -> float:
    return (0.81 + 0.11 * membrane) / 24.92 * 5.0


def _species(chemistry: Chemistry, ph: float) -> tuple[float, float]:
    """Neutral share of the drug, and its affinity to acidic phospholipid against neutral, over all species."""
    total, attraction = 1.0, 1.0
    for steps, factor in (
        ([pka - ph for pka in sorted(chemistry.bases, reverse=True)], _CATION),
        ([ph - pka for pka in sorted(chemistry.acids)], _ANION),
    ):
        exponent = 0.0
        for charge, step in enumerate(steps, start=1):
            exponent += step
            total += 10.0**exponent
            attraction += 10.0**exponent * factor**charge
    return 1.0 / total, attraction / total
