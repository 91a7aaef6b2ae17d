"""The learn tab: outcomes of the open case, cards in both languages, a training in the background."""

import re
from dataclasses import replace

import pytest

from core.clinic.case_file import load_case
from core.clinic.level import Outcome
from core.drugs.library import resources_folder
from core.learn.model_file import load_predictor
from desktop.case.draft import OutcomeRow
from desktop.case.draft_file import draft_of, read_draft_text, write_draft
from desktop.case.reading import read_draft
from desktop.language import LANGUAGE
from desktop.learn.page import card_page, key_figure
from desktop.learn.tab import predictor_files, recipe_files
from desktop.learn.training import TrainingPage, can_train
from tests.desktop.conftest import NOW, VANCOMYCIN

DRUGS = ("vancomycin",)
OUTCOME = Outcome(60.0, "toxicity", "acute kidney injury", 2, "creatinine 180 umol/L")


def test_an_outcome_goes_through_the_form_without_loss():
    case = replace(load_case(VANCOMYCIN), outcomes=(OUTCOME,))
    draft = read_draft_text(write_draft(draft_of(case)))
    assert read_draft(draft, NOW, DRUGS).case == case


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        (OutcomeRow("t-2h", "toxicity", "", "2"), "outcome.0.name", "outcome_needed"),
        (OutcomeRow("t-2h", "toxicity", "nausea", "6"), "outcome.0.grade", "grade_impossible"),
        (OutcomeRow("t-2h", "toxicity", "nausea", "1.5"), "outcome.0.grade", "count_unreadable"),
        (OutcomeRow("soon", "toxicity", "nausea", "1"), "outcome.0.when", "time_unreadable"),
    ],
)
def test_a_faulty_outcome_is_named_by_its_field(row, field, reason):
    draft = replace(draft_of(load_case(VANCOMYCIN)), outcomes=(row,))
    reading = read_draft(draft, NOW, DRUGS)
    assert reading.case is None
    assert (field, reason) in [(problem.field, problem.reason) for problem in reading.problems]


def test_an_outcome_is_entered_on_the_tab_and_saved_with_the_case(qtbot, worked, verbs, tmp_path):
    page = worked.learn_tab.patient
    worked.tabs.setCurrentWidget(worked.learn_tab)
    page.outcomes.add()
    page.outcomes.kind.chosen.emit("toxicity")
    for name, text in (("when", "2026-07-09 08:00"), ("name", "rash"), ("value", "face and trunk")):
        page.outcomes.fields[name].edited.emit(text)
    page.outcomes.grade.chosen.emit("2")
    page.outcomes.done()
    qtbot.waitUntil(lambda: not worked.state.busy and worked.state.case is not None, timeout=20000)
    assert worked._save_to(tmp_path / "new.case.json")
    kept = load_case(tmp_path / "new.case.json")
    assert [(item.kind, item.name, item.grade, item.value) for item in kept.outcomes] == [
        ("toxicity", "rash", 2, "face and trunk")
    ]
    assert replace(kept, outcomes=()) == replace(verbs.case, outcomes=())
    worked.state.undo()
    assert [row.grade for row in worked.state.draft.outcomes] == [""]


def test_a_level_entered_on_the_tab_fits_the_patient_anew(qtbot, worked, verbs):
    page = worked.learn_tab.patient
    before = len(worked.state.case.levels)
    fits = sum(name == "fit" for name, _ in verbs.calls)
    page.levels.add()
    page.levels.fields["when"].edited.emit("2026-07-09 06:30")
    page.levels.fields["value"].edited.emit("14.2")
    page.levels.change_shown(unit="mg/L")
    page.levels.done()
    qtbot.waitUntil(lambda: sum(name == "fit" for name, _ in verbs.calls) > fits, timeout=20000)
    assert len(worked.state.case.levels) == before + 1


def test_the_fault_of_an_outcome_leads_to_the_tab(qtbot, worked):
    worked.state.change(replace(worked.state.draft, outcomes=(OutcomeRow("t-1h", "response", ""),)))
    worked.case_tab.input.focus_on("outcome.0.name")
    assert worked.tabs.currentWidget() is worked.learn_tab
    assert worked.learn_tab.patient.outcomes.shown == 0


@pytest.mark.skipif(not predictor_files(), reason="no predictor is shipped")
def test_the_key_figure_stands_first_and_nothing_is_left_in_english(themed):
    from core.learn.second_opinion import predictor_at

    for path in predictor_files():
        predictor = predictor_at(path)
        share = predictor.card.report["choice"]["utility_within_5_percent"]
        assert f"{100 * share:.3g}" in key_figure(predictor.card)[0]
        LANGUAGE.use("zh_CN")
        page = card_page(predictor.card, predictor.file_hash)
        assert "VIRTUAL" not in page
        for name in ("utility within", "random forest", "hours treated", "given daily", "last log", "levels known"):
            assert name not in page
        assert page.index("100 名") < page.index("SHA-256")
        LANGUAGE.use("en")


def wait_for_end(qtbot, page):
    qtbot.waitUntil(lambda: not page.is_running, timeout=60000)


@pytest.mark.skipif(not can_train(), reason="the training packages are not installed")
def test_a_training_runs_beside_the_window_and_is_stopped(qtbot, themed, tmp_path):
    page = TrainingPage(recipe_files(), tmp_path)
    page.start()
    assert page.is_running
    assert not page.start_button.isEnabled()
    qtbot.waitUntil(lambda: page.bar.value() > 0, timeout=100000)
    page.cancel()
    assert page.cancel_button.isEnabled()
    wait_for_end(qtbot, page)
    assert "Stopped" in page.said.text()
    assert not list(tmp_path.glob("*.dwm"))


@pytest.mark.skipif(not can_train(), reason="the training packages are not installed")
def test_a_training_that_fails_says_why(qtbot, themed, tmp_path):
    recipe = tmp_path / "vancomycin.yaml"
    recipe.write_text("schema: 1\n")
    page = TrainingPage([recipe], tmp_path / "candidates")
    page.start()
    wait_for_end(qtbot, page)
    assert "vancomycin.yaml" in page.said.text()
    assert page.start_button.isEnabled()


def small(recipe):
    """The recipe of lamotrigine with few patients and one learner: half a minute."""
    text = recipe.read_text("utf-8")
    for pattern, instead in (
        (r"split: \{.*\}", "split: {train: 260, calibrate: 270, test: 80, verify: 2}"),
        (r"points: \d+", "points: 32"),
        (r"candidates:\n(?:  .*\n)+", "candidates:\n  linear: {alpha: 1}\n"),
        (r"choice: \{trees: \d+", "choice: {trees: 60"),
        (r"inside: [\d.]+", "inside: 0.95"),
        (r"agreeing: [\d.]+", "agreeing: 0.9"),
    ):
        text, count = re.subn(pattern, instead, text)
        assert count == 1, pattern
    return text


@pytest.mark.slow
@pytest.mark.skipif(not can_train(), reason="the training packages are not installed")
def test_a_training_from_the_tab_leaves_a_candidate_that_is_shown(qtbot, themed, tmp_path):
    recipe = tmp_path / "lamotrigine.yaml"
    recipe.write_text(small(resources_folder() / "recipes" / "lamotrigine.yaml"), "utf-8")
    page = TrainingPage([recipe], tmp_path / "candidates")
    assert "no candidate" in page.page.toPlainText()
    page.start()
    qtbot.waitUntil(lambda: not page.is_running, timeout=400000)
    assert page.said.text() == "Done."
    made = load_predictor(tmp_path / "candidates" / "lamotrigine.dwm")
    assert made.card.report["patients"]["train"] == 260
    said = page.page.toPlainText()
    assert "It gives no opinion on any patient until" in said
    assert f"{100 * made.card.report['choice']['utility_within_5_percent']:.3g}" in said
    assert made.card.report["learner"] == "linear"
