"""Chances by MIC against `core.pd.attainment`, and the unbound share of a target."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from core import session
from core.advise.evaluate import Evaluator
from core.advise.recommendation import Regimen
from core.advise.responses import draw
from core.clinic.case import Case, Target, TargetKind
from core.clinic.covariate import CovariateValue
from core.clinic.patient import Patient, Sex
from core.clinic.regimen import Route
from core.errors import InputError
from core.pd.attainment import Index, MicDistribution, PkPdTarget, probability_of_target_attainment
from core.units import parse_quantity

CASE = Case(
    Patient("P-1", Sex.MALE, age=62.0),
    "vancomycin",
    dt.datetime(2026, 7, 6, 8, tzinfo=dt.UTC),
    covariates=(
        CovariateValue("weight", parse_quantity("78 kg")),
        CovariateValue("serum_creatinine", parse_quantity("88 umol/L")),
        CovariateValue("dialysis", "no"),
    ),
    models=("vancomycin.goti2018",),
    target=Target(TargetKind.AUC24_MIC, parse_quantity("400 h")),
)
FITTED = session.individualise(CASE)
REGIMEN = Regimen(1000.0, 12.0, Route.INTRAVENOUS, 2.0, 0.0)


def test_the_chance_falls_with_the_mic_and_the_response_is_their_weighted_mean() -> None:
    distribution = MicDistribution((0.5, 1.0, 2.0), (20, 70, 10))
    table = session.chances_by_mic(CASE, FITTED, [REGIMEN], distribution)[0]
    assert list(table.chances) == sorted(table.chances, reverse=True)
    assert table.response == pytest.approx(np.dot(table.chances, [0.2, 0.7, 0.1]))
    assert session.chances_by_mic(CASE, FITTED, [REGIMEN], (1.0,))[0].response is None


def test_the_chance_at_each_mic_is_the_attainment_of_the_last_day() -> None:
    mics = (0.5, 1.0, 2.0)
    table = session.chances_by_mic(CASE, FITTED, [REGIMEN], mics)[0]
    believer = draw(CASE, FITTED.posteriors, 500, np.random.default_rng(1))[0]
    times = np.linspace(96.0, 120.0, 481)
    curve = believer.bound.concentrations(believer.eta, REGIMEN.doses(120.0), times)
    expected = probability_of_target_attainment(PkPdTarget(Index.AUC24_OVER_MIC, 400.0), curve, times, mics)
    assert np.allclose(table.chances, expected, atol=0.01)


def test_a_target_without_a_mic_has_no_table() -> None:
    with pytest.raises(InputError, match="target_without_mic"):
        session.chances_by_mic(replace(CASE, target=None), FITTED, [REGIMEN])


def test_half_of_the_drug_unbound_is_the_double_mic() -> None:
    target = Target(TargetKind.TIME_ABOVE_MIC, parse_quantity("80 %"))

    def chance(mic: str, unbound: float) -> float:
        case = replace(CASE, covariates=(*CASE.covariates, CovariateValue("mic", parse_quantity(mic))), target=target)
        believers = draw(CASE, FITTED.posteriors, 200, np.random.default_rng(1))
        return Evaluator(case, believers, target, (), unbound).option(REGIMEN).attainment.value

    assert chance("6 mg/L", 0.5) == chance("12 mg/L", 1.0) < chance("6 mg/L", 1.0)


def test_the_unbound_share_of_the_drugs_own_target_is_used_for_a_target_of_the_same_kind() -> None:
    """Piperacillin is 30 % bound."""
    model = session.library().models("piperacillin")[0]
    assert model.targets[0].fraction_unbound == 0.7
