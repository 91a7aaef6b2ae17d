"""What the laboratory measures, from the concentration in the central compartment."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Measured(StrEnum):
    """What is measured when the central compartment holds the concentration C."""

    CENTRAL = "central"  # C itself
    TOTAL = "total_of_unbound"  # C (1 + binding_ratio)
    WHOLE_BLOOD = "whole_blood"  # C (1 + binding_capacity / (C + dissociation_constant)): saturable binding to cells

    @property
    def parameters(self) -> tuple[str, ...]:
        """Parameters the step needs."""
        return {
            Measured.CENTRAL: (),
            Measured.TOTAL: ("binding_ratio",),
            Measured.WHOLE_BLOOD: ("binding_capacity", "dissociation_constant"),
        }[self]

    @property
    def linear(self) -> bool:
        """Whether the measured concentration is proportional to the central one."""
        return self is not Measured.WHOLE_BLOOD

    def concentration(self, central: Array, values: Mapping[str, Array]) -> Array:
        """Measured concentration, mg/L, same shape as `central`; `values` broadcast to it."""
        match self:
            case Measured.CENTRAL:
                return central
            case Measured.TOTAL:
                return np.asarray(central * (1.0 + values["binding_ratio"]))
            case Measured.WHOLE_BLOOD:
                bound = values["binding_capacity"] / (central + values["dissociation_constant"])
                return np.asarray(central * (1.0 + bound))
