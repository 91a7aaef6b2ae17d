"""Chances by MIC against `core.pd.attainment`, and the unbound share of a target."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from core import session
from core.advise.evaluate import Evaluator
from core.advise.recommendation import Regimen, doses_in_turn
from core.advise.responses import draw
from core.clinic.case import Case, Target, TargetKind
from core.clinic.covariate import CovariateValue
from core.clinic.mic import MicDistribution
from core.clinic.patient import Patient, Sex
from core.clinic.regimen import Route
from core.errors import InputError
from core.pd.attainment import Index, PkPdTarget, index_values
from core.report.offer import dose_and_way, mic_rows
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


KINDS = [
    (TargetKind.AUC24_MIC, Index.AUC24_OVER_MIC, "400 h", 400.0),
    (TargetKind.TIME_ABOVE_MIC, Index.TIME_ABOVE_MIC, "60 %", 0.6),
    (TargetKind.PEAK_MIC, Index.PEAK_OVER_MIC, "8 1", 8.0),
]
ISOLATES = MicDistribution((0.5, 1.0, 2.0, 8.0, 16.0), (20, 50, 10, 15, 0), 5, "S. aureus, ward 3", "made up")


def by_hand(index: Index, threshold: float, mics: tuple[float, ...]) -> list[float]:
    """The share of the judged days at or above the threshold, from the curves themselves."""
    believer = draw(CASE, FITTED.posteriors, 500, np.random.default_rng(1))[0]
    days = round(believer.bound.model.judged_after / 24.0)
    found = []
    for mic in mics:
        reached = []
        for day in range(days):
            times = np.linspace(24.0 * day, 24.0 * (day + 1), 481)
            curve = believer.bound.concentrations(believer.eta, REGIMEN.doses(24.0 * days), times)
            reached.append(index_values(PkPdTarget(index, threshold), curve, times, mic) >= threshold)
        found.append(float(np.mean(reached)))
    return found


@pytest.mark.parametrize(("kind", "index", "low", "threshold"), KINDS)
def test_the_chance_at_each_mic_is_the_attainment_of_the_judged_days(
    kind: TargetKind, index: Index, low: str, threshold: float
) -> None:
    case = replace(CASE, target=Target(kind, parse_quantity(low)), mics=ISOLATES)
    expected = by_hand(index, threshold, (0.5, 1.0, 2.0, 8.0))
    table = session.chances_by_mic(case, FITTED, [REGIMEN])[0]
    assert table.mics == (0.5, 1.0, 2.0, 8.0)
    assert np.allclose(table.chances, expected, atol=0.02)
    # the five isolates beyond 16 mg/L count as not reached
    assert table.response == pytest.approx(np.dot(expected, [0.2, 0.5, 0.1, 0.15]), abs=0.02)


@pytest.mark.parametrize(("kind", "low"), [(kind, low) for kind, _, low, _ in KINDS])
def test_a_regimen_is_ranked_by_its_response_over_the_isolates(kind: TargetKind, low: str) -> None:
    case = replace(CASE, target=Target(kind, parse_quantity(low)), mics=ISOLATES)
    options = session.recommend(case, FITTED).options
    tables = session.chances_by_mic(case, FITTED, [option.regimen for option in options])
    for option, table in zip(options, tables, strict=True):
        assert option.attainment.value == pytest.approx(table.response, abs=1e-9)
        assert dict(option.by_mic) == pytest.approx(dict(zip(table.mics, table.chances, strict=True)), abs=1e-9)
        assert option.attainment.low <= option.attainment.value <= option.attainment.high
        assert option.attainment.value <= 0.95 + 1e-9


def test_one_isolate_is_the_measured_mic_but_for_what_it_proves() -> None:
    measured = replace(CASE, covariates=(*CASE.covariates, CovariateValue("mic", parse_quantity("1 mg/L"))))
    of_isolates = replace(CASE, mics=MicDistribution((1.0,), (1,), name="one"))
    known, guessed = (session.judge(case, FITTED, [REGIMEN])[0] for case in (measured, of_isolates))
    assert guessed.attainment.value == pytest.approx(known.attainment.value, abs=1e-12)
    assert guessed.attainment.high - guessed.attainment.low > known.attainment.high - known.attainment.low
    assert known.by_mic == ()
    assert dict(guessed.by_mic) == pytest.approx({1.0: known.attainment.value})


def test_few_isolates_widen_the_interval_of_the_response() -> None:
    few, many = (replace(CASE, mics=MicDistribution((0.5, 1.0), (n, n), name="n")) for n in (5, 5000))
    widths = []
    for case in (few, many):
        chance = session.judge(case, FITTED, [REGIMEN])[0].attainment
        widths.append(chance.high - chance.low)
    assert widths[0] > 3.0 * widths[1]


def test_what_stands_in_for_the_mic_is_said_and_a_measured_one_wins() -> None:
    case = replace(CASE, mics=MicDistribution((1.0, 2.0), (9, 3), name="ward"))
    found = session.recommend(case, FITTED)
    assert {"mic_of_isolates", "mic_few_isolates"} <= {alert.id for alert in found.alerts}
    assert found.mics == case.mics
    measured = replace(case, covariates=(*case.covariates, CovariateValue("mic", parse_quantity("1 mg/L"))))
    plain = session.recommend(replace(measured, mics=None), FITTED)
    beside = session.recommend(measured, FITTED)
    assert beside.options == plain.options
    assert beside.mics is None
    assert "mic_table_not_used" in {alert.id for alert in beside.alerts}
    other = session.recommend(replace(case, target=None), FITTED)
    assert "mic_table_not_needed" in {alert.id for alert in other.alerts}
    assert other.mics is None


def test_without_mic_and_isolates_the_mic_is_asked_for() -> None:
    with pytest.raises(InputError, match="mic_missing"):
        session.recommend(CASE, FITTED)


def test_a_dose_for_the_target_needs_one_mic() -> None:
    case = replace(CASE, mics=MicDistribution((1.0, 2.0), (30, 30), name="ward"))
    with pytest.raises(InputError, match="dose_for_target_needs_mic"):
        session.dose_for_target(case, FITTED, REGIMEN)


def test_isolates_that_all_lie_beyond_are_reached_by_nothing() -> None:
    case = replace(CASE, mics=MicDistribution((16.0,), (0,), 40, "resistant"))
    found = session.recommend(case, FITTED)
    assert found.options == ()
    assert "target_hardly_reachable" in {alert.id for alert in found.alerts}


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


def test_a_report_names_each_dose_of_unequal_ones_once_in_its_table_by_mic() -> None:
    case = replace(CASE, mics=ISOLATES)
    turns = doses_in_turn([1000.0, 500.0], replace(REGIMEN, every=24.0))
    rows = mic_rows(session.appraise(case, FITTED, [turns]))
    assert rows is not None
    assert rows.options[0][0] == dose_and_way(turns)
