"""Measured concentrations, and outcomes seen later."""

from __future__ import annotations

from dataclasses import dataclass

from core.units import Quantity


@dataclass(frozen=True)
class Level:
    """A measured concentration; a level at a dose time was drawn before the dose."""

    time: float  # hours after the start of the case
    value: Quantity
    analyte: str = ""
    below_limit: bool = False  # the laboratory reported "< value"
    use: bool = True
    reason: str = ""  # why it is not used

    def mg_per_l(self, molar_mass: float | None) -> float:
        """Concentration (or the limit it lies below) in mg/L.

        Args:
            molar_mass: g/mol of the analyte, to read nmol/L.

        Raises:
            InputError: the unit is no concentration, or is molar and no molar mass is known.
        """
        return self.value.to("mg/L", molar_mass)


@dataclass(frozen=True)
class Outcome:
    """What happened to the patient: response, toxicity grade, a laboratory value."""

    time: float
    kind: str  # "response" | "toxicity" | "laboratory"
    name: str
    grade: int | None = None
    value: str = ""


@dataclass(frozen=True)
class CoMedication:
    """Another drug and the time it is taken, hours after the start of the case; `until` None: still taken."""

    drug: str
    start: float
    until: float | None = None
    amount: Quantity | None = None
    every: Quantity | None = None
