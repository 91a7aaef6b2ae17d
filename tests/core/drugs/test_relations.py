"""The closed set of covariate relations, each against its formula worked out by hand."""

import math

import numpy as np
import pytest

from core.drugs.parameter import EtaKind, Parameter, Spread, individual
from core.drugs.relations import Condition, Form, Relation, Value, multiplied
from core.errors import ModelError


def value(relation: Relation, x: Value, typical: float = 10.0) -> float:
    return Parameter("clearance", typical, "L/h", (relation,)).value({relation.by: x})


@pytest.mark.parametrize(
    ("relation", "x", "expected"),
    [
        (Relation("weight", Form.POWER, centre=70.0, coefficient=0.75), 140.0, 10.0 * 2.0**0.75),
        (Relation("weight", Form.PROPORTIONAL, centre=70.0, coefficient=1.0), 35.0, 5.0),
        (Relation("age", Form.LINEAR, centre=50.0, coefficient=-0.01), 70.0, 8.0),
        (Relation("age", Form.LINEAR, centre=50.0, coefficient=5.0, scaled_by_centre=True), 75.0, 12.5),
        (Relation("age", Form.ADDITIVE, centre=50.0, coefficient=0.1), 60.0, 11.0),
        (Relation("albumin", Form.EXPONENTIAL, centre=40.0, coefficient=-0.02), 30.0, 10.0 * math.exp(0.2)),
        (Relation("dialysis", Form.FACTOR, coefficient=0.7, where=(Condition("dialysis", ("yes",)),)), "yes", 7.0),
        (Relation("dialysis", Form.FACTOR, coefficient=0.7, where=(Condition("dialysis", ("yes",)),)), "no", 10.0),
        (Relation("weight", Form.POWER, centre=120.0, coefficient=1.0, at_most=150.0), 300.0, 12.5),
        (Relation("weight", Form.POWER, centre=60.0, coefficient=1.0, at_least=60.0), 30.0, 10.0),
        # maturation of Frymoyer 2014 (PMID 25136027) at its half and one year beyond
        (Relation("postmenstrual_age", Form.SIGMOID, centre=34.8, shape=4.53), 34.8, 5.0),
        (Relation("postmenstrual_age", Form.SIGMOID, centre=34.8, shape=4.53), 69.6, 10.0 / (1.0 + 2.0**-4.53)),
        # decline with age of Colin 2019 (doi:10.1007/s40262-018-0727-5): half at 61.6 years
        (Relation("postmenstrual_age", Form.SIGMOID, centre=61.6, shape=-2.24), 123.2, 10.0 / (1.0 + 2.0**2.24)),
        # maturation of Shukla 2020 (doi:10.3389/fphar.2020.00888): 0.451 + 0.549 (1 - exp(-1.37 age))
        (Relation("age", Form.APPROACH, coefficient=0.549, shape=1.37), 2.0, 10.0 * (1.0 - 0.549 * math.exp(-2.74))),
        (
            Relation("age", Form.LOG_POWER, centre=7.7, coefficient=0.808, scale=1 / 365.0),
            10.0,
            10.0 * (math.log(3650.0) / 7.7) ** 0.808,
        ),
        # loss of apixaban's bioavailability with the dose, Cirincione 2018 (doi:10.1002/psp4.12347)
        (
            Relation("age", Form.EXCESS_LOSS, centre=2.5, coefficient=0.42, scale=47.5, shape=0.857),
            10.0,
            10.0 * (1.0 - 0.42 * (7.5 / 47.5) ** 0.857),
        ),
        (Relation("age", Form.EXCESS_LOSS, centre=2.5, coefficient=0.42, scale=47.5, shape=0.857), 2.0, 10.0),
        # prednisolone on tacrolimus, Storset 2014 (doi:10.1111/bcp.12361)
        (Relation("prednisolone_dose", Form.SATURATING_LOSS, centre=35.0, coefficient=0.67, scale=0.0), 35.0, 6.65),
        (Relation("sex", Form.SHIFT, coefficient=1.49, where=(Condition("sex", ("male",)),)), "male", 11.49),
        (Relation("sex", Form.SHIFT, coefficient=1.49, where=(Condition("sex", ("male",)),)), "female", 10.0),
        (Relation("age", Form.FACTOR, coefficient=0.749, where=(Condition("age", low=70.0),)), 70.0, 7.49),
        (Relation("age", Form.FACTOR, coefficient=0.749, where=(Condition("age", low=70.0),)), 69.9, 10.0),
        (Relation("age", Form.LINEAR, centre=40.0, coefficient=0.01, where=(Condition("age", high=40.0),)), 30.0, 9.0),
        (Relation("age", Form.LINEAR, centre=40.0, coefficient=0.01, where=(Condition("age", high=40.0),)), 60.0, 10.0),
    ],
)
def test_a_relation_gives_the_value_of_its_formula(relation: Relation, x: float | str, expected: float) -> None:
    assert math.isclose(value(relation, x), expected, rel_tol=1e-12)


def test_a_clearance_that_would_turn_negative_is_refused() -> None:
    thomson = Relation("creatinine_clearance", Form.LINEAR, centre=66.0, coefficient=0.0154)
    with pytest.raises(ModelError, match="impossible"):
        value(thomson, 0.5)


@pytest.mark.parametrize(
    ("taken", "holds"),
    [((), False), (("phenytoin",), True), (("phenytoin", "felbamate"), False), (("felbamate",), False)],
)
def test_a_condition_on_other_drugs_asks_for_one_and_forbids_another(taken: tuple[str, ...], holds: bool) -> None:
    condition = Condition("co_medication", one_of=("phenytoin",), none_of=("felbamate",))
    assert condition.holds(frozenset(taken)) is holds


def test_a_logarithm_of_a_day_or_less_is_refused() -> None:
    le = Relation("age", Form.LOG_POWER, centre=7.7, coefficient=0.808, scale=1.0)
    with pytest.raises(ModelError, match="impossible"):
        value(le, 1.0)


ETA = np.array([-0.7, 0.0, 0.9])


@pytest.mark.parametrize(
    ("spread", "typical", "expected"),
    [
        (Spread("x"), 5.0, 5.0 * np.exp(ETA)),
        (Spread("x", scale=0.584), 5.0, 5.0 * np.exp(0.584 * ETA)),
        (Spread("x", EtaKind.ADDITIVE), 5.0, 5.0 + ETA),
        (Spread("x", EtaKind.LOGIT), 0.8, 1.0 / (1.0 + np.exp(-(math.log(4.0) + ETA)))),
        (Spread("x", EtaKind.BOX_COX, shape=0.5), 5.0, 5.0 * np.exp(2.0 * (np.exp(0.5 * ETA) - 1.0))),
        (
            Spread("x", EtaKind.LOGIT_BOX_COX, shape=0.5),
            0.8,
            1.0 / (1.0 + np.exp(-(math.log(4.0) + 2.0 * (np.exp(0.5 * ETA) - 1.0)))),
        ),
    ],
)
def test_an_eta_varies_its_parameter_by_its_kind(spread: Spread, typical: float, expected: np.ndarray) -> None:
    assert np.allclose(spread.varied(typical, ETA), expected, rtol=1e-12)


def test_a_sum_adds_the_individual_parts_and_then_varies_itself() -> None:
    parameters = (
        Parameter(
            "clearance", 0.0, "L/h", sum_of=("renal_clearance", "nonrenal_clearance"), spread=Spread("clearance")
        ),
        Parameter("renal_clearance", 2.0, "L/h", spread=Spread("renal_clearance")),
        Parameter("nonrenal_clearance", 3.0, "L/h"),
    )
    typical = {"clearance": 0.5, "renal_clearance": 2.0, "nonrenal_clearance": 3.0}
    eta = np.array([[0.2, -0.3]])
    found = individual(parameters, typical, ("clearance", "renal_clearance"), eta)
    assert found["clearance"][0] == pytest.approx(0.5 * (2.0 * math.exp(-0.3) + 3.0) * math.exp(0.2))


def test_a_relation_beyond_all_numbers_is_refused() -> None:
    """An exponent slipped by a factor of a thousand: exp and power overflow, and a negative ratio has no power."""
    for relation in (
        Relation("age", Form.EXPONENTIAL, 0.0, 50.0),
        Relation("age", Form.POWER, 0.001, 5000.0),
        Relation("age", Form.POWER, -35.0, 0.75),
    ):
        with pytest.raises(ModelError, match="impossible"):
            multiplied(relation, 70.0)
