"""What the core and the report say exists in both languages, with the same gaps, in characters the bundled font has."""

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml
from fontTools.ttLib import TTFont

RESOURCES = Path(__file__).parents[3] / "resources"
LANGUAGES = ("en", "zh_CN")
GAP = re.compile(r"\{[^{}]*\}")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def flatten(node: object, prefix: str = "") -> dict[str, str]:
    if isinstance(node, dict):
        return {key: text for name, child in node.items() for key, text in flatten(child, f"{prefix}.{name}").items()}
    return {prefix.removeprefix("."): str(node)}


def catalogue(language: str) -> dict[str, str]:
    return flatten(yaml.load((RESOURCES / "lang" / f"messages.{language}.yaml").read_text("utf-8"), yaml.BaseLoader))


def test_both_languages_have_the_same_keys():
    english, chinese = (set(catalogue(language)) for language in LANGUAGES)
    assert english - chinese == set()
    assert chinese - english == set()
    assert english


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_key_is_written_twice(language):
    text = (RESOURCES / "lang" / f"messages.{language}.yaml").read_text("utf-8")
    repeated = []

    def walk(node: yaml.Node) -> None:
        if isinstance(node, yaml.MappingNode):
            counts = Counter(key.value for key, _ in node.value)
            repeated.extend(key for key, count in counts.items() if count > 1)
            for _, child in node.value:
                walk(child)

    walk(yaml.compose(text))
    assert repeated == []


def test_both_languages_fill_the_same_gaps():
    english, chinese = (catalogue(language) for language in LANGUAGES)
    wrong = {
        key: (english[key], chinese[key])
        for key in english.keys() & chinese.keys()
        if set(GAP.findall(english[key])) != set(GAP.findall(chinese[key]))
    }
    assert wrong == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_is_empty(language):
    assert [key for key, text in catalogue(language).items() if not text.strip()] == []


def test_english_messages_hold_no_chinese():
    assert {key: text for key, text in catalogue("en").items() if CHINESE.search(text)} == {}


@pytest.mark.parametrize("weight", ["Regular", "Bold"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_character_is_in_the_bundled_font(language, weight):
    drawn = TTFont(RESOURCES / "fonts" / f"NotoSansSC-{weight}.ttf").getBestCmap()
    missing = {
        key: absent
        for key, text in catalogue(language).items()
        if (absent := sorted({char for char in text if char != "\n" and ord(char) not in drawn}))
    }
    assert missing == {}
