"""Every remark of an import has a sentence, and is handed the values the sentence needs."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.report.wording import LANGUAGES, Wording

ROOT = Path(__file__).resolve().parents[3]
FILES = sorted((ROOT / "core" / "exchange").glob("*.py"))
NOTES = {"reject", "flag", "change", "ignore"}


def notes(path: Path) -> Iterator[tuple[str, set[str]]]:
    for call in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in NOTES:
            reason = call.args[2]
            names = {item.arg for item in call.keywords if item.arg}
            for item in (reason.body, reason.orelse) if isinstance(reason, ast.IfExp) else (reason,):
                if isinstance(item, ast.Constant):
                    yield item.value, names


def ids(path: Path) -> set[str]:
    found = (node.value for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Constant))
    return {text for text in found if isinstance(text, str) and text.startswith(("exchange_", "progress_"))}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_id_has_a_sentence(path: Path, language: str) -> None:
    wording = Wording(language)
    assert {text for text in ids(path) if not wording.has(text)} == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_remark_brings_the_values_of_its_sentence(path: Path) -> None:
    wording = Wording("en")
    assert [(text, wording.gaps(text) - given) for text, given in notes(path) if wording.gaps(text) - given] == []


def test_the_search_finds_remarks() -> None:
    assert sum(1 for path in FILES for _ in notes(path)) > 30
