"""Chances over a range of MICs instead of one: target attainment by MIC, and the cumulative fraction of response."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.advise.judge import evaluator_of
from core.advise.recommend import main_model, target_of
from core.advise.recommendation import Regimen
from core.clinic.case import MIC_KINDS, Case
from core.clinic.mic import MicDistribution
from core.errors import InputError
from core.infer.posterior import Posterior

STANDARD_MICS = tuple(2.0**power for power in range(-4, 8))  # mg/L, the doubling dilutions of the laboratory


@dataclass(frozen=True)
class MicTable:
    """How one regimen fares: chance 0-1 to be within the target in the judged time, by MIC (mg/L)."""

    regimen: Regimen
    mics: tuple[float, ...]
    chances: tuple[float, ...]
    response: float | None  # weighed by how often each MIC occurs; None without a distribution


def mic_table(
    case: Case,
    posteriors: Sequence[Posterior],
    regimens: Sequence[Regimen],
    mics: Sequence[float] | MicDistribution | None = None,
) -> tuple[MicTable, ...]:
    """Judge regimens at each of several MICs, or over a distribution of isolates.

    Args:
        case: the patient; the target must be one by the MIC.
        posteriors: one per model, weighted.
        regimens: to judge.
        mics: mg/L, or how many isolates had which; None: the case's isolates where they are what it is judged by, else
            the doubling dilutions.

    Raises:
        FitFailed: no model could be fitted.
        InputError: the target does not go by the MIC.

    Source: Mouton et al., J Antimicrob Chemother 2005;55:601 (doi:10.1093/jac/dki079).
    """
    target = target_of(case, main_model(posteriors)).target
    if target.kind not in MIC_KINDS:
        raise InputError("target", "target_without_mic")
    unmeasured = replace(case, covariates=tuple(item for item in case.covariates if item.name != "mic"), mics=None)
    if mics is None:
        mics = STANDARD_MICS if case.mics is None or case.covariate("mic", case.now) is not None else case.mics
    isolates = mics if isinstance(mics, MicDistribution) else MicDistribution(tuple(mics), (1,) * len(mics))
    _, evaluator = evaluator_of(replace(unmeasured, mics=isolates), posteriors)
    shares = [share for _, share in isolates.present]
    found = []
    for regimen in regimens:
        pairs = evaluator.by_mic(regimen)
        chances = tuple(chance for _, chance in pairs)
        response = sum(share * chance for share, chance in zip(shares, chances, strict=True))
        weighed = response if isinstance(mics, MicDistribution) else None
        found.append(MicTable(regimen, tuple(mic for mic, _ in pairs), chances, weighed))
    return tuple(found)
