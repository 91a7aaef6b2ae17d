"""How long the prior curve and its band take after an edit: 500 samples, every millisecond a person waits for.

Run `python tests/benchmarks/redraw.py`. CPU time of one thread; the goals are 33 ms (vancomycin) and 100 ms (gefitinib)
at the 95th percentile.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from core import session
from core.clinic.case import Case
from core.clinic.case_file import load_case
from core.clinic.covariate import CovariateValue
from core.drugs.library import resources_folder
from core.units import Quantity

EDITS = 60
GOALS = {"vancomycin_falling_renal_function": 33.0, "gefitinib_itraconazole": 100.0}


def edited(case: Case, step: int) -> Case:
    """The case with another weight, as after a keystroke; nothing can be remembered from the edit before."""
    others = tuple(item for item in case.covariates if item.name != "weight")
    return replace(case, covariates=(*others, CovariateValue("weight", Quantity(50.0 + 0.25 * step, "kg"))))


def main() -> int:
    """Print one line per worked case; exit status 1 when a goal is missed."""
    missed = 0
    for name, goal in GOALS.items():
        case = load_case(resources_folder() / "examples" / f"{name}.case.json")
        session.predict_prior(case)
        taken = []
        for step in range(EDITS):
            changed = edited(case, step)
            start = time.process_time()
            session.predict_prior(changed, samples=500)
            taken.append(1000.0 * (time.process_time() - start))
        middle, slow = np.percentile(taken, [50, 95])
        met = slow <= goal
        missed += not met
        verdict = "met" if met else "MISSED"
        print(f"{name:40} median {middle:6.1f} ms   p95 {slow:6.1f} ms   goal {goal:5.0f} ms   {verdict}")
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main())
