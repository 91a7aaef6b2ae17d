"""How much of an enzyme works, and when, beside other drugs: each of these is simulated in the patient's own body.

A drug at tracer concentrations meets the amount of the enzyme, made and lost under inducers and inactivators (Fahmi
2009, doi:10.1124/dmd.108.026252), less what reversible inhibitors hold. The drug itself acts on nothing here, so that
its own model stays linear.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from core.clinic.regimen import Route
from core.engine.schedule import Input, Segment
from core.engine.solve import simulate
from core.pbpk.action import Action, ActionKind, degradation
from core.pbpk.compound import Compound
from core.pbpk.individual import Individual
from core.pbpk.joint import JointBody, join
from core.pbpk.physiology import Array

SETTLED = 360.0  # h: whoever takes a drug this long meets from then on what they met on the last day
_STEP = 0.5  # h
_TOLERANCE = 1e-3  # of what the others reach: far finer than what is known of their action
_DAY = 24.0
_WASHED_OUT = 0.02  # of an enzyme's activity
_LONGEST_WASHOUT = 1440.0  # h
_SAME = 0.10  # of the activity at rest, or of an induced one: days nearer than that are one stretch


@dataclass(frozen=True)
class Taken:
    """A drug by mouth as it acts on the enzymes: amount (mg) each interval (h) from a case time on, until another."""

    compound: str
    amount: float
    every: float
    start: float
    until: float | None  # None: still taken
    potency: float = 1.0  # on every action of the drug itself


@dataclass(frozen=True)
class Stretch:
    """From `start` (h) on, enzymes work at these shares of what they do without other drugs."""

    start: float
    activity: Mapping[str, float]


def stretches(
    taken: Sequence[Taken],
    compounds: tuple[Compound, ...],
    bodies: Sequence[tuple[float, Individual]],
    activities: Sequence[str],
    since: float,
) -> tuple[Stretch, ...]:
    """Mean activity of enzymes over stretches of a day or longer, while drugs are taken and until they are washed out.

    Args:
        taken: the other drugs; of one taken for longer count the last `SETTLED` hours before `since` or before its end.
        compounds: these drugs and all their metabolites.
        bodies: the patient, (1,), from each time something changes.
        activities: names of enzymes, `gut_<enzyme>` for the wall of the gut.
        since: h; from then on the activity is wanted.

    Raises:
        ModelError: the drugs cannot be put into one body.
    """
    followed = [item for item in (_followed(item, since) for item in taken) if item is not None]
    if not followed:
        return ()
    ends = [item.until for item in followed if item.until is not None]
    edges = sorted({*(item.start for item in followed), *ends, *(start for start, _ in bodies)})
    gaps = _gaps(edges) if all(item.every <= _DAY for item in followed) else ()
    followed = [
        replace(item, start=_short(item.start, gaps), until=None if item.until is None else _short(item.until, gaps))
        for item in followed
    ]
    found = _followed_up(
        followed, join(compounds), [(_short(start, gaps), person) for start, person in bodies], activities
    )
    return tuple(Stretch(_long(item.start, gaps), item.activity) for item in found)


def _followed(item: Taken, since: float) -> Taken | None:
    """A course without what lies too far back to matter."""
    end = since if item.until is None else min(since, item.until)
    if item.until is not None and (item.until <= item.start or item.until <= since - _LONGEST_WASHOUT):
        return None
    skipped = max(0.0, math.ceil((end - SETTLED - item.start) / item.every)) * item.every
    start = item.start + skipped
    return replace(item, start=start if start < end or skipped == 0.0 else start - item.every)


def _gaps(edges: Sequence[float]) -> tuple[tuple[float, float], ...]:
    """Ends of the long times without a change, and how many whole days of each need not be simulated (h)."""
    lengths = [(end, math.floor((end - start - 2.0 * SETTLED) / _DAY) * _DAY) for start, end in pairwise(edges)]
    return tuple((end, spare) for end, spare in lengths if spare > 0.0)


def _short(time: float, gaps: Sequence[tuple[float, float]]) -> float:
    return time - sum(spare for end, spare in gaps if end <= time)


def _long(time: float, gaps: Sequence[tuple[float, float]]) -> float:
    return time + sum(spare for end, spare in gaps if _short(end, gaps) <= time)


def _followed_up(
    taken: Sequence[Taken],
    joint: JointBody,
    bodies: Sequence[tuple[float, Individual]],
    activities: Sequence[str],
) -> list[Stretch]:
    """Stretches until the drugs still taken have settled and the others are washed out."""
    begin = min(item.start for item in taken)
    ongoing = [item.every for item in taken if item.until is None]
    last = max(item.start if item.until is None else item.until + SETTLED for item in taken)
    days = math.ceil((last + SETTLED - begin) / _DAY)
    longest = days + _LONGEST_WASHOUT / _DAY
    while True:
        times = begin + np.arange(0.0, days * _DAY + _STEP / 2, _STEP)
        found = _activity(taken, joint, bodies, activities, times)
        left = max((abs(values[-1] - 1.0) for values in found.values()), default=0.0)
        if ongoing or left < _WASHED_OUT or days > longest:
            break
        days += math.ceil(2.0 * SETTLED / _DAY)
    changes = [edge for item in taken for edge in (item.start, item.until)]
    pieces = _days(times, found, [*changes, *(start for start, _ in bodies)])
    if not ongoing:
        return [*_merged(pieces), Stretch(float(times[-1]), dict.fromkeys(found, 1.0))]
    settled = float(times[-1]) - max(_DAY, *ongoing)
    earlier = [(hours, piece) for hours, piece in pieces if piece.start < settled]
    return [*_merged(earlier), Stretch(settled, _means(times, found, settled, float(times[-1])))]


def _activity(
    taken: Sequence[Taken],
    joint: JointBody,
    bodies: Sequence[tuple[float, Individual]],
    activities: Sequence[str],
    times: Array,
) -> dict[str, Array]:
    segments = tuple(Segment(start, joint.rates(person)) for start, person in bodies)
    inputs = [
        Input(float(time), item.amount, joint.dose_state(item.compound, Route.ORAL))
        for item in taken
        for time in np.arange(item.start, times[-1] if item.until is None else item.until, item.every)
    ]
    met = {name: [joint.met_by_enzymes(name, person) for _, person in bodies] for name in joint.members}
    states = tuple(dict.fromkeys(state for places in met.values() for state, _ in places[0].values()))
    solved = simulate(joint.graph, segments, inputs, times, states=states, tolerance=_TOLERANCE)
    which = np.clip(np.searchsorted([start for start, _ in bodies], times, side="right") - 1, 0, None)
    unbound: dict[tuple[str, str], Array] = {}
    for name, places in met.items():
        for place, (state, _) in places[0].items():
            litres = np.array([float(moment[place][1][0]) for moment in places])[which]
            unbound[name, place] = np.maximum(solved.amounts[0, :, states.index(state)], 0.0) / litres
    potency = {item.compound: item.potency for item in taken}
    found = {}
    for name in activities:
        place, enzyme = ("gut", name.removeprefix("gut_")) if name.startswith("gut_") else ("liver", name)
        acting = [
            (action, unbound[member, place], potency.get(member, 1.0))
            for member, body in joint.members.items()
            for action in body.compound.actions
            if action.enzyme == enzyme
        ]
        if acting:
            found[name] = _working(enzyme, place, acting)
    return found


def _working(enzyme: str, place: str, acting: Sequence[tuple[Action, Array, float]]) -> Array:
    """Share of an enzyme's clearance at rest, (T,): its amount over 1 + the sum of inhibitors over their constants."""
    held = np.ones_like(acting[0][1])
    made, lost = np.ones_like(held), np.zeros_like(held)
    turning = False
    for action, unbound, potency in acting:
        if action.reversible:
            held += potency * unbound / action.half
            continue
        turning = True
        effect = potency * action.maximum * unbound / (action.half + unbound)
        made, lost = (made + effect, lost) if action.kind is ActionKind.INDUCTION else (made, lost + effect)
    return (_amount(degradation(enzyme, place), made, lost) if turning else 1.0) / held


def _amount(rate: float, made: Array, lost: Array) -> Array:
    """Enzyme over that at rest, (T,): synthesis `rate * made`, loss `rate + lost`, 1 at first; exact between means."""
    gain, loss = rate * (made[:-1] + made[1:]) / 2.0, rate + (lost[:-1] + lost[1:]) / 2.0
    level, kept = gain / loss, np.exp(-loss * _STEP)
    amount = np.ones_like(made)
    for index in range(len(kept)):
        amount[index + 1] = level[index] + (amount[index] - level[index]) * kept[index]
    return amount


def _days(times: Array, found: Mapping[str, Array], changes: Sequence[float | None]) -> list[tuple[float, Stretch]]:
    """Means of each day, cut where a drug begins or ends or the body changes, with how long each lasts."""
    edges = {float(times[0]), float(times[-1]), *np.arange(times[0], times[-1], _DAY).tolist()}
    edges |= {x for x in changes if x is not None and times[0] < x < times[-1]}
    return [(end - start, Stretch(start, _means(times, found, start, end))) for start, end in pairwise(sorted(edges))]


def _means(times: Array, found: Mapping[str, Array], start: float, end: float) -> dict[str, float]:
    inner = times[(times > start) & (times < end)]
    grid = np.concatenate([[start], inner, [end]])
    return {
        name: float(np.trapezoid(np.interp(grid, times, values), grid) / (end - start))
        for name, values in found.items()
    }


def _merged(pieces: Sequence[tuple[float, Stretch]]) -> list[Stretch]:
    """Days in a row that hardly differ as one stretch, at their mean."""
    groups: list[list[tuple[float, Stretch]]] = []
    for piece in pieces:
        if groups and _alike([stretch.activity for _, stretch in (*groups[-1], piece)]):
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return [_as_one(group) for group in groups]


def _alike(activities: Sequence[Mapping[str, float]]) -> bool:
    """Whether the highest and the lowest are near each other for every enzyme."""
    ends = [(min(values), max(values)) for name in activities[0] for values in [[one[name] for one in activities]]]
    return all(high - low <= _SAME * max(1.0, low) for low, high in ends)


def _as_one(group: Sequence[tuple[float, Stretch]]) -> Stretch:
    whole = sum(hours for hours, _ in group)
    first = group[0][1]
    means = {name: sum(hours * one.activity[name] for hours, one in group) / whole for name in first.activity}
    return Stretch(first.start, means)
