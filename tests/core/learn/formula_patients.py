"""A small recipe, and patients whose best dose follows a formula."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.drugs.library import resources_folder
from core.drugs.model import DrugModel
from core.learn.dataset import Table, intervals, menu
from core.learn.outlook import OUTLOOK
from core.learn.recipe import Recipe, read_recipe

RECIPES = resources_folder() / "recipes"
SMALL = {
    r"points: \d+": "points: 32",
    r"split: .*": "split: {train: 700, calibrate: 2400, test: 300, verify: 2}",
    r"trees: 400": "trees: 60",
    r"trees: 100": "trees: 20",
    r"trees: 700, leaves: 48": "trees: 15, leaves: 12",
    r"first: 64, second: 32": "first: 8, second: 4",
    r"rounds: 400": "rounds: 40",
}


def small_recipe(folder: Path, **changes: str) -> Recipe:
    text = (RECIPES / "vancomycin.yaml").read_text("utf-8")
    for pattern, put in {**SMALL, **changes}.items():
        text, count = re.subn(pattern, put, text)
        assert count == 1, pattern
    path = folder / "small.yaml"
    path.write_text(text, "utf-8")
    return read_recipe(path)


def patients(recipe: Recipe, model: DrugModel, count: int, seed: int) -> Table:
    """Patients whose best dose follows a formula; the true need scatters around it, less so with levels."""
    rng = np.random.default_rng(seed)
    columns = {name: np.zeros(count) for name in recipe.features}
    columns["age"] = rng.uniform(20, 90, count)
    columns["female"] = rng.integers(0, 2, count)
    columns["weight"] = rng.uniform(45, 120, count)
    columns["height"] = rng.uniform(150, 195, count)
    columns["creatinine_clearance"] = rng.uniform(20, 140, count)
    columns["dialysis"] = rng.integers(0, 2, count)
    columns["levels_known"] = np.arange(count) % 3
    known = columns["levels_known"] > 0
    columns["last_log_ratio"] = known * rng.normal(0, 0.4, count)
    columns["last_log_typical"] = known * rng.normal(2.5, 0.4, count)
    features = np.stack([columns[name] for name in recipe.features], axis=1).astype(np.float32).astype(float)
    best = 1500 * (columns["creatinine_clearance"] / 80) ** 0.7 * np.exp(-0.6 * columns["last_log_ratio"])
    best = np.clip(best, 200, 3800)
    need = np.minimum(best * np.exp(np.where(known, 0.15, 0.35) * rng.standard_normal(count)), 4000)
    doses = np.array([regimen.amount * 24 / regimen.every for regimen in menu(model)])
    utility = np.exp(-0.5 * (np.log(doses[None] / best[:, None]) / 0.4) ** 2)
    utility[:, doses > 4000] = np.nan
    at_each = np.repeat(best[:, None], len(intervals(model)), axis=1)
    limit, points = np.full(count, 4000.0), np.full(count, 32.0)
    ahead = np.zeros((*utility.shape, len(OUTLOOK)))  # nothing is expected: the formula is learned from the features
    return Table(np.arange(count), features, best, need, limit, points, at_each, utility, ahead)


def only(recipe: Recipe, *names: str) -> Recipe:
    return replace(recipe, candidates=tuple(item for item in recipe.candidates if item.name in names))
