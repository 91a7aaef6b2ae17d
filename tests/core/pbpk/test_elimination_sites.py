"""Gut wall, tubular secretion, and tissues whose cell membranes limit uptake."""

from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from core.clinic.patient import Sex
from core.engine.schedule import Input, Segment, Side
from core.engine.solve import simulate
from core.pbpk.compound import Compound, load_compound
from core.pbpk.disease import ChildPugh, with_liver_disease
from core.pbpk.graph import SINKS
from core.pbpk.individual import Individual, Traits, build_individual
from core.pbpk.kinetics import kinetics
from core.pbpk.partition import Chemistry, rodgers_rowland
from core.pbpk.physiology import PORTAL, TISSUES
from core.pbpk.whole_body import WholeBody, build

GEFITINIB = load_compound(Path(str(resources.files("resources") / "compounds" / "gefitinib.yaml")))
PERSON = build_individual(Traits.of(Sex.MALE, 35, 176, 73))
POLAR = replace(
    GEFITINIB,
    chemistry=Chemistry(-1.0, (), (), 0.7, 0.8),
    partition_scalar=0.5,
    intrinsic_clearance={},
    secretion=6.0,
    permeability=0.4,
)
WALL = replace(GEFITINIB, absorption=replace(GEFITINIB.absorption, gut_wall={"CYP3A4": 10.0}))


def leaves(compound: Compound, person: Individual, state: str) -> np.ndarray:
    """What ends in the sinks, and the largest error of the mass balance on the way, for 100 mg."""
    body = build(compound, sinks=True)
    rates = body.rates(person, {}, {})
    times = np.array([0.5, 3.0, 24.0, 800.0])
    given = [Input(0.0, 100.0, state)]
    solved = simulate(body.graph, [Segment(0.0, rates)], given, times, states=body.graph.states, side=Side.AFTER)
    assert solved.amounts.sum(axis=2) == pytest.approx(np.full((1, 4), 100.0), rel=1e-9)
    assert solved.amounts.min() > -1e-12
    return np.asarray(solved.amounts[0, -1, [body.graph.index(sink) for sink in SINKS]])


def area(body: WholeBody, activity: dict[str, float]) -> float:
    solved = simulate(
        body.graph,
        [Segment(0.0, body.rates(PERSON, {}, activity))],
        [Input(0.0, 100.0, "stomach_lumen")],
        [5000.0],
        integrals=("venous",),
    )
    return float(solved.integrals[0, 0, 0])


def test_a_polar_drug_leaves_with_the_urine_alone() -> None:
    metabolised, urine, faeces = leaves(POLAR, PERSON, "venous")
    assert urine == pytest.approx(100.0, rel=1e-6)
    assert metabolised == faeces == 0.0


def test_secretion_adds_to_filtration() -> None:
    """CLr = GFR fu + Qk fu CLint / (Qk BP + fu CLint) BP, the kidney as a well-stirred organ."""
    person = PERSON
    for speed in (None, 1e4):  # with fast membranes the limited tissue is the flow-limited one
        body = build(replace(POLAR, permeability=speed, partition_scalar=1.0))
        found = kinetics(body, person, body.rates(person, {}, {})).clearance[0]
        unbound, blood = body.fraction_unbound(person)[0], body.blood_to_plasma(person)[0]
        filtered, flow = person.gfr[0] * unbound, person.flow["kidney"][0] * blood
        free = unbound * 6.0 * person.volume["kidney"][0] / (0.31 / 1.05)
        assert found == pytest.approx(filtered + (flow - filtered) * free / (flow + free), rel=1e-3)


def test_membranes_slow_the_drug_but_do_not_change_where_it_ends() -> None:
    volumes, slowest = [], []
    for speed in (0.05, 0.4, 50.0):
        body = build(replace(POLAR, permeability=speed))
        found = kinetics(body, PERSON, body.rates(PERSON, {}, {}))
        volumes.append(found.steady_state_volume[0])
        slowest.append(found.terminal_half_life[0])
    # a moment's volume counts the way through the eliminating kidney: a few per mille
    assert volumes == pytest.approx([volumes[-1]] * 3, rel=0.03)
    assert slowest[0] > slowest[1] > slowest[2]


def test_outside_and_inside_of_cells_make_the_whole_tissue() -> None:
    drug = replace(POLAR, partition_scalar=1.0)
    whole = rodgers_rowland(drug.chemistry)
    body = build(drug)
    assert {t: body.unbound_partition[t] * 0.7 for t in TISSUES} == pytest.approx({t: whole[t] for t in TISSUES})


def test_the_gut_wall_takes_its_share_on_the_way_in() -> None:
    """Qgut/(Qgut + CLint), villi 0.48 of 39 L/h in the reference man (Yang 2007)."""
    body = build(WALL)
    escape = 18.72 / (18.72 + 10.0)
    assert body.gut_escape(PERSON, {})[0] == pytest.approx(escape, rel=0.03)
    assert area(body, {}) / area(build(GEFITINIB), {}) == pytest.approx(body.gut_escape(PERSON, {})[0], rel=1e-6)
    leaves(WALL, PERSON, "stomach_lumen")


def test_gut_and_liver_can_be_inhibited_apart() -> None:
    body = build(WALL)
    both, gut = body.gut_escape(PERSON, {"CYP3A4": 0.0})[0], body.gut_escape(PERSON, {"gut_CYP3A4": 0.0})[0]
    assert both == gut == 1.0
    assert body.gut_escape(PERSON, {"CYP3A4": 0.1, "gut_CYP3A4": 1.0})[0] == body.gut_escape(PERSON, {})[0]
    assert area(body, {"gut_CYP3A4": 0.0}) < area(body, {"CYP3A4": 0.0})


def test_a_tissue_into_which_the_drug_is_carried_is_limited_by_blood_alone() -> None:
    """Kidney cells with fast membranes of their own clear as the flow-limited kidney does; the others stay slow."""
    carried = replace(POLAR, partition_scalar=1.0, permeability=0.05, permeabilities={"kidney": 1e4})
    whole = replace(POLAR, partition_scalar=1.0, permeability=None)
    found, wanted = (kinetics(build(c), PERSON, build(c).rates(PERSON, {}, {})) for c in (carried, whole))
    assert found.clearance == pytest.approx(wanted.clearance, rel=1e-3)
    assert found.terminal_half_life[0] > 2.0 * wanted.terminal_half_life[0]


def test_what_reaches_the_colon_solid_is_absorbed_until_it_leaves() -> None:
    """Of the slow share k/(k + 0.06) is absorbed, 0.06/h the way through the colon; the rest as without it."""
    quick = replace(POLAR, permeability=None)
    slow = replace(quick, absorption=replace(quick.absorption, slow_share=0.4, slow_rate=0.03))
    whole, part = (kinetics(build(c), PERSON, build(c).rates(PERSON, {}, {})) for c in (quick, slow))
    assert part.bioavailability == pytest.approx(0.6 * whole.bioavailability + 0.4 / 3.0, rel=1e-9)
    assert part.terminal_half_life[0] == pytest.approx(np.log(2.0) / 0.09, rel=1e-6)
    assert leaves(slow, PERSON, "stomach_lumen")[1] == pytest.approx(100.0 * part.bioavailability[0], rel=1e-6)


BILE = replace(POLAR, permeability=None, secretion=0.0, filtration=0.0, biliary=20.0, partition_scalar=1.0)


def test_what_the_bile_takes_and_the_gut_does_not_give_back_leaves_with_the_faeces() -> None:
    """Without absorption bile clears as metabolism of the same size does: the liver as a well-stirred organ."""
    lost = replace(BILE, absorption=replace(BILE.absorption, rate=1e-12))
    metabolised = replace(lost, biliary=0.0, intrinsic_clearance={"other": 20.0})
    found, wanted = (kinetics(build(c), PERSON, build(c).rates(PERSON, {}, {})) for c in (lost, metabolised))
    assert found.clearance == pytest.approx(wanted.clearance, rel=1e-9)
    assert leaves(lost, PERSON, "venous")[2] == pytest.approx(100.0, rel=1e-6)


def test_what_is_absorbed_from_the_bile_passes_the_liver_again() -> None:
    """Of what is excreted p comes back to the body: p = Fa (1 - E) / (1 - Fa E), and the area grows by 1 / (1 - p).

    Fa = 1 - (k/(k + a))^7 of seven segments, E the liver's extraction, from the clearance without absorption.
    """
    uptake = BILE.absorption
    lost = replace(BILE, absorption=replace(uptake, rate=1e-12))
    body = build(lost)
    alone = kinetics(body, PERSON, body.rates(PERSON, {}, {})).clearance[0]
    blood = sum(PERSON.flow[tissue][0] for tissue in (*PORTAL, "liver"))
    extraction = alone / (blood * body.blood_to_plasma(PERSON)[0])
    absorbed = 1.0 - (uptake.transit / (uptake.transit + uptake.rate)) ** 7
    back = absorbed * (1.0 - extraction) / (1.0 - absorbed * extraction)
    recycled = build(BILE)
    found = kinetics(recycled, PERSON, recycled.rates(PERSON, {}, {})).clearance[0]
    assert 0.1 < back < 0.999
    assert found == pytest.approx(alone * (1.0 - back), rel=1e-6)
    assert leaves(replace(BILE, biliary=200.0), PERSON, "venous").sum() == pytest.approx(100.0, rel=1e-3)


def test_a_failing_liver_excretes_less_bile() -> None:
    body = build(BILE)
    person = with_liver_disease(PERSON, ChildPugh.C)
    assert body.rates(person, {}, {})["bile"] == pytest.approx(
        body.rates(PERSON, {}, {})["bile"] * person.functional_liver, rel=1e-9
    )
