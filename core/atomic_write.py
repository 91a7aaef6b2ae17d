"""Write a whole file or nothing: an interrupted save never leaves half a file or loses the old one."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

from core.errors import InputError

_NEW_FILE_MODE = 0o666


def write_atomically(path: Path | str, content: bytes | Iterable[bytes]) -> None:
    """Put `content` under `path`: a temporary neighbour is written, flushed to the disk and renamed over the old file.

    Content too large to hold may come in pieces; whatever the pieces raise, the old file is untouched.

    A device or pipe (`/dev/stdout`) is written to, never replaced.

    Raises:
        InputError: reason `file_not_written`, with the path and the system's own words; the old file is untouched.
    """
    wanted = Path(path)
    pieces = (content,) if isinstance(content, bytes) else content
    try:
        target = wanted.resolve()  # a link stays a link; what it points to is replaced
        if target.exists() and not target.is_file() and not target.is_dir():
            with target.open("wb") as device:
                device.writelines(pieces)
            return
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    except OSError as error:
        raise _not_written(wanted, error) from error
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.writelines(pieces)
            stream.flush()
            os.fsync(stream.fileno())
        part.chmod(_mode(target))
        os.replace(part, target)  # noqa: PTH105 the one call whose atomicity is documented
    except OSError as error:
        raise _not_written(wanted, error) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    _flush_folder(target.parent)


def _not_written(path: Path, error: OSError) -> InputError:
    return InputError(str(path), "file_not_written", path=str(path), why=error.strerror or type(error).__name__)


def _mode(target: Path) -> int:
    """Permissions the file should have: the old file's, or what the person's umask gives a new one."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return _NEW_FILE_MODE & ~mask


def _flush_folder(folder: Path) -> None:
    """Make the rename itself outlive a power cut, where the system lets a folder be flushed (Windows does not)."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
