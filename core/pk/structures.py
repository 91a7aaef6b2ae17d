"""The compartment structures of population models, each as a graph of amounts and the rates its parameters give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.clinic.regimen import Route
from core.engine.graph import Flow, Graph
from core.errors import ModelError

Array = NDArray[np.float64]

DEPOT, CENTRAL, PERIPHERAL, PERIPHERAL_2 = "depot", "central", "peripheral", "peripheral_2"
EXTRAVASCULAR = (Route.ORAL, Route.INTRAMUSCULAR, Route.SUBCUTANEOUS, Route.RECTAL)


@dataclass(frozen=True)
class Structure:
    """A named structure.

    `parameters` must be given (L/h, L, 1/h), `optional` may be (`lag_time` h, `bioavailability` 0-1).
    """

    name: str
    graph: Graph
    parameters: tuple[str, ...]
    optional: tuple[str, ...]
    volume: str  # parameter the central amount is divided by
    compartments: int

    def entry(self, route: Route) -> str:
        """Name the state a dose by this route enters.

        Raises:
            ModelError: the structure has no way in for the route.
        """
        if route is Route.INTRAVENOUS:
            return CENTRAL
        if route in EXTRAVASCULAR and DEPOT in self.graph.states:
            return DEPOT
        raise ModelError(f"structure {self.name} takes no {route.value} dose")

    def rates(self, parameters: Mapping[str, Array]) -> dict[str, Array]:
        """Turn clearances and volumes into first-order rate constants, 1/h, same shapes."""
        central = parameters[self.volume]
        rates = {"elimination": parameters["clearance"] / central}
        for suffix in ("", "_2")[: self.compartments - 1]:
            flow = parameters[f"intercompartmental_clearance{suffix}"]
            rates[f"to_peripheral{suffix}"] = flow / central
            rates[f"from_peripheral{suffix}"] = flow / parameters[f"peripheral_volume{suffix}"]
        if DEPOT in self.graph.states:
            rates["absorption"] = parameters["absorption_rate"]
        return rates


def _structure(compartments: int, depot: bool) -> Structure:
    states = [DEPOT] if depot else []
    flows = [Flow(DEPOT, CENTRAL, "absorption")] if depot else []
    states.append(CENTRAL)
    flows.append(Flow(CENTRAL, None, "elimination"))
    parameters = ["clearance", "volume" if compartments == 1 else "central_volume"]
    for suffix, state in (("", PERIPHERAL), ("_2", PERIPHERAL_2))[: compartments - 1]:
        states.append(state)
        flows += [Flow(CENTRAL, state, f"to_peripheral{suffix}"), Flow(state, CENTRAL, f"from_peripheral{suffix}")]
        parameters += [f"intercompartmental_clearance{suffix}", f"peripheral_volume{suffix}"]
    if depot:
        parameters.append("absorption_rate")
    return Structure(
        name=f"{('one', 'two', 'three')[compartments - 1]}_compartment_{'oral' if depot else 'iv'}",
        graph=Graph(tuple(states), tuple(flows)),
        parameters=tuple(parameters),
        optional=("lag_time", "bioavailability") if depot else (),
        volume=parameters[1],
        compartments=compartments,
    )


STRUCTURES: dict[str, Structure] = {
    structure.name: structure for structure in (_structure(n, depot) for n in (1, 2, 3) for depot in (False, True))
}
