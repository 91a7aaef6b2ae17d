"""Heights and weights that go together, by sex and age, from `resources/physiology/body_sizes.yaml`."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.clinic.patient import Sex
from core.clinic.strict_yaml import Entry, read_strict_yaml
from core.errors import ModelError, OutOfDomain

Array = NDArray[np.float64]
_COLUMNS = 7
_WIDEST = 2.3  # standard scores of body-mass index; the outer 2 % stand at the ends, where a child's still has a root
_YOUNGEST, _OLDEST = 2.0, 85.0  # year, of the people behind the table


@dataclass(frozen=True, eq=False)
class BodySizes:
    """One population: for each sex rows of age, height (mean, sd), BMI (median, spread, power) and correlation."""

    rows: Mapping[Sex, Array]  # (ages, 7)

    def draw(self, sex: Sex, ages: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        """Draw one person for each age.

        Args:
            sex: of all of them.
            ages: year, (N,).
            rng: source of the draws.

        Returns:
            Heights (cm) and weights (kg), each (N,).

        Raises:
            OutOfDomain: an age the table's people did not have.
        """
        outside = (ages < _YOUNGEST) | (ages >= _OLDEST) | ~np.isfinite(ages)
        if outside.any():
            worst = f"{ages[outside][0]:g} year"
            raise OutOfDomain("age", worst, f"{_YOUNGEST:g} year", f"{_OLDEST:g} year")
        table = self.rows[sex]
        mean, sd, median, spread, power, together = (
            np.interp(ages, table[:, 0], table[:, column]) for column in range(1, _COLUMNS)
        )
        first, second = rng.standard_normal((2, len(ages)))
        score = np.clip(together * first + np.sqrt(1.0 - together**2) * second, -_WIDEST, _WIDEST)
        height = mean + sd * first
        curved = np.where(np.abs(power) < 1e-6, 1.0, power)  # its limit at 0 is the lognormal
        raised = np.power(1.0 + curved * spread * score, 1.0 / curved)
        mass_index = median * np.where(np.abs(power) < 1e-6, np.exp(spread * score), raised)
        return height, mass_index * (height / 100.0) ** 2


@functools.cache
def body_sizes(name: str) -> BodySizes:
    """The table of a population.

    Raises:
        ModelError: no such population.
        DrugFileError: the file cannot be read.
    """
    root = read_strict_yaml(Path(str(resources.files("resources") / "physiology" / "body_sizes.yaml")))
    known = [key for key in root.fields if key not in ("schema", "source")]
    if name not in known:
        raise ModelError(f"no body sizes of {name}; known: {', '.join(known)}")
    return BodySizes({sex: _rows(root[name][sex.value]) for sex in Sex})


def _rows(entry: Entry) -> Array:
    rows = np.array([[cell.number() for cell in row.items] for row in entry.items])
    if rows.ndim != 2 or rows.shape[1] != _COLUMNS or (np.diff(rows[:, 0]) <= 0).any():
        raise entry.error("rows of seven numbers with rising ages are needed")
    return rows
