"""Other drugs of a case, simulated in the patient's body, change a whole-body drug's clearance as long as they act."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest

from core import session
from core.clinic.case import Case
from core.clinic.covariate import CovariateValue
from core.clinic.level import CoMedication
from core.clinic.patient import Patient, Sex
from core.clinic.regimen import Dose, Route
from core.drugs.pbpk_model import BoundPbpkModel, PbpkModel
from core.engine.schedule import Input, Segment
from core.engine.solve import simulate
from core.errors import InputError
from core.pbpk.enzyme_course import SETTLED, Taken, stretches
from core.pbpk.joint import join
from core.pbpk.shelf import family, shipped_compounds
from core.qualify.pbpk.protocols import standard_adult
from core.qualify.pbpk.ratios import RatioStudy, predict_ratio
from core.units import Quantity

STUDIES = {  # mg, every h, days, h at which gefitinib was given: Swaisland 2005, schedules remembered
    "itraconazole": (200.0, 24.0, 12, 72.0),
    "rifampicin": (600.0, 24.0, 16, 216.0),
}


def bound(*taken: CoMedication, grade: str = "") -> BoundPbpkModel:
    """The standard man of the qualification: 30 years, 176 cm, 73 kg."""
    model = session.library().model("gefitinib.pbpk")
    assert isinstance(model, PbpkModel)
    values: list[tuple[str, Quantity | str]] = [("weight", Quantity(73.0, "kg")), ("height", Quantity(176.0, "cm"))]
    if grade:
        values.append(("child_pugh", grade))
    return model.bind(
        Case(
            Patient("1", Sex.MALE, age=30.0),
            "gefitinib",
            dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
            covariates=tuple(CovariateValue(name, value) for name, value in values),
            co_medication=taken,
        )
    )


def area(model: BoundPbpkModel, at: float) -> float:
    """Whole area of one tablet."""
    tablet = Dose(time=at, amount=Quantity(250.0, "mg"), route=Route.ORAL)
    return float(model.window(np.zeros((1, len(model.model.etas))), [tablet], np.array([at, at + 1500.0])).area[0, -1])


def course(drug: str, amount: float, every: float, days: float) -> CoMedication:
    return CoMedication(drug, 0.0, days * 24.0, Quantity(amount, "mg"), Quantity(every, "h"))


def activity(model: BoundPbpkModel, time: float) -> float:
    """Of CYP3A4 in the liver."""
    past = [share.get("CYP3A4", 1.0) for start, _, share in model.segments if start <= time]
    return past[-1]


@pytest.mark.parametrize(("drug", "published"), [("itraconazole", 1.80), ("rifampicin", 0.17)])
def test_the_area_changes_as_published(drug: str, published: float) -> None:
    """+80 % (predicted, nothing fitted to it) and -83 % (the potency is fitted): Swaisland 2005 (PMID 16231967)."""
    amount, every, days, at = STUDIES[drug]
    assert area(bound(course(drug, amount, every, days)), at) / area(bound(), at) == pytest.approx(published, rel=0.02)


@pytest.mark.parametrize(
    ("drug", "amount", "every", "days", "at"),
    [
        ("itraconazole", 200.0, 24.0, 12, 72.0),
        ("fluconazole", 200.0, 24.0, 20, 120.0),
        ("verapamil", 120.0, 8.0, 20, 240.0),
        ("carbamazepine", 400.0, 12.0, 40, 480.0),
    ],
)
def test_steps_of_activity_stand_for_both_drugs_in_one_body(
    drug: str, amount: float, every: float, days: int, at: float
) -> None:
    """Against the nonlinear joint body, where the enzyme is a state and gefitinib one of the drugs."""
    times = np.arange(0.0, days * 24.0, every)
    study = RatioStudy(
        *("", "", "", "gefitinib", drug, Route.ORAL),
        tuple((float(time), amount) for time in times),
        *(Route.ORAL, 0.0, at, math.inf, 1.0),
    )
    together = predict_ratio(shipped_compounds(), study, standard_adult())
    assert area(bound(course(drug, amount, every, days)), at) / area(bound(), at) == pytest.approx(together, rel=0.025)


def test_an_enzyme_follows_the_turnover_of_the_engine() -> None:
    """Carbamazepine, which only induces, beside the Rodas solution of the same equation: means of the last day."""
    person, drug = standard_adult(), family(["carbamazepine"])
    found = stretches([Taken("carbamazepine", 400.0, 12.0, 0.0, None)], drug, ((0.0, person),), ("CYP3A4",), 0.0)
    joint = join(drug)
    state = joint.dose_state("carbamazepine", Route.ORAL)
    doses = [Input(float(time), 400.0, state) for time in np.arange(0.0, SETTLED, 12.0)]
    rates, day = [Segment(0.0, joint.rates(person))], np.array([SETTLED - 24.0, SETTLED])
    solved = simulate(joint.graph, rates, doses, day, integrals=("liver_CYP3A4",), tolerance=1e-6)
    amount = (solved.integrals[0, 1, 0] - solved.integrals[0, 0, 0]) / 24.0
    assert found[-1].activity["CYP3A4"] == pytest.approx(amount, rel=0.01)


def test_an_effect_comes_and_goes_with_the_other_drug() -> None:
    model = bound(CoMedication("itraconazole", 72.0, 240.0, Quantity(200.0, "mg"), Quantity(24.0, "h")))
    assert activity(model, 71.0) == 1.0
    assert activity(model, 239.0) < 0.25
    assert activity(model, 239.0) < activity(model, 300.0) < activity(model, 420.0) < 1.0
    assert activity(model, 2000.0) == 1.0


def test_a_drug_taken_long_before_counts_as_settled() -> None:
    early, earlier = (bound(CoMedication("rifampicin", start)) for start in (-5000.0, -50000.0))
    assert activity(early, 0.0) == pytest.approx(activity(earlier, 0.0), rel=1e-3)
    assert activity(early, 0.0) > 9.0
    assert early.constant_from <= 24.0
    assert bound(CoMedication("rifampicin", -9000.0, -5000.0)).segments == bound().segments


def test_a_dose_that_was_not_entered_is_the_usual_one_and_said() -> None:
    told = bound(course("itraconazole", 200.0, 24.0, 12))
    untold = bound(CoMedication("itraconazole", 0.0, 288.0))
    assert area(untold, 72.0) == area(told, 72.0)
    assert [alert.id for alert in untold.findings] == ["perpetrator_usual_dose"]
    assert not told.findings


def test_half_the_dose_does_less() -> None:
    half, whole = (area(bound(course("itraconazole", mg, 24.0, 12)), 72.0) for mg in (100.0, 200.0))
    assert area(bound(), 72.0) < half < whole


def test_of_rows_that_overlap_the_one_begun_last_counts_and_it_is_said() -> None:
    """Otherwise both doses would be taken at once, or a short course would end the long one."""
    once = course("itraconazole", 200.0, 24.0, 12)
    twice = bound(once, once)
    assert area(twice, 72.0) == area(bound(once), 72.0)
    assert [alert.id for alert in twice.findings] == ["perpetrator_rows_overlap"]
    open_ended = CoMedication("itraconazole", 0.0, None, Quantity(200.0, "mg"), Quantity(24.0, "h"))
    more = CoMedication("itraconazole", 480.0, 960.0, Quantity(400.0, "mg"), Quantity(24.0, "h"))
    both, alone = bound(open_ended, more), bound(open_ended)
    assert activity(both, 900.0) < activity(alone, 900.0)
    assert activity(both, 3000.0) < 0.3, "the first goes on"
    after = CoMedication("itraconazole", 288.0, None, Quantity(100.0, "mg"), Quantity(24.0, "h"))
    assert not bound(once, after).findings


def test_a_weekly_dose_acts_by_the_week_whatever_else_changes() -> None:
    weekly = CoMedication("fluconazole", 0.0, None, Quantity(200.0, "mg"), Quantity(168.0, "h"))
    daily = CoMedication("fluconazole", 0.0, None, Quantity(200.0, "mg"), Quantity(24.0, "h"))
    other = CoMedication("carbamazepine", 3000.0, 3100.0)
    assert activity(bound(daily), 5000.0) < activity(bound(weekly), 5000.0) < 1.0
    assert activity(bound(weekly, other), 9000.0) == pytest.approx(activity(bound(weekly), 9000.0), rel=0.02)


def test_what_ended_before_the_case_still_acts_until_it_is_washed_out() -> None:
    ended = bound(CoMedication("itraconazole", -2000.0, -400.0, Quantity(200.0, "mg"), Quantity(24.0, "h")))
    assert 0.5 < activity(ended, 0.0) < 1.0
    rare = CoMedication("fluconazole", -10000.0, -300.0, Quantity(200.0, "mg"), Quantity(336.0, "h"))
    assert 0.9 < activity(bound(rare), 0.0) <= 1.0


def test_an_effect_nobody_measured_is_called_predicted() -> None:
    found = bound(course("verapamil", 120.0, 8.0, 20)).findings
    assert [alert.id for alert in found] == ["perpetrator_predicted"]


def test_an_inhibitor_and_an_inducer_meet_in_the_same_body() -> None:
    inhibitor, inducer = course("itraconazole", 200.0, 24.0, 12), course("rifampicin", 600.0, 24.0, 16)
    both = area(bound(inhibitor, inducer), 216.0)
    assert area(bound(inducer), 216.0) <= both < area(bound(inhibitor), 216.0)


def test_cirrhosis_reaches_the_other_drug_too() -> None:
    well, ill = (activity(bound(course("fluconazole", 200.0, 24.0, 20), grade=grade), 300.0) for grade in ("", "B"))
    assert ill != pytest.approx(well, rel=1e-3)


@pytest.mark.parametrize(
    ("amount", "every"),
    [
        (Quantity(1.0, "mmol"), Quantity(24.0, "h")),
        (Quantity(200.0, "g"), Quantity(24.0, "h")),
        (Quantity(200.0, "mg"), Quantity(0.001, "h")),
        (Quantity(2000.0, "mg"), Quantity(4.0, "h")),
    ],
)
def test_a_dose_nobody_takes_is_refused(amount: Quantity, every: Quantity) -> None:
    with pytest.raises(InputError) as caught:
        bound(CoMedication("itraconazole", 0.0, None, amount, every))
    assert caught.value.field.startswith("$.co_medication[0].")


def test_a_drug_stopped_does_not_act_for_as_long_as_another_is_taken() -> None:
    """Fluconazole is over after some days, carbamazepine goes on."""
    both = bound(CoMedication("carbamazepine", -2000.0), course("fluconazole", 200.0, 24.0, 10))
    alone = bound(CoMedication("carbamazepine", -2000.0))
    assert activity(both, 200.0) < 0.6 * activity(alone, 200.0)
    assert activity(both, 3000.0) == pytest.approx(activity(alone, 3000.0), rel=0.02)


def test_a_course_of_years_costs_no_more_than_one_of_months() -> None:
    long, short = (bound(CoMedication("itraconazole", 0.0, days * 24.0)) for days in (3000, 60))
    assert len(long.segments) == len(short.segments)
    shifts = [one[0] - other[0] for one, other in zip(long.segments, short.segments, strict=True)]
    assert shifts[-1] == 2940 * 24.0
    assert [one[2] for one in long.segments] == [other[2] for other in short.segments]
