"""A population model with other population numbers: moved typical values, another omega, a scaled residual error."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.drugs.model import Residual
from core.drugs.parameter import EtaKind, Parameter
from core.drugs.population_model import PopulationModel
from core.drugs.relations import Form, Relation
from core.errors import ModelError

Array = NDArray[np.float64]


def movable(model: PopulationModel) -> NDArray[np.bool_]:
    """Which etas (n,) have a typical value that can be moved by a shift of the eta.

    A parameter that is a sum, that has a covariate which adds to it, or whose eta is skewed (Box-Cox) stays where the
    paper put it: there a shift of the eta is no other typical value.
    """
    fixed = {
        parameter.spread.eta for parameter in model.parameters if parameter.spread is not None and not _moves(parameter)
    }
    return np.array([name not in fixed for name in model.etas], dtype=bool)


def recentred(
    model: PopulationModel, shift: Array, omega: Array, residual_factor: float, file_hash: str
) -> PopulationModel:
    """Give the model whose etas are counted from `shift`.

    Args:
        model: what was published.
        shift: by how much the centre of each eta moves, (n,); 0 where `movable` says no.
        omega: covariance of the etas about the new centre, (n, n).
        residual_factor: what every part of the residual error's standard deviation is multiplied by.
        file_hash: of what the numbers come from.

    Raises:
        ModelError: a shift that cannot become a typical value, or an omega that is not positive definite.
    """
    if (shift[~movable(model)] != 0.0).any():
        raise ModelError("a shift of this eta is no other typical value")
    if len(omega) and np.linalg.eigvalsh(omega)[0] <= 0:
        raise ModelError("omega is not positive definite")
    moved = dict(zip(model.etas, shift.tolist(), strict=True))
    parameters = tuple(
        parameter
        if parameter.spread is None
        else replace(parameter, typical=_moved(parameter, moved[parameter.spread.eta]))
        for parameter in model.parameters
    )
    return replace(
        model,
        parameters=parameters,
        omega=omega,
        residual=scaled(model.residual, residual_factor),
        file_hash=file_hash,
    )


def scaled(residual: Residual, factor: float) -> Residual:
    """A residual error with every standard deviation times a factor."""
    return replace(
        residual,
        proportional=residual.proportional * factor,
        additive=residual.additive * factor,
        log_additive=None if residual.log_additive is None else residual.log_additive * factor,
    )


def _moves(parameter: Parameter) -> bool:
    assert parameter.spread is not None
    if parameter.sum_of:
        return False
    if parameter.spread.kind is EtaKind.LOG_NORMAL:
        return not any(_adds(relation) for relation in parameter.relations)
    return parameter.spread.kind in (EtaKind.ADDITIVE, EtaKind.LOGIT) and not parameter.relations


def _adds(relation: Relation) -> bool:
    return relation.form in (Form.ADDITIVE, Form.SHIFT) or relation.scaled_by_centre


def _moved(parameter: Parameter, shift: float) -> float:
    spread = parameter.spread
    assert spread is not None
    if shift == 0.0:
        return parameter.typical
    step = spread.scale * shift
    if spread.kind is EtaKind.ADDITIVE:
        return parameter.typical + step
    if spread.kind is EtaKind.LOGIT:
        odds = math.log(parameter.typical / (1.0 - parameter.typical)) + step
        return 1.0 / (1.0 + math.exp(-odds))
    return parameter.typical * math.exp(step)
