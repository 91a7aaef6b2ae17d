"""Real patients: levels known beat covariates alone, and newborns on phenobarbital come out as published."""

import csv
import json

import pytest

from core.cli.run import run
from core.exchange.mapping import load_mapping
from core.exchange.nonmem_case import read_cases
from core.exchange.sheet import Sheet
from core.infer.next_level import score
from core.qualify.retrospective import evaluate, halved, read_study, study_files, subject_of
from core.task import Task
from tests.conftest import SHARED

DATA = SHARED / "data" / "individual_pk"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="needs the gathered patients")


def test_every_study_of_the_program_can_be_read():
    studies = [read_study(path) for path in study_files()]
    assert {study.name for study in studies} == {
        "mavoglurant",
        "phenobarbital",
        "quinidine",
        "theophylline",
        "warfarin",
    }


@pytest.mark.slow
@needs_data
@pytest.mark.parametrize("study", study_files(), ids=lambda path: path.name.partition(".")[0])
def test_in_real_patients_levels_known_beat_covariates_alone(study):
    found = evaluate(read_study(study), DATA, Task())
    assert not found.failures
    told = [item for item in found.foretold if item.before > 0]
    own = score([(item.individual, item.observed) for item in told])
    typical = score([(item.typical, item.observed) for item in told])
    assert own.rmse < typical.rmse
    assert own.within_30 > typical.within_30


@pytest.mark.slow
@needs_data
def test_newborns_on_phenobarbital_as_published():
    # Grasela TH, Donn SM. Dev Pharmacol Ther 1985;8:374-383: 4.7 mL/h/kg and 0.96 L/kg
    (study,) = [read_study(path) for path in study_files() if path.name.startswith("phenobarbital")]
    for fit in evaluate(study, DATA, Task()).fits:
        typical = {item.name: item.typical for item in fit.model.parameters}
        assert typical["clearance"] == pytest.approx(0.0047, rel=0.15)
        assert typical["volume"] == pytest.approx(0.96, rel=0.1)


@needs_data
def test_the_command_writes_its_table_and_every_level(capsys, tmp_path):
    levels = tmp_path / "levels.csv"
    assert run(["evaluate", str(DATA), "--study", "warfarin", "--levels", str(levels), "--json"]) == 0
    (study,) = json.loads(capsys.readouterr().out)["studies"]
    rows = list(csv.DictReader(levels.open()))
    assert sum(row["levels_foretold"] for row in study["rows"]) == len(rows) > 70
    assert study["fitted_on_other_half"] is True
    assert study["rows"][0]["individual"] == study["rows"][0]["covariates_alone"]  # nothing known yet
    # what the first level of the first person was in the table
    assert (rows[0]["patient"], rows[0]["observed_mg_L"]) == ("1", "1.9")


@needs_data
def test_both_courses_of_a_person_fall_into_one_half():
    (study,) = [read_study(path) for path in study_files() if path.name.startswith("mavoglurant")]
    cases = list(read_cases(DATA / study.table, load_mapping(study.mapping), Sheet()))
    first, second = ({subject_of(case) for case in half} for half in halved(cases))
    assert not first & second
    assert len(first | second) < len(cases)


@pytest.mark.parametrize(
    ("words", "field"), [(["/nowhere"], "FOLDER"), ([".", "--study", "nix"], "--study"), (["."], "FOLDER")]
)
def test_what_is_not_there_is_named(capsys, words, field, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["evaluate", *words]) == 2
    assert capsys.readouterr().err.startswith(field)
