"""What regimens of the clinician's own would do: the numbers of a recommendation for regimens nobody ranked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.advise.candidates import current_regimen, limits_met, same_regimen
from core.advise.evaluate import Evaluator
from core.advise.recommend import SAMPLES, SEED, samples_for, target_of
from core.advise.recommendation import Option, Regimen
from core.advise.responses import draw
from core.clinic.case import Case
from core.errors import FitFailed
from core.infer.posterior import FitStatus, Posterior


def judge(case: Case, posteriors: Sequence[Posterior], regimens: Sequence[Regimen]) -> tuple[Option, ...]:
    """Judge regimens one by one on the draws a recommendation uses; limits they break are attached, never hidden.

    Raises:
        FitFailed: no model could be fitted.
    """
    believed = [posterior for posterior in posteriors if posterior.status is not FitStatus.FAILED]
    if not believed:
        raise FitFailed(", ".join(posterior.model_id for posterior in posteriors))
    model = posteriors[0].bound.model
    believers = draw(believed, samples_for(case, believed, SAMPLES), np.random.default_rng(SEED))
    evaluator = Evaluator(case, believers, target_of(case, model).target, model.harms)
    current = current_regimen(case)
    options = []
    for regimen in regimens:
        taken = [item.drug for item in case.co_medication if item.until is None or item.until > regimen.first_dose]
        broken = limits_met(regimen, model.limits.under(taken))
        option = evaluator.option(regimen, is_current=same_regimen(regimen, current))
        options.append(replace(option, limits=broken))
    return tuple(options)
