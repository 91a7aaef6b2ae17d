"""The Learn tab's page: the figure that matters first, every word in the language of the window, nothing invented."""

import re
from pathlib import Path

import pytest

from core.learn.features import _KINDS, TAKING
from core.learn.second_opinion import predictor_at
from core.report.wording import LANGUAGES, Wording
from core.units import format_number
from desktop.language import LANGUAGE
from desktop.learn.page import card_page
from desktop.learn.tab import predictor_files


def plain(page: str) -> str:
    return re.sub(r"<[^>]+>", " ", page)


@pytest.fixture
def chinese(themed):
    LANGUAGE.use("zh_CN")
    yield
    LANGUAGE.use("en")


@pytest.mark.parametrize("path", predictor_files(), ids=lambda path: path.stem)
def test_the_share_as_good_as_the_best_stands_first(themed, path: Path) -> None:
    predictor = predictor_at(path)
    page = plain(card_page(predictor.card, predictor.file_hash))
    share = 100 * predictor.card.report["choice"]["utility_within_5_percent"]
    assert page.index(f"In {format_number(share, 3)} of 100 virtual patients") < page.index("For the target")
    for learner in predictor.card.report["test"]:
        assert Wording("en").word("learner", learner) in page
    assert "VIRTUAL PATIENTS" in page


@pytest.mark.parametrize("path", predictor_files(), ids=lambda path: path.stem)
def test_the_chinese_page_has_no_english_sentence(chinese, path: Path) -> None:
    """Names of models, programs, sources and hashes stay Latin; no label, feature or learner does."""
    predictor = predictor_at(path)
    page = plain(card_page(predictor.card, predictor.file_hash)).partition("训练过程")[0]
    drugs = {name.removeprefix(TAKING) for name in predictor.card.features if name.startswith(TAKING)}
    words = set(re.findall(r"[A-Za-z]{3,}", page)) - {*drugs, path.stem, "AUC", "CYP", "UGT", "Child", "Pugh", "min"}
    assert words == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_feature_and_learner_has_a_word(language: str) -> None:
    wording = Wording(language)
    learners = ("linear", "random_forest", "gradient_boosting", "neural_network", "average")
    words = [wording.word("feature", name) for name in _KINDS] + [wording.word("learner", name) for name in learners]
    lacking = [
        word for word in words if "_" in word or (language == "zh_CN" and not re.search(r"[\u4e00-\u9fff]", word))
    ]
    assert lacking == []
