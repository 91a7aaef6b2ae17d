"""XML of any size read element by element; documents that declare entities are refused (billion laughs, XXE)."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from core.errors import InputError
from core.exchange.text_table import open_bytes
from core.task import Task

_CHUNK = 1 << 18  # bytes
_DEEPEST = 64
_LARGEST_ELEMENT = 100_000_000  # characters of text inside one element; the largest real ones have a few million


def read_elements(path: Path, name: str, depth: int, task: Task | None = None) -> Iterator[Element]:
    """Elements of a name at a depth (0 is the root), one after another; namespaces are left out of the names.

    Raises:
        InputError: the file cannot be read, is no XML, is cut off, declares entities, or is nested without end.
        Cancelled: on request.
    """
    with open_bytes(path) as (stream, raw, size):
        for element in elements_in(stream, path, name, depth):
            yield element
            if task is not None:
                task.step(min(1.0, raw.tell() / size) if size else 1.0, "progress_reading")


def elements_in(stream: IO[bytes], path: Path, name: str, depth: int) -> Iterator[Element]:
    """As `read_elements`, from an open stream; `path` only names it in messages."""
    reader = _Reader(path, name, depth)
    while True:
        try:
            chunk = stream.read(_CHUNK)
        except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile):
            raise InputError(str(path), "exchange_cut_off", path=path, line=reader.line) from None
        reader.feed(chunk)
        yield from reader.taken()
        if not chunk:
            return


class _Reader:
    """Expat with its doors closed, building only the elements that are wanted."""

    def __init__(self, path: Path, name: str, depth: int) -> None:
        self._path, self._name, self._depth = path, name, depth
        self._level = -1
        self._builder: TreeBuilder | None = None
        self._found: list[Element] = []
        self._size = 0
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._data
        self._parser.EntityDeclHandler = self._entity
        self._parser.ExternalEntityRefHandler = self._entity

    @property
    def line(self) -> int:
        """Line reached."""
        return self._parser.CurrentLineNumber

    def feed(self, chunk: bytes) -> None:
        """Parse on; an empty chunk ends the document."""
        try:
            self._parser.Parse(chunk, not chunk)
        except expat.ExpatError as error:
            cut_off = not chunk and self.line > 0 and self._level >= 0
            reason = "exchange_cut_off" if cut_off else "exchange_xml"
            raise InputError(str(self._path), reason, path=self._path, line=error.lineno) from None

    def taken(self) -> list[Element]:
        """The elements completed since the last call."""
        found, self._found = self._found, []
        return found

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._level += 1
        if self._level > _DEEPEST:
            raise InputError(str(self._path), "json_too_deep", high=_DEEPEST)
        local = name.rpartition(" ")[2]
        if self._builder is None and self._level == self._depth and local == self._name:
            self._builder, self._size = TreeBuilder(), 0
        if self._builder is not None:
            self._builder.start(local, attributes)

    def _end(self, name: str) -> None:
        if self._builder is not None:
            self._builder.end(name.rpartition(" ")[2])
            if self._level == self._depth:
                self._found.append(self._builder.close())
                self._builder = None
        self._level -= 1

    def _data(self, data: str) -> None:
        if self._builder is not None:
            self._size += len(data)
            if self._size > _LARGEST_ELEMENT:
                raise InputError(str(self._path), "exchange_bomb", path=self._path, line=self.line)
            self._builder.data(data)

    def _entity(self, *_: object) -> int:
        raise InputError(str(self._path), "exchange_xml_entity", path=self._path, line=self.line)
