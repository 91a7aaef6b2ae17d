"""A compound in a body: the graph, its rate constants for any batch of people, and how to read its states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.clinic.patient import Sex
from core.clinic.regimen import Route
from core.engine.graph import Graph
from core.errors import ModelError
from core.pbpk.absorption import FASTED_BILE, Dissolution
from core.pbpk.compound import Compound
from core.pbpk.graph import (
    SOLID,
    STOMACH,
    STOMACH_SOLID,
    Layout,
    Perfusion,
    circulation_rates,
    dissolution_in,
    whole_body_graph,
)
from core.pbpk.individual import Individual
from core.pbpk.partition import REFERENCE_HAEMATOCRIT, TissueParts, composition_table, rodgers_rowland_parts
from core.pbpk.partition_methods import METHODS
from core.pbpk.physiology import TISSUES, Array, reference_tables

PLASMA = "plasma"
VILLOUS_SHARE = 0.48  # of small-intestinal blood: mucosa 0.80, villi 0.60 of it (Yang 2007)
WALL_VOLUME = 0.1  # L of absorbing cells, nominal: the share that escapes does not depend on it
COLON_TRANSIT = 0.06  # 1/h (Han 2025)
# A meal by the media made after its juices (Jantratid 2008, doi:10.1007/s11095-008-9569-4): the stomach half an hour to
# two hours after it, and FeSSIF-V2 against FaSSIF-V2 in duodenum and jejunum.
FED_STOMACH_PH = 5.0
FED_FALL = 0.7  # of the pH
FED_BILE = 0.010  # mol/L
UPPER_GUT = 3  # of the seven segments
# From the duodenum to the end of the small intestine, rising evenly (Fallingborg 1989,
# doi:10.1111/j.1365-2036.1989.tb00254.x).
INTESTINAL_PH = tuple(np.linspace(6.4, 7.3, len(SOLID)))
_DOSE_STATES = {Route.ORAL: STOMACH, Route.INTRAVENOUS: "venous"}
DOSE_ROUTES = tuple(_DOSE_STATES)


@dataclass(frozen=True)
class WholeBody:
    """A compound joined to the human body."""

    compound: Compound
    graph: Graph
    parts: Mapping[str, TissueParts]  # tissue to unbound plasma, calibrated; all inside where blood flow limits

    @property
    def unbound_partition(self) -> Mapping[str, float]:
        """Tissue to unbound plasma at balance, calibrated."""
        return {tissue: part.outside + part.inside for tissue, part in self.parts.items()}

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the concentrations to be had: `plasma`, then the tissues (where permeability limits: outside
        cells).
        """
        return (PLASMA, *TISSUES)

    def rates(
        self,
        individual: Individual,
        multipliers: Mapping[str, Array],
        activity: Mapping[str, Array | float],
    ) -> dict[str, Array]:
        """Rate constants of the graph, 1/h, each (B,).

        Args:
            individual: the bodies, (B,) or (1,).
            multipliers: by name of the compound's etas, exp(eta) (B,); a missing one is 1.
            activity: by enzyme of the compound, factor (B,) or float on its clearance (phenotype, interaction),
                beside the individual's own enzyme activity; a missing one is 1.

        Raises:
            ModelError: a name the compound does not know, or a factor that is negative or not finite.
        """
        _check_names(multipliers, self.compound.etas, "between-subject parameter")
        held = multipliers.get("partition", np.ones(1))
        rates = circulation_rates(self._perfusion(individual, held))
        rates |= self.metabolism(individual, multipliers, activity)
        kidneys = self.compound.secretion * individual.volume["kidney"] / reference_volume("kidney")
        rates["secretion"] = kidneys / (individual.volume["kidney"] * self.parts["kidney"].inside * held)
        if "bile" in self.graph.rates:
            liver = individual.volume["liver"]
            excreted = self.compound.biliary * individual.functional_liver * liver / reference_volume("liver")
            rates["bile"] = excreted / (liver * self.parts["liver"].inside * held)
        rates |= self._digestion(individual, multipliers)
        rates |= self._uptake(held)
        shape = np.broadcast_shapes(*(rate.shape for rate in rates.values()))
        return {name: np.broadcast_to(rate, shape) for name, rate in rates.items()}

    def metabolism(
        self,
        individual: Individual,
        multipliers: Mapping[str, Array],
        activity: Mapping[str, Array | float],
    ) -> dict[str, Array]:
        """Those of the rates that go with the activity of enzymes, arguments and refusals as of `rates`."""
        _check_names(activity, self.compound.activities, "enzyme")
        cleared = multipliers.get("intrinsic_clearance", np.ones(1))
        liver = individual.volume["liver"] * self.parts["liver"].inside * multipliers.get("partition", np.ones(1))
        rates = {
            f"metabolism_{enzyme}": np.asarray(
                self.intrinsic_clearance(enzyme, individual) * activity.get(enzyme, 1.0) * cleared / liver
            )
            for enzyme in self.compound.enzymes
        }
        if "gut_metabolism" in self.graph.rates:
            wall = sum(self.gut_clearance(individual, activity).values())
            rates["gut_metabolism"] = np.asarray(wall / WALL_VOLUME) * np.ones(1)
        return rates

    def dose_state(self, route: Route) -> str:
        """State that receives a dose; raises ModelError for a route this model does not describe."""
        if route not in _DOSE_STATES:
            raise ModelError(f"{self.compound.id} describes no {route} doses")
        if route is Route.ORAL and self.compound.absorption.dissolution is not None:
            return STOMACH_SOLID
        return _DOSE_STATES[route]

    def state_of(self, output: str) -> str:
        """State whose amount gives an output: `venous` for plasma, the tissue itself otherwise."""
        return "venous" if output == PLASMA else output

    def volume_of(self, output: str, individual: Individual) -> Array:
        """Litres (B,) that turn the amount of `state_of(output)` (mg) into its concentration (mg/L): amount / volume.

        Plasma is total drug in plasma of venous blood, C_venous/BP; a tissue is its mean concentration, or where
        permeability limits the mean outside its cells.
        """
        if output == PLASMA:
            return individual.volume["venous"] * self.blood_to_plasma(individual)
        if self.compound.permeability is None:
            return individual.volume[output]
        return individual.volume[output] * composition_table().tissues[output].extracellular

    def fraction_unbound(self, individual: Individual) -> Array:
        """Unbound fraction in this body's plasma, (B,); less protein binds less.

        Source: McNamara and Alcorn 2002 (doi:10.1208/ps040104).
        """
        typical = self.compound.chemistry.fraction_unbound
        bound = (1.0 - typical) / typical
        unbound = individual.binding_loss / (1.0 + self._protein(individual) * bound)
        return np.asarray(np.minimum(unbound, 1.0))

    def blood_to_plasma(self, individual: Individual) -> Array:
        """Blood-to-plasma ratio at this body's haematocrit and protein binding, (B,)."""
        chemistry = self.compound.chemistry
        typical = (chemistry.blood_to_plasma - 1.0 + REFERENCE_HAEMATOCRIT) / REFERENCE_HAEMATOCRIT
        in_cells = typical * self.fraction_unbound(individual) / chemistry.fraction_unbound
        return np.asarray(1.0 - individual.haematocrit + individual.haematocrit * in_cells)

    def intrinsic_clearance(self, enzyme: str, individual: Individual) -> Array:
        """Clearance of unbound drug by one pathway in this body's liver, L/h (B,), before phenotype and interaction."""
        liver = individual.volume["liver"] / reference_volume("liver")
        ancestry = 1.0 + individual.traits.east_asian * (self.compound.east_asian_factor - 1.0)
        whole = self.compound.intrinsic_clearance[enzyme] * liver * individual.functional_liver * ancestry
        return np.asarray(whole * individual.microsomes * individual.enzyme_activity(enzyme))

    def gut_clearance(self, individual: Individual, activity: Mapping[str, Array | float]) -> dict[str, Array]:
        """Clearance of unbound drug by each enzyme of the gut wall, L/h (B,).

        An enzyme's factor in `activity` is `gut_<enzyme>`, or the liver's where that is not given.
        """
        size = individual.volume["small_intestine"] / reference_volume("small_intestine")
        return {
            enzyme: np.asarray(
                size
                * clearance
                * activity.get(f"gut_{enzyme}", activity.get(enzyme, 1.0))
                * individual.gut_activity(enzyme)
            )
            for enzyme, clearance in self.compound.absorption.gut_wall.items()
        }

    def gut_escape(self, individual: Individual, activity: Mapping[str, Array | float]) -> Array:
        """Share of absorbed drug that passes the gut wall unmetabolised, (B,).

        Qgut / (Qgut + CLint) with the villous flow for Qgut and unbound drug (Yang 2007, Curr Drug Metab 8:676).
        """
        villi = villous_flow(individual)
        return np.asarray(villi / (villi + sum(self.gut_clearance(individual, activity).values())))

    def _digestion(self, individual: Individual, multipliers: Mapping[str, Array]) -> dict[str, Array]:
        uptake = self.compound.absorption
        acid = uptake.gastric_ph
        dissolved = np.ones(1) if acid is None else acid.dissolved(individual.gastric_ph)
        emptying = uptake.gastric_emptying * individual.gastric_emptying * multipliers.get("gastric_emptying", 1.0)
        if not uptake.with_food:
            emptying = emptying / (1.0 + emptying * individual.meal)
        rates = {
            "gastric_emptying": emptying * dissolved * (1.0 - uptake.slow_share),
            "undissolved": emptying * (1.0 - dissolved),
            "transit": uptake.transit * individual.intestinal_transit,
            "absorption": uptake.rate * multipliers.get("absorption_rate", np.ones(1)),
        }
        if "solid" in self.graph.rates:
            rates["solid"] = emptying * dissolved * uptake.slow_share
        if "slow_absorption" in self.graph.rates:
            solid = uptake.dissolution
            rates["slow_absorption"] = np.full(1, uptake.slow_rate if solid is None else solid.in_colon)
            rates["colon_transit"] = COLON_TRANSIT * individual.intestinal_transit
        if uptake.dissolution is not None:
            rates["solid_emptying"] = emptying
            rates |= self._dissolving(uptake.dissolution, individual)
        if "gut_passage" in self.graph.rates:
            rates["gut_passage"] = villous_flow(individual) / WALL_VOLUME
        return rates

    def _dissolving(self, solid: Dissolution, individual: Individual) -> dict[str, Array]:
        """Rate (1/h) at which solid drug dissolves in the stomach and in each segment."""
        chemistry = self.compound.chemistry
        fed = (individual.meal > 0) & (not self.compound.absorption.with_food)
        stomach = np.where(fed, np.maximum(individual.gastric_ph, FED_STOMACH_PH), individual.gastric_ph)
        rates = {dissolution_in(STOMACH_SOLID): solid.rate_at(stomach, chemistry, 0.0)}
        for number, (place, ph) in enumerate(zip(SOLID, INTESTINAL_PH, strict=True)):
            reached = fed & (number < UPPER_GUT)
            bile = np.where(reached, FED_BILE, FASTED_BILE)
            rates[dissolution_in(place)] = solid.rate_at(ph - np.where(reached, FED_FALL, 0.0), chemistry, bile)
        return rates

    def _uptake(self, held: Array) -> dict[str, Array]:
        """Exchange between cells and the space around them: permeability times litres of tissue, of unbound drug."""
        usual = self.compound.permeability
        if usual is None:
            return {}
        rates: dict[str, Array] = {}
        for tissue, part in self.parts.items():
            speed = self.compound.permeabilities.get(tissue, usual)
            rates[f"enter_{tissue}"] = np.full(1, speed / part.outside)
            rates[f"leave_{tissue}"] = speed / (part.inside * held)
        return rates

    def _protein(self, individual: Individual) -> Array:
        ratios = {"albumin": individual.albumin, "agp": individual.agp, "none": np.ones_like(individual.albumin)}
        ratios["both"] = 0.5 * (individual.albumin + individual.agp)
        return ratios[self.compound.binding_protein]

    def _perfusion(self, individual: Individual, held: Array) -> Perfusion:
        unbound, blood = self.fraction_unbound(individual), self.blood_to_plasma(individual)
        limited = self.compound.permeability is not None
        reached = {
            tissue: np.full(1, part.outside) if limited else part.inside * held for tissue, part in self.parts.items()
        }
        retention = {tissue: ratio * unbound / blood for tissue, ratio in reached.items()}
        filtered = self.compound.filtration * individual.gfr * unbound / blood
        return Perfusion(individual.volume, individual.flow, retention, filtered, individual.portal_shunt)


def build(compound: Compound, *, sinks: bool = False, wall: bool = False) -> WholeBody:
    """Join a compound to the human body.

    Args:
        compound: the drug.
        sinks: keep what leaves the body in states of its own (mass balance).
        wall: give the gut wall its state even if no enzyme of it is known to act on the drug.
    """
    limited = compound.permeability is not None
    uptake = compound.absorption
    solid = uptake.dissolution
    layout = Layout(
        sinks=sinks,
        cells=limited,
        wall=wall or bool(uptake.gut_wall),
        slow=uptake.slow_share > 0 or (solid is not None and solid.in_colon > 0),
        solid=solid is not None,
        bile=compound.biliary > 0,
    )
    graph = whole_body_graph(compound.enzymes, layout=layout)
    return WholeBody(compound, graph, _limited_parts(compound) if limited else _flow_parts(compound))


def _flow_parts(compound: Compound) -> dict[str, TissueParts]:
    ratio = METHODS[compound.partition_method](compound.chemistry)
    scale = compound.partition_scalar / compound.chemistry.fraction_unbound
    return {
        tissue: TissueParts(0.0, ratio[tissue] * scale * compound.partition_factors.get(tissue, 1.0))
        for tissue in TISSUES
    }


def _limited_parts(compound: Compound) -> dict[str, TissueParts]:
    """Only what is inside cells is calibrated: the space outside is known."""
    return {
        tissue: TissueParts(
            part.outside, part.inside * compound.partition_scalar * compound.partition_factors.get(tissue, 1.0)
        )
        for tissue, part in rodgers_rowland_parts(compound.chemistry).items()
    }


def villous_flow(individual: Individual) -> Array:
    """Blood flow through the villi of the small intestine, L/h (B,)."""
    return VILLOUS_SHARE * individual.flow["small_intestine"]


def reference_volume(tissue: str) -> float:
    """Volume of a tissue of the reference adult man, L; intrinsic clearances of compound files refer to it."""
    tables = reference_tables()
    return float(tables.bodies[Sex.MALE].mass[tissue][-1] / tables.density[tissue])


def _check_names(given: Mapping[str, Array | float], known: tuple[str, ...], kind: str) -> None:
    for name, factor in given.items():
        if name not in known:
            raise ModelError(f"unknown {kind} {name}; this compound knows {', '.join(known)}")
        if not np.all(np.isfinite(factor)) or np.any(np.asarray(factor) < 0):
            raise ModelError(f"the factor on {name} must be a number not below zero")
