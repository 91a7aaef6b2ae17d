"""Fifty-digit reference solutions (mpmath, matrix exponential between events) through the public door."""

import csv
import json

import numpy as np
import pytest

from core.engine.graph import Flow, Graph
from core.engine.schedule import Input, Segment, Side
from core.engine.solve import simulate
from core.engine.terms import Inactivator, Inhibitor, MichaelisMenten, Site, Turnover
from tests.conftest import SHARED

FOLDER = SHARED / "science" / "solver_reference"
pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="reference data are not beside the repository")

CASES = {case["name"][:3]: case for case in json.loads((FOLDER / "cases.json").read_text())} if FOLDER.exists() else {}


def table(name: str) -> np.ndarray:
    return np.loadtxt(FOLDER / f"{name}.csv", delimiter=",", skiprows=1)


def matrix(name: str) -> tuple[list[str], np.ndarray]:
    with (FOLDER / f"{name}_A.csv").open() as file:
        states = [state.strip() for state in file.readline().lstrip("# ").split(",")]
        return states, np.array([[float(entry) for entry in row] for row in csv.reader(file)])


def compartments(case: dict, prefix: tuple[str, ...] = ()) -> tuple[Graph, dict[str, float]]:
    """1-3 compartments from clearances and volumes, as the case files give them."""
    p = {name: float(value) for name, value in case["params"].items()}
    states, flows, rates = ["central"], [Flow("central", None, "k10")], {"k10": p["CL"] / p["V1"]}
    for number in (2, 3):
        if f"Q{number}" in p:
            states.append(f"p{number}")
            flows += [Flow("central", f"p{number}", f"k1{number}"), Flow(f"p{number}", "central", f"k{number}1")]
            rates[f"k1{number}"] = p[f"Q{number}"] / p["V1"]
            rates[f"k{number}1"] = p[f"Q{number}"] / p[f"V{number}"]
    if "ka" in p:
        states.insert(0, "depot")
        flows.append(Flow("depot", "central", "ka"))
        rates["ka"] = p["ka"]
    if "ktr" in p:
        chain = [f"transit{number}" for number in range(1, 6)]
        states = chain + states
        flows += [Flow(a, b, "ktr") for a, b in zip(chain, [*chain[1:], "depot"], strict=True)]
        rates["ktr"] = p["ktr"]
    return Graph(tuple(states), tuple(flows)), rates


def inputs_of(case: dict, states: tuple[str, ...] | list[str]) -> list[Input]:
    """Boluses, and infusions as pairs of rate changes."""
    inputs, events = [], case["events"]
    for number, (time, kind, state, value) in enumerate(events):
        where = state if isinstance(state, str) else states[state]
        if kind == "b":
            inputs.append(Input(float(time), float(value), where))
        elif float(value) > 0:
            length = float(events[number + 1][0]) - float(time)
            inputs.append(Input(float(time), float(value) * length, where, duration=length))
    return inputs


def pointwise(found: np.ndarray, truth: np.ndarray) -> float:
    """Largest error relative to each value, with a floor of 1e-9 of the largest value."""
    return float(np.max(np.abs(found - truth) / np.maximum(np.abs(truth), 1e-9 * np.abs(truth).max())))


def check_compartments(key: str, inputs: list[Input] | None = None, segments: list | None = None) -> float:
    case = CASES[key]
    graph, rates = compartments(case)
    data = table(case["name"])
    given = inputs if inputs is not None else inputs_of(case, graph.states)
    held = segments or [Segment(0.0, rates)]
    solution = simulate(graph, held, given, data[:, 0], states=("central",), side=Side.AFTER)
    return pointwise(solution.amounts[0, :, 0] / float(case["params"]["V1"]), data[:, 1])


@pytest.mark.parametrize("key", [f"c{number:02d}" for number in range(1, 12)])
def test_compartment_cases_agree_to_ten_digits_at_every_time(key: str) -> None:
    assert check_compartments(key) <= 1e-10


@pytest.mark.parametrize("key", ["c12", "c13", "c14"])
def test_steady_state_cases_agree_to_ten_digits_at_every_time(key: str) -> None:
    case = CASES[key]
    oral = "ka" in case["params"]
    duration = 0.0 if oral else float(case["tinf"])
    dose = Input(
        0.0, float(case["dose"]), "depot" if oral else "central", duration, steady_state_every=float(case["ss_tau"])
    )
    assert check_compartments(key, [dose]) <= 1e-10


def test_clearance_that_changes_over_time_agrees_to_nine_digits() -> None:
    case = CASES["c15"]
    _, rates = compartments(case)
    segments = [
        Segment(float(start), rates | {"k10": float(CL) / float(case["params"]["V1"])})
        for start, CL in case["CL_segments"]
    ]
    inputs = [Input(12.0 * number, 500.0, "central", duration=1.0) for number in range(8)]
    assert check_compartments("c15", inputs, segments) <= 1e-9


def test_a_transit_chain_with_equal_rates_agrees_to_nine_digits() -> None:
    assert check_compartments("c16", [Input(0.0, 500.0, "transit1"), Input(12.0, 500.0, "transit1")]) <= 1e-9


def whole_body(case: dict) -> tuple[Graph, dict[str, float]]:
    """Flows from the matrix of the case: off-diagonal entries, and what the diagonal loses beyond them."""
    states, A = matrix(case["name"])
    flows, rates = [], {}
    for source, name in enumerate(states):
        for target, other in enumerate(states):
            if target != source and A[target, source] > 0:
                flows.append(Flow(name, other, f"{name}>{other}"))
                rates[f"{name}>{other}"] = A[target, source]
        lost = -A[:, source].sum()
        if lost > 1e-12 * -A[source, source]:
            flows.append(Flow(name, None, f"{name}>"))
            rates[f"{name}>"] = lost
    return Graph(tuple(states), tuple(flows)), rates


def volumes(case: dict, columns: list[str]) -> list[tuple[str, float]]:
    p = case["params"]
    found = []
    for column in columns:
        organ = column.removeprefix("C_")
        found.append((organ, p[f"V_{organ}"]))
    return found


@pytest.mark.parametrize("key", ["c17", "c18", "c19"])
def test_whole_body_cases_agree_to_nine_digits_at_every_time(key: str) -> None:
    case = CASES[key]
    graph, rates = whole_body(case)
    data = table(case["name"])
    asked = volumes(case, case["columns"][1:])
    solution = simulate(
        graph,
        [Segment(0.0, rates)],
        inputs_of(case, graph.states),
        data[:, 0],
        states=[organ for organ, _ in asked],
        side=Side.AFTER,
    )
    for column, (organ, volume) in enumerate(asked):
        assert pointwise(solution.amounts[0, :, column] / volume, data[:, column + 1]) <= 1e-9, organ


def saturable_body(case: dict) -> tuple[Graph, dict[str, float]]:
    graph, rates = whole_body(case)
    p = case["params"]
    rates |= {"V_u": p["V_liver"] * p["Kp_liver"], "vmax": p["Vmax"], "km": p["Km"], "ki": p["Ki"], "V_I": p["VI"]}
    rates |= {"kaI": p["kaI"], "kI": p["CLI"] / p["VI"], "kdeg": p["kdeg"], "kinact": p["kinact"], "KI": p["KI"]}
    inhibitor = Site("inhibitor", "V_I")
    terms = (
        MichaelisMenten(Site("liver", "V_u"), None, "vmax", "km", (Inhibitor(inhibitor, "ki"),), enzyme="enzyme"),
        Turnover("enzyme", "kdeg", (Inactivator(inhibitor, "kinact", "KI"),)),
    )
    flows = (*graph.flows, Flow("depotI", "inhibitor", "kaI"), Flow("inhibitor", None, "kI"))
    return Graph((*graph.states, "depotI", "inhibitor", "enzyme"), flows, terms), rates


@pytest.mark.parametrize(("tolerance", "allowed"), [(1e-4, 1e-4), (1e-6, 1e-6)])
@pytest.mark.parametrize("key", ["c21", "c22"])
def test_saturable_whole_body_cases_agree_within_the_tolerance(key: str, tolerance: float, allowed: float) -> None:
    case = CASES[key]
    graph, rates = saturable_body(case)
    data = table(case["name"])
    solution = simulate(
        graph,
        [Segment(0.0, rates)],
        inputs_of(case, graph.states),
        data[:, 0],
        states=("ven", "liver", "inhibitor", "enzyme"),
        side=Side.AFTER,
        tolerance=tolerance,
    )
    p = case["params"]
    found = solution.amounts[0] / [p["V_ven"], p["V_liver"], p["VI"], 1.0]
    largest = np.maximum(np.abs(data[:, 1:]).max(axis=0), 1e-9)
    assert np.max(np.abs(found - data[:, 1:]) / largest) <= allowed


@pytest.mark.parametrize(("tolerance", "allowed"), [(1e-4, 1e-4), (1e-6, 1e-6)])
def test_a_saturable_bolus_agrees_with_lambert_w(tolerance: float, allowed: float) -> None:
    case = CASES["c20"]
    p = {name: float(value) for name, value in case["params"].items()}
    graph = Graph(("central",), (), (MichaelisMenten(Site("central", "V"), None, "Vmax", "Km"),))
    data = table(case["name"])
    dose = [Input(0.0, p["C0"] * p["V"], "central")]
    solution = simulate(
        graph, [Segment(0.0, p)], dose, data[:, 0], states=("central",), side=Side.AFTER, tolerance=tolerance
    )
    assert np.max(np.abs(solution.amounts[0, :, 0] / p["V"] - data[:, 1])) <= allowed * data[:, 1].max()
