"""The body a whole-body model is put into, from the covariates of a case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.clinic.alert import Alert, Severity
from core.clinic.case import Case
from core.clinic.patient import Ethnicity
from core.drugs.covariates import covariate_at
from core.pbpk.development import ADULT
from core.pbpk.disease import ChildPugh, with_liver_disease
from core.pbpk.individual import Individual, Traits, build_individual
from core.pbpk.kidney_disease import with_kidney_disease
from core.units import format_number

MEASURED = ("creatinine_clearance", "albumin", "alpha1_acid_glycoprotein", "haematocrit", "gastric_ph")
_KIDNEY_DISEASE = 60.0  # mL/min/1.73 m2; below it for three months: stage 3 or more (KDIGO 2012)


def body_at(case: Case, time: float) -> Individual:
    """The patient's body at a case time: size, ancestry, what was measured, failing kidneys, cirrhosis.

    Raises:
        OutOfDomain: no body fits.
    """

    def number(name: str) -> float | None:
        value = covariate_at(case, name, time)
        return value if isinstance(value, float) else None

    weight, height = number("weight"), number("height")
    assert weight is not None
    assert height is not None
    traits = Traits.of(case.patient.sex, case.age_at(time), height, weight)
    measured = {name: None if (x := number(name)) is None else np.array([x]) for name in MEASURED}
    haematocrit = measured["haematocrit"]
    traits = replace(
        traits,
        east_asian=1.0 if case.patient.ethnicity is Ethnicity.EAST_ASIAN else 0.0,
        haematocrit=None if haematocrit is None else haematocrit / 100.0,
        gfr=measured["creatinine_clearance"],
        albumin=measured["albumin"],
        agp=measured["alpha1_acid_glycoprotein"],
        gastric_ph=measured["gastric_ph"],
    )
    individual = build_individual(traits)
    filtration = _failing_kidney(case, time)
    if filtration is not None:
        individual = with_kidney_disease(individual, np.array([filtration]))
    grade = case.covariate("child_pugh", time)
    return individual if grade is None else with_liver_disease(individual, ChildPugh(str(grade.value)))


def _failing_kidney(case: Case, time: float) -> float | None:
    """Creatinine clearance (mL/min/1.73 m2) of an adult whose kidneys fail; None for the others and where not known."""
    cleared = covariate_at(case, "creatinine_clearance_indexed", time)
    failing = isinstance(cleared, float) and 0.0 < cleared < _KIDNEY_DISEASE and case.age_at(time) >= ADULT
    return cleared if failing and isinstance(cleared, float) else None


def kidney_findings(case: Case, starts: Sequence[float]) -> list[Alert]:
    """That a low clearance is taken as chronic, said once with the lowest."""
    cleared = [value for time in starts if (value := _failing_kidney(case, time)) is not None]
    if not cleared:
        return []
    gaps = {"value": f"{format_number(min(cleared), 3)} mL/min/1.73m2"}
    return [Alert(Severity.NOTE, "kidney_taken_as_chronic", gaps, "creatinine_clearance")]
