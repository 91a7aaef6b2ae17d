"""Chances over a range of MICs instead of one: target attainment by MIC, and the cumulative fraction of response."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.advise.judge import evaluator_of
from core.advise.recommend import target_of
from core.advise.recommendation import Regimen
from core.clinic.case import Case, TargetKind
from core.clinic.covariate import CovariateValue
from core.errors import InputError
from core.infer.posterior import Posterior
from core.pd.attainment import MicDistribution
from core.units import Quantity

STANDARD_MICS = tuple(2.0**power for power in range(-4, 8))  # mg/L, the doubling dilutions of the laboratory


@dataclass(frozen=True)
class MicTable:
    """How one regimen fares: chance 0-1 of reaching the target once settled, by MIC (mg/L)."""

    regimen: Regimen
    mics: tuple[float, ...]
    chances: tuple[float, ...]
    response: float | None  # weighed by how often each MIC occurs; None without a distribution


def mic_table(
    case: Case,
    posteriors: Sequence[Posterior],
    regimens: Sequence[Regimen],
    mics: Sequence[float] | MicDistribution = STANDARD_MICS,
) -> tuple[MicTable, ...]:
    """Judge regimens at each of several MICs, or over a distribution of isolates.

    Args:
        case: the patient; the target must be one by the MIC.
        posteriors: one per model, weighted.
        regimens: to judge.
        mics: mg/L, or how many isolates had which.

    Raises:
        FitFailed: no model could be fitted.
        InputError: the target does not go by the MIC.

    Source: Mouton et al., J Antimicrob Chemother 2005;55:601 (doi:10.1093/jac/dki079).
    """
    target = target_of(case, posteriors[0].bound.model).target
    if target.kind not in (TargetKind.AUC24_MIC, TargetKind.TIME_ABOVE_MIC):
        raise InputError("target", "target_without_mic")
    looked_at = tuple(mics.mics if isinstance(mics, MicDistribution) else mics)
    others = tuple(item for item in case.covariates if item.name != "mic")
    chances = []
    for mic in looked_at:
        with_mic = replace(case, covariates=(*others, CovariateValue("mic", Quantity(mic, "mg/L"))))
        _, evaluator = evaluator_of(with_mic, posteriors)
        chances.append([evaluator.settled_attainment(regimen) for regimen in regimens])
    counts = np.array(mics.counts, dtype=float) if isinstance(mics, MicDistribution) else None
    return tuple(
        MicTable(
            regimen,
            looked_at,
            tuple(row[place] for row in chances),
            None if counts is None else float(np.array([row[place] for row in chances]) @ counts / counts.sum()),
        )
        for place, regimen in enumerate(regimens)
    )
