"""One parameter of a population model: typical value, covariate relations, and how it varies between patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.drugs.covariates import DOSE
from core.drugs.relations import Relation, Value, added, multiplied
from core.errors import ModelError
from core.pk.parameters import PART_UNITS

Array = NDArray[np.float64]

_ROUNDING = 1e-12


class EtaKind(StrEnum):
    """How an eta e varies a parameter P; s is the scale, l the Box-Cox shape."""

    LOG_NORMAL = "log_normal"  # P exp(s e)
    ADDITIVE = "additive"  # P + s e, in the parameter's unit
    LOGIT = "logit"  # P between 0 and 1: logit P + s e
    BOX_COX = "box_cox"  # P exp((exp(l e) - 1)/l)
    LOGIT_BOX_COX = "logit_box_cox"  # logit P + (exp(l e) - 1)/l


@dataclass(frozen=True)
class Spread:
    """How a parameter varies between patients; several parameters may share an eta."""

    eta: str
    kind: EtaKind = EtaKind.LOG_NORMAL
    scale: float = 1.0
    shape: float = 0.0

    def varied(self, typical: float | Array, eta: Array) -> Array:
        """Individual values (B,) for etas (B,)."""
        match self.kind:
            case EtaKind.LOG_NORMAL:
                return np.asarray(typical * np.exp(self.scale * eta))
            case EtaKind.ADDITIVE:
                return np.asarray(typical + self.scale * eta)
            case EtaKind.LOGIT:
                return _expit(_logit(typical) + self.scale * eta)
            case EtaKind.BOX_COX:
                return np.asarray(typical * np.exp(self._box_cox(eta)))
            case EtaKind.LOGIT_BOX_COX:
                return _expit(_logit(typical) + self._box_cox(eta))

    def _box_cox(self, eta: Array) -> Array:
        return np.asarray(np.expm1(self.shape * eta) / self.shape)


def _logit(share: float | Array) -> Array:
    return np.asarray(np.log(share) - np.log1p(-np.asarray(share)))


def _expit(x: Array) -> Array:
    return np.asarray(1.0 / (1.0 + np.exp(-x)))


@dataclass(frozen=True)
class Parameter:
    """One parameter: its typical value in base units, its unit, what it depends on.

    With `sum_of` it is the sum of the individual values of other parameters, times what its relations give.
    """

    name: str
    typical: float
    unit: str
    relations: tuple[Relation, ...] = ()
    spread: Spread | None = None
    sum_of: tuple[str, ...] = ()

    @property
    def reads(self) -> tuple[str, ...]:
        """Covariates read before a dose is known."""
        names = [name for relation in self.relations if relation.by != DOSE for name in relation.reads]
        return tuple(dict.fromkeys(names))

    @property
    def depends_on_dose(self) -> bool:
        """Whether the size of a dose changes the parameter, which then does not scale with it."""
        return any(relation.by == DOSE for relation in self.relations)

    def value(self, covariates: Mapping[str, Value]) -> float:
        """Typical value for these covariates: what adds, then what multiplies; of a sum only the factor.

        Raises:
            ModelError: a relation becomes zero or negative, or what is taken off leaves nothing of the typical value;
                nothing may be left only of a part of a sum.
        """
        acting = [relation for relation in self.relations if relation.by != DOSE and relation.acts(covariates)]
        value = 1.0 if self.sum_of else self.typical
        summands = [added(relation, covariates[relation.by]) for relation in acting]
        value += sum(summands)
        if any(summands):
            rounding = _ROUNDING * self.typical
            value = 0.0 if abs(value) <= rounding else value
            if value < 0.0 or (value == 0.0 and self.name not in PART_UNITS):
                raise ModelError(f"the covariates make {self.name} {value:g} {self.unit}")
        for relation in acting:
            value *= multiplied(relation, covariates[relation.by])
        return value

    def factor_of_dose(self, milligrams: float) -> float:
        """What the size of a dose multiplies the parameter by."""
        factor = 1.0
        for relation in self.relations:
            if relation.by == DOSE and relation.acts({DOSE: milligrams}):
                factor *= multiplied(relation, milligrams)
        return factor


def individual(
    parameters: Sequence[Parameter], typical: Mapping[str, float], etas: Sequence[str], eta: Array
) -> dict[str, Array]:
    """Individual values (B,) of every parameter, from typical values (or factors of sums) and etas (B, n)."""
    columns = {name: eta[:, index] for index, name in enumerate(etas)}
    values: dict[str, Array] = {}
    for parameter in sorted(parameters, key=lambda item: bool(item.sum_of)):
        base: float | Array = typical[parameter.name]
        if parameter.sum_of:
            base = np.sum([values[part] for part in parameter.sum_of], axis=0) * base
        spread = parameter.spread
        if spread is None or spread.eta not in columns:  # an eta the model leaves out does not vary
            values[parameter.name] = np.broadcast_to(np.asarray(base, dtype=float), (len(eta),))
        else:
            values[parameter.name] = spread.varied(base, columns[spread.eta])
    return values
