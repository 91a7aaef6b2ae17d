from dataclasses import replace

from PySide6.QtTest import QTest

from core import session
from core.advise.recommendation import doses_in_turn
from core.errors import InputError
from core.report.decision import DecisionKind
from core.units import format_total
from desktop import texts
from tests.desktop.hands import CTRL, KEY, key


def test_accepting_waits_for_the_cautions_to_be_acknowledged(worked):
    advice = worked.case_tab.advice
    assert worked.state.unacknowledged, "the worked case has a caution"
    advice.accept()
    assert worked.state.decision is None
    key(worked, KEY.Key_K, CTRL)
    advice.accept()
    decision = worked.state.decision
    assert decision.kind is DecisionKind.ACCEPTED
    assert decision.regimen == worked.state.results.recommendation.options[0].regimen
    assert decision.acknowledged


def test_another_option_is_previewed_and_needs_a_reason_to_be_taken(qtbot, worked, verbs):
    advice = worked.case_tab.advice
    worked.state.acknowledge()
    advice.alternatives.table.setCurrentCell(1, 0)
    second = worked.state.results.recommendation.options[1].regimen
    qtbot.waitUntil(lambda: ("proposed", second) in verbs.calls and worked.state.results.proposed_regimen == second)
    advice.accept()
    assert worked.state.decision is None
    key(worked, KEY.Key_Return)
    assert advice.panel.reason.fault.text, "no reason, no decision"
    advice.panel.reason.edit.setText("once a day is simpler")
    key(worked, KEY.Key_Return)
    assert worked.state.decision.kind is DecisionKind.MODIFIED
    assert worked.state.decision.regimen == second


def test_a_modified_regimen_is_checked_against_the_label(worked):
    advice = worked.case_tab.advice
    advice.buttons.modify_button.click()
    advice.panel.form.amount.edit.setText("9000")
    advice.panel.form.settled.emit()
    assert advice.panel.limits.isVisibleTo(advice.panel)
    assert "9000 mg" in advice.panel.limits.text()


def test_a_modified_regimen_shows_its_chances_before_it_is_confirmed(qtbot, worked):
    advice = worked.case_tab.advice
    advice.buttons.modify_button.click()
    advice.panel.form.amount.edit.setText("600")
    advice.panel.preview_button.click()
    qtbot.waitUntil(lambda: advice.panel.judged.isVisibleTo(advice.panel), timeout=5000)
    assert "%" in advice.panel.judged.text()
    advice.panel.form.amount.edit.setText("700")
    advice.panel.form.settled.emit()
    assert not advice.panel.judged.isVisibleTo(advice.panel), "chances of another regimen are never shown"


def test_a_rejection_needs_a_reason_and_gives_no_regimen(worked):
    advice = worked.case_tab.advice
    advice.buttons.reject_button.click()
    advice.panel.confirm_button.click()
    assert worked.state.decision is None
    advice.panel.reason.edit.setText("dialysis begins today")
    advice.panel.confirm_button.click()
    assert (worked.state.decision.kind, worked.state.decision.regimen) == (DecisionKind.REJECTED, None)


def test_a_decision_does_not_outlive_the_case_it_was_made_for(qtbot, worked):
    worked.state.acknowledge()
    worked.case_tab.advice.accept()
    field = worked.case_tab.input.field("entry.weight.0")
    field.edit.setFocus()
    field.edit.selectAll()
    QTest.keyClicks(field.edit, "90")
    assert worked.state.decision is None
    assert worked.case_tab.advice.card.option is None
    assert not worked.case_tab.advice.buttons.accept_button.isEnabled()


def test_the_dose_for_the_target_is_found_for_the_way_it_is_given(qtbot, worked):
    tab = worked.compare_tab
    worked.tabs.setCurrentWidget(tab)
    qtbot.waitUntil(lambda: tab.is_ready and tab.dose_button.isEnabled(), timeout=10000)
    tab.form.every.edit.setText("24")
    tab.dose_button.click()
    qtbot.waitUntil(lambda: "mg" in tab.answer.text(), timeout=10000)
    way = next(call[1] for call in tab.state.verbs.calls if call[0] == "dose")
    assert way.every == 24.0
    found = session.dose_for_target(worked.state.case, worked.state.results.individualisation, way)
    assert format_total(found.exact) in tab.answer.text()
    assert tab.form.regimen().amount == found.option.regimen.amount


def test_a_target_no_dose_reaches_is_said_beside_the_form(qtbot, worked, monkeypatch):
    tab = worked.compare_tab
    worked.tabs.setCurrentWidget(tab)
    qtbot.waitUntil(lambda: tab.is_ready and tab.dose_button.isEnabled(), timeout=10000)

    def none(*_):
        raise InputError("target", "target_by_no_dose")

    monkeypatch.setattr(tab.state.verbs, "dose_for_target", none)
    tab.dose_button.click()
    qtbot.waitUntil(lambda: tab.answer.text().startswith("No dose puts"), timeout=5000)


def test_the_case_compares_up_to_four_regimens(qtbot, worked):
    tab = worked.compare_tab
    worked.tabs.setCurrentWidget(tab)
    qtbot.waitUntil(lambda: tab.is_ready and len(tab.plot.series) == 3, timeout=10000)
    assert len(tab.regimens) == 2
    for amount in ("500", "600", "700"):
        tab.form.amount.edit.setText(amount)
        tab.add()
    assert len(tab.regimens) == 4
    tab.remove(0)
    assert len(tab.regimens) == 3


def test_doses_in_turn_that_are_no_week_stay_what_they_are(worked):
    """5 mg at 8:00 and 2 mg at 14:00: confirming what is shown must not give the larger one every 6 h."""
    form = worked.case_tab.advice.panel.form
    base = worked.state.results.recommendation.options[0].regimen
    turns = doses_in_turn([5.0, 2.0, 0.0, 0.0], replace(base, every=6.0))
    form.show_regimen(turns, worked.state.case)
    assert form.amount.edit.text() == "5 / 2 / 0 / 0"
    assert form.regimen() == turns
    assert "every 6 hours, over" in texts.regimen(turns), "days do not tell how far apart these doses are"
    form.every.edit.setText("12")
    assert form.regimen() is None, "four doses are no week"
    form.amount.edit.setText("5")
    assert form.regimen().cycle == ()
