"""Do the mechanistic models still say what they said when the predictor learned from them?

Not their files' hashes: a reworded source must not silence a predictor, and a changed number must.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.advise.recommendation import Regimen
from core.clinic.case import Case
from core.clinic.case_file import read_case, write_case
from core.drugs.model import DrugModel
from core.errors import InputError
from core.learn.virtual_course import usual_course

Array = NDArray[np.float64]

CASES = 6
_TOLERANCE = 1e-3  # relative
_TIMES = np.array([1.5, 11.0, 23.5, 47.0, 71.0])  # h after the first dose


def probe_case(case: Case) -> str:
    """A case as a card keeps it: covariates and other drugs only."""
    return write_case(replace(case, doses=(), levels=(), models=(), co_medication=case.co_medication))


def probe(model: DrugModel, cases: Sequence[str]) -> tuple[float, ...]:
    """What a model says of some patients: typical and unusual concentrations after usual doses, then its constants.

    A patient the model refuses counts as -1.

    Args:
        model: the model.
        cases: case files' texts.
    """
    found: list[float] = []
    for text in cases:
        found += _concentrations(model, read_case(text))
    residual = model.residual.variance(np.array([1.0, 10.0]))
    limits = (model.limits.single, model.limits.daily)
    harms = [harm.limit for harm in model.harms]
    rates = [count for harm in model.harms for pair in (harm.below, harm.above) if pair is not None for count in pair]
    numbers = [*np.diag(model.omega), *residual, model.judged_after, *limits, *harms, *rates]
    return (*found, *(float(number) for number in numbers))


def _concentrations(model: DrugModel, case: Case) -> list[float]:
    count = len(model.etas)
    eta = np.concatenate([np.zeros((1, count)), np.diag(np.sqrt(np.diag(model.omega)))])
    form = model.given_as[0]
    course = usual_course(model, form.every[0])
    doses = Regimen(form.doses[-1], course.every, course.route, course.duration).doses(float(_TIMES[-1]))
    try:
        values = model.bind(case).concentrations(eta, doses, _TIMES)
    except InputError:
        values = np.full((count + 1, len(_TIMES)), -1.0)
    return [float(f"{value:.4g}") for value in values.ravel()]


def unchanged(model: DrugModel, cases: Sequence[str], said: Mapping[str, Sequence[float]]) -> bool:
    """Whether a model still says what it said, within a thousandth."""
    return model.id in said and _compare(model.id, model.file_hash, _Asked(model), tuple(cases), tuple(said[model.id]))


class _Asked:
    """A model that does not take part in the key of the cache; id and hash of its file do."""

    def __init__(self, model: DrugModel) -> None:
        self.model = model

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asked)

    def __hash__(self) -> int:
        return 0


@functools.lru_cache(maxsize=64)
def _compare(_id: str, _hash: str, asked: _Asked, cases: tuple[str, ...], said: tuple[float, ...]) -> bool:
    now = probe(asked.model, cases)
    return len(now) == len(said) and bool(np.allclose(now, said, rtol=_TOLERANCE, atol=1e-9))
