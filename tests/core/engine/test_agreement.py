"""Modal and linear classes against each other and an independent integrator, on everything a regimen can hold."""

import numpy as np
import pytest

from core.engine import kernel
from core.engine.graph import Flow, Graph, Solver
from core.engine.schedule import Input, Segment, Side
from core.engine.solve import simulate
from tests.core.engine.oracle import oracle

TWO_ORAL = (
    Flow("depot", "central", "ka"),
    Flow("central", None, "k10"),
    Flow("central", "outer", "k12"),
    Flow("outer", "central", "k21"),
)
RATES = {"ka": 1.1, "k10": 0.21, "k12": 0.3, "k21": 0.17}
MODAL = Graph(("depot", "central", "outer"), TWO_ORAL)
# The same system with a state nobody looks at is not mammillary, so the matrix exponential solves it.
LINEAR = Graph(
    ("depot", "central", "outer", "urine", "bag"),
    (*TWO_ORAL, Flow("central", "urine", "none"), Flow("urine", "bag", "none")),
)
TIMES = np.array([30.0, -2.0, 0.0, 0.5, 3.0, 7.75, 8.0, 9.1, 12.0, 12.4, 20.0, 23.9, 24.0, 26.3, 41.0, 55.5])
SLOW_CL = [Segment(0.0, RATES | {"none": 0.0}), Segment(21.7, RATES | {"k10": 0.05, "k12": 0.4, "none": 0.0})]

REGIMENS = {
    "boluses": [Input(0.0, 100.0, "central"), Input(12.0, 50.0, "central")],
    "oral with lag and loss": [Input(0.0, 100.0, "depot", lag=0.4, fraction=0.7), Input(12.0, 50.0, "depot", lag=0.4)],
    "overlapping infusions": [Input(t, 100.0, "central", duration=5.0) for t in (0.0, 3.0, 8.0)],
    "zero order into the depot": [Input(0.0, 100.0, "depot", duration=3.0), Input(12.0, 80.0, "depot", duration=1.5)],
    "mixed absorption": [Input(0.0, 60.0, "depot"), Input(0.0, 40.0, "central", duration=4.0, lag=1.0)],
    "oral steady state": [Input(8.0, 100.0, "depot", steady_state_every=12.0), Input(20.0, 100.0, "depot")],
    "steady state with lag": [Input(8.0, 100.0, "depot", lag=1.4, steady_state_every=12.0)],
    "infusion longer than its interval": [Input(8.0, 100.0, "central", duration=20.0, steady_state_every=8.0)],
    "lag longer than the interval": [Input(8.0, 30.0, "central", duration=1.0, lag=9.0, steady_state_every=6.0)],
    "steady state forgets": [Input(0.0, 900.0, "central"), Input(12.0, 10.0, "central", 2.0, steady_state_every=12.0)],
    "two inputs at steady state": [
        Input(8.0, 60.0, "depot", steady_state_every=12.0),
        Input(8.0, 40.0, "central", duration=2.0, steady_state_every=12.0),
    ],
}


def close(found: np.ndarray, truth: np.ndarray, tolerance: float) -> bool:
    return bool(np.all(np.abs(found - truth) <= tolerance * (np.abs(truth) + 1e-3 * np.abs(truth).max() + 1e-12)))


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("graph", [MODAL, LINEAR], ids=["modal", "linear"])
@pytest.mark.parametrize("name", REGIMENS)
def test_every_regimen_agrees_with_lsoda(name: str, graph: Graph, side: Side) -> None:
    assert (MODAL.solver, LINEAR.solver) == (Solver.MODAL, Solver.LINEAR)
    wanted = ("central", "depot")
    solution = simulate(graph, SLOW_CL, REGIMENS[name], TIMES, states=wanted, integrals=wanted, side=side)
    amounts, areas = oracle(graph, SLOW_CL, REGIMENS[name], TIMES, side=side)
    columns = [graph.states.index(state) for state in wanted]
    if "forgets" in name:  # the oracle starts anew at the steady state; compare from there on
        later = TIMES >= 12.0
        assert close(solution.amounts[0][later], amounts[later][:, columns], 1e-8)
        return
    assert close(solution.amounts[0], amounts[:, columns], 1e-8)
    assert close(solution.integrals[0], areas[:, columns], 1e-8)


def test_integrals_run_on_through_a_steady_state_reset() -> None:
    regimen = REGIMENS["steady state forgets"]
    solution = simulate(MODAL, SLOW_CL, regimen, [11.999999, 12.0, 14.0], integrals=("central",))
    before = simulate(MODAL, SLOW_CL, regimen[:1], [12.0], integrals=("central",)).integrals[0, 0, 0]
    after = simulate(MODAL, SLOW_CL, regimen[1:], [14.0], integrals=("central",)).integrals[0, 0, 0]
    np.testing.assert_allclose(solution.integrals[0, 1:, 0], [before, before + after], rtol=1e-9)


@pytest.mark.parametrize("name", REGIMENS)
def test_patients_with_their_own_lag_duration_and_rates_match_one_patient_at_a_time(name: str) -> None:
    rng = np.random.default_rng(5)
    size = 7
    spread = {key: RATES[key] * np.exp(0.3 * rng.standard_normal(size)) for key in RATES}
    segments = [Segment(0.0, spread | {"none": 0.0}), Segment(21.7, spread | {"k10": 0.05, "none": 0.0})]
    inputs = [
        Input(
            given.time,
            given.amount * np.exp(0.2 * rng.standard_normal(size)),
            given.state,
            given.duration * np.exp(0.4 * rng.standard_normal(size)),
            given.lag * np.exp(0.4 * rng.standard_normal(size)),
            given.fraction,
            given.steady_state_every,
        )
        for given in REGIMENS[name]
    ]
    wanted = ("central", "depot")
    batch = [simulate(g, segments, inputs, TIMES, states=wanted, integrals=wanted) for g in (MODAL, LINEAR)]
    for patient in range(size):

        def own(value: object, patient: int = patient) -> float:
            return float(np.broadcast_to(np.asarray(value, dtype=float), size)[patient])

        one_segments = [Segment(s.start, {key: own(value) for key, value in s.rates.items()}) for s in segments]
        one_inputs = [
            Input(i.time, own(i.amount), i.state, own(i.duration), own(i.lag), own(i.fraction), i.steady_state_every)
            for i in inputs
        ]
        alone = simulate(MODAL, one_segments, one_inputs, TIMES, states=wanted, integrals=wanted)
        for solution in batch:
            assert close(solution.amounts[patient], alone.amounts[0], 1e-10)
            assert close(solution.integrals[patient], alone.integrals[0], 1e-10)


@pytest.mark.parametrize("irregular", [False, True], ids=["on a grid", "any time"])
@pytest.mark.parametrize("graph", [MODAL, LINEAR], ids=["modal", "linear"])
@pytest.mark.parametrize("name", REGIMENS)
def test_numpy_and_the_kernel_agree_for_many_patients(
    name: str, graph: Graph, irregular: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not kernel.available():
        pytest.skip("the compiled kernel was not built")
    rng = np.random.default_rng(8)
    spread = {key: RATES[key] * np.exp(0.3 * rng.standard_normal(37)) for key in RATES}
    segments = [Segment(0.0, spread | {"none": 0.0}), Segment(22.0, spread | {"k10": 0.05, "none": 0.01})]
    times = np.sort(rng.uniform(-3.0, 60.0, 70)) if irregular else np.arange(0.0, 60.0, 0.5)
    asked = {"states": LINEAR.states, "integrals": ("central", "urine")}
    if graph is MODAL or any(given.steady_state_every for given in REGIMENS[name]):
        asked = {"states": ("central", "depot"), "integrals": ("central",)}  # a bag that only fills has no steady state
    compiled = simulate(graph, segments, REGIMENS[name], times, **asked)
    monkeypatch.setattr(kernel, "available", lambda: False)
    monkeypatch.setattr(kernel, "library", lambda: None)
    plain = simulate(graph, segments, REGIMENS[name], times, **asked)
    assert close(compiled.amounts, plain.amounts, 1e-11)
    assert close(compiled.integrals, plain.integrals, 1e-11)
    own = [Segment(s.start, {key: float(np.ravel(v)[-1]) for key, v in s.rates.items()}) for s in segments]
    alone = simulate(graph, own, REGIMENS[name], times, **asked)
    assert close(compiled.amounts[-1], alone.amounts[0], 1e-10)


def test_peripheral_amounts_and_effect_compartments_agree_with_lsoda() -> None:
    graph = Graph(
        (*MODAL.states, "effect"),
        (*TWO_ORAL, Flow("central", "effect", "ke0", copies=True), Flow("effect", None, "ke0")),
    )
    segments = [Segment(0.0, RATES | {"ke0": 0.08}), Segment(10.0, RATES | {"ke0": 0.2, "ka": 0.2})]
    inputs = [Input(0.0, 100.0, "depot"), Input(5.0, 20.0, "outer", duration=2.0), Input(7.0, 4.0, "outer")]
    amounts, areas = oracle(graph, segments, inputs, TIMES)
    solution = simulate(graph, segments, inputs, TIMES, states=graph.states, integrals=graph.states)
    assert close(solution.amounts[0], amounts, 1e-8)
    assert close(solution.integrals[0], areas, 1e-8)
    outer = simulate(MODAL, segments, inputs, TIMES, states=("outer",))
    assert close(outer.amounts[0, :, 0], amounts[:, 2], 1e-8)
