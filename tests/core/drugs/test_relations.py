"""The closed set of covariate relations, each against its formula worked out by hand."""

import math

import pytest

from core.drugs.population_model import Parameter
from core.drugs.relations import Condition, Form, Relation
from core.errors import ModelError


def value(relation: Relation, x: float | str, typical: float = 10.0) -> float:
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
    ],
)
def test_a_relation_gives_the_value_of_its_formula(relation: Relation, x: float | str, expected: float) -> None:
    assert math.isclose(value(relation, x), expected, rel_tol=1e-12)


def test_a_clearance_that_would_turn_negative_is_refused() -> None:
    thomson = Relation("creatinine_clearance", Form.LINEAR, centre=66.0, coefficient=0.0154)
    with pytest.raises(ModelError, match="non-positive"):
        value(thomson, 0.5)
