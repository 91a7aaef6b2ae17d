"""Delimited text from anywhere: read row by row in bounded memory, refused clearly when it is no text or not whole."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from core.errors import InputError
from core.task import Task

LARGEST_FILE = 64_000_000_000  # bytes; the largest public tables are a few tens of gigabytes
LONGEST_LINE = 1_000_000  # characters
MOST_COLUMNS = 2_000
_STEP = 8192  # rows between two reports of progress
_PACKED_RATIO = 200  # text packs 5 to 30 times; a bomb packs a thousand times
_PACKED_FREE = 100_000_000  # bytes that may be unpacked whatever the ratio
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_MARKS = (
    (b"\xd0\xcf\x11\xe0", "XLS"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
    (b"PK\x03\x04", "ZIP"),
    (b"%PDF", "PDF"),
)

Row = tuple[int, list[str]]  # line number in the file (1 is the first line), cells


@dataclass(frozen=True)
class TextFormat:
    """How a table is written; `delimiter` empty means any run of blanks."""

    delimiter: str = ","
    encoding: str = "utf-8"
    quoted: bool = True
    comments: tuple[str, ...] = ()  # lines that begin so are passed over
    first_line: int = 1
    keep: re.Pattern[str] | None = None  # other lines are passed over


def read_rows(path: Path, form: TextFormat, task: Task | None = None) -> Iterator[Row]:
    """Rows of a text file, packed by gzip or not, one at a time; empty lines are left out.

    Raises:
        InputError: the file is absent, too large, no text in this encoding, packed like a bomb, or cut off.
        Cancelled: on request.
    """
    with open_text(path, form.encoding) as lines:
        counted = _numbered(lines, form, task)
        if not form.delimiter:
            yield from ((number, line.split()) for number, line in counted if line.strip())
            return
        if not form.quoted:
            yield from ((number, line.rstrip("\r\n").split(form.delimiter)) for number, line in counted if line.strip())
            return
        yield from _quoted(path, counted, form.delimiter)


def _quoted(path: Path, counted: Iterator[tuple[int, str]], delimiter: str) -> Iterator[Row]:
    reached = 0

    def lines() -> Iterator[str]:
        nonlocal reached
        for reached, line in counted:  # noqa: B007 read by the loop below
            yield line

    reader = csv.reader(lines(), delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        for cells in reader:
            if len(cells) > MOST_COLUMNS:
                raise InputError(str(path), "exchange_too_wide", line=reached, high=MOST_COLUMNS)
            if cells and (len(cells) > 1 or cells[0].strip()):
                yield reached, cells
    except csv.Error as error:
        reason = "exchange_cut_off" if "unexpected end" in str(error) else "exchange_quotes"
        raise InputError(str(path), reason, path=path, line=reached) from None


@contextlib.contextmanager
def open_text(path: Path, encoding: str = "utf-8") -> Iterator[Lines]:
    """Open a text file line by line; a byte order mark is passed over.

    Raises:
        InputError: as `read_rows`.
    """
    with open_bytes(path) as (stream, raw, size):
        used = "utf-8-sig" if encoding.lower() in {"utf-8", "utf8"} else encoding
        try:
            text = io.TextIOWrapper(stream, encoding=used, newline=None)
        except LookupError:
            raise InputError(str(path), "exchange_encoding_unknown", encoding=encoding) from None
        yield Lines(path, text, raw, size, encoding)


@contextlib.contextmanager
def open_bytes(path: Path) -> Iterator[tuple[IO[bytes], IO[bytes], int]]:
    """Open a file, unpacked when its first bytes say gzip: the stream, the raw file under it, and its size.

    Raises:
        InputError: the file is absent, no regular file, too large, or of a kind that is no text.
    """
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise InputError(str(path), "exchange_not_a_file", path=path)
        if size > LARGEST_FILE:
            raise InputError(str(path), "exchange_too_large", path=path, value=size, high=LARGEST_FILE)
        raw = path.open("rb")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise InputError(str(path), "file_not_read", path=path, why=why) from error
    with raw:
        head = raw.read(4)
        raw.seek(0)
        for mark, kind in _MARKS:
            if head.startswith(mark):
                raise InputError(str(path), "exchange_not_text", path=path, kind=kind)
        packed = head.startswith(b"\x1f\x8b")
        yield (gzip.GzipFile(fileobj=raw) if packed else raw), raw, size  # type: ignore[misc]


class Lines:
    """The lines of an open text file; faults of decoding and unpacking become refusals that name the line."""

    def __init__(self, path: Path, text: io.TextIOWrapper, raw: IO[bytes], size: int, encoding: str) -> None:
        self.path, self.encoding = path, encoding
        self._text, self._raw, self._size = text, raw, size
        self.number = 0
        self._unpacked = 0

    @property
    def fraction(self) -> float:
        """Share of the file's bytes read so far."""
        return min(1.0, self._raw.tell() / self._size) if self._size else 1.0

    def __iter__(self) -> Iterator[str]:
        return iter(self.next_line, "")

    def next_line(self) -> str:
        """The next line with its end, empty at the end of the file; raises InputError as `read_rows` says."""
        try:
            line = self._text.readline(LONGEST_LINE + 1)
        except UnicodeDecodeError:
            raise self._refusal("exchange_encoding") from None
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise self._refusal("exchange_cut_off") from None
        self.number += 1
        if len(line) > LONGEST_LINE:
            raise self._refusal("exchange_line_too_long")
        if "\0" in line:
            raise self._refusal("exchange_binary")
        self._unpacked += len(line)
        if self._unpacked > max(_PACKED_FREE, _PACKED_RATIO * self._size):
            raise self._refusal("exchange_bomb")
        return line

    def _refusal(self, reason: str) -> InputError:
        return InputError(str(self.path), reason, path=self.path, line=self.number + 1, encoding=self.encoding)


def _numbered(lines: Lines, form: TextFormat, task: Task | None) -> Iterator[tuple[int, str]]:
    for line in lines:
        if task is not None and lines.number % _STEP == 0:
            task.step(lines.fraction, "progress_reading")
        if lines.number < form.first_line or (form.comments and line.startswith(form.comments)):
            continue
        if form.keep is None or form.keep.search(line):
            yield lines.number, line


def find_delimiter(line: str) -> str:
    """The sign that parts the cells of a heading line; empty for blanks."""
    counts = {sign: line.count(sign) for sign in (",", ";", "\t", "|", "$")}
    best = max(counts, key=lambda sign: counts[sign])
    return best if counts[best] else ""


def safe_cell(value: str) -> str:
    """A text that no spreadsheet takes for a formula (OWASP, CSV injection): an apostrophe before its first sign."""
    return f"'{value}" if value.startswith(_FORMULA_STARTS) else value


def write_rows(rows: Iterable[Sequence[str]]) -> str:
    """Comma-separated text, lines ended as RFC 4180 says; the caller makes texts safe."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\r\n").writerows(rows)
    return stream.getvalue()
