"""How a compound passes the gut: as its file says it, and what follows from pH, meal and bile."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.clinic.strict_yaml import Entry
from core.pbpk.entries import between, pathways, positive_rate
from core.pbpk.partition import Chemistry
from core.pbpk.physiology import Array

FASTED_BILE = 0.003  # mol/L of taurocholate in FaSSIF-V2 (Jantratid 2008, doi:10.1007/s11095-008-9569-4)
_MOLARITY_OF_WATER = 55.5  # mol/L


@dataclass(frozen=True)
class GastricPh:
    """Loss of a base that dissolves only in acid: none up to one pH, the published one from another on."""

    full_below: float
    reduced_above: float
    factor: float  # on the absorbed amount

    def dissolved(self, ph: Array) -> Array:
        """Share of the dose that dissolves, shape of `ph`; straight between the two."""
        return np.asarray(np.interp(ph, [self.full_below, self.reduced_above], [1.0, self.factor]))


@dataclass(frozen=True)
class Dissolution:
    """How fast solid drug dissolves on its way through the gut, as long as far more could: first order (sink).

    The speed of Noyes and Whitney goes with the solubility, and that with what is neutral: of an acid or base the rate
    at one pH tells that at every other (Henderson and Hasselbalch), up to that of its salt; bile salts take up neutral
    drug by its lipophilicity. A release that a coat or a matrix sets does not ask for either.
    """

    rate: float  # 1/h
    at_ph: float | None = None  # of the fasted intestine, where `rate` was found; None: the same everywhere
    most: float = math.inf  # 1/h, in water
    in_colon: float = 0.0  # 1/h, release and absorption there of what is still solid

    def rate_at(self, ph: Array, chemistry: Chemistry, bile: Array | float) -> Array:
        """Rate (1/h) at a pH and a concentration of bile salts in mol/L, shapes that broadcast.

        Source of the share in micelles: Mithani 1996 (doi:10.1023/A:1016062224568), the molar ratio of solubilities
        in bile salt and in water, log SR = 2.234 + 0.606 log P.
        """
        if self.at_ph is None:
            return np.full(np.broadcast_shapes(np.shape(ph), np.shape(bile)), self.rate)
        ionised = np.vectorize(chemistry.ionised, otypes=[float])(ph)
        held = 10 ** (2.234 + 0.606 * chemistry.log_p) / _MOLARITY_OF_WATER
        found = 1.0 + chemistry.ionised(self.at_ph) + held * FASTED_BILE
        in_water = np.minimum(self.rate * (1.0 + ionised) / found, self.most)
        return np.asarray(in_water + self.rate * held * np.asarray(bile) / found)


@dataclass(frozen=True)
class Absorption:
    """Stomach, then seven segments of small intestine in a row (Yu and Amidon 1999); rates in 1/h."""

    gastric_emptying: float  # release from the tablet and emptying, taken together
    transit: float  # from one intestinal segment to the next
    rate: float  # from each segment into the gut wall
    gut_wall: Mapping[str, float]  # L/h of unbound drug by enzyme, in the wall it is absorbed through
    gastric_ph: GastricPh | None = None
    slow_share: float = 0.0  # of the dose: reaches the colon undissolved and is absorbed there
    slow_rate: float = 0.0  # 1/h, of that
    dissolution: Dissolution | None = None  # of the solid dose; None: what leaves the stomach is dissolved
    with_food: bool = False  # its rates are those with a meal, which a meal does not change again


def read_absorption(entry: Entry) -> Absorption:
    """Read the section `absorption`, or one of its formulations; raises DrugFileError with the line."""
    entry.only(
        "gastric_emptying",
        "transit",
        "rate",
        "gastric_ph",
        "gut_wall",
        "slow",
        "dissolution",
        "with_food",
        "formulations",
    )
    acid, wall, slow, solid = (entry.get(name) for name in ("gastric_ph", "gut_wall", "slow", "dissolution"))
    for other in (acid, slow):
        if solid is not None and other is not None:
            raise solid.error("'dissolution' tells itself what 'gastric_ph' and 'slow' tell of drug that stays solid")
    food = entry.get("with_food")
    if slow is not None:
        slow.only("share", "rate")
    return Absorption(
        gastric_emptying=positive_rate(entry["gastric_emptying"]),
        transit=positive_rate(entry["transit"]),
        rate=positive_rate(entry["rate"]),
        gut_wall={} if wall is None else pathways(wall),
        gastric_ph=None if acid is None else _gastric_ph(acid),
        slow_share=0.0 if slow is None else between(slow["share"], 0.0, 1.0),
        slow_rate=0.0 if slow is None else positive_rate(slow["rate"]),
        dissolution=None if solid is None else _dissolution(solid),
        with_food=food is not None and food.choice("yes", "no") == "yes",
    )


def _dissolution(entry: Entry) -> Dissolution:
    entry.only("rate", "at_ph", "most", "in_colon", "source")
    at_ph, most, colon = (entry.get(name) for name in ("at_ph", "most", "in_colon"))
    if most is not None and at_ph is None:
        raise most.error("a rate that does not go with the pH has no highest one")
    found = Dissolution(
        rate=positive_rate(entry["rate"]),
        at_ph=None if at_ph is None else between(at_ph, 0.0, 14.0),
        most=math.inf if most is None else positive_rate(most),
        in_colon=0.0 if colon is None else positive_rate(colon),
    )
    if found.most < found.rate:
        raise entry.error("'most' must not lie below 'rate'")
    return found


def _gastric_ph(entry: Entry) -> GastricPh:
    entry.only("full_below", "reduced_above", "factor", "source")
    found = GastricPh(entry["full_below"].number(), entry["reduced_above"].number(), between(entry["factor"], 0.0, 1.0))
    if found.full_below >= found.reduced_above:
        raise entry.error("'full_below' must lie below 'reduced_above'")
    return found


def read_formulations(entry: Entry) -> dict[str, Absorption]:
    """Read the other forms of a compound, each by the word that names it; raises DrugFileError with the line."""
    listed = entry.get("formulations")
    if listed is None:
        return {}
    return {word: read_absorption(form) for word, form in listed.fields.items()}
