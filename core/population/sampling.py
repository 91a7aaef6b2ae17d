"""Draws of the etas of a population."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.drugs.model import DrugModel

Array = NDArray[np.float64]


def sample_etas(model: DrugModel, n: int, rng: np.random.Generator) -> Array:
    """Draw n rows of etas (n, n_eta) from the model's between-subject distribution."""
    if not len(model.etas):
        return np.zeros((n, 0))
    return np.asarray(rng.standard_normal((n, len(model.etas))) @ np.linalg.cholesky(model.omega).T)
