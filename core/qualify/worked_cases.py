"""The worked cases, from file to recommendation, against what was recorded when the program was released."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from core import session
from core.clinic.case_file import load_case
from core.drugs.library import resources_folder
from core.qualify.checks import Check

_TOLERANCE = 1e-6  # another processor may round the last digits of a sum differently


def example_cases() -> tuple[Path, ...]:
    """The worked cases that come with the program."""
    return tuple(sorted((resources_folder() / "examples").glob("*.case.json")))


def results_of(path: Path) -> dict[str, float | str]:
    """Run one case through the whole workflow and name the numbers that matter."""
    case = load_case(path)
    individualisation = session.individualise(case)
    advice = session.recommend(case, individualisation)
    found: dict[str, float | str] = {"inputs": session.inputs_hash(case), "outcome": advice.outcome.value}
    for posterior in individualisation.posteriors:
        found[f"{posterior.model_id} status"] = posterior.status.value
        found[f"{posterior.model_id} objective"] = posterior.objective
        for name, eta in zip(posterior.bound.model.etas, posterior.eta, strict=True):
            found[f"{posterior.model_id} eta {name}"] = float(eta)
    for rank, option in enumerate(advice.options[:3], start=1):
        regimen = option.regimen
        doses = " / ".join(f"{amount:g}" for amount in regimen.amounts)
        found[f"option {rank}"] = f"{doses} mg every {regimen.every:g} h from {regimen.first_dose:g} h"
        found[f"option {rank} within target"] = option.attainment.value
        found[f"option {rank} area of a day"] = option.exposure["auc24"].value
    opinion = advice.second_opinion
    if opinion is not None:
        # The predictor computes in single precision; three digits are the same on every processor.
        found["second opinion"] = opinion.abstains or f"{opinion.daily:.3g} mg per day"
    return found


def expectations_file() -> Path:
    """Where the recorded results are."""
    return resources_folder() / "qualification" / "worked_cases.json"


def check_worked_cases() -> tuple[Check, ...]:
    """Compare each worked case with its record; a number that is missing on either side fails."""
    recorded = json.loads(expectations_file().read_text(encoding="utf-8"))
    checks = []
    for path in example_cases():
        name = path.name.removesuffix(".case.json")
        checks += _compare(name, recorded.get(name, {}), results_of(path))
    return tuple(checks)


def _compare(name: str, expected: Mapping[str, float | str], found: Mapping[str, float | str]) -> list[Check]:
    keys = list(dict.fromkeys([*expected, *found]))
    return [
        Check(f"{name}: {key}", expected.get(key, "nothing recorded"), found.get(key, "nothing found"), _TOLERANCE)
        for key in keys
    ]


def record_worked_cases() -> str:
    """The record of the present results, as JSON; written to `expectations_file` only on purpose, and reviewed."""
    results = {path.name.removesuffix(".case.json"): results_of(path) for path in example_cases()}
    return json.dumps(results, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
