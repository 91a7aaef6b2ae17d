"""The body as compartments joined by blood: states, flows and the rate constant of each.

Textbooks often write dC/dt = Q/V (C_in - C) + CL/V C. That form is not used here: its plus sign makes an eliminating
organ a source that grows without bound; it lets blood leave a tissue at the tissue's own concentration, so that every
drug spreads over the body's volume alone; and it clears total instead of unbound drug. Here blood leaves tissue i at
C_i BP/Kp_i, the concentration in equilibrium with the tissue, and metabolism clears unbound drug, fu C_i/Kp_i:

    V_i dC_i/dt = Q_i (C_arterial - C_i BP/Kp_i) - CLint fu C_i/Kp_i

(Jones and Rowland-Yeo 2013, doi:10.1038/psp.2013.41; the same balance as httk, Pearce 2017, doi:10.18637/jss.v079.i04).
With intrinsic clearance in the liver's own balance, flow limitation follows by itself and must not be put in again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.engine.graph import Flow, Graph
from core.errors import ModelError
from core.pbpk.physiology import PERFUSED, PORTAL, Array

SEGMENTS = 7  # of the small intestine (Yu and Amidon 1999, doi:10.1016/S0378-5173(99)00147-7)
LUMEN = tuple(f"lumen_{number}" for number in range(1, SEGMENTS + 1))
GUT_WALL = "gut_wall"
COLON = "colon_lumen"
STOMACH, STOMACH_SOLID = "stomach_lumen", "stomach_solid"
SOLID = tuple(f"solid_{number}" for number in range(1, SEGMENTS + 1))
METABOLISED, URINE, FAECES = SINKS = ("metabolised", "urine", "faeces")


@dataclass(frozen=True)
class Anatomy:
    """Which tissues hang between arteries and veins, which drain through the liver, and which of these absorbs."""

    perfused: tuple[str, ...]
    portal: tuple[str, ...]
    absorbing: str
    lumen: tuple[str, ...]

    @property
    def tissues(self) -> tuple[str, ...]:
        """All tissues with lung and liver."""
        return (*self.perfused, *self.portal, "liver", "lung")


HUMAN = Anatomy(PERFUSED, PORTAL, "small_intestine", LUMEN)


@dataclass(frozen=True)
class Layout:
    """What a compound needs beside blood and tissues.

    `sinks`: what leaves the body is kept in the states `metabolised`, `urine` and `faeces` (mass balance). `cells`:
    tissues are limited by permeability; each state `<tissue>` is then the space outside its cells, and
    `<tissue>_cell` the cells, which alone metabolise and secrete. `wall`: the drug passes the state `gut_wall`, where
    enzymes may meet it. `slow`: a share of what leaves the stomach is still solid when it reaches the colon, waits in
    the state `colon_lumen` and is absorbed through the colon's wall as it dissolves, until it leaves with the faeces.
    `solid`: the dose is solid when it is taken and dissolves in `stomach_solid` and `solid_1` to `solid_7` on its way
    beside the dissolved drug; what is solid at the end goes where `slow` says, else to the faeces.
    `bile`: the liver's cells excrete drug into the duodenum, where it is absorbed again as dissolved drug is.
    """

    sinks: bool = False
    cells: bool = False
    wall: bool = False
    slow: bool = False
    solid: bool = False
    bile: bool = False


def whole_body_graph(pathways: Iterable[str], anatomy: Anatomy = HUMAN, layout: Layout | None = None) -> Graph:
    """Build the compartment graph of the body.

    Args:
        pathways: names of the liver's elimination pathways; each has the rate `metabolism_<name>`.
        anatomy: the tissues.
        layout: what more the compound needs; nothing when None.

    States: `arterial`, `venous`, the tissues, their cells, `gut_wall`, `colon_lumen`, what is solid, `stomach_lumen`,
    the segments of the intestinal lumen, the sinks.
    """
    layout = layout or Layout()
    gone = dict(zip(SINKS, SINKS if layout.sinks else (None, None, None), strict=True))
    inside = {tissue: f"{tissue}_cell" if layout.cells else tissue for tissue in anatomy.tissues}
    flows = [*_circulation(anatomy), *_digestion(anatomy, gone[FAECES], GUT_WALL if layout.wall else anatomy.absorbing)]
    flows += [Flow(inside["liver"], gone[METABOLISED], f"metabolism_{name}") for name in pathways]
    flows += [Flow("arterial", gone[URINE], "filtration"), Flow(inside["kidney"], gone[URINE], "secretion")]
    flows += [Flow(inside["liver"], anatomy.lumen[0], "bile")] if layout.bile else []
    states = ["arterial", "venous", *anatomy.tissues]
    if layout.cells:
        states += inside.values()
        for tissue, cell in inside.items():
            flows += [Flow(tissue, cell, f"enter_{tissue}"), Flow(cell, tissue, f"leave_{tissue}")]
    if layout.wall:
        states.append(GUT_WALL)
        flows += [Flow(GUT_WALL, anatomy.absorbing, "gut_passage"), Flow(GUT_WALL, gone[METABOLISED], "gut_metabolism")]
    if layout.slow:
        states.append(COLON)
        flows += [] if layout.solid else [Flow(STOMACH, COLON, "solid")]
        flows += [Flow(COLON, "large_intestine", "slow_absorption"), Flow(COLON, gone[FAECES], "colon_transit")]
    if layout.solid:
        states += [STOMACH_SOLID, *SOLID]
        flows += _dissolution(anatomy, COLON if layout.slow else gone[FAECES])
    states += [STOMACH, *anatomy.lumen, *(SINKS if layout.sinks else ())]
    return Graph(tuple(states), tuple(flows))


def _circulation(anatomy: Anatomy) -> list[Flow]:
    flows = [Flow("venous", "lung", "into_lung"), Flow("lung", "arterial", "from_lung")]
    flows += [Flow("arterial", tissue, f"into_{tissue}") for tissue in (*anatomy.perfused, *anatomy.portal, "liver")]
    flows += [Flow(tissue, "venous", f"from_{tissue}") for tissue in (*anatomy.perfused, "liver")]
    for tissue in anatomy.portal:
        flows.append(Flow(tissue, "liver", f"from_{tissue}"))
        flows.append(Flow(tissue, "venous", f"shunt_{tissue}"))
    return flows


def _digestion(anatomy: Anatomy, faeces: str | None, absorbing: str) -> list[Flow]:
    flows = [
        Flow("stomach_lumen", anatomy.lumen[0], "gastric_emptying"),
        Flow("stomach_lumen", faeces, "undissolved"),
    ]
    flows += [Flow(segment, absorbing, "absorption") for segment in anatomy.lumen]
    flows += [Flow(here, after, "transit") for here, after in zip(anatomy.lumen, anatomy.lumen[1:], strict=False)]
    flows.append(Flow(anatomy.lumen[-1], faeces, "transit"))
    return flows


def _dissolution(anatomy: Anatomy, end: str | None) -> list[Flow]:
    """Solid drug moves on as dissolved drug does, and dissolves in each place at the place's own rate."""
    flows = [
        Flow(STOMACH_SOLID, STOMACH, dissolution_in(STOMACH_SOLID)),
        Flow(STOMACH_SOLID, SOLID[0], "solid_emptying"),
    ]
    flows += [Flow(here, segment, dissolution_in(here)) for here, segment in zip(SOLID, anatomy.lumen, strict=True)]
    flows += [Flow(here, after, "transit") for here, after in zip(SOLID, (*SOLID[1:], end), strict=True)]
    return flows


def dissolution_in(place: str) -> str:
    """Name of the rate at which drug dissolves in a state of solid drug."""
    return f"dissolve_{place}"


@dataclass(frozen=True)
class Perfusion:
    """Volumes (L), blood flows (L/h) and how a tissue holds the drug against the blood that leaves it; all (B,).

    `flow["lung"]` is the cardiac output, `flow["liver"]` the hepatic artery. `retention` is Kp/BP. `filtered` is the
    blood flow (L/h) whose drug the glomeruli take, GFR fu/BP. `shunt` is the share of portal blood that passes by the
    liver.
    """

    volume: Mapping[str, Array]
    flow: Mapping[str, Array]
    retention: Mapping[str, Array]
    filtered: Array
    shunt: Array


def circulation_rates(body: Perfusion, anatomy: Anatomy = HUMAN) -> dict[str, Array]:
    """Rate constants (1/h) of every blood flow and of filtration, by the names `whole_body_graph` uses.

    Raises:
        ModelError: more drug would be filtered than the kidney's blood carries.
    """
    arterial = body.volume["arterial"]
    rates = {f"into_{tissue}": body.flow[tissue] / arterial for tissue in (*anatomy.perfused, *anatomy.portal, "liver")}
    rates["into_lung"] = body.flow["lung"] / body.volume["venous"]
    rates["from_lung"] = body.flow["lung"] / _held(body, "lung")
    for tissue in anatomy.perfused:
        rates[f"from_{tissue}"] = body.flow[tissue] / _held(body, tissue)
    through_liver = body.flow["liver"]
    for tissue in anatomy.portal:
        leaving = body.flow[tissue] / _held(body, tissue)
        rates[f"from_{tissue}"] = leaving * (1.0 - body.shunt)
        rates[f"shunt_{tissue}"] = leaving * body.shunt
        through_liver = through_liver + body.flow[tissue] * (1.0 - body.shunt)
    rates["from_liver"] = through_liver / _held(body, "liver")
    rates["filtration"] = body.filtered / arterial
    rates["into_kidney"] = rates["into_kidney"] - rates["filtration"]
    if (rates["into_kidney"] < 0).any():
        raise ModelError("glomerular filtration exceeds the blood flow of the kidney")
    return rates


def _held(body: Perfusion, tissue: str) -> Array:
    """Volume of leaving blood that would hold all drug of the tissue, L."""
    return body.volume[tissue] * body.retention[tissue]
