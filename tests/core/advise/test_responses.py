"""Superposition against simulating every regimen in full, and its stability."""

from dataclasses import replace

import numpy as np
import pytest

from core import session
from core.advise.candidates import candidates
from core.advise.evaluate import Evaluator
from core.advise.recommendation import Regimen
from core.advise.responses import Believer, Responses, draw
from core.advise.spans import peaks, spans, time_above
from core.clinic.case import Case, Target, TargetKind
from core.clinic.case_file import load_case
from core.clinic.covariate import CovariateValue
from core.clinic.regimen import Route
from core.drugs.library import resources_folder
from core.units import parse_quantity


def vancomycin(samples: int = 30) -> tuple[Case, tuple[Believer, ...]]:
    case = load_case(resources_folder() / "examples" / "vancomycin_falling_renal_function.case.json")
    case = replace(case, models=("vancomycin.goti2018", "vancomycin.thomson2009"))
    return case, draw(case, session.individualise(case).posteriors, samples, np.random.default_rng(4))


VANCOMYCIN = vancomycin()
REGIMENS = [
    Regimen(750.0, 12.0, Route.INTRAVENOUS, 1.5, 60.0),
    Regimen(750.0, 24.0, Route.INTRAVENOUS, 1.5, 84.0),
    Regimen(1000.0, 36.0, Route.INTRAVENOUS, 2.0, 72.0),
    Regimen(500.0, 8.0, Route.INTRAVENOUS, 1.0, 60.0),
    Regimen(750.0, 12.0, Route.INTRAVENOUS, 1.5, 60.0, loading=2000.0, loading_duration=3.5),
]


@pytest.mark.parametrize("regimen", REGIMENS)
def test_superposed_exposure_equals_simulating_all_doses(regimen: Regimen) -> None:
    case, believers = VANCOMYCIN
    cut = spans(regimen, case.now, 120.0)
    for believer in believers:
        superposed = Responses(case, believer).judge([regimen], cut, (8.0, 2.0), curve=True)
        doses = (*case.given_doses, *regimen.doses(float(cut.times[-1])))
        whole = cut.judge(believer.bound.window(believer.eta, doses, cut.times), (8.0, 2.0))
        for name in ("auc24", "trough", "average"):
            assert np.allclose(getattr(superposed, name)[0], getattr(whole, name), rtol=1e-8), name
        assert np.allclose(superposed.peak[0], whole.peak, rtol=2e-3)  # the two grids see the peak at other times
        assert np.allclose(superposed.above[0], whole.above, atol=0.3)  # percent


def test_scores_of_many_equal_each_judged_alone() -> None:
    case, believers = VANCOMYCIN
    model = believers[0].bound.model
    grid = candidates(model.given_as, case.now, every_duration=True, waits=(0.0, 24.0))[::7]
    target = model.targets[0].target
    together = Evaluator(case, believers, target, model.harms).scores(grid)
    for regimen, score in zip(grid, together, strict=True):
        alone = Evaluator(case, believers, target, model.harms).option(regimen)
        assert alone.utility == pytest.approx(score.utility, abs=1e-12)
        assert alone.attainment.value == pytest.approx(score.attainment, abs=1e-12)
        assert alone.regimen == score.regimen


@pytest.mark.parametrize(
    "kind",
    [TargetKind.PEAK, TargetKind.TIME_ABOVE_MIC, TargetKind.AUC24_MIC, TargetKind.PEAK_MIC, TargetKind.TROUGH],
)
def test_every_kind_of_target_equals_brute_force(kind: TargetKind) -> None:
    case, believers = VANCOMYCIN
    case = replace(case, covariates=(*case.covariates, CovariateValue("mic", parse_quantity("12 mg/L"))))
    low = {TargetKind.PEAK: "30 mg/L", TargetKind.TIME_ABOVE_MIC: "80 %", TargetKind.AUC24_MIC: "35 h",
           TargetKind.PEAK_MIC: "2.5 1"}.get(kind, "15 mg/L")  # fmt: skip
    target = Target(kind, parse_quantity(low))
    evaluator = Evaluator(case, believers, target, ())
    for regimen in REGIMENS:
        cut = spans(regimen, case.now, believers[0].bound.model.judged_after)
        inside = []
        for believer in believers:
            doses = (*case.given_doses, *regimen.doses(float(cut.times[-1])))
            seen = cut.judge(believer.bound.window(believer.eta, doses, cut.times), (12.0,))
            value = {
                TargetKind.PEAK: seen.peak, TargetKind.TIME_ABOVE_MIC: seen.above[..., 0],
                TargetKind.PEAK_MIC: seen.peak / 12.0,
                TargetKind.AUC24_MIC: seen.auc24 / 12.0, TargetKind.TROUGH: seen.trough,
            }[kind]  # fmt: skip
            assert target.low is not None
            inside.append((value >= target.low.value) @ (seen.hours / seen.hours.sum()))
        assert evaluator.option(regimen).attainment.value == pytest.approx(np.concatenate(inside).mean(), abs=0.02)


def test_scores_are_stable_under_noise_of_a_millionth() -> None:
    case, believers = VANCOMYCIN
    model = believers[0].bound.model
    grid = candidates(model.given_as, case.now)
    rng = np.random.default_rng(6)
    noisy = tuple(Believer(b.bound, b.eta * (1 + 1e-6 * rng.standard_normal(b.eta.shape))) for b in believers)
    target = model.targets[0].target
    scores = [Evaluator(case, one, target, model.harms).scores(grid) for one in (believers, noisy)]
    apart = [abs(a.utility - b.utility) for a, b in zip(*scores, strict=True)]
    assert max(apart) <= 1.0 / 30 + 1e-9  # at most one of the draws, at the very edge of the target, crosses it
    assert np.mean(np.array(apart) < 1e-12) > 0.95


def test_time_above_a_level_is_exact_for_straight_lines() -> None:
    times = np.array([0.0, 2.0, 4.0, 6.0])
    curve = np.array([[0.0, 4.0, 4.0, 0.0]])
    at = np.array([0, 2, 3])
    assert time_above(curve, times, at, 1.0).tolist() == [[87.5, 75.0]]
    assert time_above(curve, times, at, 4.0)[0, 0] == pytest.approx(0.0)
    assert peaks(curve, at).tolist() == [[4.0, 4.0]]
