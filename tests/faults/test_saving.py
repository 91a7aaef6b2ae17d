import errno
import os
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import NoReturn

import pytest

from core.atomic_write import write_atomically
from core.clinic.case_file import load_case, save_case
from core.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "resources/examples/vancomycin_falling_renal_function.case.json"


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def fail(*_: object, **__: object) -> NoReturn:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("call", ["fsync", "replace", "fdopen"])
def test_a_save_that_fails_at_any_step_leaves_the_old_file_and_no_litter(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "patient.case.json"
    case = load_case(EXAMPLE)
    save_case(case, path)
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        with pytest.raises(InputError) as caught:
            save_case(case.with_doses(()), path)
    assert caught.value.reason == "file_not_written"
    assert caught.value.values["why"] == "No space left on device"
    assert path.read_bytes() == before
    assert names(tmp_path) == ["patient.case.json"]


def test_an_interrupt_in_the_middle_of_a_save_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.txt"
    write_atomically(path, b"old")

    def interrupt(_: int) -> NoReturn:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", interrupt)
        with pytest.raises(KeyboardInterrupt):
            write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["x.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are a POSIX thing")
def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    write_atomically(path, b"old")
    script = textwrap.dedent(f"""
        import resource, signal, sys
        sys.path.insert(0, {str(ROOT)!r})
        from core.atomic_write import write_atomically
        from core.errors import InputError
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            write_atomically({str(path)!r}, b"n" * 100_000)
        except InputError as error:
            sys.exit(7 if error.reason == "file_not_written" else 8)
    """)
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 7
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["x.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is a POSIX thing")
def test_a_kill_while_saving_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    write_atomically(path, b"a" * 200_000)
    script = textwrap.dedent(f"""
        import sys
        sys.path.insert(0, {str(ROOT)!r})
        from core.atomic_write import write_atomically
        print("ready", flush=True)
        while True:
            for sign in (b"a", b"b"):
                write_atomically({str(path)!r}, sign * 200_000)
    """)
    for pause in (0.01, 0.03, 0.05):
        with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as worker:
            assert worker.stdout is not None
            worker.stdout.readline()
            with pytest.raises(subprocess.TimeoutExpired):
                worker.wait(pause)
            worker.send_signal(signal.SIGKILL)
        content = path.read_bytes()
        assert len(content) == 200_000
        assert len(set(content)) == 1


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        write_atomically(tmp_path / "absent" / "x.txt", b"new")
    assert caught.value.reason == "file_not_written"
    assert caught.value.field == str(tmp_path / "absent" / "x.txt")


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are a POSIX thing")
def test_permissions_of_the_old_file_and_links_are_kept(tmp_path: Path) -> None:
    path, link = tmp_path / "x.txt", tmp_path / "link.txt"
    write_atomically(path, b"old")
    path.chmod(0o640)
    link.symlink_to(path)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_new_file_gets_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    write_atomically(tmp_path / "ours.txt", b"x")
    (tmp_path / "theirs.txt").write_bytes(b"x")
    assert (tmp_path / "ours.txt").stat().st_mode == (tmp_path / "theirs.txt").stat().st_mode


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_atomically(pipe, b"whole")
        assert os.read(reader, 100) == b"whole"
    finally:
        os.close(reader)
    assert pipe.is_fifo()
