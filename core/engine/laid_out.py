"""All the engine needs to simulate one patient, laid out before it is run: what other programs are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.engine.graph import Graph
from core.engine.schedule import Input, Segment


@dataclass(frozen=True, eq=False)
class LaidOut:
    """A graph, its rates over time, what is given, and outputs.

    An output is a concentration: amount of a state over the litres that stand among the segments' rates under a name.
    """

    graph: Graph
    segments: tuple[Segment, ...]
    inputs: tuple[Input, ...]
    outputs: Mapping[str, tuple[str, str]]
