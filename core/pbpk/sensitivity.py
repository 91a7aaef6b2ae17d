"""Which of this person's parameters drive the exposure: a short ranked list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from core.clinic.regimen import Route
from core.engine.schedule import Input, Segment
from core.engine.solve import simulate
from core.pbpk.individual import Individual
from core.pbpk.physiology import PORTAL, Array
from core.pbpk.whole_body import PLASMA, WholeBody

_STEP = 0.05  # relative change of a parameter, up and down
_LIVER_BLOOD = (*PORTAL, "liver")

Setting = tuple[WholeBody, Individual, Mapping[str, Array | float]]


@dataclass(frozen=True)
class Sensitivity:
    """By how many percent exposure changes when one parameter rises by one percent."""

    parameter: str  # "enzyme_CYP3A4", "liver_blood_flow", "tissue_binding" ...
    area: float  # of the area under the curve over an interval at steady state
    trough: float  # of the concentration before the next dose


def sensitivities(
    body: WholeBody,
    individual: Individual,
    activity: Mapping[str, Array | float],
    route: Route,
    every: float,
) -> tuple[Sensitivity, ...]:
    """Rank what drives one person's steady-state exposure, the strongest first.

    Each parameter is moved 5 % up and down; the result is the logarithmic derivative d ln exposure / d ln parameter.

    Args:
        body: the compound in the human body.
        individual: one person, arrays of shape (1,).
        activity: enzyme activity as for `WholeBody.rates`.
        route: of the regular dose.
        every: hours between doses.
    """
    changes = _changes(body)
    settings = [
        change(factor, (body, individual, activity))
        for change in changes.values()
        for factor in (1.0 - _STEP, 1.0 + _STEP)
    ]
    area, trough = _exposure(settings, route, every)
    width = np.log((1.0 + _STEP) / (1.0 - _STEP))
    slopes = [np.log(value[1::2] / value[::2]) / width for value in (area, trough)]
    found = [
        Sensitivity(name, float(on_area), float(on_trough))
        for name, on_area, on_trough in zip(changes, *slopes, strict=True)
    ]
    return tuple(sorted(found, key=lambda item: -max(abs(item.area), abs(item.trough))))


def _exposure(settings: list[Setting], route: Route, every: float) -> tuple[Array, Array]:
    """Area and trough per mg at steady state, one for each setting, from one simulation."""
    each = [body.rates(person, {}, activity) for body, person, activity in settings]
    rates = {name: np.concatenate([item[name] for item in each]) for name in each[0]}
    litres = np.concatenate([body.volume_of(PLASMA, person) for body, person, _ in settings])
    body = settings[0][0]
    state = body.state_of(PLASMA)
    given = Input(0.0, 1.0, body.dose_state(route), steady_state_every=every)
    solved = simulate(body.graph, [Segment(0.0, rates)], [given], [0.0, every], states=(state,), integrals=(state,))
    area = solved.integrals[:, 1, 0] - solved.integrals[:, 0, 0]
    return area / litres, solved.amounts[:, 1, 0] / litres


def _changes(body: WholeBody) -> dict[str, Callable[[float, Setting], Setting]]:
    """How to move each parameter by a factor."""
    changes: dict[str, Callable[[float, Setting], Setting]] = {
        f"enzyme_{enzyme}": _enzyme(enzyme) for enzyme in body.compound.enzymes
    }
    return changes | {
        "liver_blood_flow": _liver_blood,
        "liver_size": _liver_size,
        "kidney_filtration": _filtration,
        "unbound_fraction": _unbound,
        "haematocrit": _haematocrit,
        "tissue_binding": _tissue_binding,
        "absorption_rate": _absorption,
        "gastric_emptying": _emptying,
        "body_fat": _fat,
    }


def _enzyme(enzyme: str) -> Callable[[float, Setting], Setting]:
    def change(factor: float, setting: Setting) -> Setting:
        body, person, activity = setting
        return body, person, {**activity, enzyme: activity.get(enzyme, 1.0) * factor}

    return change


def _liver_blood(factor: float, setting: Setting) -> Setting:
    """More blood through liver and gut, taken from the rest of the body."""
    body, person, activity = setting
    flow = {name: value * (factor if name in _LIVER_BLOOD else 1.0) for name, value in person.flow.items()}
    gained = sum(flow[name] - person.flow[name] for name in _LIVER_BLOOD)
    flow["muscle"] = flow["muscle"] - gained
    return body, replace(person, flow=flow), activity


def _liver_size(factor: float, setting: Setting) -> Setting:
    body, person, activity = setting
    return body, replace(person, functional_liver=person.functional_liver * factor), activity


def _filtration(factor: float, setting: Setting) -> Setting:
    body, person, activity = setting
    return body, replace(person, gfr=person.gfr * factor), activity


def _haematocrit(factor: float, setting: Setting) -> Setting:
    body, person, activity = setting
    return body, replace(person, haematocrit=person.haematocrit * factor), activity


def _fat(factor: float, setting: Setting) -> Setting:
    body, person, activity = setting
    volume = {**person.volume, "adipose": person.volume["adipose"] * factor}
    return body, replace(person, volume=volume), activity


def _unbound(factor: float, setting: Setting) -> Setting:
    body, person, activity = setting
    chemistry = body.compound.chemistry
    changed = replace(chemistry, fraction_unbound=chemistry.fraction_unbound * factor)
    return replace(body, compound=replace(body.compound, chemistry=changed)), person, activity


def _tissue_binding(factor: float, setting: Setting) -> Setting:
    body, person, activity = setting
    parts = {tissue: replace(part, inside=part.inside * factor) for tissue, part in body.parts.items()}
    return replace(body, parts=parts), person, activity


def _absorption(factor: float, setting: Setting) -> Setting:
    body, person, activity = setting
    uptake = replace(body.compound.absorption, rate=body.compound.absorption.rate * factor)
    return replace(body, compound=replace(body.compound, absorption=uptake)), person, activity


def _emptying(factor: float, setting: Setting) -> Setting:
    body, person, activity = setting
    uptake = body.compound.absorption
    changed = replace(uptake, gastric_emptying=uptake.gastric_emptying * factor)
    return replace(body, compound=replace(body.compound, absorption=changed)), person, activity
