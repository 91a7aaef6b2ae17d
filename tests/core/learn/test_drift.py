"""Control charts against the run lengths of the textbooks, and on virtual patients of a model that holds or not."""

import json
from dataclasses import replace

import numpy as np
import pytest

from core import session
from core.cli.run import run
from core.clinic.case_file import save_case
from core.clinic.level import Level
from core.learn.drift import DECISION, LIMIT, REFERENCE, WEIGHT, chart, scores_of
from core.units import Quantity
from tests.core.infer.test_averaging import patient

MODEL = "vancomycin.thomson2009"


def run_lengths(shift: float, runs: int, longest: int) -> tuple[float, float]:
    """Mean run length of CUSUM and EWMA alone, each by its own rule."""
    scores = np.random.default_rng(8).standard_normal((runs, longest)) + shift
    high, low, ewma = np.zeros(runs), np.zeros(runs), np.zeros(runs)
    ends = np.full((2, runs), longest)
    for place in range(longest):
        high = np.maximum(0.0, high + scores[:, place] - REFERENCE)
        low = np.maximum(0.0, low - scores[:, place] - REFERENCE)
        ewma = WEIGHT * scores[:, place] + (1.0 - WEIGHT) * ewma
        limit = LIMIT * np.sqrt(WEIGHT / (2.0 - WEIGHT))
        for row, out in ((0, np.maximum(high, low) > DECISION), (1, np.abs(ewma) > limit)):
            ends[row] = np.where(out, np.minimum(ends[row], place + 1), ends[row])
    return float(ends[0].mean()), float(ends[1].mean())


def test_the_constants_have_the_run_lengths_of_the_textbooks() -> None:
    # Montgomery, table 9.3: 465 and 10.4; Lucas and Saccucci 1990: 500 and 10.3
    cusum, ewma = run_lengths(0.0, 1500, 4000)
    assert (cusum, ewma) == (pytest.approx(465.0, rel=0.08), pytest.approx(500.0, rel=0.08))
    cusum, ewma = run_lengths(1.0, 4000, 200)
    assert (cusum, ewma) == (pytest.approx(10.4, rel=0.05), pytest.approx(10.3, rel=0.05))


def test_the_charts_add_up_as_worked_by_hand() -> None:
    found = chart([1.5, 0.0, -2.0])
    assert found.high == pytest.approx((1.0, 0.5, 0.0))
    assert found.low == pytest.approx((0.0, 0.0, 1.5))
    assert found.ewma == pytest.approx((0.15, 0.135, -0.0785))
    assert found.limits[0] == pytest.approx(LIMIT * WEIGHT)
    assert found.alarm is None
    assert chart([6.0]).alarm == 0


def courses(factor: float, count: int = 40):
    """Virtual patients of the model, each with one level, that the site's assay reads `factor` times as high."""
    rng = np.random.default_rng(6)
    model = session.library().model(MODEL)
    found = []
    for number in range(count):
        case = patient(rng, number)
        bound = model.bind(case)
        eta = rng.multivariate_normal(np.zeros(len(model.etas)), model.omega)[None]
        clean = float(bound.concentrations(eta, case.doses, np.array([35.5]))[0, 0])
        value = factor * (clean + np.sqrt(float(model.residual.variance(np.array(clean)))) * rng.standard_normal())
        found.append(replace(case, levels=(Level(35.5, Quantity(max(value, 0.5), "mg/L")),)))
    return found


def test_a_model_that_holds_gives_standard_scores_and_no_alarm() -> None:
    scores = [item.score for item in scores_of(session.library().model(MODEL), courses(1.0))]
    assert abs(np.mean(scores)) < 0.35
    assert np.std(scores) == pytest.approx(1.0, abs=0.3)
    assert chart(scores).alarm is None


@pytest.mark.parametrize("factor", [1.6, 0.6])
def test_an_assay_that_reads_wrong_gives_alarm(factor: float, tmp_path, capsys) -> None:
    for case in courses(factor):
        save_case(case, tmp_path / f"{case.patient.id}.case.json")
    assert run(["learn", "drift", MODEL, str(tmp_path), "--json"]) == 3
    document = json.loads(capsys.readouterr().out)
    assert document["alarm"] is not None
    assert (document["ewma"][-1] > 0) is (factor > 1)
    assert run(["learn", "drift", MODEL, str(tmp_path / "nowhere")]) == 2
