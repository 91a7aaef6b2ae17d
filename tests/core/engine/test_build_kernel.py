"""The optional kernel: built where a compiler is, and nothing lost where there is none."""

from pathlib import Path

import pytest

from core.engine import build_kernel, kernel


def test_without_a_compiler_nothing_is_built_and_nothing_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    assert build_kernel.build(tmp_path / "kernel.so") is None
    assert build_kernel.main() == 0
    assert "numpy" in capsys.readouterr().out


@pytest.mark.skipif(build_kernel.compiler() is None, reason="no C compiler on this machine")
def test_a_compiler_builds_a_library_with_the_integrator(tmp_path: Path) -> None:
    import ctypes

    built = build_kernel.build(tmp_path / "kernel.so")
    assert built is not None
    assert ctypes.CDLL(str(built)).dosewright_rodas


def test_the_kernel_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOSEWRIGHT_NO_KERNEL", "1")
    kernel.library.cache_clear()
    try:
        assert not kernel.available()
    finally:
        monkeypatch.undo()
        kernel.library.cache_clear()
