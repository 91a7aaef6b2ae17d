"""The closer look: worked out when looked at, dropped with its recommendation, in the words of both languages."""

import re

import pytest
from PySide6.QtCore import QUrl

from core import session
from core.errors import InputError
from desktop import texts
from desktop.case.draft import Draft
from desktop.closer.page import chosen_level
from desktop.language import LANGUAGE


@pytest.fixture
def closer(worked, qtbot):
    worked.tabs.setCurrentWidget(worked.closer_tab)
    qtbot.waitUntil(lambda: worked.closer_tab.is_ready, timeout=20_000)
    return worked.closer_tab


def test_every_part_is_shown_with_the_numbers_of_the_session(closer, computed):
    text = closer.page.toPlainText()
    for title in ("Why this recommendation", "The next level", "If a level were wrong", "If a dose is late"):
        assert title in text
    first = session.forgiveness_of(computed["case"], computed["fitted"], [computed["options"][0].regimen])[0]
    for lapse in first.lapses:
        assert texts.chance(lapse.course.attainment) in text


def test_another_level_is_doubted_by_its_link(closer, qtbot, verbs, computed):
    last = len(computed["case"].used_levels) - 1
    assert ("doubt", last) in verbs.calls
    closer.page.anchorClicked.emit(QUrl("level:0"))
    qtbot.waitUntil(lambda: closer.is_ready and closer.found.doubts is not None, timeout=20_000)
    assert ("doubt", 0) in verbs.calls
    assert closer.doubted == 0


@pytest.mark.parametrize("link", ["level:", "level:-1", "level:x", "http://example.org", "level:1e3"])
def test_a_link_that_names_no_level_changes_nothing(link):
    assert chosen_level(link) is None


def test_nothing_of_an_older_case_stays(closer, worked, qtbot):
    assert closer.page.toPlainText()
    worked.state.open_draft(Draft())
    assert closer.page.toPlainText() == ""
    assert closer.found.doubts is None


def test_it_speaks_chinese(closer, qtbot):
    LANGUAGE.use("zh_CN")
    qtbot.waitUntil(lambda: "为何这样建议" in closer.page.toPlainText())
    text = closer.page.toPlainText()
    assert not re.search(r"Regimen|Within target|Level in doubt", text)


def test_the_next_level_is_marked_on_the_plot_when_it_is_worth_taking(closer, worked, computed):
    sample = session.next_sample(computed["case"], computed["fitted"], computed["recommendation"])
    assert sample.needed
    assert worked.case_tab.plots.concentration.next_level == sample.best.time


def test_a_next_level_that_cannot_be_told_takes_nothing_from_the_advice(worked, verbs, qtbot, monkeypatch):
    def refuses(*_):
        raise InputError("levels", "next_sample_without_option")

    monkeypatch.setattr(verbs, "next_sample", refuses)
    worked.state.recompute()
    qtbot.waitUntil(lambda: not worked.state.busy and worked.state.results.recommendation is not None, timeout=20_000)
    assert worked.state.results.next_sample is None
    assert worked.state.results.failure is None
    assert worked.case_tab.plots.concentration.next_level is None
