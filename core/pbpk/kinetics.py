"""Clearance, volume, bioavailability and half-life that follow from a body's rate constants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.clinic.regimen import Route
from core.engine.graph import Graph
from core.pbpk.individual import Individual
from core.pbpk.physiology import Array
from core.pbpk.whole_body import PLASMA, WholeBody


@dataclass(frozen=True)
class Kinetics:
    """What a clinician knows a drug by; each (B,)."""

    clearance: Array  # L/h, total drug in plasma
    steady_state_volume: Array  # L
    bioavailability: Array  # of an oral dose
    terminal_half_life: Array  # h, of the slowest phase


def kinetics(body: WholeBody, individual: Individual, rates: Mapping[str, Array]) -> Kinetics:
    """Derive the kinetics from the rate constants, exactly, by moments of the linear system.

    With amounts A' = K A, the area under A after a bolus x is -K^-1 x and the area under t A is K^-2 x.

    Args:
        body: built without sinks.
        individual: the bodies, (B,).
        rates: of `body.rates`, (B,).
    """
    graph = body.graph
    matrix = rate_matrix(graph, rates)
    venous = graph.index(body.state_of(PLASMA))
    litres = body.volume_of(PLASMA, individual)
    doses = np.zeros((len(graph.states), 2))
    doses[graph.index(body.dose_state(Route.INTRAVENOUS)), 0] = 1.0
    doses[graph.index(body.dose_state(Route.ORAL)), 1] = 1.0
    area = np.linalg.solve(matrix, np.broadcast_to(-doses, (len(matrix), *doses.shape)))
    moment = np.linalg.solve(matrix, -area)
    curve = area[:, venous] / litres[:, None]
    clearance = 1.0 / curve[:, 0]
    residence = moment[:, venous, 0] / litres / curve[:, 0]
    slowest = -np.linalg.eigvals(matrix).real.max(axis=1)
    return Kinetics(clearance, clearance * residence, curve[:, 1] / curve[:, 0], np.log(2.0) / slowest)


def rate_matrix(graph: Graph, rates: Mapping[str, Array]) -> Array:
    """The matrix K of A' = K A for a graph without nonlinear terms, (B, n, n)."""
    size = len(graph.states)
    batch = np.broadcast_shapes(*(np.shape(rates[name]) for name in graph.rates))
    matrix = np.zeros((*batch, size, size))
    for flow in graph.flows:
        source = graph.index(flow.source)
        if not flow.copies:
            matrix[..., source, source] -= rates[flow.rate]
        if flow.target is not None:
            matrix[..., graph.index(flow.target), source] += rates[flow.rate]
    return matrix
