"""Times the scoring of 400 regimens under 200 draws against judging each by a simulation of its own, in one run.

Run `python tests/benchmarks/advise.py` from the repository; figures are CPU time of this process.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core import session
from core.advise.evaluate import Evaluator
from core.advise.recommendation import Regimen
from core.advise.responses import draw
from core.advise.spans import spans
from core.clinic.case_file import load_case
from core.clinic.regimen import Route
from core.drugs.library import resources_folder
from core.learn.second_opinion import second_opinion

REGIMENS = [
    Regimen(amount, every, Route.INTRAVENOUS, duration, 60.0)
    for amount in np.arange(250.0, 2250.0, 100.0)
    for every in (8.0, 12.0, 24.0, 36.0, 48.0)
    for duration in (1.0, 1.5, 2.0, 3.5)
]
DRAWS = 200
BY_FORCE = 20  # regimens timed by brute force; the rest is extrapolated


def main() -> None:
    case = load_case(resources_folder() / "examples" / "vancomycin_falling_renal_function.case.json")
    case = replace(case, models=("vancomycin.goti2018",))
    individualisation = session.individualise(case)
    believers = draw(case, individualisation.posteriors, DRAWS, np.random.default_rng(1))
    model = believers[0].bound.model
    target = model.targets[0].target

    def score() -> float:
        begun = time.process_time()
        Evaluator(case, believers, target, model.harms).scores(REGIMENS)
        return 1000.0 * (time.process_time() - begun)

    score()
    fast = min(score() for _ in range(5))
    begun = time.process_time()
    for regimen in REGIMENS[:: len(REGIMENS) // BY_FORCE]:
        cut = spans(regimen, case.now, model.judged_after)
        doses = (*case.given_doses, *regimen.doses(float(cut.times[-1])))
        cut.judge(believers[0].bound.window(believers[0].eta, doses, cut.times), None)
    slow = 1000.0 * (time.process_time() - begun) * len(REGIMENS) / BY_FORCE
    print(
        f"{len(REGIMENS)} regimens x {DRAWS} draws: {fast:.1f} ms; brute force {slow:.0f} ms; ratio {slow / fast:.0f}"
    )
    for name in ("vancomycin_falling_renal_function", "gefitinib_itraconazole"):
        worked = load_case(resources_folder() / "examples" / f"{name}.case.json")
        fitted = session.individualise(worked)
        advice = session.recommend(worked, fitted)
        bounds = [posterior.bound for posterior in fitted.posteriors]
        whole = min(timed(partial(session.recommend, worked, fitted)) for _ in range(3))
        opinion = min(timed(partial(second_opinion, worked, bounds, advice)) for _ in range(3))
        print(f"recommend {name}: {whole:.0f} ms, of it the second opinion {opinion:.0f} ms")


def timed(work: Callable[[], object]) -> float:
    """CPU time of a piece of work, ms."""
    begun = time.process_time()
    work()
    return 1000.0 * (time.process_time() - begun)


if __name__ == "__main__":
    main()
