"""What a compound does to enzymes, its own and those of others: inhibition, inactivation, induction, saturation."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from pathlib import Path

from core.clinic.strict_yaml import Entry, read_strict_yaml
from core.errors import ModelError


class ActionKind(StrEnum):
    """How a compound acts on an enzyme."""

    COMPETITIVE = "competitive"
    NONCOMPETITIVE = "noncompetitive"
    INACTIVATION = "inactivation"
    INDUCTION = "induction"


@dataclass(frozen=True)
class Action:
    """One effect on one enzyme; unbound concentrations in mg/L.

    `half` is the inhibition constant, the concentration of half-maximal inactivation, or that of half-maximal
    induction; `maximum` the largest inactivation rate (1/h) or the largest fold increase of synthesis, 0 for
    reversible inhibition.
    """

    enzyme: str
    kind: ActionKind
    half: float
    maximum: float = 0.0

    @property
    def reversible(self) -> bool:
        """Whether the enzyme's amount stays as it is."""
        return self.kind in (ActionKind.COMPETITIVE, ActionKind.NONCOMPETITIVE)


def read_actions(entry: Entry | None, molar_mass: float) -> tuple[Action, ...]:
    """Read a compound file's `actions`; concentrations may be molar. Raises DrugFileError with the line."""
    return () if entry is None else tuple(_action(item, molar_mass) for item in entry.items)


def read_saturation(entry: Entry | None, molar_mass: float, pathways: tuple[str, ...]) -> dict[str, float]:
    """Read `saturation`: unbound Michaelis constants (mg/L) of some pathways. Raises DrugFileError with the line."""
    if entry is None:
        return {}
    entry.only(*pathways)
    return {name: _positive(value, "mg/L", molar_mass) for name, value in entry.fields.items()}


def _action(entry: Entry, molar_mass: float) -> Action:
    kind = ActionKind(entry["kind"].choice(*ActionKind))
    if kind is ActionKind.INACTIVATION:
        entry.only("enzyme", "kind", "ki", "kinact", "source")
        maximum = _positive(entry["kinact"], "1/h")
        return Action(entry["enzyme"].text, kind, _positive(entry["ki"], "mg/L", molar_mass), maximum)
    if kind is ActionKind.INDUCTION:
        entry.only("enzyme", "kind", "ec50", "emax", "source")
        maximum = entry["emax"].number()
        if maximum <= 0:
            raise entry["emax"].error("must be positive")
        return Action(entry["enzyme"].text, kind, _positive(entry["ec50"], "mg/L", molar_mass), maximum)
    entry.only("enzyme", "kind", "ki", "source")
    return Action(entry["enzyme"].text, kind, _positive(entry["ki"], "mg/L", molar_mass))


def _positive(entry: Entry, unit: str, molar_mass: float | None = None) -> float:
    number = entry.quantity(unit, molar_mass)
    if number <= 0:
        raise entry.error("must be positive")
    return number


@functools.cache
def _half_lives() -> Mapping[str, Mapping[str, float]]:
    root = read_strict_yaml(Path(str(resources.files("resources") / "physiology" / "enzyme_turnover.yaml")))
    return {
        enzyme: {place: value.quantity("h") for place, value in entry.fields.items()}
        for enzyme, entry in root["half_life"].fields.items()
    }


def degradation(enzyme: str, place: str) -> float:
    """Rate (1/h) at which an enzyme is lost and made anew, in `liver` or `gut`.

    Raises:
        ModelError: the enzyme's half-life is not in `resources/physiology/enzyme_turnover.yaml`.
    """
    found = _half_lives().get(enzyme)
    if found is None:
        raise ModelError(f"no half-life is known for {enzyme}; known: {', '.join(_half_lives())}")
    return math.log(2.0) / found[place]
