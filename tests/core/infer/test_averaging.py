"""Averaging over models beats the best single one where patients come from several; a failed fit gets no weight."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from core import session
from core.clinic.case import Case
from core.clinic.covariate import CovariateValue
from core.clinic.level import Level
from core.clinic.patient import Patient, Sex
from core.clinic.regimen import Dose, Route
from core.infer.averaging import weigh
from core.infer.map_estimate import estimate_map
from core.infer.posterior import FitStatus
from core.units import Quantity

MODELS = ("vancomycin.goti2018", "vancomycin.thomson2009", "vancomycin.buelga2005", "vancomycin.revilla2010")
SAMPLES = (11.5, 26.0, 35.5)  # h: two troughs and one after an infusion
DAY = (48.0, 72.0)
ROW = Dose(0.0, Quantity(1000.0, "mg"), Route.INTRAVENOUS, Quantity(1.0, "h"), Quantity(12.0, "h"), 6)


def patient(rng: np.random.Generator, number: int) -> Case:
    facts = {
        "weight": (float(np.clip(rng.normal(75.0, 12.0), 50.0, 110.0)), "kg"),
        "height": (172.0, "cm"),
        "serum_creatinine": (float(np.exp(rng.normal(np.log(90.0), 0.35))), "umol/L"),
    }
    covariates = tuple(CovariateValue(name, Quantity(*value)) for name, value in facts.items())
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    who = Patient(f"V{number}", Sex.MALE, age=float(rng.uniform(35.0, 80.0)))
    return Case(who, "vancomycin", start, covariates=covariates, doses=(ROW,))


@pytest.fixture(scope="module")
def errors() -> np.ndarray:
    """Error of ln AUC of the third day (patients, models + average); each virtual patient is one of the models' own."""
    rng = np.random.default_rng(20)
    found = []
    for number in range(120):
        case = patient(rng, number)
        bounds = [session.library().model(name).bind(case) for name in MODELS]
        truth = bounds[number % len(bounds)]
        eta = rng.multivariate_normal(np.zeros(len(truth.model.etas)), truth.model.omega)[None]
        clean = truth.concentrations(eta, case.doses, np.array(SAMPLES))[0]
        noisy = clean + np.sqrt(truth.model.residual.variance(clean)) * rng.standard_normal(len(SAMPLES))
        levels = [Level(t, Quantity(float(max(v, 0.5)), "mg/L")) for t, v in zip(SAMPLES, noisy, strict=True)]
        posteriors = weigh([estimate_map(bound, case.doses, levels) for bound in bounds])
        areas = [area_of(item.bound, item.eta[None], case) for item in posteriors]
        average = sum(item.weight * area for item, area in zip(posteriors, areas, strict=True))
        found.append(np.log([*areas, average]) - np.log(area_of(truth, eta, case)))
    return np.array(found)


def area_of(bound: object, eta: np.ndarray, case: Case) -> float:
    return float(bound.window(eta, case.doses, np.array(DAY)).area[0, -1])  # type: ignore[attr-defined]


def test_the_average_beats_the_best_single_model_on_a_mixture(errors: np.ndarray) -> None:
    rmse = np.sqrt((errors**2).mean(axis=0))
    assert rmse[-1] < rmse[:-1].min(), rmse
    # beyond chance: the fall of the squared error against the best single model, patient by patient
    best = int(rmse[:-1].argmin())
    gain = errors[:, best] ** 2 - errors[:, -1] ** 2
    assert gain.mean() > 1.64 * gain.std(ddof=1) / np.sqrt(len(gain))


def test_the_average_is_not_biased(errors: np.ndarray) -> None:
    assert abs(errors[:, -1].mean()) < 0.05


def test_a_failed_fit_gets_no_weight_and_equal_fits_equal_ones() -> None:
    case = patient(np.random.default_rng(1), 0)
    bound = session.library().model(MODELS[0]).bind(case)
    one = estimate_map(bound, case.doses, [Level(11.5, Quantity(12.0, "mg/L"))])
    weights = [item.weight for item in weigh([one, replace(one, status=FitStatus.FAILED), one])]
    assert weights == pytest.approx([0.5, 0.0, 0.5])
