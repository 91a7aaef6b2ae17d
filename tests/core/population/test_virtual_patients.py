from pathlib import Path

import numpy as np
import pytest

from core.clinic.patient import Sex
from core.clinic.strict_yaml import parse_strict_yaml, read_strict_yaml
from core.drugs.library import resources_folder
from core.errors import DrugFileError, ModelError
from core.learn.recipe import read_recipe
from core.population.virtual_patients import Shape, Spread, read_population, sample_patient

RECIPE = read_recipe(resources_folder() / "recipes" / "vancomycin.yaml")
POPULATION = RECIPE.population
TEXT = """
female: 0.5
age: {normal: [60 year, 18 year], between: [18 year, 95 year]}
height: {normal: [170 cm, 7 cm], between: [140 cm, 200 cm]}
bmi: {lognormal: [25 kg/m2, 0.2], between: [16 kg/m2, 45 kg/m2]}
weight: {between: [40 kg, 150 kg]}
choices:
  dialysis: {"no": 0.9, "yes": 0.1}
ethnicity: {unknown: 1}
sources: ["a paper"]
"""


def test_the_same_seed_draws_the_same_patient() -> None:
    one, two = (sample_patient(POPULATION, "vancomycin", 3, np.random.default_rng(9)) for _ in range(2))
    assert one == two


def test_patients_follow_the_distributions_and_their_ends() -> None:
    rng = np.random.default_rng(1)
    cases = [sample_patient(POPULATION, "vancomycin", number, rng) for number in range(3000)]
    female = np.array([case.patient.sex is Sex.FEMALE for case in cases])
    assert female.mean() == pytest.approx(0.45, abs=0.03)
    heights = np.array([case.covariate("height").number for case in cases])  # type: ignore[union-attr]
    weights = np.array([case.covariate("weight").number for case in cases])  # type: ignore[union-attr]
    assert heights[female].mean() == pytest.approx(162, abs=0.7)
    assert heights[~female].mean() == pytest.approx(176, abs=0.7)
    assert np.median(weights / (heights / 100) ** 2) == pytest.approx(27, abs=0.6)
    assert weights.min() >= 40
    assert weights.max() <= 159
    on_dialysis = np.mean([case.covariate("dialysis").value == "yes" for case in cases])  # type: ignore[union-attr]
    assert on_dialysis == pytest.approx(0.08, abs=0.02)


def test_every_shape_has_its_centre_and_width() -> None:
    rng = np.random.default_rng(4)
    normal = np.array([Spread(Shape.NORMAL, -99, 99, 2.0, 3.0).draw(rng) for _ in range(4000)])
    assert (normal.mean(), normal.std()) == pytest.approx((2.0, 3.0), abs=0.2)
    lognormal = np.array([Spread(Shape.LOGNORMAL, 0, 999, 5.0, 0.5).draw(rng) for _ in range(4000)])
    assert np.median(lognormal) == pytest.approx(5.0, abs=0.3)
    assert lognormal.std() / lognormal.mean() == pytest.approx(0.5, abs=0.05)


def test_a_distribution_that_never_falls_between_its_ends_says_so() -> None:
    with pytest.raises(ModelError, match="no draw falls between"):
        Spread(Shape.NORMAL, 50.0, 51.0, 0.0, 1.0).draw(np.random.default_rng(0))


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (('"yes": 0.1', '"yes": 0.2'), 8),
        (("[60 year, 18 year]", "[60 year]"), 3),
        (("60 year", "60 kg"), 3),
        (("[140 cm, 200 cm]", "[200 cm, 140 cm]"), 4),
        (("female: 0.5", "female: 0.5\nmarital_status: {single: 1}"), 3),
    ],
)
def test_a_fault_in_a_recipe_is_named_with_its_line(change: tuple[str, str], line: int) -> None:
    text = TEXT.replace(*change)
    with pytest.raises(DrugFileError) as refusal:
        read_population(parse_strict_yaml(text, Path("recipe.yaml")))
    assert refusal.value.line == line


def virtual_recipes() -> list[Path]:
    """The shipped recipes that draw virtual patients; a recipe of real patients has none to draw."""
    paths = sorted((resources_folder() / "recipes").glob("*.yaml"))
    return [path for path in paths if "kind" not in read_strict_yaml(path)]


@pytest.mark.parametrize("path", virtual_recipes(), ids=lambda path: path.stem)
def test_every_recipe_names_its_sources(path: Path) -> None:
    assert all(len(source) > 30 for source in read_recipe(path).population.sources)
    assert read_recipe(path).population.sources
