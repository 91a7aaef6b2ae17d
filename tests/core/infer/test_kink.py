"""A level at the very end of a zero-order input: the optimum has no slope there, and is proved by looking around."""

import datetime as dt

import numpy as np
import pytest

from core.clinic.case import Case
from core.clinic.level import Level
from core.clinic.patient import Patient, Sex
from core.clinic.regimen import Dose, Route
from core.drugs.loader import load_population_model
from core.infer.kink import lowest_point
from core.infer.likelihood import Objective, observations
from core.infer.map_estimate import estimate_map
from core.infer.posterior import FitStatus
from core.infer.whitened import Whitened
from core.units import Quantity

FILE = """schema: 1
id: drug.kink
drug: {name: drug, zh: 药, atc: V03AX, molar_mass: 400 g/mol}
source: {citation: a test, population: nobody, n: 0, evidence: ours}
model: {structure: one_compartment_oral, absorption: zero_order}
parameters:
  clearance: {typical: 5 L/h, between_subject_sd: 0.3}
  volume: {typical: 20 L, between_subject_sd: 0.2}
  absorption_duration: {typical: 2 h, between_subject_sd: 0.4}
residual: {additive: 0.3 mg/L}
analyte: {unit: mg/L}
domain: {}
"""
DOSE = Dose(0.0, Quantity(100.0, "mg"), Route.ORAL)


@pytest.fixture(scope="module")
def bound(tmp_path_factory):
    path = tmp_path_factory.mktemp("kink") / "drug.kink.yaml"
    path.write_text(FILE, "utf-8")
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    return load_population_model(path, to_dose=False).bind(Case(Patient("x", Sex.MALE, age=50.0), "drug", start))


def levels(*pairs):
    return [Level(time, Quantity(value, "mg/L")) for time, value in pairs]


def test_a_peak_higher_than_any_other_duration_gives_is_fitted(bound):
    # at 2.5 h nothing reaches higher than an input that ends just then
    seen = levels((2.5, 5.2), (6.0, 1.6))
    found = estimate_map(bound, (DOSE,), seen)
    assert found.status is FitStatus.CONVERGED
    assert found.on_kink
    duration = 2.0 * np.exp(found.eta[2])
    assert duration == pytest.approx(2.5, abs=1e-6)
    # as low as a fine search over durations on both sides, each with its own best clearance and volume
    objective = Objective(bound, (DOSE,), observations(seen, 400.0), np.linalg.inv(bound.model.omega))
    grid = found.eta + 0.05 * np.random.default_rng(5).uniform(-1.0, 1.0, (20_000, 3))
    assert (objective.value(grid) >= found.objective - 1e-9).all()
    assert found.draws is not None
    assert len(found.draws) * found.effective > 100.0
    assert abs(np.median(found.draws[:, 2]) - found.eta[2]) < 0.3


def test_an_ordinary_optimum_has_its_slope_as_before(bound):
    found = estimate_map(bound, (DOSE,), levels((1.0, 2.0), (6.0, 1.6)))
    assert found.status is FitStatus.CONVERGED
    assert not found.on_kink
    assert found.gradient_norm < 1e-4


def test_a_point_with_a_way_down_is_none(bound, monkeypatch):
    seen = levels((2.5, 5.2), (6.0, 1.6))
    objective = Objective(bound, (DOSE,), observations(seen, 400.0), np.linalg.inv(bound.model.omega))
    whitened = Whitened(objective, np.linalg.cholesky(bound.model.omega))
    best = lowest_point(whitened, np.zeros(3))
    assert best is not None
    monkeypatch.setattr(
        "core.infer.kink.minimize", lambda value, start, **_: type("R", (), {"x": start, "fun": value(start)})
    )
    assert lowest_point(whitened, best + 0.1) is None
