"""The learners a recipe may name, and their passage to ONNX; scikit-learn is only needed here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError
from core.learn.recipe import Candidate

Array = NDArray[np.float64]

OPSETS = {"": 17, "ai.onnx.ml": 3}


def build_learner(candidate: Candidate, seed: int) -> Any:
    """An unfitted scikit-learn regressor of the logarithm of the daily dose.

    Raises:
        ModelError: unknown learner or setting.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor, VotingRegressor
    from sklearn.linear_model import Ridge
    from sklearn.neural_network import MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    get = _Settings(candidate)
    match candidate.name:
        case "linear":
            learner = make_pipeline(StandardScaler(), Ridge(alpha=get["alpha"]))
        case "random_forest":
            learner = RandomForestRegressor(
                n_estimators=int(get["trees"]), min_samples_leaf=int(get["leaf"]), max_features=0.5, random_state=seed
            )
        case "gradient_boosting":
            learner = HistGradientBoostingRegressor(**_boosting(get, seed))
        case "neural_network":
            network = MLPRegressor(
                hidden_layer_sizes=(int(get["first"]), int(get["second"])),
                alpha=get["decay"],
                learning_rate_init=0.002,
                max_iter=int(get["rounds"]),
                n_iter_no_change=25,
                tol=1e-5,
                random_state=seed,
            )
            learner = make_pipeline(StandardScaler(), network)
        case "average":
            members = [(name, build_learner(member, seed)) for name, member in _members(candidate)]
            learner = VotingRegressor(members)
        case _:
            raise ModelError(f"unknown learner {candidate.name}")
    return learner


def _members(candidate: Candidate) -> list[tuple[str, Candidate]]:
    """The learners an average is made of; their settings are written `learner_setting`."""
    names = ("linear", "random_forest", "gradient_boosting", "neural_network")
    own = {
        name: {key.removeprefix(f"{name}_"): value for key, value in candidate.settings.items() if key.startswith(name)}
        for name in names
    }
    return [(name, Candidate(name, settings)) for name, settings in own.items() if settings]


class _Settings:
    def __init__(self, candidate: Candidate) -> None:
        self._candidate = candidate

    def __getitem__(self, name: str) -> float:
        if name not in self._candidate.settings:
            raise ModelError(f"the learner {self._candidate.name} needs the setting {name}")
        return self._candidate.settings[name]


def _boosting(get: _Settings, seed: int) -> dict[str, Any]:
    """Arguments of gradient boosting, whether it regresses or classifies."""
    return {
        "max_iter": int(get["trees"]),
        "max_leaf_nodes": int(get["leaves"]),
        "learning_rate": get["rate"],
        "min_samples_leaf": int(get["leaf"]),
        "early_stopping": False,
        "random_state": seed,
    }


def fit(candidate: Candidate, features: Array, log_daily: Array, seed: int) -> Any:
    """Fit a learner to rows (N, F) and logarithms of the daily dose (N,)."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    learner = build_learner(candidate, seed)
    with warnings.catch_warnings(), threadpool_limits(1):  # one thread: sums in the same order, the same learner
        warnings.simplefilter("ignore", ConvergenceWarning)  # judged by its errors on other patients, not by its loss
        learner.fit(features, log_daily)
    return learner


def classify(
    candidate: Candidate, features: Array, classes: NDArray[np.int64], seed: int
) -> Callable[[Array, int], Array]:
    """Fit a classifier to rows (N, F) and their classes (N,).

    Returns:
        A function of rows (K, F) and the number of classes C: the chance (K, C) of each, 0 for one it never saw.

    Raises:
        ModelError: unknown classifier or setting.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    get = _Settings(candidate)
    match candidate.name:
        case "logistic":
            learner = make_pipeline(StandardScaler(), LogisticRegression(C=get["inverse_penalty"], max_iter=2000))
        case "random_forest":
            learner = RandomForestClassifier(int(get["trees"]), min_samples_leaf=int(get["leaf"]), random_state=seed)
        case "gradient_boosting":
            learner = HistGradientBoostingClassifier(**_boosting(get, seed))
        case _:
            raise ModelError(f"unknown classifier {candidate.name}")
    with threadpool_limits(1):
        learner.fit(features, classes)

    def chances(rows: Array, count: int) -> Array:
        found = np.zeros((len(rows), count))
        found[:, learner.classes_] = learner.predict_proba(rows)
        return found

    return chances


def to_onnx(learner: Any, columns: int) -> bytes:
    """Write a fitted learner as ONNX of single precision: the trees of double precision do not load in the runtime."""
    from skl2onnx import to_onnx as convert

    model = convert(learner, np.zeros((1, columns), dtype=np.float32), target_opset=OPSETS)
    return bytes(model.SerializeToString())


def versions() -> Mapping[str, str]:
    """Versions of what trained and converted, for the card."""
    from importlib.metadata import version

    return {name: version(name) for name in ("numpy", "scikit-learn", "skl2onnx", "onnx", "onnxruntime")}
