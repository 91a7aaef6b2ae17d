"""A site's patients change a model: only under the plan, better on others, signed, and taken back in one step."""

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import session
from core.cli.run import run
from core.clinic.case_file import save_case
from core.drugs.library import read_library, resources_folder
from core.drugs.loader import load_population_model
from core.drugs.recentre import recentred
from core.drugs.rewrite import rewritten
from core.errors import DrugFileError, InputError
from core.exchange.mapping import load_mapping
from core.exchange.sheet import Sheet
from core.exchange.table_case import read_table_cases
from core.learn.change_plan import read_plan
from core.learn.recalibrate import batch_objections, recalibrate
from core.learn.site_models import history, roll_back, sign
from core.qualify.retrospective import halved
from core.units import Quantity
from tests.conftest import SHARED

TABLE = SHARED / "data" / "individual_pk" / "quinidine.csv"
STUDY = resources_folder() / "retrospective"
needs_data = pytest.mark.skipif(not TABLE.is_file(), reason="needs the gathered patients")

PLAN = """schema: dosewright.change-plan/1
id: quinidine-2026
model: quinidine.start
reason: the numbers at hand come from other men
data: {least_patients: 30, least_levels: 70, least_test_patients: 30, largest_outside: 0.1}
change: {prior_patients: 5, largest_factor: 2}
sign_off: {role: clinical pharmacologist}
"""

# A model to dose by, as a site might have it: numbers of other people, 40 % off in clearance.
FACTS = """given_as: [{route: oral, doses: [200 mg, 300 mg], every: [6 h, 8 h], source: label}]
targets: [{kind: trough, low: 2 mg/L, high: 5 mg/L, evidence: low, meaning: target_therapeutic_range, source: label}]
harms: []
limits: {single: 600 mg, daily: 2400 mg, source: label}
judged_after: 48 h
"""


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A site with its own quinidine model, kept away from the real data folder."""
    folder = tmp_path / "site" / "drugs"
    folder.mkdir(parents=True)
    text = (STUDY / "quinidine.model.yaml").read_text("utf-8").replace("typical: 12 L/h", "typical: 8 L/h")
    (folder / "quinidine.start.yaml").write_text(text + FACTS, "utf-8")
    for module in ("core.drugs.library", "core.session", "core.learn.site_models"):
        monkeypatch.setattr(f"{module}.site_folder", lambda: folder)
    session.library.cache_clear()
    yield folder
    session.library.cache_clear()


@pytest.fixture
def plan_file(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN, "utf-8")
    return path


@pytest.fixture(scope="module")
def halves():
    if not TABLE.is_file():
        pytest.skip("needs the gathered patients")
    cases = list(read_table_cases(TABLE, load_mapping(STUDY / "quinidine.mapping.yaml"), Sheet()))
    return halved(cases)


def in_folder(cases, folder):
    folder.mkdir()
    for case in cases:
        save_case(case, folder / f"{case.patient.id}.case.json")
    return folder


@pytest.mark.slow
@needs_data
def test_half_of_the_men_improve_the_other_half_and_it_is_taken_back(site, halves, plan_file, tmp_path, capsys):
    folders = [str(in_folder(half, tmp_path / name)) for half, name in zip(halves, ("taught", "test"), strict=True)]
    proposal = tmp_path / "proposal"
    assert run(["learn", "recalibrate", str(plan_file), *folders, "-o", str(proposal), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["accepted"]
    assert document["gain"][1] > 0.0
    assert document["after"]["every"]["rmse"] < document["before"]["every"]["rmse"]
    # Verme 1992 and the analyses of these data give 11 to 13 L/h
    assert 10.5 < document["typical"]["clearance"] < 14.0
    assert [model.id for model in session.library().models("quinidine")] == ["quinidine.start"], "not yet signed"

    words = ["--name", "A. Reviewer", "--role"]
    assert run(["learn", "sign", str(proposal), *words, "nurse"]) == 2
    assert run(["learn", "sign", str(proposal), *words, "clinical pharmacologist"]) == 0
    session.library.cache_clear()
    (used,) = session.library().models("quinidine")
    assert used.id == "quinidine.start_site1"
    assert used.local
    assert session.library().broken == ()

    assert run(["learn", "rollback", "quinidine.start_site1", "--name", "A. Reviewer"]) == 0
    session.library.cache_clear()
    assert [model.id for model in session.library().models("quinidine")] == ["quinidine.start"]
    assert [entry["action"] for entry in history(site)] == ["signed", "rolled back"]
    assert len(list((site / "history").glob("quinidine.start_site1.*.yaml"))) == 1


@needs_data
@pytest.mark.parametrize("factor", [1000.0, 0.001, 10.0])
def test_a_batch_in_a_wrong_unit_teaches_nothing(site, halves, plan_file, factor):
    plan, model = read_plan(plan_file), session.library().model("quinidine.start")
    taught = [scaled(case, factor) for case in halves[0]]
    proposal = recalibrate(plan, model, taught, halves[1])
    assert proposal.fit is None
    assert "recalibration_unit_slip" in {item.id for item in proposal.objections}


@needs_data
def test_a_poisoned_batch_teaches_nothing(site, halves, plan_file):
    plan, model = read_plan(plan_file), session.library().model("quinidine.start")
    taught = [scaled(case, 50.0 if index % 4 == 0 else 1.0) for index, case in enumerate(halves[0])]
    assert [item.id for item in batch_objections(plan, model, taught)] == ["recalibration_batch_unlike"]
    assert batch_objections(plan, model, halves[0]) == []


@needs_data
def test_the_same_men_may_not_teach_and_test(site, halves, plan_file):
    plan, model = read_plan(plan_file), session.library().model("quinidine.start")
    proposal = recalibrate(plan, model, halves[0], halves[0])
    assert {item.id for item in proposal.objections} == {"recalibration_in_both"}
    few = recalibrate(plan, model, halves[0][:3], halves[1])
    assert {item.id for item in few.objections} == {"recalibration_few_patients", "recalibration_few_levels"}


def scaled(case, factor):
    levels = (replace(x, value=Quantity(x.value.value * factor, x.value.unit)) for x in case.levels)
    return replace(case, levels=tuple(levels))


def test_a_proposal_that_was_altered_or_refused_cannot_be_signed(tmp_path, site):
    folder = tmp_path / "p"
    folder.mkdir()
    document = {
        "plan": {"role": "r", "id": "x"}, "accepted": False, "objections": [{"id": "recalibration_not_better"}],
        "model": "quinidine.start", "new_model": "quinidine.start_site1", "model_hash": "0",
    }  # fmt: skip
    when = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    for change, reason in (
        ({}, "sign_refused_proposal"), ({"accepted": True}, "sign_altered"), ({"plan": None}, "proposal_unreadable")
    ):  # fmt: skip
        written = {key: value for key, value in (document | change).items() if value is not None}
        (folder / "proposal.json").write_text(json.dumps(written))
        (folder / "model.yaml").write_text("changed")
        with pytest.raises(InputError) as refusal:
            sign(folder, "A", "r", when, site)
        assert refusal.value.reason == reason
    with pytest.raises(InputError) as refusal:
        roll_back("quinidine.start", "A", when, site)  # the site's own, but nobody signed it here
    assert refusal.value.reason == "rollback_unknown"


@pytest.mark.parametrize("name", ["vancomycin.goti2018", "tacrolimus.storset2014", "theophylline.yano1993"])
def test_a_rewritten_file_gives_its_numbers_back_and_keeps_the_rest(tmp_path, name):
    source = resources_folder() / "drugs" / f"{name}.yaml"
    model = load_population_model(source)
    moved = recentred(model, np.zeros(len(model.etas)), 1.3 * model.omega, 0.9, "x")
    path = tmp_path / f"{name}_site1.yaml"
    path.write_text(rewritten(source, moved, f"{name}_site1", "a note"), "utf-8")
    again = load_population_model(path, local=True, shipped_facts=source.parent)
    assert np.allclose(again.omega, 1.3 * model.omega)
    assert again.domain == model.domain
    assert again.targets == model.targets
    assert again.replaces == name
    with pytest.raises(DrugFileError):
        load_population_model(path, shipped_facts=source.parent)  # not a site's own


def test_a_sites_model_stands_in_for_the_one_it_replaces(tmp_path):
    source = resources_folder() / "drugs" / "theophylline.yano1993.yaml"
    model = load_population_model(source)
    text = rewritten(source, model, "theophylline.yano1993_site1", "a note")
    (tmp_path / "theophylline.yano1993_site1.yaml").write_text(text, "utf-8")
    library = read_library(source.parent, local=tmp_path)
    found = {item.id for item in library.models("theophylline")}
    assert "theophylline.yano1993_site1" in found
    assert "theophylline.yano1993" not in found
    assert library.model("theophylline.yano1993").id == "theophylline.yano1993"  # old cases still find theirs


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [("largest_factor: 2", "largest_factor: 0.5", 6), ("least_patients: 30", "least_patients: 4.5", 5),
     ("0.1}", "1.5}", 5), ("prior_patients: 5", "prior_patients: -1", 6), ("role:", "who:", 7)],
)  # fmt: skip
def test_a_plan_that_cannot_be_meant_is_refused_with_its_line(plan_file: Path, old, new, line):
    plan_file.write_text(PLAN.replace(old, new), "utf-8")
    with pytest.raises(DrugFileError) as refusal:
        read_plan(plan_file)
    assert refusal.value.line == line
