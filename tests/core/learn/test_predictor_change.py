"""A site's patients move a predictor's interval: only under the plan, better on others, signed, taken back at once."""

import datetime as dt
import hashlib
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from core import session
from core.cli.run import run
from core.clinic.case_file import save_case
from core.drugs.library import resources_folder
from core.errors import DrugFileError, InputError
from core.learn.conformal import Margins
from core.learn.hindsight import lessons_of, until
from core.learn.learners import to_onnx
from core.learn.model_file import graphs_of, load_predictor, save_predictor
from core.learn.optimum import Judge
from core.learn.predictor import Graphs
from core.learn.predictor_change import calibrate, interval_score, propose, with_margins
from core.learn.predictor_plan import read_predictor_plan
from core.learn.recipe import read_recipe
from core.learn.site_models import history
from core.learn.site_predictors import (
    predictor_file,
    roll_back_predictor,
    save_predictor_proposal,
    sign_predictor,
)
from core.learn.virtual_course import daily_limit, dose_grid, usual_course, virtual_patient

SHIPPED = resources_folder() / "models" / "vancomycin.dwm"
NOW = dt.datetime(2026, 7, 9, tzinfo=dt.UTC)
PLAN = """schema: dosewright.predictor-plan/1
id: vancomycin-2026
drug: vancomycin
reason: the interval is wider than our patients need
data: {least_patients: 30, least_test_patients: 20, largest_silent: 0.45, largest_outside: 0.1}
change: {largest_factor: 30}
sign_off: {role: clinical pharmacologist}
"""


@pytest.fixture
def site(tmp_path, monkeypatch):
    folder = tmp_path / "site"
    folder.mkdir()
    for module in ("site_models", "site_predictors"):
        monkeypatch.setattr(f"core.learn.{module}.site_folder", lambda: folder)
    return folder


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN, "utf-8")
    return path


@pytest.fixture(scope="module")
def used():
    return load_predictor(SHIPPED)


@pytest.fixture(scope="module")
def models():
    return session.library().models("vancomycin")


@pytest.fixture(scope="module")
def virtual(models):
    """Virtual patients nobody trained on, with two levels each."""
    recipe = replace(read_recipe(resources_folder() / "recipes" / "vancomycin.yaml"), seed=977)
    recipe = replace(recipe, course=replace(recipe.course, levels={2: 1.0}))
    own = [model for model in models if model.id in recipe.models]
    return [virtual_patient(recipe, own, number) for number in range(150)]


@pytest.fixture(scope="module")
def cases(virtual):
    return [
        replace(item.case, patient=replace(item.case.patient, id=f"p{number}"), models=())
        for number, item in enumerate(virtual)
    ]


@pytest.fixture(scope="module")
def narrowed(used, models, cases, tmp_path_factory):
    """What sixty of them make of a needlessly wide interval."""
    path = tmp_path_factory.mktemp("plan") / "plan.yaml"
    path.write_text(PLAN, "utf-8")
    return calibrate(read_predictor_plan(path), wide(used), models, cases[:85], cases[85:])


def wide(predictor):
    """A predictor whose interval is far wider than it need be."""
    return with_margins(predictor, {group: Margins(-2.5, 2.5) for group in predictor.card.margins})


def test_the_interval_score_is_width_and_what_lies_beyond():
    truth, low, high = np.array([1.0, 3.0, -1.0]), np.zeros(3), np.full(3, 2.0)
    assert interval_score(truth, low, high, 0.9) == pytest.approx([2.0, 22.0, 22.0])


def test_what_came_later_is_hidden(cases):
    case = cases[0]
    cut = case.used_levels[-2].time
    before = until(case, cut)
    assert [level.time for level in before.used_levels] == [level.time for level in case.used_levels[:-1]]
    assert all(dose.last_time <= cut for dose in before.doses)
    assert sum(dose.count for dose in before.doses) <= sum(dose.count for dose in case.doses)
    assert all(item.time <= cut for item in before.covariates)


def test_a_needlessly_wide_interval_is_narrowed(narrowed):
    assert narrowed.accepted, narrowed.objections
    assert narrowed.gain[1] > 0
    assert narrowed.after.median_ratio < narrowed.before.median_ratio
    assert narrowed.after.coverage > 0.8
    assert narrowed.after.log_error == narrowed.before.log_error, "the dose itself stays"


def test_the_narrowed_interval_covers_what_others_truly_need(narrowed, used, models, virtual):
    """Each patient's truth is known here, as it never is at a site."""
    after = with_margins(used, narrowed.margins)
    hits = []
    for item in virtual[85:]:
        lessons, _ = lessons_of(used, models, [replace(item.case, models=())])
        if not lessons:
            continue
        model, before = lessons[0].model, until(item.case, item.case.used_levels[-2].time)
        judge = Judge(before, [item.truth], model.targets[0].target, model.harms)
        grid = dose_grid(model.given_as, daily_limit(model, before), 0.25)
        need = judge.best_daily(usual_course(model, used.card.every), grid)
        interval = after.interval(lessons[0].row)
        hits.append(interval.low <= need <= interval.high)
    assert len(hits) >= 20
    assert np.mean(hits) >= 0.75, "nominal 0.9, of two dozen patients"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"least_patients": 200, "least_test_patients": 200}, "recalibration_few_patients"),
        ({"largest_silent": 0.01}, "predictor_change_silent"),
        ({"largest_factor": 1.01}, "predictor_large_change"),
    ],
)
def test_a_plan_that_is_not_kept_refuses(plan, used, models, cases, change, reason):
    proposal = calibrate(replace(read_predictor_plan(plan), **change), wide(used), models, cases[:85], cases[85:])
    assert reason in [item.id for item in proposal.objections]
    assert not proposal.accepted


@pytest.mark.slow
def test_patients_in_both_halves_and_a_wrong_unit_are_refused(plan, used, models, cases):
    made = read_predictor_plan(plan)
    both = calibrate(made, used, models, cases[:85], cases[70:])
    assert "recalibration_in_both" in [item.id for item in both.objections]
    slipped = [
        replace(
            case,
            levels=tuple(
                replace(level, value=replace(level.value, value=level.value.value * 10)) for level in case.levels
            ),
        )
        for case in cases[:85]
    ]
    found = calibrate(replace(made, largest_silent=0.99, least_patients=1), used, models, slipped, cases[85:])
    assert {"recalibration_unit_slip", "recalibration_batch_unlike"} & {item.id for item in found.objections}


@pytest.mark.slow
def test_the_same_predictor_is_no_better_than_itself(plan, used, models, cases):
    proposal = propose(read_predictor_plan(plan), used, used, models, cases)
    assert [item.id for item in proposal.objections] == ["predictor_dose_not_better"]
    other = replace(used, card=replace(used.card, every=24.0))
    with pytest.raises(InputError) as refusal:
        propose(read_predictor_plan(plan), used, other, models, cases)
    assert refusal.value.reason == "predictor_of_another"


def test_lessons_leave_out_those_with_one_level(used, models, cases):
    single = replace(cases[0], levels=cases[0].levels[:1])
    assert lessons_of(used, models, [single]) == ((), ())


@pytest.mark.slow
def test_from_plan_to_use_and_back_by_command(site, plan, used, cases, tmp_path, capsys):
    start = tmp_path / "wide.dwm"
    made = wide(used)
    save_predictor(start, graphs_of(SHIPPED), made.card)
    folders = []
    for name, part in (("taught", cases[:85]), ("test", cases[85:])):
        folder = tmp_path / name
        folder.mkdir()
        for case in part:
            save_case(case, folder / f"{case.patient.id}.case.json")
        folders.append(str(folder))
    proposal = calibrate(
        read_predictor_plan(plan), made, session.library().models("vancomycin"), cases[:85], cases[85:]
    )
    shelf = tmp_path / "proposal"
    document = save_predictor_proposal(proposal, made, start, shelf, NOW)
    assert document["new_model"] == "vancomycin.virtual_site1"
    assert predictor_file("vancomycin") == SHIPPED, "not yet signed"
    words = ["--name", "A. Reviewer", "--role"]
    assert run(["learn", "sign", str(shelf), *words, "nurse"]) == 2
    assert run(["learn", "sign", str(shelf), *words, "clinical pharmacologist"]) == 0
    path = predictor_file("vancomycin")
    assert load_predictor(path).card.id == "vancomycin.virtual_site1"

    code = run(["learn", "calibrate", str(plan), *folders, "-o", str(tmp_path / "again"), "--json"])
    again = json.loads(capsys.readouterr().out.partition("{")[2].join(["{", ""]))
    assert code == (0 if again["accepted"] else 3)
    assert again["model"] == "vancomycin.virtual_site1"

    kept = path.read_bytes()
    path.write_bytes(kept + b" ")
    with pytest.raises(InputError):
        predictor_file("vancomycin")
    path.write_bytes(kept)
    assert run(["learn", "rollback", "vancomycin.virtual_site1", "--name", "A. Reviewer"]) == 0
    assert predictor_file("vancomycin") == SHIPPED
    assert [entry["action"] for entry in history(site)] == ["signed", "rolled back"]
    with pytest.raises(InputError):
        roll_back_predictor("vancomycin.virtual_site1", "A. Reviewer", NOW)
    (shelf / "predictor.dwm").write_bytes(b"another")
    with pytest.raises(InputError) as refusal:
        sign_predictor(shelf, "A. Reviewer", "clinical pharmacologist", NOW)
    assert refusal.value.reason == "sign_altered"


@pytest.fixture
def weak(used, tmp_path, monkeypatch):
    """In use instead of the one shipped: a predictor that gives everybody the same dose."""
    rows = used.card.background
    learner = make_pipeline(StandardScaler(), Ridge(alpha=1e12)).fit(rows, np.log(used.dose(rows)))
    onnx = to_onnx(learner, rows.shape[1])
    said = np.exp(np.asarray(learner.predict(used.card.golden)))
    card = replace(
        used.card, golden_dose=said, onnx_hash=hashlib.sha256(onnx).hexdigest(), choice_hash="", golden_choice=()
    )
    path = tmp_path / "shipped" / "models" / "vancomycin.dwm"
    path.parent.mkdir(parents=True)
    save_predictor(path, Graphs(onnx), card)
    monkeypatch.setattr("core.learn.site_predictors.resources_folder", lambda: tmp_path / "shipped")
    return path


def test_a_better_predictor_takes_the_place_of_a_weak_one_and_goes_back(
    site, plan, weak, used, cases, tmp_path, capsys
):
    folder = tmp_path / "test"
    folder.mkdir()
    for case in cases[85:]:
        save_case(case, folder / f"{case.patient.id}.case.json")
    shelf = tmp_path / "proposal"
    assert predictor_file("vancomycin") == weak
    assert run(["learn", "propose", str(plan), str(SHIPPED), str(folder), "-o", str(shelf), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["accepted"]
    assert document["gain"][1] > 0.0
    assert document["after"]["log_error"] < document["before"]["log_error"]
    role = ["--name", "A. Reviewer", "--role", "clinical pharmacologist"]
    assert run(["learn", "sign", str(shelf), *role]) == 0
    new = load_predictor(predictor_file("vancomycin"))
    assert new.card.id == document["new_model"] == "vancomycin.virtual_site1"
    rows = used.card.background
    assert new.dose(rows) == pytest.approx(used.dose(rows))
    assert load_predictor(weak).dose(rows) != pytest.approx(used.dose(rows))
    assert run(["learn", "rollback", "vancomycin.virtual_site1", "--name", "A. Reviewer"]) == 0
    assert predictor_file("vancomycin") == weak


@pytest.mark.parametrize("wrong", ["largest_factor: 1", "largest_silent: 1", "least_patients: 0.5"])
def test_a_faulty_plan_is_refused(plan, wrong):
    name = wrong.partition(":")[0]
    lines = plan.read_text("utf-8")
    plan.write_text(re.sub(rf"{name}: [0-9.]+", wrong, lines), "utf-8")
    with pytest.raises(DrugFileError):
        read_predictor_plan(plan)
