"""How a predictor of the exposure is trained: read from a recipe of the kind `exposure`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from core.clinic.strict_yaml import Entry, read_strict_yaml
from core.learn.recipe import Candidate, Recipe, read_candidates, read_recipe, whole_number


@dataclass(frozen=True)
class ExposureRecipe:
    """A predictor of the area under the last 24 h, trained on virtual patients."""

    id: str
    patients: Recipe  # whose virtual patients, courses and features; models, levels and seed are this recipe's
    external: str  # a model nobody learned from
    bias: float  # largest mean relative error, as a share
    rrmse: float  # largest root mean squared relative error
    split: Mapping[str, int]  # train, calibrate, test, external
    candidates: tuple[Candidate, ...]
    coverage: float
    inside: float
    seed: int
    file_hash: str


def read_exposure_recipe(path: Path) -> ExposureRecipe:
    """Read a recipe of the kind `exposure`.

    Raises:
        DrugFileError: with file and line.
    """
    root = read_strict_yaml(path)
    root.only(
        "schema", "kind", "id", "patients", "models", "external", "levels", "peak", "bars", "split", "candidates",
        "coverage", "inside", "seed",
    )  # fmt: skip
    split, bars = root["split"], root["bars"]
    split.only("train", "calibrate", "test", "external")
    bars.only("bias", "rrmse")
    seed = whole_number(root["seed"])
    base = read_recipe(path.parent / root["patients"].text)
    levels = {int(name): item.number() for name, item in root["levels"].fields.items()}
    if min(levels) < 1:
        raise root["levels"].error("at least one level is needed")
    peak = root.get("peak")
    if peak is not None and tuple(levels) != (2,):
        raise peak.error("a peak has a trough beside it: 'levels' must be {\"2\": 1}")
    course = replace(base.course, levels=levels, peak=None if peak is None else _span(peak))
    models = tuple(item.text for item in root["models"].items)
    if root["external"].text in models:
        raise root["external"].error("must not be one of the models learned from")
    digest = hashlib.sha256(path.read_bytes() + base.file_hash.encode()).hexdigest()
    return ExposureRecipe(
        id=root["id"].text,
        patients=replace(base, models=models, course=course, seed=seed),
        external=root["external"].text,
        bias=bars["bias"].number(),
        rrmse=bars["rrmse"].number(),
        split={name: whole_number(split[name]) for name in ("train", "calibrate", "test", "external")},
        candidates=read_candidates(root["candidates"]),
        coverage=root["coverage"].number(),
        inside=root["inside"].number(),
        seed=seed,
        file_hash=digest,
    )


def _span(entry: Entry) -> tuple[float, float]:
    """Two times in h, the later one second."""
    ends = [item.quantity("h") for item in entry.items]
    if len(ends) != 2 or not 0.0 <= ends[0] < ends[1]:
        raise entry.error("two times are wanted, the later one second")
    return ends[0], ends[1]
