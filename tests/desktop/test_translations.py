"""Every text of the window exists in Chinese, and the compiled catalogue is the one of the sources."""

import ast
import re
import subprocess
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

import PySide6
import pytest
from fontTools.ttLib import TTFont
from PySide6.QtCore import QTranslator

REPOSITORY = Path(__file__).parents[2]
LANG = REPOSITORY / "resources" / "lang"
CATALOGUE = LANG / "zh_CN.ts"
QT_TOOLS = Path(PySide6.__file__).parent
PLACEHOLDER = re.compile(r"%L?\d+|%n|\{[^{}]*\}")
REMEDY = "run `make translations`, translate what is unfinished in resources/lang/zh_CN.ts, run it again"

Key = tuple[str, str, str]  # context, source text, comment


def messages(catalogue: Path) -> dict[Key, ElementTree.Element]:
    found = {}
    for context in ElementTree.parse(catalogue).getroot().iter("context"):
        for message in context.iter("message"):
            key = (context.findtext("name", ""), message.findtext("source", ""), message.findtext("comment", ""))
            found[key] = message
    return found


def translated(message: ElementTree.Element) -> list[str]:
    translation = message.find("translation")
    assert translation is not None
    plural_forms = translation.findall("numerusform")
    return [form.text or "" for form in plural_forms] if plural_forms else [translation.text or ""]


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> dict[Key, ElementTree.Element]:
    fresh = tmp_path_factory.mktemp("lang") / "fresh.ts"
    command = [str(QT_TOOLS / "lupdate"), "-extensions", "py", "desktop", "-locations", "none", "-ts", str(fresh)]
    subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True)
    return messages(fresh)


def test_the_catalogue_holds_exactly_the_texts_of_the_sources(extracted):
    in_catalogue = set(messages(CATALOGUE))
    assert set(extracted) - in_catalogue == set(), REMEDY
    assert in_catalogue - set(extracted) == set(), REMEDY


def test_every_text_is_translated_and_finished():
    unfinished = [
        key
        for key, message in messages(CATALOGUE).items()
        if message.find("translation").get("type") is not None or not all(text.strip() for text in translated(message))
    ]
    assert unfinished == [], REMEDY


def test_translations_fill_the_same_gaps_as_the_english():
    wrong = []
    for key, message in messages(CATALOGUE).items():
        gaps = Counter(PLACEHOLDER.findall(key[1]))
        wrong += [(key, text) for text in translated(message) if Counter(PLACEHOLDER.findall(text)) != gaps]
    assert wrong == []


def calls_of_translation() -> list[tuple[str, ast.expr]]:
    """Place and text argument of each tr(text) and translate(context, text) in the sources, found without Qt's tool."""
    found = []
    for path in sorted((REPOSITORY / "desktop").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                place = {"tr": 0, "translate": 1}.get(name)
                if place is not None and len(node.args) > place:
                    found.append((f"{path.relative_to(REPOSITORY)}:{node.lineno}", node.args[place]))
    return found


def test_no_text_was_put_together_before_it_was_looked_up():
    # tr(f"...") is extracted as written, with its braces, and is never found again at run time.
    assert [where for where, text in calls_of_translation() if isinstance(text, ast.JoinedStr | ast.BinOp)] == []


def test_no_text_of_the_sources_was_overlooked_by_the_extraction():
    known = {source for _, source, _ in messages(CATALOGUE)}
    texts = [(where, text.value) for where, text in calls_of_translation() if isinstance(text, ast.Constant)]
    assert texts
    # Qt's tool does not look inside f-strings: take tr() out of them.
    assert [found for found in texts if found[1] not in known] == [], REMEDY


@pytest.mark.parametrize("weight", ["Regular", "Bold"])
def test_the_bundled_font_has_every_character_of_both_languages(weight):
    drawn = TTFont(REPOSITORY / "resources" / "fonts" / f"NotoSansSC-{weight}.ttf").getBestCmap()
    shown = {
        char for key, message in messages(CATALOGUE).items() for text in (key[1], *translated(message)) for char in text
    }
    assert sorted(char for char in shown if char not in "\n\t" and ord(char) not in drawn) == []


def test_the_compiled_catalogue_says_what_the_source_catalogue_says():
    translator = QTranslator()
    assert translator.load(str(LANG / "zh_CN.qm")), REMEDY
    stale = []
    for (context, source, comment), message in messages(CATALOGUE).items():
        is_plural = message.get("numerus") == "yes"
        if translator.translate(context, source, comment or None, 1 if is_plural else -1) not in translated(message):
            stale.append((context, source))
    assert stale == [], REMEDY
