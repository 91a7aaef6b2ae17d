"""The engine's benchmark tasks: models, regimens, and the scipy LSODA baseline each is measured against.

Baseline: solve_ivp(method="LSODA"), restarted at every dose, rtol 1e-6, atol 1e-8, one patient.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.integrate import solve_ivp

from core.engine.graph import Flow, Graph
from core.engine.schedule import Input, Segment
from core.engine.terms import MichaelisMenten, Site

Rates = dict[str, float | np.ndarray]
Sampler = Callable[[np.random.Generator, int], Rates]


@dataclass(frozen=True)
class Task:
    """One model with its doses and times; `sample` draws the rates of patients, `seen` is the state asked for."""

    graph: Graph
    sample: Sampler
    doses: tuple[Input, ...]
    times: np.ndarray
    seen: str

    def segments(self, rng: np.random.Generator, patients: int) -> list[Segment]:
        """Rates of some patients for the whole time."""
        return [Segment(0.0, self.sample(rng, patients))]


def spread(rng: np.random.Generator, patients: int, sd: float = 0.3) -> np.ndarray:
    """Log-normal factors around 1, (patients,)."""
    return np.exp(sd * rng.standard_normal(patients))


def two_oral() -> Task:
    """Two compartments, oral, 100 mg every 12 h, hourly values over a week; CL 5, V2 50, Q 8, V3 70, KA 1."""
    flows = (
        Flow("depot", "central", "ka"),
        Flow("central", None, "ke"),
        Flow("central", "outer", "out"),
        Flow("outer", "central", "back"),
    )

    def sample(rng: np.random.Generator, patients: int) -> Rates:
        CL, V, ka = 5.0 * spread(rng, patients), 50.0 * spread(rng, patients), spread(rng, patients)
        return {"ka": ka, "ke": CL / V, "out": 8.0 / V, "back": 8.0 / 70.0}

    doses = tuple(Input(12.0 * number, 100.0, "depot") for number in range(14))
    return Task(Graph(("depot", "central", "outer"), flows), sample, doses, np.arange(169.0), "central")


def three_oral(times: np.ndarray) -> Task:
    """Three compartments, oral, 500 mg every 12 h: CL 6, V1 25, Q2 8, V2 40, Q3 1.5, V3 150, ka 1.1."""
    task = two_oral()
    flows = (*task.graph.flows, Flow("central", "deep", "out3"), Flow("deep", "central", "back3"))
    typical = {"ka": 1.1, "ke": 0.24, "out": 0.32, "back": 0.2, "out3": 0.06, "back3": 0.01}

    def sample(rng: np.random.Generator, patients: int) -> Rates:
        return {name: value * spread(rng, patients) for name, value in typical.items()}

    doses = tuple(Input(12.0 * number, 500.0, "depot") for number in range(14))
    return Task(Graph((*task.graph.states, "deep"), flows), sample, doses, times, "central")


# organ: share of body weight, share of cardiac output, partition coefficient (invented, for speed only)
ORGANS = {
    "ADI": (0.2142, 0.05, 3.0),
    "BON": (0.1429, 0.05, 1.5),
    "BRA": (0.02, 0.12, 2.5),
    "GUT": (0.0171, 0.15, 2.5),
    "HEA": (0.0047, 0.04, 2.0),
    "KID": (0.0044, 0.19, 3.0),
    "LIV": (0.0257, 0.065, 4.0),
    "MUS": (0.4, 0.17, 1.8),
    "SKI": (0.0371, 0.05, 2.0),
    "SPL": (0.0026, 0.03, 2.0),
    "RES": (0.0466, 0.085, 1.5),
}
WEIGHT, OUTPUT, BLOOD_TO_PLASMA, UNBOUND = 70.0, 390.0, 0.8, 0.1


def pbpk15_rates(vmax: np.ndarray | float, clr: np.ndarray | float) -> Rates:
    """Rates in 1/h of the 15-state body; `vmax` mg/h, `clr` L/h."""
    flow = {organ: share * OUTPUT for organ, (_, share, _) in ORGANS.items()}
    leave = {o: BLOOD_TO_PLASMA / (v * WEIGHT * kp) for o, (v, _, kp) in ORGANS.items()}
    rates: Rates = {f"art>{organ}": q / (0.0257 * WEIGHT) for organ, q in flow.items()}
    rates |= {f"{organ}>": flow[organ] * leave[organ] for organ in ORGANS}
    rates["LIV>"] = (flow["LIV"] + flow["GUT"] + flow["SPL"]) * leave["LIV"]
    rates |= {"ven>lun": OUTPUT / (0.0514 * WEIGHT), "lun>art": OUTPUT * BLOOD_TO_PLASMA / (0.0076 * WEIGHT * 2.5)}
    rates |= {"ka": 0.8, "renal": 10.0 * clr * UNBOUND / (0.0044 * WEIGHT * 3.0)}
    return rates | {"vmax": vmax, "km": 1.0, "V": 0.0257 * WEIGHT * 4.0 / UNBOUND}


def pbpk15() -> Task:
    """Whole body of 15 states with saturable hepatic elimination, 250 mg a day by mouth, hourly values over a week."""
    portal = {"GUT": "LIV", "SPL": "LIV"}
    flows = [Flow("lumen", "GUT", "ka"), Flow("VEN", "LUN", "ven>lun"), Flow("LUN", "ART", "lun>art")]
    for organ in ORGANS:
        flows += [Flow("ART", organ, f"art>{organ}"), Flow(organ, portal.get(organ, "VEN"), f"{organ}>")]
    flows.append(Flow("KID", None, "renal"))
    graph = Graph(
        ("lumen", "ART", "VEN", "LUN", *ORGANS), tuple(flows), (MichaelisMenten(Site("LIV", "V"), None, "vmax", "km"),)
    )

    def sample(rng: np.random.Generator, patients: int) -> Rates:
        return pbpk15_rates(60.0 * spread(rng, patients), spread(rng, patients))

    doses = tuple(Input(24.0 * number, 250.0, "lumen") for number in range(7))
    return Task(graph, sample, doses, np.arange(169.0), "VEN")


def lsoda(task: Task, rates: dict[str, float], rtol: float = 1e-6) -> np.ndarray:
    """Amounts (T, n) of one patient by the baseline, values at a dose time before the dose."""
    graph = task.graph
    rhs = _right_hand_side(graph, rates)
    times = task.times
    edges = sorted({dose.time for dose in task.doses} | {float(times[-1])})
    x = np.zeros(len(graph.states))
    for term in graph.terms:
        if hasattr(term, "enzyme") and hasattr(term, "degradation"):
            x[graph.index(term.enzyme)] = 1.0
    found = np.zeros((len(times), len(x)))
    for low, high in pairwise(edges):
        for dose in task.doses:
            if dose.time == low:
                x[graph.index(dose.state)] += dose.amount
        inside = (times > low) & (times <= high)
        wanted = np.union1d(times[inside], [high])
        solved = solve_ivp(rhs, (low, high), x, method="LSODA", t_eval=wanted, rtol=rtol, atol=1e-8)
        found[inside] = solved.y.T[np.isin(wanted, times[inside])]
        x = solved.y[:, -1].copy()
    return found


def _right_hand_side(graph: Graph, r: dict[str, float]) -> Callable[[float, np.ndarray], np.ndarray]:
    """One matrix-vector product plus the nonlinear terms in plain Python: as lean as scipy allows."""
    A = np.zeros((len(graph.states),) * 2)
    for flow in graph.flows:
        source = graph.index(flow.source)
        A[source, source] -= r[flow.rate]
        if flow.target is not None:
            A[graph.index(flow.target), source] += r[flow.rate]
    eliminations, turnovers = [], []
    for term in graph.terms:
        if isinstance(term, MichaelisMenten):
            inhibitors = [(graph.index(i.site.state), r[i.site.volume] * r[i.ki]) for i in term.inhibitors]
            enzyme = None if term.enzyme is None else graph.index(term.enzyme)
            eliminations.append(
                (graph.index(term.site.state), r[term.site.volume], r[term.vmax], r[term.km], enzyme, inhibitors)
            )
        else:
            lost = [(graph.index(i.site.state), r[i.site.volume], r[i.kinact], r[i.ki]) for i in term.inactivators]
            turnovers.append((graph.index(term.enzyme), r[term.degradation], lost))

    def rhs(_: float, x: np.ndarray) -> np.ndarray:
        change = A @ x
        for state, volume, vmax, km, enzyme, inhibitors in eliminations:
            concentration = x[state] / volume
            affinity = km * (1.0 + sum(x[i] / k for i, k in inhibitors))
            amount = 1.0 if enzyme is None else x[enzyme]
            change[state] -= vmax * amount * concentration / (affinity + concentration)
        for enzyme, kdeg, lost in turnovers:
            loss = kdeg + sum(k * (x[i] / v) / (ki + x[i] / v) for i, v, k, ki in lost)
            change[enzyme] += kdeg - loss * x[enzyme]
        return change

    return rhs
