"""The nonlinear class: every term against scipy, numpy against the compiled kernel, every kind of regimen."""

from functools import lru_cache

import numpy as np
import pytest

from core.engine import kernel
from core.engine.graph import Flow, Graph, Solver
from core.engine.schedule import Input, Segment, Side
from core.engine.solve import simulate
from core.engine.terms import (
    Hill,
    Inactivator,
    Inducer,
    InhibitedClearance,
    Inhibition,
    Inhibitor,
    MichaelisMenten,
    Site,
    TargetBinding,
    Turnover,
)
from core.errors import InputError, ModelError, NoSteadyState
from tests.core.engine.oracle import Field, first_order, oracle

DRUG, OTHER = Site("drug", "V"), Site("other", "W")
FLOWS = (Flow("gut", "drug", "ka"), Flow("drug", None, "k"), Flow("other", None, "kout"))
RATES = {"ka": 1.2, "k": 0.05, "kout": 0.2, "V": 20.0, "W": 8.0}
RATES |= {"vmax": 30.0, "km": 1.5, "ki": 0.7, "CLint": 6.0, "kdeg": 0.04, "kinact": 0.3, "KI": 0.9, "emax": 4.0}
RATES |= {"ec50": 0.6, "hill": 2.3, "kon": 0.4, "koff": 0.05, "ksyn": 1.5, "kt": 0.1, "kint": 0.3, "feed": 5.0}
STATES = ("gut", "drug", "other", "enzyme", "free", "bound", "effect")
TIMES = np.array([0.0, 0.4, 1.0, 3.0, 8.0, 11.9, 12.0, 12.6, 13.0, 18.0, 24.0, 25.0, 36.0, 47.0])
DOSES = [
    Input(0.0, 100.0, "gut", lag=0.25),
    Input(0.0, 40.0, "other", fraction=0.8),
    Input(12.0, 100.0, "drug", duration=2.0),
    Input(13.0, 60.0, "drug", duration=3.0),
    Input(24.0, 30.0, "other", duration=12.0),
]
SEGMENTS = [Segment(0.0, RATES), Segment(20.5, RATES | {"vmax": 15.0, "kinact": 0.1})]


def saturable(kind: Inhibition | None = None, *, enzyme: str | None = None) -> MichaelisMenten:
    inhibitors = () if kind is None else (Inhibitor(OTHER, "ki", kind),)
    return MichaelisMenten(DRUG, None, "vmax", "km", inhibitors, enzyme)


def saturable_flux(x: dict[str, float], r: dict[str, float], kind: Inhibition | None) -> float:
    concentration, inhibition = x["drug"] / r["V"], 1.0 + (x["other"] / r["W"]) / r["ki"]
    on_km = inhibition if kind in (Inhibition.COMPETITIVE, Inhibition.NONCOMPETITIVE) else 1.0
    on_complex = inhibition if kind in (Inhibition.UNCOMPETITIVE, Inhibition.NONCOMPETITIVE) else 1.0
    return r["vmax"] * concentration / (r["km"] * on_km + concentration * on_complex)


def change_of(name: str, x: dict[str, float], r: dict[str, float]) -> dict[str, float]:
    """The same terms written a second time, from the textbook and not from the engine."""
    drug, other = x["drug"] / r["V"], x["other"] / r["W"]
    if name == "hill":
        power = drug ** r["hill"] if drug > 0 else 0.0
        flux = r["feed"] * power / (r["ec50"] ** r["hill"] + power)
        return {"effect": flux}
    if name == "target binding":
        net = r["kon"] * drug * x["free"] - r["koff"] * x["bound"]
        return {"drug": -net, "free": r["ksyn"] - r["kt"] * x["free"] - net, "bound": net - r["kint"] * x["bound"]}
    if name == "inhibited clearance":
        return {"drug": -r["CLint"] * drug / (1.0 + other / r["ki"])}
    if name == "inactivation":
        loss = r["kdeg"] + r["kinact"] * other / (r["KI"] + other)
        return {"drug": -x["enzyme"] * saturable_flux(x, r, None), "enzyme": r["kdeg"] - loss * x["enzyme"]}
    if name == "induction":
        power = other ** r["hill"] if other > 0 else 0.0
        fold = 1.0 + r["emax"] * power / (r["ec50"] ** r["hill"] + power)
        cleared = r["CLint"] * x["enzyme"] * drug
        return {"drug": -cleared, "other": cleared, "enzyme": r["kdeg"] * (fold - x["enzyme"])}
    return {"drug": -saturable_flux(x, r, {kind.name.lower(): kind for kind in Inhibition}.get(name))}


TERMS = {
    "plain": (saturable(),),
    "competitive": (saturable(Inhibition.COMPETITIVE),),
    "uncompetitive": (saturable(Inhibition.UNCOMPETITIVE),),
    "noncompetitive": (saturable(Inhibition.NONCOMPETITIVE),),
    "inhibited clearance": (InhibitedClearance(DRUG, None, "CLint", (Inhibitor(OTHER, "ki"),)),),
    "inactivation": (saturable(enzyme="enzyme"), Turnover("enzyme", "kdeg", (Inactivator(OTHER, "kinact", "KI"),))),
    "induction": (
        InhibitedClearance(DRUG, "other", "CLint", enzyme="enzyme"),
        Turnover("enzyme", "kdeg", inducers=(Inducer(OTHER, "emax", "ec50", "hill"),)),
    ),
    "hill": (Hill(DRUG, "effect", "feed", "ec50", "hill", copies=True),),
    "target binding": (TargetBinding(DRUG, "free", "bound", "kon", "koff", "ksyn", "kt", "kint"),),
}


def field_of(name: str, graph: Graph) -> Field:
    linear = first_order(graph)

    def field(rates: dict[str, float], x: np.ndarray) -> np.ndarray:
        change = linear(rates, x)
        for state, slope in change_of(name, dict(zip(graph.states, x, strict=True)), rates).items():
            change[graph.states.index(state)] += slope
        return change

    return field


def start_of(name: str) -> np.ndarray:
    start = np.zeros(len(STATES))
    start[STATES.index("enzyme")] = name in ("inactivation", "induction")
    start[STATES.index("free")] = RATES["ksyn"] / RATES["kt"] if name == "target binding" else 0.0
    return start


@pytest.fixture(params=["numpy", "compiled"])
def integrator(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "numpy":
        monkeypatch.setattr(kernel, "available", lambda: False)
    elif not kernel.available():
        pytest.skip("the compiled kernel was not built")
    return request.param


def worst(found: np.ndarray, truth: np.ndarray) -> float:
    """Largest error relative to the largest value of each column."""
    return float(np.max(np.abs(found - truth) / np.maximum(np.abs(truth).max(axis=0), 1e-9)))


@pytest.mark.parametrize("name", TERMS)
def test_every_term_agrees_with_lsoda_within_the_tolerance(name: str, integrator: str) -> None:
    graph = Graph(STATES, FLOWS, TERMS[name])
    assert graph.solver is Solver.NONLINEAR
    truth, areas = oracle(graph, SEGMENTS, DOSES, TIMES, field=field_of(name, graph), start=start_of(name))
    for tolerance, allowed in ((1e-4, 1e-4), (1e-7, 1e-6)):
        solution = simulate(
            graph, SEGMENTS, DOSES, TIMES, states=STATES, integrals=("drug", "other"), tolerance=tolerance
        )
        assert worst(solution.amounts[0], truth) <= allowed
        assert worst(solution.integrals[0], areas[:, 1:3]) <= allowed


@pytest.mark.parametrize("name", TERMS)
def test_numpy_and_kernel_take_the_same_steps(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if not kernel.available():
        pytest.skip("the compiled kernel was not built")
    graph = Graph(STATES, FLOWS, TERMS[name])
    compiled = simulate(graph, SEGMENTS, DOSES, TIMES, states=STATES, integrals=("drug",), side=Side.AFTER)
    monkeypatch.setattr(kernel, "available", lambda: False)
    plain = simulate(graph, SEGMENTS, DOSES, TIMES, states=STATES, integrals=("drug",), side=Side.AFTER)
    np.testing.assert_allclose(compiled.amounts, plain.amounts, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(compiled.integrals, plain.integrals, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("size", [3, 60])
def test_patients_with_their_own_rates_and_event_times_match_one_patient_at_a_time(size: int, integrator: str) -> None:
    rng = np.random.default_rng(3)
    graph = Graph(STATES, FLOWS, TERMS["inactivation"])
    spread = {name: value * np.exp(0.3 * rng.standard_normal(size)) for name, value in RATES.items()}
    lag, length = np.exp(0.5 * rng.standard_normal(size)), 2.0 * np.exp(0.5 * rng.standard_normal(size))
    inputs = [Input(0.0, 100.0, "gut", lag=lag), Input(5.0, 50.0, "drug", duration=length), Input(5.5, 30.0, "other")]
    both = simulate(graph, [Segment(0.0, spread)], inputs, TIMES, states=STATES, tolerance=1e-7)
    for patient in (0, size - 1):
        alone = [
            Input(0.0, 100.0, "gut", lag=float(lag[patient])),
            Input(5.0, 50.0, "drug", duration=float(length[patient])),
            inputs[2],
        ]
        rates = {name: float(value[patient]) for name, value in spread.items()}
        one = simulate(graph, [Segment(0.0, rates)], alone, TIMES, states=STATES, tolerance=1e-7)
        assert worst(both.amounts[patient], one.amounts[0]) <= 1e-6


STEADY = {
    "bolus": Input(0.0, 60.0, "gut", steady_state_every=12.0),
    "with lag": Input(0.0, 60.0, "gut", lag=1.5, steady_state_every=12.0),
    "infusion longer than the interval": Input(0.0, 60.0, "drug", duration=20.0, steady_state_every=12.0),
}


@lru_cache
def long_history(name: str, dose: str) -> np.ndarray:
    graph = Graph(STATES, FLOWS, TERMS[name])
    held = [Segment(0.0, RATES)]
    field, start = field_of(name, graph), start_of(name)
    return oracle(graph, held, [STEADY[dose]], TIMES, field=field, start=start, cycles=40, rtol=1e-9)[0]


@pytest.mark.parametrize("dose", STEADY)
@pytest.mark.parametrize("name", ["plain", "inactivation", "target binding"])
def test_steady_state_is_what_a_long_history_leads_to(name: str, dose: str, integrator: str) -> None:
    graph = Graph(STATES, FLOWS, TERMS[name])
    for tolerance in (1e-4, 1e-6):
        solution = simulate(
            graph, [Segment(0.0, RATES)], [STEADY[dose]], TIMES, states=STATES, tolerance=tolerance, side=Side.BEFORE
        )
        assert worst(solution.amounts[0], long_history(name, dose)) <= tolerance


def test_more_than_can_be_removed_has_no_steady_state(integrator: str) -> None:
    graph = Graph(("drug",), (), (saturable(),))
    with pytest.raises(NoSteadyState):
        simulate(
            graph, [Segment(0.0, RATES)], [Input(0.0, 500.0, "drug", steady_state_every=12.0)], [1.0], states=("drug",)
        )


def test_doubling_a_dose_more_than_doubles_a_saturable_exposure(integrator: str) -> None:
    graph = Graph(("drug",), (), (saturable(),))
    single, double = (
        simulate(graph, [Segment(0.0, RATES)], [Input(0.0, dose, "drug")], [500.0], integrals=("drug",))
        for dose in (100.0, 200.0)
    )
    assert double.integrals[0, 0, 0] > 2.2 * single.integrals[0, 0, 0]


def test_halving_the_tolerance_changes_exposure_by_less_than_a_thousandth(integrator: str) -> None:
    graph = Graph(STATES, FLOWS, TERMS["inactivation"])
    coarse, fine = (
        simulate(graph, SEGMENTS, DOSES, [47.0], integrals=("drug", "other"), tolerance=tolerance)
        for tolerance in (1e-4, 5e-5)
    )
    np.testing.assert_allclose(coarse.integrals, fine.integrals, rtol=1e-3)


def test_an_enzyme_and_a_target_are_at_rest_before_anything_is_given(integrator: str) -> None:
    graph = Graph(STATES, FLOWS, (*TERMS["inactivation"], *TERMS["target binding"]))
    solution = simulate(graph, SEGMENTS, [], [-5.0, 0.0, 50.0], states=("enzyme", "free", "drug"))
    np.testing.assert_allclose(solution.amounts[0], [[1.0, RATES["ksyn"] / RATES["kt"], 0.0]] * 3)


@pytest.mark.parametrize("constant", ["V", "km", "ki", "KI"])
def test_a_zero_where_a_term_divides_is_refused_by_name(constant: str) -> None:
    graph = Graph(STATES, FLOWS, (*TERMS["competitive"], *TERMS["inactivation"]))
    with pytest.raises(InputError, match=f"rates.{constant}"):
        simulate(graph, [Segment(0.0, RATES | {constant: 0.0})], DOSES, TIMES, states=("drug",))


def test_a_term_outside_the_catalogue_is_refused() -> None:
    class Strange:
        states = ("drug",)
        rates = ("k",)
        divisors = ()

    with pytest.raises(ModelError, match="catalogue"):
        simulate(Graph(("drug",), (), (Strange(),)), [Segment(0.0, {"k": 1.0})], [], [1.0], states=("drug",))
