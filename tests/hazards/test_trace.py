"""The trace of hazards is closed: every hazard has a guard that exists and tests that exist."""

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
TRACE: dict[str, dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "trace.yaml").read_text("utf-8"))


def names_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def test_every_hazard_is_traced() -> None:
    assert list(TRACE) == [f"H{number}" for number in range(1, 33)]


@pytest.mark.parametrize("hazard", TRACE)
def test_every_guard_and_every_test_exists(hazard: str) -> None:
    row = TRACE[hazard]
    assert row["guard"]
    assert row["tests"]
    for guard in row["guard"]:
        module, name = guard.split(":")
        assert name in names_in(ROOT / f"{module.replace('.', '/')}.py"), guard
    for test in row["tests"]:
        file, name = test.split("::")
        assert name in names_in(ROOT / file), test


def test_every_test_that_bears_a_hazards_id_is_traced() -> None:
    traced = {test for row in TRACE.values() for test in row["tests"]}
    for file in sorted(Path(__file__).parent.glob("test_*.py")):
        for name in names_in(file):
            if name.startswith("test_h") and name[6:8].isdigit():
                assert f"{file.relative_to(ROOT)}::{name}" in traced, name
                assert f"{file.relative_to(ROOT)}::{name}" in TRACE[f"H{int(name[6:8])}"]["tests"]
