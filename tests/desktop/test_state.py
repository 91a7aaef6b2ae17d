import threading
from dataclasses import replace

import pytest

from core.clinic.alert import Alert, Severity
from core.errors import InputError, ModelError
from desktop.case.draft import Draft, Entry
from desktop.case.draft_file import draft_of


def wait(qtbot, state):
    qtbot.waitUntil(lambda: not state.busy, timeout=20000)


def opened(qtbot, state, verbs):
    state.open_draft(draft_of(verbs.case), saved=True)
    wait(qtbot, state)
    return state


def weight(state, text):
    return state.draft.with_entry("weight", 0, Entry("weight", text, "kg"))


def test_a_case_is_worked_out_in_order(qtbot, state, verbs):
    opened(qtbot, state, verbs)
    assert state.results.prior is verbs.prior
    assert state.results.individual is verbs.individual
    assert state.results.recommendation is verbs.recommendation
    assert state.results.proposed is verbs.proposed
    assert state.can_decide


def test_every_edit_bumps_the_version_and_hides_the_advice_at_once(qtbot, state, verbs):
    opened(qtbot, state, verbs)
    before = state.version
    state.edit(weight(state, "80"), "entry.weight.0")
    assert state.version > before
    assert state.results.recommendation is None
    assert state.results.proposed is None
    assert state.results.prior is not None, "the curve stays until the next one is there"
    assert state.results.old == {"prior", "individual"}
    assert not state.can_decide


def test_a_result_of_an_older_version_is_dropped(qtbot, state, verbs):
    verbs.gate = threading.Event()
    state.open_draft(draft_of(verbs.case))
    qtbot.waitUntil(lambda: ("fit", verbs.case) in verbs.calls, timeout=10000)
    state.edit(weight(state, "80"), "entry.weight.0")
    qtbot.waitUntil(lambda: ("prior", state.case) in verbs.calls, timeout=10000)
    state._arrived(state.version - 1, "recommendation", verbs.recommendation)
    assert state.results.recommendation is None
    verbs.gate.set()
    wait(qtbot, state)
    assert state.results.recommendation is verbs.recommendation
    assert verbs.calls[-1][0] == "proposed"


def test_many_quick_edits_are_computed_once(qtbot, state, verbs):
    opened(qtbot, state, verbs)
    verbs.calls.clear()
    for text in ("8", "80", "80.", "80.5"):
        state.edit(weight(state, text), "entry.weight.0")
    wait(qtbot, state)
    assert [name for name, _ in verbs.calls].count("prior") == 1
    assert state.case.covariate("weight").value.value == 80.5


def test_an_invalid_entry_keeps_the_text_and_stops_the_numbers(qtbot, state, verbs):
    opened(qtbot, state, verbs)
    state.edit(weight(state, "1,500"), "entry.weight.0")
    assert state.problems == (), "not while typing"
    state.settle()
    assert [problem.reason for problem in state.problems] == ["number_ambiguous"]
    assert state.draft.history("weight")[0].text == "1,500"
    assert state.results.prior is None
    assert state.results.recommendation is None


def test_undo_takes_back_a_word_not_a_letter_and_redo_brings_it_again(qtbot, state, verbs):
    opened(qtbot, state, verbs)
    for text in ("8", "80"):
        state.edit(weight(state, text), "entry.weight.0")
    state.settle()
    state.change(replace(state.draft, sex="female"))
    state.undo()
    assert state.draft.sex == "male"
    state.undo()
    assert state.draft.history("weight")[0].text == "78"
    state.redo()
    state.redo()
    assert (state.draft.history("weight")[0].text, state.draft.sex) == ("80", "female")


def test_undoing_all_gives_back_the_first_case(qtbot, state, verbs):
    opened(qtbot, state, verbs)
    first = state.draft
    state.change(replace(state.draft, doses=()))
    state.change(replace(state.draft, levels=()))
    state.undo()
    state.undo()
    state.undo()
    assert state.draft == first
    assert not state.is_dirty


def test_a_missing_covariate_is_asked_for_and_is_no_fault(qtbot, state, verbs):
    verbs.failure = InputError("covariates.weight", "covariate_missing", model="vancomycin.goti2018")
    opened(qtbot, state, verbs)
    assert state.missing == ("entry.weight.0",)
    assert state.results.prior is None


def test_a_failed_computation_leaves_no_number(qtbot, state, verbs):
    opened(qtbot, state, verbs)
    verbs.failure = ModelError("stiff")
    state.edit(weight(state, "80"), "entry.weight.0")
    wait(qtbot, state)
    assert isinstance(state.results.failure, ModelError)
    assert state.results.prior is None
    assert state.results.recommendation is None
    assert not state.can_decide


def test_a_fault_of_the_program_reaches_the_person(qtbot, state, verbs):
    verbs.failure = ZeroDivisionError("x")
    opened(qtbot, state, verbs)
    assert isinstance(state.results.failure, ZeroDivisionError)


def test_stopping_leaves_no_advice_and_can_be_taken_up_again(qtbot, state, verbs):
    verbs.gate = threading.Event()
    state.open_draft(draft_of(verbs.case))
    qtbot.waitUntil(lambda: state.results.prior is not None, timeout=10000)
    state.cancel()
    verbs.gate.set()
    assert not state.busy
    assert state.results.recommendation is None
    state.recompute()
    wait(qtbot, state)
    assert state.results.recommendation is verbs.recommendation


def test_a_stop_forbids_deciding(qtbot, state, verbs):
    verbs.alerts = (Alert(Severity.STOP, "dialysis_not_modelled"),)
    opened(qtbot, state, verbs)
    assert state.alerts[0].severity is Severity.STOP
    assert not state.can_decide


def test_an_acknowledged_caution_returns_when_its_values_change(qtbot, state, verbs):
    verbs.alerts = (
        Alert(Severity.CAUTION, "weight_leap", {"value": "80", "percent": "20", "previous": "66"}, "weight"),
    )
    opened(qtbot, state, verbs)
    assert state.unacknowledged
    state.acknowledge()
    assert state.unacknowledged == ()
    verbs.alerts = (replace(verbs.alerts[0], values={"value": "90", "percent": "36", "previous": "66"}),)
    state.edit(weight(state, "90"), "entry.weight.0")
    wait(qtbot, state)
    assert [alert.values["value"] for alert in state.unacknowledged] == ["90"]


def test_another_patient_finds_nothing_of_the_one_before(qtbot, state, verbs):
    opened(qtbot, state, verbs)
    state.acknowledge()
    state.open_draft(Draft(), saved=True)
    assert state.results.prior is None
    assert state.acknowledged == frozenset()
    state.undo()
    assert state.draft == Draft()


def test_an_unforeseen_fault_while_reading_keeps_the_entry_and_no_advice(qtbot, state, verbs, monkeypatch):
    opened(qtbot, state, verbs)

    def broken(*_):
        raise RuntimeError("unforeseen")

    monkeypatch.setattr("desktop.state.read_draft", broken)
    with pytest.raises(RuntimeError, match="unforeseen"):
        state.edit(weight(state, "80"), "entry.weight.0")
    assert state.draft.history("weight")[0].text == "80"
    assert state.case is None
    assert state.results.recommendation is None
    assert not state.can_decide
