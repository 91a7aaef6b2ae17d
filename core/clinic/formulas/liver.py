"""How badly the liver works: Child-Pugh, MELD, MELD with sodium, ALBI."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum, StrEnum

from core.clinic.formulas.domain import require, require_human
from core.clinic.formulas.renal import CREATININE_UMOL_PER_MG_DL

BILIRUBIN_UMOL_PER_MG_DL = 17.1  # molar mass 584.66 g/mol


class Ascites(Enum):
    """Ascites as Child-Pugh grades it; the value is its points."""

    NONE = 1
    MILD = 2
    MODERATE_TO_SEVERE = 3


class Encephalopathy(Enum):
    """Hepatic encephalopathy as Child-Pugh grades it; the value is its points."""

    NONE = 1
    GRADE_1_2 = 2
    GRADE_3_4 = 3


class AlbuminCut(Enum):
    """Where three points for albumin begin, g/L; sources differ."""

    PUGH_1973 = 28.0
    THIRTY = 30.0  # some later tables


class ChildPughClass(StrEnum):
    """A: 5-6 points, B: 7-9, C: 10-15."""

    A = "A"
    B = "B"
    C = "C"


@dataclass(frozen=True)
class ChildPugh:
    """Points (5-15) and the class they fall in."""

    score: int
    grade: ChildPughClass


class MeldNaVariant(StrEnum):
    """Two published ways to let sodium into MELD."""

    KIM_2008 = "kim_2008"  # N Engl J Med 359:1018, doi:10.1056/NEJMoa0801209; sodium bounded to 125-140 mmol/L
    OPTN_2016 = "optn_2016"  # transplant allocation: sodium bounded to 125-137 mmol/L, only above MELD 11


@dataclass(frozen=True)
class Albi:
    """The albumin-bilirubin score and its grade (1-3, 1 best)."""

    score: float
    grade: int


def child_pugh(
    bilirubin: float,
    albumin: float,
    inr: float,
    ascites: Ascites,
    encephalopathy: Encephalopathy,
    *,
    albumin_cut: AlbuminCut = AlbuminCut.PUGH_1973,
) -> ChildPugh:
    """Classify cirrhosis by Child-Pugh; labels give hepatic doses by it.

    Args:
        bilirubin: umol/L; two points from 34 to 51 (not for cholestatic disease, which has cuts of its own).
        albumin: g/L; two points from the cut to 35.
        inr: 1; two points from 1.7 to 2.3.
        ascites: grade.
        encephalopathy: grade.
        albumin_cut: which table.

    Raises:
        OutOfDomain: a laboratory value no living person has.

    Source: Pugh 1973, Br J Surg 60:646, doi:10.1002/bjs.1800600817.
    """
    require_human("bilirubin", bilirubin)
    require_human("albumin", albumin)
    require_human("inr", inr)
    points = (
        _points(bilirubin, 34.0, 51.0)
        + (4 - _points(albumin, albumin_cut.value, 35.0))
        + _points(inr, 1.7, 2.3)
        + ascites.value
        + encephalopathy.value
    )
    grade = ChildPughClass.A if points <= 6 else ChildPughClass.B if points <= 9 else ChildPughClass.C
    return ChildPugh(points, grade)


def meld(age: float, creatinine: float, bilirubin: float, inr: float, *, dialysis: bool) -> float:
    """Compute the MELD score, unrounded.

    By its definition values below 1 (mg/dL or INR) count as 1, creatinine above 4 mg/dL or dialysis twice in the week
    as 4 mg/dL. Transplant allocation rounds it and bounds it to 6-40; that is left to the reader.

    Args:
        age: year, 12-120.
        creatinine: umol/L.
        bilirubin: umol/L.
        inr: 1.
        dialysis: at least twice in the past week.

    Raises:
        OutOfDomain: a child under 12, or a laboratory value no living person has.

    Source: Kamath 2001, Hepatology 33:464, doi:10.1053/jhep.2001.22172; bounds: Wiesner 2003, Gastroenterology 124:91,
        doi:10.1053/gast.2003.50016.
    """
    require("age", age, 12.0, 120.0, "year")
    require_human("serum_creatinine", creatinine)
    require_human("bilirubin", bilirubin)
    require_human("inr", inr)
    counted = 4.0 if dialysis else min(max(creatinine / CREATININE_UMOL_PER_MG_DL, 1.0), 4.0)
    bile = max(bilirubin / BILIRUBIN_UMOL_PER_MG_DL, 1.0)
    return 9.57 * math.log(counted) + 3.78 * math.log(bile) + 11.2 * math.log(max(inr, 1.0)) + 6.43


def meld_na(meld_score: float, sodium: float, variant: MeldNaVariant = MeldNaVariant.KIM_2008) -> float:
    """Let serum sodium into a MELD score; its bounds on sodium belong to the definition.

    Args:
        meld_score: from `meld`, 6-60.
        sodium: mmol/L, 100-180.
        variant: which definition.

    Raises:
        OutOfDomain: an input outside these ranges.

    Source: beside each member of `MeldNaVariant`.
    """
    require("meld", meld_score, 6.0, 60.0)
    require("sodium", sodium, 100.0, 180.0, "mmol/L")
    if variant is MeldNaVariant.KIM_2008:
        missing = 140.0 - min(max(sodium, 125.0), 140.0)
        return meld_score + missing - 0.025 * meld_score * missing
    if meld_score <= 11.0:
        return meld_score
    missing = 137.0 - min(max(sodium, 125.0), 137.0)
    return meld_score + 1.32 * missing - 0.033 * meld_score * missing


def albi(bilirubin: float, albumin: float) -> Albi:
    """Compute the albumin-bilirubin score of hepatocellular carcinoma.

    Args:
        bilirubin: umol/L.
        albumin: g/L.

    Raises:
        OutOfDomain: a value no living person has.

    Source: Johnson 2015, J Clin Oncol 33:550, doi:10.1200/JCO.2014.57.9151.
    """
    require_human("bilirubin", bilirubin)
    require_human("albumin", albumin)
    score = 0.66 * math.log10(bilirubin) - 0.085 * albumin
    return Albi(score, 1 if score <= -2.60 else 2 if score <= -1.39 else 3)


def _points(value: float, low: float, high: float) -> int:
    """One point below the band, two in it, three above it."""
    return 1 if value < low else 2 if value <= high else 3
