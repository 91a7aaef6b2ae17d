"""The self-test passes on this program and fails when a result changes."""

import json
from pathlib import Path

import pytest

from core.qualify import worked_cases
from core.qualify.checks import Check
from core.qualify.self_test import self_test


def test_the_program_passes_its_own_test() -> None:
    failed = [check for check in self_test() if not check.passed]
    assert failed == []


def test_the_worked_cases_are_among_the_checks() -> None:
    names = {check.name.split(":")[0] for check in worked_cases.check_worked_cases()}
    assert names == {path.name.removesuffix(".case.json") for path in worked_cases.example_cases()}
    assert len(names) == 13


def test_a_changed_record_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    record = json.loads(worked_cases.expectations_file().read_text(encoding="utf-8"))
    record["vancomycin_falling_renal_function"]["option 1 within target"] *= 1.001
    changed = tmp_path / "record.json"
    changed.write_text(json.dumps(record), encoding="utf-8")
    monkeypatch.setattr(worked_cases, "expectations_file", lambda: changed)
    failed = [check.name for check in worked_cases.check_worked_cases() if not check.passed]
    assert failed == ["vancomycin_falling_renal_function: option 1 within target"]


def test_numbers_hold_within_their_tolerance_and_texts_when_equal() -> None:
    assert Check("a", 1.0, 1.0 + 1e-7, 1e-6).passed
    assert not Check("a", 1.0, 1.1, 1e-6).passed
    assert not Check("a", "1", 1.0).passed
