"""A predictor tried on unseen virtual patients, against the mechanistic optimum and against one dose for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.advise.recommendation import Regimen
from core.drugs.model import DrugModel, off_label
from core.learn.choice import best_regimen
from core.learn.dataset import Table, known_levels, menu
from core.learn.metrics import covered, errors, errors_with_intervals, gain, subgroups
from core.learn.predictor import Predictor, nearest_regimen
from core.learn.recipe import Recipe

Array = NDArray[np.float64]

_CLOSE = 0.05  # a regimen whose utility is within this share of the best counts as good as the best


@dataclass(frozen=True, eq=False)
class Trial:
    """Predicted daily doses (N,) of the test patients and what they are worth."""

    predicted: Array
    best: Array
    report: Mapping[str, Any]

    def gain(self, comparator: Array, seed: int) -> dict[str, float]:
        """Smaller absolute error than the comparator's, mg per day, with its interval."""
        return gain(self.predicted, comparator, self.best, seed)


def try_out(recipe: Recipe, models: Sequence[DrugModel], predictor: Predictor, test: Table) -> Trial:
    """Judge a predictor on unseen patients: errors, interval coverage, utility of its regimens, domain, subgroups."""
    predicted = np.minimum(predictor.dose(test.features), test.limit)
    intervals = [predictor.interval(row, limit) for row, limit in zip(test.features, test.limit, strict=True)]
    ends = np.array([(interval.low, interval.high) for interval in intervals])
    places = np.array([choose(predictor, models[0], test, number) for number in range(len(test.best))])
    worth = close_to_best(test.utility, places)
    inside = np.array([predictor.outside(row) is None for row in test.features])
    report = {
        "dose": errors_with_intervals(predicted, test.best, recipe.seed),
        "true_need": errors(predicted, test.need),
        "interval": covered(test.need, ends[:, 0], ends[:, 1]),
        "utility_within_5_percent": float(worth.mean()),
        "utility_lost": lost(test.utility, places),
        "in_domain": float(inside.mean()),
        "subgroups": {
            name: {
                **{key: value for key, value in errors(predicted[chosen], test.best[chosen]).items() if key != "r2"},
                **covered(test.need[chosen], ends[chosen, 0], ends[chosen, 1]),
                "utility_within_5_percent": float(worth[chosen].mean()),
            }
            for name, chosen in subgroups(recipe.features, test.features).items()
        },
    }
    return Trial(predicted, test.best, report)


def choose(predictor: Predictor, model: DrugModel, test: Table, number: int) -> int:
    """Place in the menu of the regimen, given at once, nearest to the dose predicted for a patient of the table."""
    regimens = menu(model)
    at_once = np.array([regimen.first_dose == 0.0 for regimen in regimens])
    allowed = np.flatnonzero(np.isfinite(test.utility[number]) & at_once)
    daily = float(predictor.dose(test.features[number : number + 1])[0])
    given = [regimens[place] for place in allowed]
    equivalents = [predictor.equivalent(regimen) for regimen in given]
    return int(allowed[nearest_regimen(daily, given, equivalents, burdens(model, given))])


def choice_trial(recipe: Recipe, model: DrugModel, predictor: Predictor, test: Table) -> dict[str, Any]:
    """How good the regimens are that the graph for regimens chooses for unseen patients."""
    places = np.array(
        [
            choose_learned(predictor, model, row, known, ahead)
            for row, known, ahead in zip(test.features, test.utility, test.outlook, strict=True)
        ]
    )
    worth = close_to_best(test.utility, places)
    groups = known_levels(recipe, test.features)
    return {
        "utility_within_5_percent": float(worth.mean()),
        "utility_within_0.05": float(away_from_best(test.utility, places, 0.05).mean()),
        "utility_lost": lost(test.utility, places),
        "by_levels_known": {str(group): float(worth[groups == group].mean()) for group in np.unique(groups)},
    }


def choose_learned(predictor: Predictor, model: DrugModel, row: Array, utility: Array, ahead: Array) -> int:
    """Place in the menu of the regimen the predictor judges best among those allowed (finite in `utility`, (M,)).

    `ahead` (M, K) is what is expected of each.
    """
    regimens = menu(model)
    allowed = np.flatnonzero(np.isfinite(utility))
    given = [regimens[place] for place in allowed]
    return int(allowed[best_regimen(predictor.utilities(row, given, ahead[allowed]), given, burdens(model, given))])


def burdens(model: DrugModel, regimens: Sequence[Regimen]) -> list[tuple[bool, ...]]:
    """What speaks against each regimen apart from its dose: an interval the label does not know."""
    return [(off_label(model.given_as, one.route, one.every, one.amount) is not None,) for one in regimens]


def close_to_best(utility: Array, places: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the regimen at each patient's place is within 5 % of the best utility of all allowed, (N,)."""
    best = np.nanmax(utility, axis=1)
    own = utility[np.arange(len(utility)), places]
    return np.asarray(best - own <= _CLOSE * np.abs(best) + 1e-12)


def away_from_best(utility: Array, places: NDArray[np.int64], most: float) -> NDArray[np.bool_]:
    """Whether the regimen at each patient's place is within an absolute distance of the best utility, (N,)."""
    return np.asarray(np.nanmax(utility, axis=1) - utility[np.arange(len(utility)), places] <= most)


def lost(utility: Array, places: NDArray[np.int64]) -> dict[str, float]:
    """Utility less than the best one's: mean and 95th percentile."""
    away = np.nanmax(utility, axis=1) - utility[np.arange(len(utility)), places]
    return {"mean": float(away.mean()), "p95": float(np.percentile(away, 95))}


def comparator_trial(recipe: Recipe, models: Sequence[DrugModel], test: Table) -> dict[str, Any]:
    """One standard dose for everybody, within the label's limits: its errors and the utility of its regimen."""
    predicted = np.minimum(np.full(len(test.best), recipe.standard_daily), test.limit)
    regimens = menu(models[0])
    same = [
        place for place, item in enumerate(regimens) if item.every == recipe.reference_every and item.first_dose == 0.0
    ]
    places = []
    for number in range(len(test.best)):
        allowed = [place for place in same if np.isfinite(test.utility[number, place])]
        daily = [regimens[place].per_day for place in allowed]
        away = [abs(value - predicted[number]) for value in daily]
        places.append(allowed[int(np.argmin(away))])
    chosen = np.array(places)
    groups = known_levels(recipe, test.features)
    return {
        "predicted": predicted,
        "report": {
            "daily": recipe.standard_daily,
            "dose": errors_with_intervals(predicted, test.best, recipe.seed),
            "true_need": errors(predicted, test.need),
            "utility_within_5_percent": float(close_to_best(test.utility, chosen).mean()),
            "utility_lost": lost(test.utility, chosen),
            "by_levels_known": {
                str(group): errors(predicted[groups == group], test.best[groups == group])["mae"]
                for group in np.unique(groups)
            },
        },
    }
