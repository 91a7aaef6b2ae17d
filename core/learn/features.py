"""What a predictor sees of a case: named numbers from covariates, doses given and the latest levels.

Every number is rounded to single precision, as ONNX trees compare in it: a threshold must fall the same way in training
and in use.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.advise.candidates import current_regimen
from core.clinic.case import Case
from core.clinic.patient import Ethnicity, Sex
from core.clinic.regimen import expand
from core.drugs.covariates import covariate_at
from core.drugs.model import BoundModel
from core.errors import InputError

Array = NDArray[np.float64]

MOST_LEVELS = 2  # the latest ones; earlier ones are left to the Bayesian fit
_LONGEST = 336.0  # h; whoever is treated for longer counts as treated for two weeks
_RECENT = 72.0  # h over which single doses are counted
_CYP2D6 = {"poor": 0.0, "intermediate": 0.5, "normal": 1.0, "ultrarapid": 2.0}  # activity, as in core.drugs.pbpk_model
_CHILD_PUGH = {"A": 1.0, "B": 2.0, "C": 3.0}
TAKING = "taking_"  # prefix of the features of other drugs


@dataclass(frozen=True)
class SeenLevel:
    """A level beside what the population models expect of a typical patient, mg/L."""

    time: float  # case time, h
    observed: float
    typical: float
    since_dose: float  # h


@dataclass(frozen=True)
class Sight:
    """All that features are made from."""

    case: Case
    levels: tuple[SeenLevel, ...]  # at most MOST_LEVELS, in order of time
    judged_after: float  # h; how far ahead another drug matters

    @property
    def now(self) -> float:
        """Case time of the next decision, h."""
        return self.case.now


@dataclass(frozen=True)
class FeatureKind:
    """A known feature: its unit and the group it is explained in (a message id)."""

    unit: str
    group: str
    value: Callable[[Sight], float]


def _number(name: str) -> Callable[[Sight], float]:
    def read(sight: Sight) -> float:
        value = covariate_at(sight.case, name, sight.now)
        if not isinstance(value, float):
            raise InputError(f"covariates.{name}", "predictor_feature_missing", covariate=name)
        return value

    return read


def _choice(name: str, codes: Mapping[str, float], absent: float) -> Callable[[Sight], float]:
    def read(sight: Sight) -> float:
        item = sight.case.covariate(name, sight.now)
        return absent if item is None else codes[str(item.value)]

    return read


def _yes(name: str) -> Callable[[Sight], float]:
    return _choice(name, {"no": 0.0, "yes": 1.0}, absent=0.0)


def _given_daily(sight: Sight) -> float:
    """Daily dose given last, mg: of the row of doses now running, else the mean of the last days; 0 before any dose."""
    running = current_regimen(sight.case)
    if running is not None:
        return running.per_day
    doses = expand(sight.case.given_doses)
    if not doses:
        return 0.0
    hours = min(_RECENT, max(sight.now - doses[0].time, 24.0))
    return 24.0 * sum(dose.milligrams for dose in doses if dose.time >= sight.now - hours - 1e-9) / hours


def _hours_treated(sight: Sight) -> float:
    doses = sight.case.given_doses
    if any(dose.steady_state for dose in doses):
        return _LONGEST
    return min(_LONGEST, sight.now - min(dose.time for dose in doses)) if doses else 0.0


def _latest(read: Callable[[SeenLevel], float], back: int) -> Callable[[Sight], float]:
    """A property of the latest level (0) or the one before it (1); 0 where there is none."""
    return lambda sight: read(sight.levels[-1 - back]) if len(sight.levels) > back else 0.0


def _log_ratio(level: SeenLevel) -> float:
    return math.log(level.observed / level.typical)


def _taking(drug: str) -> Callable[[Sight], float]:
    """Share of the judged time ahead during which another drug is taken."""

    def read(sight: Sight) -> float:
        start, stop = sight.now, sight.now + sight.judged_after
        shares = [
            max(0.0, min(stop, math.inf if item.until is None else item.until) - max(start, item.start))
            for item in sight.case.co_medication
            if item.drug == drug
        ]
        return min(1.0, sum(shares) / (stop - start))

    return read


_KINDS: dict[str, FeatureKind] = {
    "age": FeatureKind("year", "feature_age_and_sex", lambda sight: sight.case.age_at(sight.now)),
    "female": FeatureKind("1", "feature_age_and_sex", lambda sight: float(sight.case.patient.sex is Sex.FEMALE)),
    "east_asian": FeatureKind(
        "1", "feature_ancestry", lambda sight: float(sight.case.patient.ethnicity is Ethnicity.EAST_ASIAN)
    ),
    "weight": FeatureKind("kg", "feature_body_size", _number("weight")),
    "height": FeatureKind("cm", "feature_body_size", _number("height")),
    "creatinine_clearance": FeatureKind("mL/min", "feature_kidney", _number("creatinine_clearance")),
    "dialysis": FeatureKind("1", "feature_kidney", _yes("dialysis")),
    "icu": FeatureKind("1", "feature_intensive_care", _yes("icu")),
    "smoker": FeatureKind("1", "feature_habits", _yes("smoker")),
    "gist": FeatureKind("1", "feature_diagnosis", _yes("gist")),
    "ugt2b7_161_alleles": FeatureKind(
        "1", "feature_genes", _choice("ugt2b7_161_genotype", {"CC": 0.0, "CT": 1.0, "TT": 2.0}, 0.0)
    ),
    "ugt2b7_372_alleles": FeatureKind(
        "1", "feature_genes", _choice("ugt2b7_372_genotype", {"AA": 0.0, "AG": 1.0, "GG": 2.0}, 0.0)
    ),
    "child_pugh": FeatureKind("1", "feature_liver", _choice("child_pugh", _CHILD_PUGH, 0.0)),
    "cyp2d6_activity": FeatureKind("1", "feature_genes", _choice("cyp2d6_phenotype", _CYP2D6, 1.0)),
    "given_daily": FeatureKind("mg/day", "feature_doses_given", _given_daily),
    "hours_treated": FeatureKind("h", "feature_doses_given", _hours_treated),
    "levels_known": FeatureKind("1", "feature_levels", lambda sight: float(len(sight.levels))),
    "last_log_ratio": FeatureKind("1", "feature_levels", _latest(_log_ratio, 0)),
    "last_log_typical": FeatureKind("1", "feature_levels", _latest(lambda level: math.log(level.typical), 0)),
    "last_since_dose": FeatureKind("h", "feature_levels", _latest(lambda level: level.since_dose, 0)),
    "earlier_log_ratio": FeatureKind("1", "feature_levels", _latest(_log_ratio, 1)),
    "earlier_log_typical": FeatureKind("1", "feature_levels", _latest(lambda level: math.log(level.typical), 1)),
    "earlier_since_dose": FeatureKind("h", "feature_levels", _latest(lambda level: level.since_dose, 1)),
}
LEVELS_KNOWN = "levels_known"


def feature_kind(name: str) -> FeatureKind:
    """Look a feature up.

    Raises:
        InputError: the name is not known.
    """
    if name.startswith(TAKING):
        return FeatureKind("1", "feature_other_drugs", _taking(name.removeprefix(TAKING)))
    if name not in _KINDS:
        raise InputError("features", "predictor_feature_unknown", name=name)
    return _KINDS[name]


def see(case: Case, bounds: Sequence[BoundModel]) -> Sight:
    """Gather what features are made from; the latest levels are compared with the mean of the models' logarithms.

    Args:
        case: the patient.
        bounds: the models that hold the patient.

    Raises:
        InputError: one of the latest levels is only a limit, or a model expects nothing at its time.
    """
    latest = case.used_levels[-MOST_LEVELS:]
    judged_after = bounds[0].model.judged_after
    if not latest:
        return Sight(case, (), judged_after)
    if any(level.below_limit for level in latest):
        raise InputError("levels", "predictor_level_below_limit")
    times = np.array([level.time for level in latest])
    predicted = np.stack(
        [bound.concentrations(np.zeros((1, len(bound.model.etas))), case.given_doses, times)[0] for bound in bounds]
    )
    first = min((dose.time for dose in case.given_doses), default=math.inf)
    if (predicted <= 0).any() or times[0] <= first:
        raise InputError("levels", "predictor_level_before_dose")
    typical = np.exp(np.log(predicted).mean(axis=0))
    mass = bounds[0].model.drug.molar_mass
    seen = [
        SeenLevel(level.time, level.mg_per_l(mass), float(expected), _since_dose(case, level.time))
        for level, expected in zip(latest, typical, strict=True)
    ]
    return Sight(case, tuple(seen), judged_after)


def _since_dose(case: Case, time: float) -> float:
    return time - max(dose.time for dose in expand(case.given_doses) if dose.time < time)


def feature_row(names: Sequence[str], sight: Sight) -> Array:
    """The features (F,) of one patient, each a single-precision number held in double precision.

    Raises:
        InputError: a covariate that is needed was not entered, or a feature is not known.
    """
    return np.array([feature_kind(name).value(sight) for name in names], dtype=np.float32).astype(np.float64)
