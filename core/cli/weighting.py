"""`learn weigh`: would a classifier of patients weight a drug's models better than counting each the same?"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core import session
from core.cli.answer import Answer, Console
from core.cli.arguments import add_output
from core.errors import InputError
from core.learn.recipe import recipe_kind
from core.learn.weighting import PLAIN, figures, make_weighting_table, weigh_by
from core.learn.weighting_recipe import read_weighting_recipe


def add_weighting(kinds: Any) -> None:
    """Register `learn weigh`."""
    weighing = kinds.add_parser("weigh", help="judge a classifier that weights models against plain averaging")
    weighing.add_argument("recipe", metavar="RECIPE", help="a recipe of the kind `weighting` (*.yaml)")
    add_output(weighing)
    weighing.set_defaults(run=run_weigh)


def run_weigh(args: argparse.Namespace, console: Console) -> Answer:
    """Draw virtual patients of each model in turn and judge every way of weighting the others.

    Raises:
        InputError: a recipe of another kind, or a model that is unknown.
    """
    path = Path(args.recipe)
    if recipe_kind(path) != "weighting":
        raise InputError("RECIPE", "recipe_not_of_weighting")
    recipe = read_weighting_recipe(path)
    models = [session.library().model(name) for name in recipe.patients.models]
    task = console.task()
    found = weigh_by(make_weighting_table(recipe, models, task), recipe, task)
    text = console.wording.text
    lines = [text("weighting_judged_on", {"count": found["n"], "models": found["models"]})]
    for way, said in found["ways"].items():
        line = "weighting_base" if way == PLAIN else "weighting_way"
        lines.append(text(line, {"way": text(f"weighting_{way}"), **figures(said)}))
    best = found["better"]
    verdict = text("weighting_better", {"ways": ", ".join(text(f"weighting_{way}") for way in best)})
    lines.append(verdict if best else text("weighting_not_better"))
    return Answer({"recipe": recipe.id, "seed": recipe.seed, **found}, lines)
