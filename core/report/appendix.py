"""The appendix of a report: the patient's parameters beside the typical ones, and how well the levels were met."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.clinic.case import Case
from core.infer.posterior import Posterior
from core.pk.parameters import PARAMETER_UNITS, PART_UNITS
from core.report.inputs import Block
from core.report.phrase import Phrase, Said, Word
from core.units import format_number


def parameter_unit(name: str) -> str:
    """Base unit of a model's parameter; `1` for a pure number."""
    return {**PARAMETER_UNITS, **PART_UNITS}.get(name, "1")


def appendix_blocks(case: Case, posteriors: Sequence[Posterior]) -> tuple[Block, ...]:
    """Parameters now and the fit check, model by model."""
    if not posteriors:
        return ()
    parameters = tuple(line for posterior in posteriors for line in _parameters(case, posterior))
    fits = tuple(_fit(posterior) for posterior in posteriors)
    return (Block(Phrase("report_parameters_label"), parameters), Block(Phrase("report_fit_label"), fits))


def _parameters(case: Case, posterior: Posterior) -> list[Said]:
    own = posterior.bound.parameters(posterior.eta[None], case.now)
    typical = posterior.bound.parameters(np.zeros((1, len(posterior.eta))), case.now)
    lines: list[Said] = []
    for name in own:
        unit = f" {parameter_unit(name)}".removesuffix(" 1")
        gaps: dict[str, Said] = {
            "name": Word("parameter", name),
            "individual": f"{format_number(float(own[name][0]), 3)}{unit}",
            "typical": f"{format_number(float(typical[name][0]), 3)}{unit}",
            "model": posterior.model_id,
        }
        lines.append(Phrase("report_parameter_row", gaps))
    return lines


def _fit(posterior: Posterior) -> Said:
    inside = sum(fit.low <= fit.observed <= fit.high for fit in posterior.levels)
    gaps: dict[str, Said] = {
        "inside": str(inside),
        "count": str(len(posterior.levels)),
        "model": posterior.model_id,
        "status": Word("fit", posterior.status.value),
    }
    return Phrase("report_fit_row", gaps)
