"""The gate in the window: a comparison, a signature, one step back; a refusal signs nothing."""

import datetime as dt
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt

from core.drugs.library import resources_folder
from core.learn.model_file import load_predictor
from core.learn.predictor_change import PredictorProposal, PredictorSide
from core.learn.predictor_plan import read_predictor_plan
from core.learn.recalibrate import Objection
from core.learn.site_predictors import predictor_file, save_predictor_proposal
from core.site_change import Change
from desktop.language import LANGUAGE
from desktop.learn.change import ChangePage

SHIPPED = resources_folder() / "models" / "vancomycin.dwm"
PLAN = """schema: dosewright.predictor-plan/1
id: vancomycin-2026
drug: vancomycin
reason: the interval is wider than our patients need
data: {least_patients: 30, least_test_patients: 20, largest_silent: 0.45, largest_outside: 0.1}
change: {largest_factor: 30}
sign_off: {role: clinical pharmacologist}
"""


@pytest.fixture(autouse=True)
def site(tmp_path, monkeypatch):
    folder = tmp_path / "site"
    folder.mkdir()
    for module in ("site_models", "site_predictors"):
        monkeypatch.setattr(f"core.learn.{module}.site_folder", lambda: folder)
    return folder


@pytest.fixture
def page(qtbot, tmp_path):
    made = ChangePage(tmp_path / "proposals")
    qtbot.addWidget(made)
    yield made
    made.close_worker()


@pytest.fixture
def proposed(tmp_path):
    """A comparison's outcome, written as the program writes it; `False`: refused."""
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN, "utf-8")
    before, after = PredictorSide(0.97, 12.0, 0.30, 3.1), PredictorSide(0.91, 4.5, 0.30, 2.2)

    def write(accepted=True):
        used = load_predictor(predictor_file("vancomycin"))
        found = PredictorProposal(
            *(read_predictor_plan(plan), "calibration", 60, 40, {}, before, after, (0.9, 0.5, 1.3)), ()
        )
        if not accepted:
            found = replace(found, objections=(Objection("predictor_groups_small", {}),))
        folder = tmp_path / f"proposal{accepted}"
        save_predictor_proposal(found, used, SHIPPED, folder, dt.datetime(2026, 7, 9, tzinfo=dt.UTC))
        return folder

    return write


def test_a_proposal_is_read_signed_and_taken_back(page, proposed):
    page.show_proposal(proposed())
    said = page.page.toPlainText()
    assert "91" in said
    assert "the interval is wider than our patients need" in said
    assert page.sign_button.isEnabled()
    page.name.setText("A. Reviewer")
    page.role.setText("nurse")
    page.sign_button.click()
    assert "clinical pharmacologist" in page.answer.text()
    assert predictor_file("vancomycin") == SHIPPED
    page.role.setText("clinical pharmacologist")
    page.sign_button.click()
    assert load_predictor(predictor_file("vancomycin")).card.id == "vancomycin.virtual_site1"
    assert not page.sign_button.isEnabled(), "signed once"
    assert not page.back_button.isEnabled(), "nothing is chosen yet"
    page.log.setCurrentRow(0)
    assert page.log.currentItem().data(Qt.ItemDataRole.UserRole) == "vancomycin.virtual_site1"
    assert page.back_button.isEnabled()
    page.back_button.click()
    assert predictor_file("vancomycin") == SHIPPED
    assert page.log.count() == 2
    page.log.setCurrentRow(0)
    assert not page.back_button.isEnabled(), "it is no longer in use"


def test_nobody_signs_without_a_name(page, proposed):
    page.show_proposal(proposed())
    page.role.setText("clinical pharmacologist")
    page.sign_button.click()
    assert page.answer.text()
    assert predictor_file("vancomycin") == SHIPPED


def test_a_refused_proposal_cannot_be_signed(page, proposed):
    page.show_proposal(proposed(accepted=False))
    assert LANGUAGE.wording.text("recalibration_refused", {}) in page.page.toPlainText()
    assert not page.sign_button.isEnabled()


def test_what_is_no_proposal_is_said(page, tmp_path):
    page.show_proposal(tmp_path)
    assert "proposal.json" in page.page.toPlainText()
    (tmp_path / "proposal.json").write_text('{"plan": {}, "accepted": true, "objections": [], "model": "",'
                                            ' "new_model": "", "model_hash": ""}', "utf-8")  # fmt: skip
    page.show_proposal(tmp_path)
    assert page.page.toPlainText().strip()
    assert not page.sign_button.isEnabled()


def test_a_comparison_that_cannot_be_made_says_why(qtbot, page, tmp_path):
    assert not page.compare_button.isEnabled()
    for name in ("plan", "learned", "test"):
        page.paths[name].setText(str(tmp_path / name))
    page.compare_button.click()
    qtbot.waitUntil(lambda: bool(page.answer.text()) and page.bar.isHidden(), timeout=20000)
    assert str(tmp_path / "plan") in page.answer.text()
    assert page.compare_button.isEnabled()


def test_a_comparison_runs_off_the_window_and_is_shown(qtbot, page, proposed, monkeypatch):
    folder = proposed()

    def compare(change, plan, learned, test, out, task):
        assert change is Change.PROPOSE
        out.parent.mkdir(parents=True)
        folder.rename(out)

    monkeypatch.setattr("core.site_change.compare", compare)
    page.way.setCurrentIndex(1)
    for name in ("plan", "learned", "test"):
        page.paths[name].setText("x")
    page.compare_button.click()
    qtbot.waitUntil(page.sign_button.isEnabled, timeout=20000)
    assert "vancomycin-2026" in page.page.toPlainText()


def test_the_page_speaks_chinese(page, proposed):
    page.show_proposal(proposed())
    LANGUAGE.use("zh_CN")
    page.retranslate()
    assert page.sign_button.text() == "签署并启用"
    assert "符合方案" in page.page.toPlainText()
