"""What must hold for every structure, whatever its rates: the laws of amounts, doses and time."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.engine.graph import Flow, Graph, Solver
from core.engine.schedule import Input, Segment, Side
from core.engine.solve import simulate
from core.engine.terms import Inhibitor, MichaelisMenten, Site, TargetBinding
from core.errors import InputError, ModelError

ORAL = (Flow("depot", "central", "ka"), Flow("central", None, "ke"))
EXCHANGE = tuple(
    flow
    for name in ("one", "two")
    for flow in (Flow("central", name, f"out_{name}"), Flow(name, "central", f"back_{name}"))
)
BODY = {"ka": 1.3, "ke": 0.2, "out_one": 0.4, "back_one": 0.15, "out_two": 0.07, "back_two": 0.02}
CHAIN = tuple(Flow(f"gut{n}", f"gut{n + 1}" if n < 4 else "depot", "ktr") for n in range(5))
BODY |= {
    "ktr": 2.0,
    "vmax": 9.0,
    "km": 2.0,
    "V": 12.0,
    "ki": 3.0,
    "kon": 0.2,
    "koff": 0.05,
    "syn": 2.0,
    "deg": 0.1,
    "int": 0.2,
}

STRUCTURES = {
    "one compartment": Graph(("depot", "central"), ORAL),
    "two compartments": Graph(("depot", "central", "one"), (*ORAL, *EXCHANGE[:2])),
    "three compartments": Graph(("depot", "central", "one", "two"), (*ORAL, *EXCHANGE)),
    "transit chain": Graph((*(f"gut{n}" for n in range(5)), "depot", "central", "one"), (*CHAIN, *ORAL, *EXCHANGE[:2])),
    "saturable": Graph(
        ("depot", "central", "one"),
        (*ORAL, *EXCHANGE[:2]),
        (MichaelisMenten(Site("central", "V"), None, "vmax", "km", (Inhibitor(Site("one", "V"), "ki"),)),),
    ),
    "target binding": Graph(
        ("depot", "central", "free", "bound"),
        ORAL,
        (TargetBinding(Site("central", "V"), "free", "bound", "kon", "koff", "syn", "deg", "int"),),
    ),
}
LINEAR = [name for name, graph in STRUCTURES.items() if graph.solver is not Solver.NONLINEAR]
EVERY = pytest.mark.parametrize("name", STRUCTURES)
ONLY_LINEAR = pytest.mark.parametrize("name", LINEAR)
TIMES = np.array([0.0, 0.001, 0.3, 1.0, 2.5, 5.0, 5.0001, 9.0, 12.0, 17.0, 30.0, 100.0])
REGIMEN = (Input(0.0, 100.0, "depot"), Input(1.0, 50.0, "central", duration=4.0), Input(9.0, 70.0, "depot", lag=0.5))


def central(
    name: str, inputs: tuple[Input, ...], times: np.ndarray = TIMES, rates: dict | None = None, **options: object
) -> np.ndarray:
    """Central amounts (T,) of one patient, tight where there is a tolerance."""
    held = [Segment(0.0, BODY if rates is None else rates)]
    options = {"tolerance": 1e-8, **options}
    return simulate(STRUCTURES[name], held, inputs, times, states=("central",), **options).amounts[0, :, 0]


def near(found: np.ndarray, truth: np.ndarray, relative: float = 1e-6) -> bool:
    return bool(np.all(np.abs(found - truth) <= relative * (np.abs(truth) + 1e-4 * np.max(np.abs(truth)))))


@ONLY_LINEAR
def test_mass_in_is_mass_in_the_body_plus_mass_eliminated(name: str) -> None:
    graph = STRUCTURES[name]
    solution = simulate(
        graph, [Segment(0.0, BODY)], REGIMEN, TIMES, states=graph.states, integrals=("central",), side=Side.AFTER
    )
    body = solution.amounts[0].sum(axis=1)
    eliminated = BODY["ke"] * solution.integrals[0, :, 0]
    infused = 50.0 * np.clip((TIMES - 1.0) / 4.0, 0.0, 1.0)
    given_so_far = 100.0 + infused + 70.0 * (TIMES >= 9.5)
    np.testing.assert_allclose(body + eliminated, given_so_far, rtol=1e-9)


def test_mass_is_kept_by_a_saturable_transfer_between_states() -> None:
    term = MichaelisMenten(Site("central", "V"), "urine", "vmax", "km")
    graph = Graph(("depot", "central", "urine"), (Flow("depot", "central", "ka"),), (term,))
    solution = simulate(graph, [Segment(0.0, BODY)], REGIMEN[:1], TIMES, states=graph.states, side=Side.AFTER)
    np.testing.assert_allclose(solution.amounts[0].sum(axis=1), 100.0, rtol=1e-9)


@EVERY
def test_no_amount_is_negative(name: str) -> None:
    graph = STRUCTURES[name]
    times = np.concatenate([TIMES, 10.0 ** np.arange(-12.0, 3.0)])
    amounts = simulate(graph, [Segment(0.0, BODY)], REGIMEN, times, states=graph.states).amounts
    floor = -1e-9 * 100.0 if graph.solver is Solver.NONLINEAR else 0.0
    assert amounts.min() >= floor


@ONLY_LINEAR
def test_doses_superpose(name: str) -> None:
    together = central(name, REGIMEN)
    apart = sum(central(name, (dose,)) for dose in REGIMEN)
    assert near(together, np.asarray(apart), 1e-11)


@pytest.mark.parametrize("name", ["saturable", "target binding"])
def test_doses_do_not_superpose_where_something_saturates(name: str) -> None:
    assert not near(central(name, REGIMEN), np.asarray(sum(central(name, (dose,)) for dose in REGIMEN)), 1e-2)


@EVERY
def test_a_shift_of_the_clock_changes_nothing(name: str) -> None:
    later = tuple(replace(dose, time=dose.time + 1000.0) for dose in REGIMEN)
    moved = simulate(
        STRUCTURES[name], [Segment(1000.0, BODY)], later, TIMES + 1000.0, states=("central",), tolerance=1e-8
    )
    assert near(moved.amounts[0, :, 0], central(name, REGIMEN), 1e-8)


@EVERY
def test_order_of_inputs_and_of_times_does_not_matter(name: str) -> None:
    turned = central(name, REGIMEN[::-1], TIMES[::-1])[::-1]
    assert near(turned, central(name, REGIMEN), 1e-12)


@EVERY
def test_a_dose_in_two_halves_is_the_dose(name: str) -> None:
    halves = tuple(replace(dose, amount=dose.amount / 2) for dose in REGIMEN for _ in range(2))
    assert near(central(name, halves), central(name, REGIMEN), 1e-6)


@EVERY
def test_no_dose_is_no_drug(name: str) -> None:
    nothing = central(name, tuple(replace(dose, amount=0.0) for dose in REGIMEN))
    assert np.all(nothing == 0.0)
    assert np.all(central(name, REGIMEN, np.array([-10.0, -1e-3])) == 0.0)
    assert np.all(central(name, ()) == 0.0)


@EVERY
def test_a_short_infusion_is_a_bolus(name: str) -> None:
    late = TIMES[TIMES > 0.2]
    infused = central(name, (Input(0.0, 100.0, "central", duration=1e-7),), late)
    assert near(infused, central(name, (Input(0.0, 100.0, "central"),), late), 1e-5)


@ONLY_LINEAR
def test_grams_and_minutes_give_the_same_curve(name: str) -> None:
    minutes = {key: value / 60.0 for key, value in BODY.items()}
    grams = tuple(
        replace(d, time=d.time * 60, amount=d.amount / 1000, duration=d.duration * 60, lag=d.lag * 60) for d in REGIMEN
    )
    assert near(1000.0 * central(name, grams, TIMES * 60.0, minutes), central(name, REGIMEN), 1e-9)


@ONLY_LINEAR
def test_total_exposure_is_what_arrives_over_clearance(name: str) -> None:
    dose = (Input(0.0, 100.0, "depot", fraction=0.6),)
    area = simulate(STRUCTURES[name], [Segment(0.0, BODY)], dose, [3000.0], integrals=("central",)).integrals[0, 0, 0]
    assert area * BODY["ke"] == pytest.approx(60.0, rel=1e-9)


@ONLY_LINEAR
def test_steady_state_average_is_dose_over_clearance_and_interval(name: str) -> None:
    dose = (Input(0.0, 100.0, "depot", steady_state_every=8.0),)
    area = simulate(STRUCTURES[name], [Segment(0.0, BODY)], dose, [8.0], integrals=("central",)).integrals[0, 0, 0]
    assert area * BODY["ke"] == pytest.approx(100.0, rel=1e-9)


@ONLY_LINEAR
def test_steady_state_is_the_sum_of_a_long_history(name: str) -> None:
    steady = central(name, (Input(0.0, 100.0, "depot", 3.0, 0.4, 1.0, 8.0),), TIMES[:8])
    history = tuple(Input(-8.0 * number, 100.0, "depot", 3.0, 0.4) for number in range(400))
    assert near(steady, central(name, history, TIMES[:8]), 1e-9)


@EVERY
def test_faster_elimination_lowers_exposure_and_faster_absorption_the_time_of_the_peak(name: str) -> None:
    grid = np.linspace(0.0, 24.0, 481)
    dose = (Input(0.0, 100.0, "depot"),)
    slow, fast = central(name, dose, grid), central(name, dose, grid, BODY | {"ke": 0.3})
    assert np.trapezoid(fast, grid) < np.trapezoid(slow, grid)
    assert np.argmax(central(name, dose, grid, BODY | {"ka": 3.0})) < np.argmax(slow)


def test_closed_forms_of_one_compartment() -> None:
    ka, ke, t = BODY["ka"], BODY["ke"], TIMES[1:]
    np.testing.assert_allclose(
        central("one compartment", (Input(0.0, 100.0, "central"),), t), 100 * np.exp(-ke * t), rtol=1e-13
    )
    oral = 100.0 * ka / (ka - ke) * (np.exp(-ke * t) - np.exp(-ka * t))
    np.testing.assert_allclose(central("one compartment", (Input(0.0, 100.0, "depot"),), t), oral, rtol=1e-11)
    infusion = 25.0 / ke * (1 - np.exp(-ke * np.minimum(t, 4.0))) * np.exp(-ke * np.maximum(t - 4.0, 0.0))
    np.testing.assert_allclose(
        central("one compartment", (Input(0.0, 100.0, "central", duration=4.0),), t), infusion, rtol=1e-11
    )
    equal = central("one compartment", (Input(0.0, 100.0, "depot"),), t, BODY | {"ka": ke})
    np.testing.assert_allclose(equal, 100.0 * ke * t * np.exp(-ke * t), rtol=1e-13)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 7), st.randoms(use_true_random=False), st.booleans())
def test_random_graphs_keep_mass_and_stay_non_negative(size: int, random: object, defective: bool) -> None:
    names = tuple(f"s{n}" for n in range(size))
    pairs = [(a, b) for a in names for b in names if a != b]
    chosen = random.sample(pairs, min(len(pairs), random.randint(1, 2 * size)))
    flows = [Flow(a, b, f"k{n}") for n, (a, b) in enumerate(chosen)] + [Flow(names[0], None, "out")]
    rates = {flow.rate: 1.7 if defective else 10.0 ** random.uniform(-3.0, 2.5) for flow in flows}
    graph = Graph(names, tuple(flows))
    inputs = [
        Input(random.uniform(0, 5), 10.0, random.choice(names), random.choice([0.0, random.uniform(0.1, 9.0)]))
        for _ in range(3)
    ]
    times = np.array([random.uniform(0.0, 30.0) for _ in range(8)] + [200.0])
    solution = simulate(graph, [Segment(0.0, rates)], inputs, times, states=names, integrals=names[:1])
    assert solution.amounts.min() >= 0.0
    arrived = np.zeros_like(times)
    for dose in inputs:  # a time within 1e-9 h of an event is at it, and takes the value before it
        since = times - dose.time
        since = np.where(since > 1e-9, since, 0.0)
        since = np.where(np.abs(since - dose.duration) < 1e-9, dose.duration, since)
        arrived += dose.amount * (np.clip(since / dose.duration, 0, 1) if dose.duration else since > 0)
    total = solution.amounts[0].sum(axis=1) + rates["out"] * solution.integrals[0, :, 0]
    np.testing.assert_allclose(total, arrived, rtol=1e-9, atol=1e-10)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.003, 30.0), min_size=6, max_size=6), st.floats(0.05, 20.0))
def test_modal_and_matrix_exponential_agree_for_any_rates(rates: list[float], duration: float) -> None:
    held = dict(zip(("ka", "ke", "out_one", "back_one", "out_two", "back_two"), rates, strict=True)) | {"none": 0.0}
    modal = STRUCTURES["three compartments"]
    linear = Graph((*modal.states, "x", "y"), (*modal.flows, Flow("central", "x", "none"), Flow("x", "y", "none")))
    inputs = [Input(0.0, 10.0, "depot"), Input(1.0, 5.0, "central", duration=duration, steady_state_every=None)]
    found = [
        simulate(graph, [Segment(0.0, held)], inputs, TIMES, states=("central",), integrals=("central",))
        for graph in (modal, linear)
    ]
    assert near(found[0].amounts, found[1].amounts, 1e-8)
    assert near(found[0].integrals, found[1].integrals, 1e-8)


def test_many_patients_come_out_as_one_by_one_across_chunks() -> None:
    rng = np.random.default_rng(11)
    for name, size in (("two compartments", 1100), ("transit chain", 150)):
        rates = BODY | {"ke": BODY["ke"] * np.exp(0.5 * rng.standard_normal(size))}
        many = simulate(STRUCTURES[name], [Segment(0.0, rates)], REGIMEN, TIMES, states=("central",)).amounts
        assert many.shape == (size, len(TIMES), 1)
        for patient in (0, 63, 64, size - 1):
            alone = central(name, REGIMEN, rates=BODY | {"ke": float(rates["ke"][patient])})
            assert near(many[patient, :, 0], alone, 1e-12)


@pytest.mark.parametrize("value", [-0.1, np.nan, np.inf, np.array([0.1, -2.0])])
@EVERY
def test_a_rate_that_cannot_be_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(InputError, match=r"rates\.ke"):
        central(name, REGIMEN, rates=BODY | {"ke": value})


@pytest.mark.parametrize("field", ["amount", "duration", "lag", "fraction", "time"])
def test_an_input_that_cannot_be_is_refused_by_name(field: str) -> None:
    for value in (np.nan, -1.0):
        if field == "time" and value == -1.0:
            continue  # a time before zero is a time
        with pytest.raises(InputError, match=rf"inputs\[1\]\.{field}"):
            central("one compartment", (REGIMEN[0], replace(REGIMEN[1], **{field: value})))


def test_unknown_names_and_missing_rates_are_refused() -> None:
    graph = STRUCTURES["one compartment"]
    with pytest.raises(ModelError, match="unknown state 'liver'"):
        simulate(graph, [Segment(0.0, BODY)], [Input(0.0, 1.0, "liver")], [1.0])
    with pytest.raises(ModelError, match="unknown state 'liver'"):
        simulate(graph, [Segment(0.0, BODY)], [], [1.0], states=("liver",))
    with pytest.raises(ModelError, match="no rate 'ka'"):
        simulate(graph, [Segment(0.0, {"ke": 0.1})], [], [1.0])
    with pytest.raises(ModelError, match="different numbers of patients"):
        simulate(graph, [Segment(0.0, BODY | {"ke": np.ones(3), "ka": np.ones(4)})], [], [1.0])
    with pytest.raises(InputError, match="times"):
        simulate(graph, [Segment(0.0, BODY)], [], [np.nan])
    with pytest.raises(InputError, match="tolerance"):
        simulate(graph, [Segment(0.0, BODY)], [], [1.0], tolerance=0.0)


@ONLY_LINEAR
def test_a_drug_that_never_leaves_has_no_steady_state(name: str) -> None:
    with pytest.raises(ModelError, match="never leaves"):
        central(name, (Input(0.0, 100.0, "depot", steady_state_every=8.0),), rates=BODY | {"ke": 0.0})
