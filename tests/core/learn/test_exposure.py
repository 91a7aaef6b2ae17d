"""The exposure from few samples: patients, features, the comparison with the Bayesian fit, and when it is promoted."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import session
from core.cli.run import run
from core.drugs.library import resources_folder
from core.errors import DrugFileError, InputError
from core.learn.exposure import area, bayesian_area, exposure_of, typical_area
from core.learn.exposure_recipe import read_exposure_recipe
from core.learn.model_file import load_predictor, save_predictor
from core.learn.recipe import recipe_kind
from core.learn.train_exposure import ExposureTable, make_exposure_tables, refusals, train_exposure
from core.learn.virtual_course import virtual_patient

RECIPES = resources_folder() / "recipes"
RECIPE = RECIPES / "vancomycin.exposure.yaml"
CASE = resources_folder() / "examples" / "vancomycin_falling_renal_function.case.json"


@pytest.fixture(scope="module")
def recipe():
    made = read_exposure_recipe(RECIPE)
    split = {"train": 160, "calibrate": 120, "test": 40, "external": 30}
    linear = tuple(candidate for candidate in made.candidates if candidate.name == "linear")
    return replace(made, split=split, candidates=linear, inside=0.9)


@pytest.fixture(scope="module")
def models(recipe):
    return [session.library().model(name) for name in recipe.patients.models]


@pytest.fixture(scope="module")
def tables(recipe, models):
    return make_exposure_tables(recipe, models, session.library().model(recipe.external))


@pytest.fixture(scope="module")
def trained(recipe, models, tables):
    return train_exposure(recipe, models, tables)


def test_the_area_is_what_the_model_clears(recipe, models):
    """What left the body in a steady state is what was given: area times clearance is the daily dose."""
    patient = virtual_patient(recipe.patients, models, 5)
    bound = patient.bounds[0]
    row = replace(patient.case.doses[0], count=400)
    course = replace(patient.case, doses=(row,), levels=())
    eta = np.zeros((1, len(bound.model.etas)))
    clearance = bound.parameters(eta, course.now)["clearance"][0]
    daily = row.amount.to("mg") * 24.0 / row.interval
    assert area(bound, eta, course)[0] * clearance == pytest.approx(daily, rel=2e-2)


def test_the_external_model_is_unknown_to_both_sides(recipe, models):
    assert recipe.external not in [model.id for model in models]
    assert recipe.external.partition(".")[0] == recipe.patients.drug


def test_two_levels_are_a_peak_and_the_trough_of_the_last_interval(recipe, models):
    for number in range(12):
        case = virtual_patient(recipe.patients, models, number).case
        peak, trough = (level.time for level in case.used_levels)
        row = case.doses[0]
        assert 0.9 <= peak - row.last_time - row.hours <= 2.1  # to the quarter of an hour
        assert -0.1 <= row.last_time + row.interval - trough <= 1.1


def test_a_peak_without_its_trough_is_refused(tmp_path):
    text = RECIPE.read_text("utf-8").replace('levels: {"2": 1}', 'levels: {"1": 1}')
    (tmp_path / "vancomycin.yaml").write_bytes((RECIPES / "vancomycin.yaml").read_bytes())
    (tmp_path / RECIPE.name).write_text(text, "utf-8")
    with pytest.raises(DrugFileError, match="trough"):
        read_exposure_recipe(tmp_path / RECIPE.name)


def test_levels_teach_more_than_covariates(tables):
    own, _ = tables
    judged = np.isfinite(own.bayesian)
    assert judged.sum() == 40
    typical = np.abs(np.log(own.typical / own.truth))[judged].mean()
    bayesian = np.abs(np.log(own.bayesian / own.truth))[judged].mean()
    assert bayesian < 0.9 * typical


def test_both_sides_are_judged_on_the_same_patients_and_the_verdict_follows_from_the_bars(recipe, trained):
    external = trained.card.report["external"]
    assert external["n"] <= 30
    assert set(external["predictor"]) == set(external["bayesian"]) == {"bias", "rrmse", "within_80_125"}
    for item in (*external["predictor"].values(), external["gain_over_bayesian"]):
        assert item["low"] <= item["value"] <= item["high"]
    assert trained.promoted == (refusals(recipe, external) == [])


@pytest.mark.parametrize(
    ("bias", "rrmse", "low", "wanted"),
    [
        (0.01, 0.1, 0.001, []),
        (-0.06, 0.1, 0.001, ["bias"]),
        (0.01, 0.16, 0.001, ["rrmse"]),
        (0.01, 0.1, -0.001, ["bayesian"]),
    ],
)
def test_every_bar_must_be_kept(recipe, bias, rrmse, low, wanted):
    own = {"bias": {"value": bias}, "rrmse": {"value": rrmse}}
    assert refusals(recipe, {"predictor": own, "gain_over_bayesian": {"low": low}}) == wanted


def test_a_predictor_goes_through_the_same_door_and_speaks_of_one_patient(recipe, models, trained, tmp_path, capsys):
    path = tmp_path / "exposure.dwm"
    save_predictor(path, trained.graphs, trained.card)
    predictor = load_predictor(path)
    said = 0
    for number in range(20):
        patient = virtual_patient(recipe.patients, models, 5000 + number)
        found = exposure_of(predictor, patient.bounds, patient.case)
        if found.outside is None:
            said += 1
            assert found.low < found.value < found.high
            assert found.value == pytest.approx(bayesian_area(patient.bounds, patient.case), rel=1.5)
            assert typical_area(patient.bounds, patient.case) > 0
    assert said > 10
    silent = replace(patient.case, levels=())
    with pytest.raises(InputError) as refusal:
        exposure_of(predictor, patient.bounds, silent)
    assert refusal.value.reason == "exposure_needs_level"
    code = run(["learn", "exposure", str(path), str(CASE), "--json"])
    document = json.loads(capsys.readouterr().out)
    assert code == 0 if "value" in document else code == 3


def test_a_predictor_of_the_dose_is_refused(models, recipe):
    dosing = load_predictor(resources_folder() / "models" / "vancomycin.dwm")
    patient = virtual_patient(recipe.patients, models, 1)
    with pytest.raises(InputError) as refusal:
        exposure_of(dosing, patient.bounds, patient.case)
    assert refusal.value.reason == "predictor_not_of_exposure"


def test_the_kinds_of_recipes_are_told_apart():
    assert [path.name for path in sorted(RECIPES.glob("*.yaml")) if recipe_kind(path) == "exposure"] == [RECIPE.name]


@pytest.mark.parametrize(
    ("old", "new"),
    [("external: vancomycin.hughes2024", "external: vancomycin.goti2018"), ('{"2": 1}', '{"0": 1}')],
)
def test_a_recipe_that_would_flatter_itself_is_refused(tmp_path: Path, old, new):
    (tmp_path / "vancomycin.yaml").write_text((RECIPES / "vancomycin.yaml").read_text("utf-8"), "utf-8")
    path = tmp_path / "faulty.yaml"
    path.write_text(RECIPE.read_text("utf-8").replace(old, new), "utf-8")
    with pytest.raises(DrugFileError):
        read_exposure_recipe(path)


def test_one_that_is_not_better_is_not_written(recipe, models, tables, monkeypatch, tmp_path, capsys):
    own, foreign = tables
    perfect = ExposureTable(foreign.features, foreign.typical, foreign.truth, foreign.truth)
    monkeypatch.setattr("core.cli.exposure.read_exposure_recipe", lambda _: recipe)
    monkeypatch.setattr("core.cli.exposure.make_exposure_tables", lambda *_: (own, perfect))
    path = tmp_path / "none.dwm"
    assert run(["learn", "train", str(RECIPE), "-o", str(path)]) == 3
    said = capsys.readouterr().out
    assert "not better than the Bayesian estimate" in said
    assert "no file is written" in said
    assert not path.exists()
