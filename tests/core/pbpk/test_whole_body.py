from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from core.clinic.patient import Sex
from core.clinic.regimen import Route
from core.engine.schedule import Input, Segment, Side
from core.engine.solve import simulate
from core.errors import ModelError
from core.pbpk.compound import load_compound
from core.pbpk.disease import ChildPugh, with_liver_disease
from core.pbpk.graph import SINKS
from core.pbpk.individual import Traits, build_individual
from core.pbpk.kinetics import kinetics, rate_matrix
from core.pbpk.physiology import PERFUSED, PORTAL, TISSUES
from core.pbpk.whole_body import build

COMPOUND = load_compound(Path(str(resources.files("resources") / "compounds" / "gefitinib.yaml")))
BODY = build(COMPOUND)
TIMES = np.linspace(0.0, 24.0 * 20, 481)


def crowd(n: int = 20) -> Traits:
    rng = np.random.default_rng(11)
    height = rng.uniform(145, 195, n)
    return Traits(
        (rng.random(n) < 0.5) * 1.0, rng.uniform(18, 90, n), height, rng.uniform(17, 40, n) * (height / 100) ** 2
    )


def daily(state: str, doses: int = 14) -> list[Input]:
    return [Input(24.0 * number, 250.0, state) for number in range(doses)]


@pytest.mark.parametrize("state", ["stomach_lumen", "venous"])
def test_no_drug_is_made_or_lost(state: str) -> None:
    body = build(COMPOUND, sinks=True)
    person = with_liver_disease(build_individual(crowd()), ChildPugh.B)
    rates = body.rates(person, {}, {"CYP3A4": 0.18})
    solved = simulate(body.graph, [Segment(0.0, rates)], daily(state), TIMES, states=body.graph.states, side=Side.AFTER)
    given = 250.0 * np.minimum(np.floor(TIMES / 24.0 + 1e-9) + 1, 14)
    assert solved.amounts.min() > -1e-12
    assert np.abs(solved.amounts.sum(axis=2) / given - 1.0).max() < 1e-9


def test_what_leaves_is_what_was_given_in_the_end() -> None:
    body = build(COMPOUND, sinks=True)
    rates = body.rates(build_individual(Traits.of(Sex.MALE, 35, 178, 78)), {}, {})
    solved = simulate(body.graph, [Segment(0.0, rates)], daily("stomach_lumen", 1), [5000.0], states=SINKS)
    metabolised, urine, faeces = solved.amounts[0, 0]
    assert metabolised + urine + faeces == pytest.approx(250.0, rel=1e-9)
    assert 0.0 < urine / 250.0 < 0.07  # less than 7 % of the dose, McKillop 2004


def test_eliminating_more_leaves_less_in_every_tissue() -> None:
    """The textbook form with '+CL/V*C' fails this: there a larger clearance makes drug."""
    person = build_individual(Traits.of(Sex.MALE, 35, 178, 78))
    areas = []
    for activity in (0.5, 1.0, 2.0):
        rates = BODY.rates(person, {}, {"CYP3A4": activity})
        solved = simulate(BODY.graph, [Segment(0.0, rates)], daily("venous"), [600.0], integrals=TISSUES)
        areas.append(solved.integrals[0, 0])
    assert (np.diff(np.array(areas), axis=0) < 0).all()


def test_at_rest_each_tissue_holds_its_partition_coefficient() -> None:
    """Without elimination every tissue ends at Kp times plasma, whatever its blood flow."""
    person = build_individual(Traits.of(Sex.FEMALE, 50, 162, 61))
    rates = dict(BODY.rates(person, {}, dict.fromkeys(COMPOUND.enzymes, 0.0)))
    rates["filtration"] = 0.0 * rates["filtration"]
    solved = simulate(BODY.graph, [Segment(0.0, rates)], daily("venous", 1), [20000.0], states=("venous", *TISSUES))
    plasma = solved.amounts[0, 0, 0] / BODY.volume_of("plasma", person)[0]
    for position, tissue in enumerate(TISSUES):
        held = solved.amounts[0, 0, 1 + position] / person.volume[tissue][0] / plasma
        assert held == pytest.approx(BODY.unbound_partition[tissue] * 0.09, rel=1e-2), tissue


def test_clearance_is_that_of_a_well_stirred_liver() -> None:
    """CL = Q fu CLint / (Q + fu CLint / BP) plus filtration, with the flow through liver cells."""
    person = build_individual(crowd())
    found = kinetics(BODY, person, BODY.rates(person, {}, {}))
    unbound, blood = BODY.fraction_unbound(person), BODY.blood_to_plasma(person)
    free = unbound * sum(BODY.intrinsic_clearance(enzyme, person) for enzyme in COMPOUND.enzymes)
    flow = sum(person.flow[tissue] for tissue in (*PORTAL, "liver"))
    expected = flow * free / (flow + free / blood) + person.gfr * unbound
    assert found.clearance == pytest.approx(expected, rel=2e-3)


def test_volume_is_that_of_the_partition_coefficients() -> None:
    """Vss = V_plasma-equivalent of blood + sum of Kp V, the liver and kidney lessened by what they extract."""
    person = build_individual(Traits.of(Sex.MALE, 35, 178, 78))
    rates = BODY.rates(person, {}, dict.fromkeys(COMPOUND.enzymes, 1e-6))
    found = kinetics(BODY, person, rates).steady_state_volume[0]
    blood = (person.volume["arterial"] + person.volume["venous"]) * BODY.blood_to_plasma(person)
    expected = blood + sum(0.09 * BODY.unbound_partition[tissue] * person.volume[tissue] for tissue in TISSUES)
    assert found == pytest.approx(expected[0], rel=5e-3)


def test_flow_from_the_heart_balances_in_the_rates() -> None:
    person = build_individual(crowd())
    rates = BODY.rates(person, {}, {})
    leaving = sum(rates[f"into_{tissue}"] for tissue in (*PORTAL, *PERFUSED, "liver")) + rates["filtration"]
    assert leaving * person.volume["arterial"] == pytest.approx(person.cardiac_output, rel=1e-12)


def test_etas_multiply_what_they_name() -> None:
    person = build_individual(Traits.of(Sex.MALE, 35, 178, 78))
    factors = {name: np.array([1.0, 2.0]) for name in COMPOUND.etas}
    rates = BODY.rates(person, factors, {"CYP2D6": np.array([1.0, 1.0])})
    assert rates["absorption"][1] / rates["absorption"][0] == pytest.approx(2.0)
    assert rates["from_muscle"][1] / rates["from_muscle"][0] == pytest.approx(0.5)
    # twice the clearance of a liver that holds twice as much unchanged unbound drug: the same share per hour
    assert rates["metabolism_CYP3A4"][1] == pytest.approx(rates["metabolism_CYP3A4"][0])


def test_enzyme_activity_multiplies_its_own_pathway_alone() -> None:
    person = build_individual(Traits.of(Sex.MALE, 35, 178, 78))
    plain, inhibited = (BODY.rates(person, {}, {"CYP3A4": factor}) for factor in (1.0, 0.18))
    changed = {name for name in plain if not np.allclose(plain[name], inhibited[name])}
    assert changed == {"metabolism_CYP3A4"}
    assert inhibited["metabolism_CYP3A4"] == pytest.approx(0.18 * plain["metabolism_CYP3A4"])


def test_less_protein_binds_less() -> None:
    ill = with_liver_disease(build_individual(Traits.of(Sex.MALE, 35, 178, 78)), ChildPugh.C)
    # albumin 0.5, alpha-1-acid glycoprotein 0.3, their mean 0.4: 1/(1 + 0.4*0.91/0.09)
    assert BODY.fraction_unbound(ill)[0] == pytest.approx(1.0 / (1.0 + 0.4 * 0.91 / 0.09))


def test_the_rate_matrix_moves_drug_without_making_any() -> None:
    body = build(COMPOUND, sinks=True)
    matrix = rate_matrix(body.graph, body.rates(build_individual(crowd(3)), {}, {}))
    assert np.abs(matrix.sum(axis=1)).max() < 1e-9


@pytest.mark.parametrize(
    ("multipliers", "activity"),
    [
        ({"clearance": np.ones(1)}, {}),
        ({}, {"CYP2C9": 1.0}),
        ({}, {"CYP3A4": -1.0}),
        ({"partition": np.array([np.nan])}, {}),
    ],
)
def test_an_unknown_name_or_an_impossible_factor_is_refused(
    multipliers: dict[str, np.ndarray], activity: dict[str, float]
) -> None:
    with pytest.raises(ModelError):
        BODY.rates(build_individual(Traits.of(Sex.MALE, 35, 178, 78)), multipliers, activity)


def test_a_route_the_model_does_not_describe_is_refused() -> None:
    assert BODY.dose_state(Route.ORAL) == "stomach_lumen"
    with pytest.raises(ModelError, match="transdermal"):
        BODY.dose_state(Route.TRANSDERMAL)
