"""A case with everything a report can say, and plain numbers in place of a computation, each to be found again."""

import datetime as dt
import json
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core.advise.recommendation import (
    Basis,
    Interval,
    ModelUse,
    Option,
    Outcome,
    Recommendation,
    Regimen,
    Risk,
    SecondOpinion,
)
from core.clinic.alert import Alert, Severity
from core.clinic.case import Case
from core.clinic.case_file import read_case
from core.clinic.regimen import Route
from core.drugs.model import Assumption, Evidence
from core.infer.posterior import FitStatus, LevelFit, Posterior
from core.infer.prediction import Curve, Prediction, PredictionSource
from core.report.content import Findings
from core.report.decision import Decision, DecisionKind

MADE = dt.datetime(2026, 7, 14, 9, 5, tzinfo=dt.timezone(dt.timedelta(hours=8)))

CASE = {
    "schema": "dosewright.case/1",
    "patient": {
        "id": "P-0042",
        "name": "DEMO, 演示患者",
        "sex": "female",
        "born": "1955-05-03",
        "ethnicity": "east_asian",
    },
    "covariates": [
        {"name": "weight", "value": "48 kg", "time": 0},
        {"name": "serum_creatinine", "value": "91 umol/L", "time": 48},
        {"name": "cyp2d6_phenotype", "value": "poor", "time": 0},
    ],
    "co_medication": [{"drug": "itraconazole", "amount": "200 mg", "every": "24 h", "from": 72, "until": 240}],
    "drug": "gefitinib",
    "start": "2026-07-06T08:00+08:00",
    "doses": [{"time": 0, "amount": "250 mg", "route": "oral", "every": "24 h", "count": 7}],
    "levels": [
        {"time": 71.5, "analyte": "gefitinib", "value": "512 ng/mL"},
        {"time": 95.5, "value": "<5 ng/mL", "use": False, "reason": "haemolysed"},
    ],
    "target": {"kind": "trough", "low": "200 ng/mL", "high": "500 ng/mL"},
}


@pytest.fixture
def made() -> dt.datetime:
    return MADE


@pytest.fixture
def case() -> Case:
    return read_case(json.dumps(CASE))


def option(amount: float, every: float, chance: float, **more: Any) -> Option:
    return Option(
        regimen=Regimen(amount, every, Route.ORAL, 0.0, 168.0),
        attainment=Interval(chance, chance - 0.03, chance + 0.01),
        below_target=0.05,
        above_target=0.03,
        efficacy=Interval(0.71, 0.58, 0.82),
        risks=(
            Risk("toxicity_kidney_injury", Interval(0.12, 0.06, 0.21), Evidence.LOW, "Kidney 2017", "563 mg*h/L"),
            Risk(
                "toxicity_diarrhoea",
                Interval(0.33, 0.3, 0.36),
                Evidence.NONE,
                "Gut 2015",
                "14 mg*h/L",
                of_toxicity=False,
            ),
        ),
        exposure={"auc24": Interval(9.1, 6.2, 12.4), "trough": Interval(0.384, 0.314, 0.457)},
        utility=0.8,
        **more,
    )


def recommendation_of(case: Case) -> Recommendation:
    assert case.target is not None
    unusual = Alert(Severity.CAUTION, "only_one_level", {}, "levels")
    outside = {"covariate": "weight", "value": "48 kg", "low": "50 kg", "high": "110 kg", "model": "gefitinib.pbpk"}
    assumed = Alert(Severity.NOTE, "covariate_assumed", {"covariate": "albumin", "assumed": "42 g/L"}, "albumin")
    return Recommendation(
        outcome=Outcome.OPTIONS,
        options=(option(250.0, 48.0, 0.92), option(250.0, 72.0, 0.41), option(250.0, 24.0, 0.22, is_current=True)),
        target=case.target,
        target_evidence=Evidence.MODERATE,
        target_source="Target 2020",
        alerts=(Alert(Severity.CAUTION, "covariate_outside_studied_range", outside, "weight"), unusual, assumed),
        basis=Basis(
            inputs_hash="a1b2c3d4e5f6a7b8",
            program_version="0.1.0",
            models=(ModelUse("gefitinib.pbpk", "0123456789abcdef", 1.0, "Model 2019"),),
            assumptions=(Assumption("albumin", "42 g/L"),),
            samples=1000,
            seed=1,
        ),
        why=(
            ("why_clearance", {"levels": "1", "individual": "15.2 L/h", "typical": "24 L/h", "percent": "-37"}),
            ("why_best_chance", {"dose": "250 mg", "every": "48 h", "daily": "125 mg", "judged": "9", "percent": "92"}),
        ),
        second_opinion=SecondOpinion(
            model_id="gefitinib.forest",
            file_hash="fedcba9876543210",
            abstains="",
            amount=250.0,
            every=48.0,
            low=83.3,
            high=250.0,
            daily=118.0,
            reasons=(("weight", -31.0), ("albumin", 12.0)),
        ),
    )


def curve(source: PredictionSource, start: float, end: float, level: float) -> Curve:
    times = np.linspace(start, end, 200)
    median = level * (1.0 + 0.3 * np.sin(times / 24.0 * 2 * np.pi))
    return Curve("plasma", source, times, median, 0.7 * median, 1.4 * median, "ng/mL")


class PlainBound:
    """A bound model as far as a report asks: names, units, parameters."""

    model = SimpleNamespace(
        id="gefitinib.pbpk",
        drug=SimpleNamespace(name="gefitinib", zh="吉非替尼", molar_mass=446.9),
        analyte_unit="ng/mL",
    )

    def parameters(self, eta: np.ndarray, time: float) -> Mapping[str, np.ndarray]:
        return {"clearance": 24.0 * np.exp(eta[:, 0]), "volume": np.full(len(eta), 1400.0)}


def posterior() -> Posterior:
    fit = LevelFit(71.5, 0.512, below_limit=False, population=0.39, individual=0.48, percentile=80, low=0.2, high=0.7)
    bound: Any = PlainBound()
    return Posterior(bound, FitStatus.CONVERGED, np.array([-0.46]), np.array([[0.04]]), 3.2, 1e-6, (fit,))


@pytest.fixture
def findings(case: Case) -> Findings:
    predictions = tuple(
        Prediction((curve(source, start, end, level),), "a1b2c3d4e5f6a7b8", ("gefitinib.pbpk",))
        for source, start, end, level in (
            (PredictionSource.PRIOR, 0.0, 336.0, 300.0),
            (PredictionSource.INDIVIDUAL, 0.0, 336.0, 420.0),
            (PredictionSource.PROPOSED, 0.0, 336.0, 380.0),
        )
    )
    decision = Decision(
        DecisionKind.ACCEPTED,
        Regimen(250.0, 48.0, Route.ORAL, 0.0, 168.0),
        "diarrhoea settles",
        MADE,
        ("covariate_outside_studied_range",),
        "Dr. Example",
    )
    return Findings(case, recommendation_of(case), predictions, (posterior(),), decision)
