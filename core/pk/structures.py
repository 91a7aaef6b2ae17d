"""The compartment structures of population models, each as a graph of amounts and the rates its parameters give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from core.clinic.regimen import Route
from core.engine.graph import Flow, Graph
from core.engine.terms import MichaelisMenten, Site
from core.errors import ModelError

Array = NDArray[np.float64]

DEPOT, DEPOT_2, CENTRAL = "depot", "depot_2", "central"
METABOLITE, METABOLITE_PERIPHERAL = "metabolite", "metabolite_peripheral"
RENAL_SHARE = "renal_share"  # parameter: what part of the clearance leaves unchanged with the urine
PERIPHERALS = (("", "peripheral"), ("_2", "peripheral_2"))
EXTRAVASCULAR = (Route.ORAL, Route.INTRAMUSCULAR, Route.SUBCUTANEOUS, Route.RECTAL)
COUNTS = ("one", "two", "three")


class Absorption(StrEnum):
    """How a dose that is not intravenous reaches the central compartment."""

    NONE = "none"
    FIRST_ORDER = "first_order"
    ZERO_ORDER = "zero_order"  # over `absorption_duration`, straight into the central compartment
    ZERO_THEN_FIRST = "zero_then_first"  # over `absorption_duration` into the depot, from there first-order
    TRANSIT = "transit"  # a chain of equal steps, the last one empties into the central compartment
    MIXED = "mixed"  # `first_depot_share` first-order, the rest zero-order
    DOUBLE = "double"  # two depots side by side, `first_depot_share` in the first


class Elimination(StrEnum):
    """How the drug leaves the central compartment."""

    LINEAR = "linear"
    SATURABLE = "saturable"  # Michaelis-Menten alone
    BOTH = "linear_and_saturable"
    WELL_STIRRED = (
        "well_stirred"  # `clearance` from the liver, which absorbed drug passes first; blood flow `liver_flow`
    )


@dataclass(frozen=True)
class Entry:
    """One way a dose takes: the state it enters, the share of it, hours of input and of delay; numbers or (B,)."""

    state: str
    share: float | Array
    duration: float | Array
    lag: float | Array


@dataclass(frozen=True)
class Structure:
    """A structure of 1-3 compartments; `steps` is the length of a transit chain.

    The engine's class follows from the graph: closed form without transit, saturation or metabolite.
    """

    compartments: int
    absorption: Absorption = Absorption.NONE
    elimination: Elimination = Elimination.LINEAR
    steps: int = 0
    metabolite: int = 0  # its compartments, 0 to 2

    @property
    def name(self) -> str:
        """`two_compartment_oral`."""
        return f"{COUNTS[self.compartments - 1]}_compartment_{'oral' if self.oral else 'iv'}"

    @property
    def oral(self) -> bool:
        """Whether doses other than intravenous ones have a way in."""
        return self.absorption is not Absorption.NONE

    @property
    def volume(self) -> str:
        """Parameter the central amount is divided by."""
        return "volume" if self.compartments == 1 else "central_volume"

    @property
    def linear(self) -> bool:
        """Whether amounts superpose and scale with the dose."""
        return self.elimination in (Elimination.LINEAR, Elimination.WELL_STIRRED)

    def needed(self, given: Mapping[str, object]) -> tuple[str, ...]:
        """Parameters that must be given, the way of writing distribution being that of `given`."""
        names = {
            Elimination.LINEAR: ["clearance"],
            Elimination.SATURABLE: ["maximal_elimination_rate", "michaelis_constant"],
            Elimination.BOTH: ["clearance", "maximal_elimination_rate", "michaelis_constant"],
            Elimination.WELL_STIRRED: ["clearance", "liver_flow"],
        }[self.elimination]
        names = [*names, self.volume]
        for suffix, _ in PERIPHERALS[: self.compartments - 1]:
            rates = [f"rate_to_peripheral{suffix}", f"rate_from_peripheral{suffix}"]
            flows = [f"intercompartmental_clearance{suffix}", f"peripheral_volume{suffix}"]
            names += rates if rates[0] in given else flows
        names += {
            Absorption.NONE: [],
            Absorption.FIRST_ORDER: ["absorption_rate"],
            Absorption.ZERO_ORDER: ["absorption_duration"],
            Absorption.ZERO_THEN_FIRST: ["absorption_duration", "absorption_rate"],
            Absorption.TRANSIT: ["transit_rate"],
            Absorption.MIXED: ["absorption_rate", "absorption_duration", "first_depot_share"],
            Absorption.DOUBLE: ["absorption_rate", "absorption_rate_2", "first_depot_share"],
        }[self.absorption]
        if self.metabolite:
            names += ["metabolite_clearance", "metabolite_volume", "metabolite_fraction"]
        if self.metabolite > 1:
            names += ["metabolite_intercompartmental_clearance", "metabolite_peripheral_volume"]
        return tuple(names)

    @property
    def optional(self) -> tuple[str, ...]:
        """Parameters that may be given."""
        if not self.oral:
            return ()
        second = ("lag_time_2",) if self.absorption in (Absorption.MIXED, Absorption.DOUBLE) else ()
        return ("lag_time", *second, "bioavailability")

    @cached_property
    def graph(self) -> Graph:
        """Drug without metabolite."""
        states = [*self._absorbing, CENTRAL]
        targets = [*self._absorbing[1:], CENTRAL][: len(self._absorbing)]
        flows = [
            Flow(source, target, rate)
            for source, target, rate in zip(self._absorbing, targets, self._absorption_rates, strict=True)
        ]
        if self.absorption is Absorption.DOUBLE:
            flows[0] = Flow(DEPOT, CENTRAL, "absorption")
        if self.elimination is not Elimination.SATURABLE:
            flows.append(Flow(CENTRAL, None, "elimination"))
        for suffix, state in PERIPHERALS[: self.compartments - 1]:
            states.append(state)
            flows += [Flow(CENTRAL, state, f"to_peripheral{suffix}"), Flow(state, CENTRAL, f"from_peripheral{suffix}")]
        saturable = MichaelisMenten(Site(CENTRAL, "volume"), None, "vmax", "km")
        return Graph(tuple(states), tuple(flows), () if self.linear else (saturable,))

    @cached_property
    def graph_with_metabolite(self) -> Graph:
        """Drug and metabolite, whose amount is counted in mg of the drug."""
        one_way = self.absorption in (Absorption.NONE, Absorption.FIRST_ORDER)
        if not (self.metabolite and self.linear and (one_way or not self._first_pass)):
            raise ModelError(f"structure {self.name} has no metabolite")
        states = [*self.graph.states, METABOLITE]
        formed = [Flow(CENTRAL, METABOLITE, "formation"), Flow(METABOLITE, None, "metabolite_elimination")]
        if self._first_pass:
            entrance = self._absorbing[-1]
            formed += [Flow(entrance, METABOLITE, "first_pass"), Flow(entrance, None, "first_pass_lost")]
        if self.metabolite > 1:
            states.append(METABOLITE_PERIPHERAL)
            formed += [
                Flow(METABOLITE, METABOLITE_PERIPHERAL, "metabolite_to_peripheral"),
                Flow(METABOLITE_PERIPHERAL, METABOLITE, "metabolite_from_peripheral"),
            ]
        return Graph(tuple(states), (*self.graph.flows, *formed))

    @property
    def _first_pass(self) -> bool:
        return self.elimination is Elimination.WELL_STIRRED and self.oral

    @cached_property
    def _absorbing(self) -> list[str]:
        if self.absorption in (Absorption.NONE, Absorption.ZERO_ORDER):
            return []
        if self.absorption is Absorption.TRANSIT:
            return [f"transit_{step + 1}" for step in range(self.steps)]
        return [DEPOT, DEPOT_2] if self.absorption is Absorption.DOUBLE else [DEPOT]

    @property
    def _absorption_rates(self) -> list[str]:
        if self.absorption is Absorption.TRANSIT:
            return ["transit"] * self.steps
        return ["absorption", "absorption_2"][: len(self._absorbing)]

    def entries(
        self, route: Route, values: Mapping[str, Array], hours: float, *, metabolite: bool = False
    ) -> tuple[Entry, ...]:
        """The ways a dose by this route takes, `values` the individual parameters (B,), `hours` its infusion time.

        What the liver takes away on first pass does not enter, unless the metabolite is followed as well.

        Raises:
            ModelError: the structure has no way in for the route.
        """
        if route is Route.INTRAVENOUS:
            return (Entry(CENTRAL, 1.0, hours, 0.0),)
        if route not in EXTRAVASCULAR or not self.oral:
            raise ModelError(f"structure {self.name} takes no {route.value} dose")
        whole = values.get("bioavailability", 1.0)
        if self._first_pass and not metabolite:
            whole = whole * (1.0 - extracted(values))
        lag = values.get("lag_time", 0.0)
        later = values.get("lag_time_2", 0.0)
        share = values.get("first_depot_share", 1.0)
        match self.absorption:
            case Absorption.ZERO_ORDER:
                return (Entry(CENTRAL, whole, values["absorption_duration"], lag),)
            case Absorption.ZERO_THEN_FIRST:
                return (Entry(DEPOT, whole, values["absorption_duration"], lag),)
            case Absorption.MIXED:
                rest = Entry(CENTRAL, whole * (1.0 - share), values["absorption_duration"], later)
                return Entry(DEPOT, whole * share, 0.0, lag), rest
            case Absorption.DOUBLE:
                return Entry(DEPOT, whole * share, 0.0, lag), Entry(DEPOT_2, whole * (1.0 - share), 0.0, later)
        return (Entry(self._absorbing[0], whole, 0.0, lag),)

    def rates(self, values: Mapping[str, Array], *, metabolite: bool = False) -> dict[str, Array]:
        """Turn individual parameters into rate constants, 1/h, same shapes."""
        central = values[self.volume]
        rates: dict[str, Array] = {}
        if self.elimination is Elimination.WELL_STIRRED:
            rates["elimination"] = values["liver_flow"] * extracted(values) / central
        elif self.elimination is not Elimination.SATURABLE:
            rates["elimination"] = values["clearance"] / central
        if not self.linear:
            rates |= {
                "volume": central,
                "vmax": values["maximal_elimination_rate"],
                "km": values["michaelis_constant"],
            }
        for suffix, _ in PERIPHERALS[: self.compartments - 1]:
            rates |= _distribution(values, suffix, central)
        for name, parameter in (
            ("absorption", "absorption_rate"),
            ("absorption_2", "absorption_rate_2"),
            ("transit", "transit_rate"),
        ):
            if parameter in values:
                rates[name] = values[parameter]
        return {**rates, **self._formation(values, rates)} if metabolite else rates

    def _formation(self, values: Mapping[str, Array], rates: Mapping[str, Array]) -> dict[str, Array]:
        """Rates of the graph with the metabolite that differ from those without, or are added."""
        share, volume = values["metabolite_fraction"], values["metabolite_volume"]
        found = {
            "elimination": rates["elimination"] * (1.0 - share),
            "formation": rates["elimination"] * share,
            "metabolite_elimination": values["metabolite_clearance"] / volume,
        }
        if self._first_pass:
            passed = rates["absorption"] * extracted(values)
            found |= {
                "absorption": rates["absorption"] - passed,
                "first_pass": passed * share,
                "first_pass_lost": passed * (1.0 - share),
            }
        if self.metabolite > 1:
            flow = values["metabolite_intercompartmental_clearance"]
            found["metabolite_to_peripheral"] = flow / volume
            found["metabolite_from_peripheral"] = flow / values["metabolite_peripheral_volume"]
        return found


def extracted(values: Mapping[str, Array]) -> Array:
    """Share of the drug a well-stirred liver takes away at one pass, (B,)."""
    return np.asarray(values["clearance"] / (values["liver_flow"] + values["clearance"]))


def _distribution(values: Mapping[str, Array], suffix: str, central: Array) -> dict[str, Array]:
    out, back = f"to_peripheral{suffix}", f"from_peripheral{suffix}"
    if f"rate_{out}" in values:
        return {out: values[f"rate_{out}"], back: values[f"rate_{back}"]}
    flow = values[f"intercompartmental_clearance{suffix}"]
    return {out: flow / central, back: flow / values[f"peripheral_volume{suffix}"]}


NAMES = tuple(f"{count}_compartment_{way}" for count in COUNTS for way in ("iv", "oral"))


@cache
def structure_of(
    name: str,
    absorption: Absorption | None = None,
    elimination: Elimination = Elimination.LINEAR,
    steps: int = 0,
    *,
    metabolite: int = 0,
) -> Structure:
    """The structure of a name such as `two_compartment_oral`; absorption is first-order unless said otherwise.

    Raises:
        ModelError: no such name, an intravenous structure with an absorption, or a chain without length.
    """
    if name not in NAMES:
        raise ModelError(f"no structure '{name}'; known: {', '.join(NAMES)}")
    count, _, way = name.split("_")
    oral = way == "oral"
    if absorption is not None and not oral:
        raise ModelError(f"structure {name} has no absorption")
    chosen = (absorption or Absorption.FIRST_ORDER) if oral else Absorption.NONE
    if (chosen is Absorption.TRANSIT) != (steps > 0):
        raise ModelError("'steps' belongs to transit absorption and must be at least 1")
    return Structure(COUNTS.index(count) + 1, chosen, elimination, steps, metabolite)
