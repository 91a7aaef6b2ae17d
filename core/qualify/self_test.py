"""What an installed program proves of itself before it is used."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from core.drugs.check import check_file
from core.drugs.library import library_files, resources_folder
from core.engine.schedule import Input, Segment
from core.engine.solve import simulate
from core.errors import CoreError
from core.learn.optimum import normal_points
from core.pk.structures import CENTRAL, structure_of
from core.qualify.checks import Check
from core.qualify.worked_cases import check_worked_cases
from core.units import parse_typed_number


def self_test() -> tuple[Check, ...]:
    """Number parser, solver against a closed form, quasi-random numbers, every drug file, fonts, and the worked cases.

    A part that breaks is a failed check, never an exception.
    """
    parts: tuple[Callable[[], tuple[Check, ...]], ...] = (
        _numbers,
        _closed_form,
        _quasi_random,
        _drug_files,
        _fonts,
        check_worked_cases,
    )
    checks: list[Check] = []
    for part in parts:
        try:
            checks += part()
        except Exception as fault:
            checks.append(Check(part.__name__, "runs", f"{type(fault).__name__}: {fault}"))
    return tuple(checks)


def _numbers() -> tuple[Check, ...]:
    def read(text: str) -> str:
        try:
            return f"{parse_typed_number(text):g}"
        except CoreError:
            return "refused"

    table = {"1.5": "1.5", "1,5": "1.5", "1,500": "refused", ".5": "refused", "1e3": "refused", "-5": "refused"}
    return tuple(Check(f"typed number {text}", expected, read(text)) for text, expected in table.items())


def _closed_form() -> tuple[Check, ...]:
    """An infusion into one compartment against its textbook solution."""
    structure = structure_of("one_compartment_iv")
    clearance, volume, dose, hours, time = 4.0, 40.0, 1000.0, 1.0, 6.0
    rates = structure.rates({"clearance": np.array([clearance]), "volume": np.array([volume])})
    inputs = [Input(0.0, dose, CENTRAL, duration=hours)]
    found = simulate(structure.graph, [Segment(0.0, rates)], inputs, np.array([time]), states=(CENTRAL,)).amounts
    k = clearance / volume
    expected = dose / hours / k * (1 - math.exp(-k * hours)) * math.exp(-k * (time - hours))
    return (Check("infusion, one compartment", expected, float(found[0, 0, 0]), 1e-12),)


def _quasi_random() -> tuple[Check, ...]:
    """Each half, quarter and eighth of the normal distribution holds as many of the points as it should."""
    from scipy.stats import norm

    points = norm.cdf(normal_points(64, 4, 1))
    even = all((np.bincount((column * 8).astype(int), minlength=8) == 8).all() for column in points.T)
    return (Check("quasi-random numbers", "even", "even" if even else "uneven"),)


def _drug_files() -> tuple[Check, ...]:
    results = [check_file(path) for path in library_files()]
    return tuple(Check(f"drug file {item.path.stem}", "no problem", _first(item.problems)) for item in results)


def _first(problems: tuple[str, ...]) -> str:
    return problems[0] if problems else "no problem"


def _fonts() -> tuple[Check, ...]:
    found = sorted(path.suffix for path in (resources_folder() / "fonts").glob("*.ttf"))
    return (Check("bundled fonts", "present", "present" if found else "missing"),)
