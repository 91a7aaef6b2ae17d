"""An independent, slow answer: scipy LSODA restarted at every event, steady state by brute force."""

from collections.abc import Callable, Sequence

import numpy as np
from scipy.integrate import solve_ivp

from core.engine.graph import Graph
from core.engine.schedule import Input, Segment, Side

Field = Callable[[dict[str, float], np.ndarray], np.ndarray]


def first_order(graph: Graph) -> Field:
    """Right-hand side of the graph's flows, written independently of the engine."""

    def field(rates: dict[str, float], x: np.ndarray) -> np.ndarray:
        change = np.zeros_like(x)
        for flow in graph.flows:
            moved = rates[flow.rate] * x[graph.states.index(flow.source)]
            if not flow.copies:
                change[graph.states.index(flow.source)] -= moved
            if flow.target is not None:
                change[graph.states.index(flow.target)] += moved
        return change

    return field


def _expanded(inputs: Sequence[Input], cycles: int) -> list[Input]:
    """Steady state as a long history of the same dose; everything given before it forgotten."""
    resets = [given.time for given in inputs if given.steady_state_every is not None]
    last = max(resets, default=-np.inf)
    kept = [given for given in inputs if given.time >= last]
    history = []
    for given in kept:
        for repeat in range(cycles if given.steady_state_every is not None else 1):
            time = given.time - repeat * (given.steady_state_every or 0.0)
            history.append(Input(time, given.amount, given.state, given.duration, given.lag, given.fraction))
    return history


def oracle(
    graph: Graph,
    segments: Sequence[Segment],
    inputs: Sequence[Input],
    times: np.ndarray,
    *,
    side: Side = Side.BEFORE,
    field: Field | None = None,
    start: np.ndarray | None = None,
    cycles: int = 60,
    rtol: float = 1e-11,
) -> tuple[np.ndarray, np.ndarray]:
    """Amounts (T, n) and their integrals since the first event (T, n) for one patient with scalar numbers."""
    field = field or first_order(graph)
    n = len(graph.states)
    first_event = min((given.time + given.lag for given in inputs if given.steady_state_every is None), default=np.inf)
    first_event = min(first_event, min((g.time for g in inputs if g.steady_state_every is not None), default=np.inf))
    doses = _expanded(inputs, cycles)
    edges = {seg.start for seg in segments} | {t for d in doses for t in (d.time + d.lag, d.time + d.lag + d.duration)}
    edges |= set(times.tolist()) | {first_event}
    order = sorted(edge for edge in edges if np.isfinite(edge))
    x = np.concatenate([np.zeros(n) if start is None else start, np.zeros(n)])
    amounts, areas = np.zeros((len(times), n)), np.zeros((len(times), n))
    for number, now in enumerate(order):
        if now == first_event:
            x[n:] = 0.0
        bolus = x.copy()
        for dose in doses:
            if dose.duration == 0 and dose.time + dose.lag == now:
                bolus[graph.states.index(dose.state)] += dose.amount * dose.fraction
        here = np.flatnonzero((times == now) & (now >= first_event))  # the history of a steady state is not shown
        amounts[here], areas[here] = (x if side is Side.BEFORE else bolus)[:n], x[n:] if now > first_event else 0.0
        x = bolus
        if number + 1 == len(order):
            break
        later = order[number + 1]
        rates = dict(
            [s for s in segments if s.start <= now][-1].rates if now >= segments[0].start else segments[0].rates
        )
        drive = np.zeros(n)
        for dose in doses:
            if dose.duration > 0 and dose.time + dose.lag <= now < dose.time + dose.lag + dose.duration:
                drive[graph.states.index(dose.state)] += dose.amount * dose.fraction / dose.duration

        def rhs(_: float, y: np.ndarray, rates: dict = rates, drive: np.ndarray = drive) -> np.ndarray:
            return np.concatenate([field(rates, y[:n]) + drive, y[:n]])

        x = solve_ivp(rhs, (now, later), x, method="LSODA", rtol=rtol, atol=1e-12).y[:, -1]
    return amounts, areas
