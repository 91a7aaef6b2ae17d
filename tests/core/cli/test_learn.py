"""`learn`, `predict` and `population` as a person types them."""

import json
import pickle
from pathlib import Path

import pytest

from core import session
from core.cli.run import run
from core.drugs.library import resources_folder
from core.learn.dataset import data_hash, save_table
from tests.core.learn.formula_patients import patients, small_recipe

MODELS = resources_folder() / "models"
GEFITINIB = str(resources_folder() / "examples" / "gefitinib_itraconazole.case.json")


def test_a_predictor_is_trained_by_one_command_and_the_same_command_gives_the_same_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = small_recipe(tmp_path)
    models = [session.library().model(name) for name in recipe.models]
    table = tmp_path / "table.npz"
    save_table(table, patients(recipe, models[0], recipe.split.total, seed=1), data_hash(recipe, models))
    reports = []
    for name in ("one.dwm", "two.dwm"):
        file = tmp_path / name
        words = ["learn", "train", str(tmp_path / "small.yaml"), "-o", str(file), "--table", str(table), "--json"]
        assert run(words) == 0
        reports.append(json.loads(capsys.readouterr().out))
    assert (tmp_path / "one.dwm").read_bytes() == (tmp_path / "two.dwm").read_bytes()
    assert reports[0] == reports[1]
    assert reports[0]["promoted"]
    assert reports[0]["against_full_recommendation"]["patients"] == 2


def test_a_table_of_another_recipe_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = small_recipe(tmp_path)
    models = [session.library().model(name) for name in recipe.models]
    table = tmp_path / "table.npz"
    save_table(table, patients(recipe, models[0], 20, seed=1), "another")
    words = ["learn", "train", str(tmp_path / "small.yaml"), "-o", str(tmp_path / "x.dwm"), "--table", str(table)]
    assert run(words) == 2
    assert "another recipe" in capsys.readouterr().err
    assert not (tmp_path / "x.dwm").exists()


def test_the_card_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["learn", "card", str(MODELS / "gefitinib.dwm")]) == 0
    assert "VIRTUAL PATIENTS" in capsys.readouterr().out


def test_a_pickle_is_refused_with_the_way_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "model.dwm"
    path.write_bytes(pickle.dumps({"a": 1}))
    assert run(["learn", "card", str(path)]) == 2
    assert "ONNX" in capsys.readouterr().err


def test_a_predictor_alone_gives_dose_interval_and_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["predict", str(MODELS / "gefitinib.dwm"), GEFITINIB, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["in_domain"]
    assert found["low"] <= found["dose"] <= found["high"]
    assert found["why"]


def test_a_patient_unlike_those_trained_on_gets_no_dose(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = Path(GEFITINIB).read_text("utf-8").replace('"48 kg"', '"119.9 kg"').replace('"155 cm"', '"141 cm"')
    path = tmp_path / "heavy.case.json"
    path.write_text(case, "utf-8")
    assert run(["predict", str(MODELS / "gefitinib.dwm"), str(path), "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    assert found["dose"] is None
    assert not found["in_domain"]


def test_virtual_patients_meet_the_conditions_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["population", "vancomycin", "-n", "20", "--seed", "5", "--where", "age=65:90", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["patients"]
    assert len(found) == 20
    assert all(65 <= patient["age"] <= 90 for patient in found)
    assert len({tuple(patient) for patient in found}) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["population", "nothing"], "There is no recipe"),
        (["population", "vancomycin", "--where", "age"], "is not a condition"),
        (["learn", "train", "no.yaml", "-o", "x.dwm"], "no.yaml"),
    ],
)
def test_what_cannot_be_read_is_named(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) != 0
    assert said in capsys.readouterr().err
