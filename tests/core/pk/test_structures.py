"""Every kind of absorption and elimination, against its equations integrated by scipy."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from core.clinic.regimen import Route
from core.engine.schedule import Input, Segment
from core.engine.solve import simulate
from core.errors import ModelError
from core.pk.parameters import PARAMETER_UNITS
from core.pk.structures import NAMES, Absorption, Elimination, Structure, structure_of

Array = NDArray[np.float64]

DOSE = 100.0
TIMES = np.array([0.3, 0.9, 1.7, 3.0, 6.0, 12.0, 30.0])
VALUES = {
    "clearance": 4.0, "volume": 30.0, "central_volume": 30.0, "intercompartmental_clearance": 6.0,
    "peripheral_volume": 50.0, "intercompartmental_clearance_2": 2.0, "peripheral_volume_2": 90.0,
    "maximal_elimination_rate": 9.0, "michaelis_constant": 1.5, "absorption_rate": 0.8, "absorption_rate_2": 0.2,
    "transit_rate": 2.5, "absorption_duration": 2.0, "lag_time": 0.5, "lag_time_2": 1.0, "bioavailability": 0.7,
    "first_depot_share": 0.4, "metabolite_clearance": 3.0, "metabolite_volume": 20.0, "metabolite_fraction": 0.6,
}  # fmt: skip


def central_amounts(structure: Structure, route: Route = Route.ORAL, hours: float = 0.0) -> Array:
    given = {name: np.array([VALUES[name]]) for name in (*structure.needed(VALUES), *structure.optional)}
    inputs = [
        Input(0.0, DOSE, entry.state, duration=entry.duration, lag=entry.lag, fraction=entry.share)
        for entry in structure.entries(route, given, hours)
    ]
    segments = [Segment(0.0, structure.rates(given))]
    return simulate(structure.graph, segments, inputs, TIMES, states=("central",), tolerance=1e-8).amounts[0, :, 0]


def integrated(
    slopes: Callable[[float, Array], list[float]], start: list[float], which: int, jumps: dict[float, list[float]]
) -> Array:
    """States integrated piece by piece; `jumps` are added at their times, where inputs also start and stop."""
    edges = sorted({0.0, *jumps, 40.0})
    state, found = np.array(start, dtype=float), np.zeros(len(TIMES))
    for low, high in itertools.pairwise(edges):
        state = state + np.array(jumps.get(low, np.zeros(len(start))))
        inside = (low < TIMES) & (high >= TIMES)
        solution = solve_ivp(
            slopes, (low, high), state, t_eval=np.unique([*TIMES[inside], high]), method="LSODA", rtol=1e-10, atol=1e-12
        )
        found[inside] = solution.y[which][: inside.sum()]
        state = solution.y[:, -1]
    return found


K = VALUES["clearance"] / VALUES["volume"]
KA, KA2, KTR, F, SHARE, D = (
    VALUES[name]
    for name in (
        "absorption_rate", "absorption_rate_2", "transit_rate", "bioavailability", "first_depot_share",
        "absorption_duration",
    )
)  # fmt: skip


def test_a_transit_chain_delays_what_the_depots_pass_on() -> None:
    expected = integrated(
        lambda _, a: [-KTR * a[0], KTR * (a[0] - a[1]), KTR * (a[1] - a[2]), KTR * a[2] - K * a[3]],
        [0.0] * 4, 3, {0.5: [F * DOSE, 0, 0, 0]},
    )  # fmt: skip
    found = central_amounts(structure_of("one_compartment_oral", Absorption.TRANSIT, steps=3))
    assert np.allclose(found, expected, rtol=1e-7, atol=1e-9)


def test_zero_order_absorption_runs_from_the_lag_for_its_duration() -> None:
    def slopes(t: float, a: Array) -> list[float]:
        return [(F * DOSE / D if 0.5 <= t < 0.5 + D else 0.0) - K * a[0]]

    expected = integrated(slopes, [0.0], 0, {0.5: [0.0], 0.5 + D: [0.0]})
    found = central_amounts(structure_of("one_compartment_oral", Absorption.ZERO_ORDER))
    assert np.allclose(found, expected, rtol=1e-6, atol=1e-6)


def test_a_depot_can_be_filled_over_time() -> None:
    def slopes(t: float, a: Array) -> list[float]:
        return [(F * DOSE / D if 0.5 <= t < 0.5 + D else 0.0) - KA * a[0], KA * a[0] - K * a[1]]

    expected = integrated(slopes, [0.0, 0.0], 1, {0.5: [0.0, 0.0], 0.5 + D: [0.0, 0.0]})
    found = central_amounts(structure_of("one_compartment_oral", Absorption.ZERO_THEN_FIRST))
    assert np.allclose(found, expected, rtol=1e-6, atol=1e-6)


def test_mixed_absorption_splits_the_dose_between_a_depot_and_a_constant_flow() -> None:
    def slopes(t: float, a: Array) -> list[float]:
        flow = F * DOSE * (1 - SHARE) / D if 1.0 <= t < 1.0 + D else 0.0
        return [-KA * a[0], KA * a[0] + flow - K * a[1]]

    expected = integrated(slopes, [0.0, 0.0], 1, {0.5: [F * DOSE * SHARE, 0.0], 1.0: [0.0, 0.0], 1.0 + D: [0.0, 0.0]})
    found = central_amounts(structure_of("one_compartment_oral", Absorption.MIXED))
    assert np.allclose(found, expected, rtol=1e-6, atol=1e-6)


def test_two_depots_empty_side_by_side_each_after_its_lag() -> None:
    expected = integrated(
        lambda _, a: [-KA * a[0], -KA2 * a[1], KA * a[0] + KA2 * a[1] - K * a[2]],
        [0.0] * 3, 2, {0.5: [F * DOSE * SHARE, 0, 0], 1.0: [0, F * DOSE * (1 - SHARE), 0]},
    )  # fmt: skip
    found = central_amounts(structure_of("one_compartment_oral", Absorption.DOUBLE))
    assert np.allclose(found, expected, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("elimination", [Elimination.SATURABLE, Elimination.BOTH])
def test_saturable_elimination_follows_michaelis_menten(elimination: Elimination) -> None:
    volume, vmax, km = VALUES["central_volume"], VALUES["maximal_elimination_rate"], VALUES["michaelis_constant"]
    linear = VALUES["clearance"] / volume if elimination is Elimination.BOTH else 0.0
    out, back = (
        VALUES["intercompartmental_clearance"] / volume,
        VALUES["intercompartmental_clearance"] / VALUES["peripheral_volume"],
    )

    def slopes(_: float, a: Array) -> list[float]:
        concentration = a[1] / volume
        saturable = vmax * concentration / (km + concentration)
        return [-KA * a[0], KA * a[0] - saturable - (linear + out) * a[1] + back * a[2], out * a[1] - back * a[2]]

    expected = integrated(slopes, [0.0] * 3, 1, {0.5: [F * DOSE, 0, 0]})
    structure = structure_of("two_compartment_oral", elimination=elimination)
    assert not structure.linear
    assert np.allclose(central_amounts(structure), expected, rtol=1e-5, atol=1e-7)


def test_an_intravenous_dose_ignores_absorption_lag_and_bioavailability() -> None:
    structure = structure_of("one_compartment_oral", Absorption.TRANSIT, steps=2)
    assert np.allclose(central_amounts(structure, Route.INTRAVENOUS), DOSE * np.exp(-K * TIMES), rtol=1e-10)


def test_rates_and_clearances_are_two_ways_of_writing_the_same_distribution() -> None:
    structure = structure_of("two_compartment_iv")
    as_flow = {name: np.array([VALUES[name]]) for name in structure.needed(VALUES)}
    as_rates = {
        "clearance": as_flow["clearance"],
        "central_volume": as_flow["central_volume"],
        "rate_to_peripheral": np.array([6.0 / 30.0]),
        "rate_from_peripheral": np.array([6.0 / 50.0]),
    }
    assert set(structure.needed(as_rates)) == set(as_rates)
    one, other = structure.rates(as_rates), structure.rates(as_flow)
    assert {name: float(rate[0]) for name, rate in one.items()} == pytest.approx(
        {name: float(rate[0]) for name, rate in other.items()}
    )


def test_drug_and_metabolite_share_out_the_elimination() -> None:
    structure = structure_of("one_compartment_iv", metabolite=1)
    given = {name: np.array([VALUES[name]]) for name in structure.needed(VALUES)}
    solution = simulate(
        structure.graph_with_metabolite,
        [Segment(0.0, structure.rates(given, metabolite=True))],
        [Input(0.0, DOSE, "central")],
        TIMES,
        states=("central", "metabolite"),
    )
    km, fm = VALUES["metabolite_clearance"] / VALUES["metabolite_volume"], VALUES["metabolite_fraction"]
    expected = fm * K * DOSE * (np.exp(-K * TIMES) - np.exp(-km * TIMES)) / (km - K)
    assert np.allclose(solution.amounts[0, :, 0], DOSE * np.exp(-K * TIMES), rtol=1e-9)
    assert np.allclose(solution.amounts[0, :, 1], expected, rtol=1e-9)


def test_a_well_stirred_liver_turns_drug_into_metabolite_already_on_its_way_in() -> None:
    structure = structure_of("one_compartment_oral", elimination=Elimination.WELL_STIRRED, metabolite=2)
    extra = {"liver_flow": 80.0, "metabolite_intercompartmental_clearance": 5.0, "metabolite_peripheral_volume": 40.0}
    given = {name: np.array([{**VALUES, **extra}[name]]) for name in structure.needed(VALUES)}
    ka, cl, v, flow, fm = (
        float(given[name][0])
        for name in ("absorption_rate", "clearance", "volume", "liver_flow", "metabolite_fraction")
    )
    clm, vm, qm, vpm = (
        float(given[f"metabolite_{name}"][0])
        for name in ("clearance", "volume", "intercompartmental_clearance", "peripheral_volume")
    )

    def slopes(_: float, a: Array) -> list[float]:  # as published for sunitinib, Yu 2015, doi:10.1111/bcp.12550
        liver = (ka * a[0] + flow * a[1] / v) / (flow + cl)
        exchanged = qm * (a[2] / vm - a[3] / vpm)
        return [-ka * a[0], flow * liver - flow * a[1] / v, fm * cl * liver - clm / vm * a[2] - exchanged, exchanged]

    drug, metabolite = (integrated(slopes, [DOSE, 0.0, 0.0, 0.0], which, {}) for which in (1, 2))
    both = simulate(
        structure.graph_with_metabolite,
        [Segment(0.0, structure.rates(given, metabolite=True))],
        [
            Input(0.0, DOSE, e.state, fraction=e.share)
            for e in structure.entries(Route.ORAL, given, 0.0, metabolite=True)
        ],
        TIMES,
        states=("central", "metabolite"),
    )
    alone = simulate(
        structure.graph,
        [Segment(0.0, structure.rates(given))],
        [Input(0.0, DOSE, e.state, fraction=e.share) for e in structure.entries(Route.ORAL, given, 0.0)],
        TIMES,
        states=("central",),
    )
    assert np.allclose(both.amounts[0, :, 0], drug, rtol=1e-7)
    assert np.allclose(both.amounts[0, :, 1], metabolite, rtol=1e-7)
    assert np.allclose(alone.amounts[0, :, 0], drug, rtol=1e-7)


def test_every_parameter_of_every_structure_has_a_unit() -> None:
    for name in NAMES:
        for absorption in Absorption if name.endswith("oral") else (None,):
            if absorption is Absorption.NONE:
                continue
            steps = 2 if absorption is Absorption.TRANSIT else 0
            structure = structure_of(name, absorption, Elimination.BOTH, steps)
            assert {*structure.needed({}), *structure.optional} <= set(PARAMETER_UNITS)


@pytest.mark.parametrize(
    ("name", "absorption", "steps", "reason"),
    [
        ("four_compartment_iv", None, 0, "no structure"),
        ("one_compartment_iv", Absorption.TRANSIT, 2, "no absorption"),
        ("one_compartment_oral", Absorption.TRANSIT, 0, "steps"),
        ("one_compartment_oral", Absorption.FIRST_ORDER, 3, "steps"),
    ],
)
def test_what_cannot_be_is_refused(name: str, absorption: Absorption | None, steps: int, reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        structure_of(name, absorption, steps=steps)


def test_a_route_without_a_way_in_is_refused() -> None:
    with pytest.raises(ModelError, match="oral dose"):
        structure_of("one_compartment_iv").entries(Route.ORAL, {}, 0.0)
