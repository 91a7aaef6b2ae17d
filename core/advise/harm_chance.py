"""The chance of a harm in the judged time, and how sure it is."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from core.advise.effect_course import END, HIGHEST, LOWEST
from core.advise.recommendation import Interval, Risk
from core.advise.responses import Believer
from core.advise.spans import Judged
from core.drugs.model import Harm

Array = NDArray[np.float64]
Beside = NDArray[np.bool_] | NDArray[np.float64]  # a truth, or a share 0-1

_Z90 = 1.6448536269514722
_BETA_DRAWS = 4000


def share_of_draws(met: Beside) -> Array:
    """Share of the draws (D, W) for which something holds (D, B, W), or holds in part."""
    if met.dtype != np.bool_:
        return np.asarray(met.mean(axis=1))
    return np.asarray(np.count_nonzero(met, axis=1) / met.shape[1])


def as_modelled(harm: Harm, believer: Believer) -> Harm:
    """The same toxicity as this model of the drug describes it, with the effect that goes with its concentrations."""
    alike = (own for own in believer.bound.model.harms if own.name == harm.name and own.effect)
    return next(alike, harm) if harm.effect else harm


def share_harmed(harm: Harm, judged: Judged, weight: Array) -> Array:
    """Share (D,) of draws and judged time with a toxicity, or beyond the exposure observed with it.

    An effect's course counts by its lowest or highest value in all the time judged.
    """
    if not harm.effect:
        return np.asarray(share_of_draws(getattr(judged, harm.metric) > harm.limit) @ weight)
    values = judged.effects[harm.effect]
    if harm.threshold is None:
        return np.asarray((values[..., END] / 100.0).mean(axis=1) @ weight)
    limit = harm.limit
    crossed = (
        values[..., LOWEST].min(axis=2) < limit if harm.metric == "lowest" else values[..., HIGHEST].max(axis=2) > limit
    )
    return np.asarray(crossed.mean(axis=1))


def chance_of(share: float, count: float, per_model: Iterable[float]) -> Interval:
    """A share of 0-1 with the Wilson 90 % interval of its sampling, widened to what single models say."""
    spread = _Z90**2 / count
    middle = (share + spread / 2) / (1 + spread)
    half = _Z90 * math.sqrt(share * (1 - share) / count + spread / (4 * count)) / (1 + spread)
    return Interval(
        share, max(0.0, min([middle - half, share, *per_model])), min(1.0, max([middle + half, share, *per_model]))
    )


def risk_of(harm: Harm, exceeded: float, count: int) -> Risk:
    """The harm as it is shown: its chance, or that of the exposure seen with it where no relation is published.

    Args:
        harm: of the drug.
        exceeded: share (0-1) of draws and judged time beyond the threshold.
        count: how many draws the share rests on.
    """
    chance = chance_of(min(max(exceeded, 0.0), 1.0), count, [])
    published = harm.below is not None and harm.above is not None
    if published:
        chance = _published(harm, chance)
    threshold = "" if harm.threshold is None else str(harm.threshold)
    by_effect = bool(harm.effect)
    return Risk(harm.name, chance, harm.evidence, harm.source, threshold, published or by_effect, by_effect)


def _published(harm: Harm, exceeds: Interval) -> Interval:
    """Chance of a toxicity from the published frequencies on both sides of a threshold, with their own uncertainty."""
    assert harm.below is not None
    assert harm.above is not None
    rng = np.random.default_rng(_BETA_DRAWS)
    below, above = (rng.beta(events + 0.5, of - events + 0.5, _BETA_DRAWS) for events, of in (harm.below, harm.above))
    share = exceeds.value
    draws = below + share * (above - below)
    rates = [events / of for events, of in (harm.below, harm.above)]
    return Interval(rates[0] + share * (rates[1] - rates[0]), *(float(x) for x in np.percentile(draws, [5, 95])))


def excess(harm: Harm, exceeded: float) -> float:
    """Harm a regimen adds to what is seen at low exposure; only a published relation counts against the benefit."""
    if harm.effect:
        return harm.weight * exceeded
    return harm.weight * max(0.0, exceeded * harm.gap)
