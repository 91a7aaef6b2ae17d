"""Excel workbooks (.xlsx) as rows of text: one sheet, streamed, values as last computed, dates as ISO 8601.

Office Open XML, ECMA-376 part 1: 18.3.1.4 c (cell), 18.8.30 numFmt, 18.17.4.1 (dates as days since 1899-12-30).
"""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree.ElementTree import Element

from core.errors import InputError
from core.exchange.safe_xml import elements_in
from core.exchange.text_table import MOST_COLUMNS, Row
from core.task import Task

_MARK = b"PK\x03\x04"
_FREE, _RATIO, _MOST = 100_000_000, 200, 8_000_000_000  # bytes unpacked: always, per packed byte, and at all
_BUILT_IN_DATES = {*range(14, 23), *range(45, 48)}
_DATE_SIGNS = re.compile(r"[ymdhs]", re.IGNORECASE)
_NO_SIGN = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')  # literal text, colours and escapes in a number format
_REFERENCE = re.compile(r"([A-Z]{1,3})[0-9]+")
_EPOCHS = {False: dt.datetime(1899, 12, 30), True: dt.datetime(1904, 1, 1)}
_STEP = 4096


def is_workbook(path: Path) -> bool:
    """Whether the file begins like a workbook.

    Raises:
        InputError: it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return stream.read(len(_MARK)) == _MARK
    except OSError as error:
        raise InputError(str(path), "file_not_read", path=path, why=error.strerror or "") from error


def read_workbook(path: Path, sheet: str = "", task: Task | None = None) -> Iterator[Row]:
    """Rows of a sheet, each as long as the heading at least; empty rows are left out.

    Args:
        path: the workbook.
        sheet: its name; empty where there is one visible sheet.
        task: progress and cancellation.

    Raises:
        InputError: no workbook, cut off, packed like a bomb, or several sheets and none named.
        Cancelled: on request.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            book = _Book(path, archive, sheet)
            width = 0
            for number, element in enumerate(book.elements(book.part, "row", 2)):
                if task is not None and number % _STEP == 0:
                    task.step(0.0, "progress_reading")
                cells = book.cells(element)
                if not any(cells):
                    continue
                width = width or len(cells)
                line = element.get("r", "")
                yield (int(line) if line.isdigit() else number + 1), cells + [""] * (width - len(cells))
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError):
        raise InputError(str(path), "exchange_cut_off", path=path, line=0) from None


class _Book:
    """An open workbook: its shared texts, its date formats and the part that holds the wanted sheet."""

    def __init__(self, path: Path, archive: zipfile.ZipFile, sheet: str) -> None:
        self._path, self._archive = path, archive
        names = set(archive.namelist())
        if "xl/workbook.xml" not in names:
            raise InputError(str(path), "exchange_not_text", path=path, kind="ZIP")
        self._check_size()
        self.part = self._part_of(sheet)
        texts = self.elements("xl/sharedStrings.xml", "si", 1) if "xl/sharedStrings.xml" in names else ()
        self._texts = [_text(item) for item in texts]
        self._dates = self._date_styles() if "xl/styles.xml" in names else set()
        properties = list(self.elements("xl/workbook.xml", "workbookPr", 1))
        self._epoch = _EPOCHS[any(item.get("date1904") in ("1", "true") for item in properties)]

    def elements(self, part: str, name: str, depth: int) -> Iterator[Element]:
        """Elements of one part."""
        try:
            stream = self._archive.open(part)
        except KeyError:
            raise InputError(str(self._path), "exchange_cut_off", path=self._path, line=0) from None
        with stream:
            yield from elements_in(stream, self._path, name, depth)

    def cells(self, row: Element) -> list[str]:
        """The texts of a row; cells that are not written are empty."""
        cells: list[str] = []
        for cell in row.findall("c"):
            match = _REFERENCE.fullmatch(cell.get("r", ""))
            place = _column(match.group(1)) if match else len(cells)
            if place >= MOST_COLUMNS:
                raise InputError(str(self._path), "exchange_too_wide", line=row.get("r", ""), high=MOST_COLUMNS)
            cells += [""] * (place + 1 - len(cells))
            cells[place] = self._value(cell)
        while cells and not cells[-1]:
            cells.pop()
        return cells

    def _value(self, cell: Element) -> str:
        kind, found = cell.get("t", "n"), cell.find("v")
        written = "" if found is None or found.text is None else found.text
        if kind == "inlineStr":
            inline = cell.find("is")
            return "" if inline is None else _text(inline)
        if kind == "s":
            return self._texts[int(written)] if written.isdigit() and int(written) < len(self._texts) else ""
        if kind == "b":
            return "TRUE" if written == "1" else "FALSE"
        if kind == "n" and written:
            return self._number(written, cell.get("s", "0"))
        return written.strip()

    def _number(self, written: str, style: str) -> str:
        """A number with the 15 digits Excel shows, or the date it stands for."""
        try:
            value = float(written)
            if style in self._dates:
                moment = self._epoch + dt.timedelta(seconds=round(value * 86_400))
                return moment.isoformat(timespec="minutes" if moment.second == 0 else "seconds")
        except (ValueError, OverflowError):
            return written
        return f"{value:.15g}"

    def _check_size(self) -> None:
        parts = self._archive.infolist()
        size, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
        if size > _MOST or size > max(_FREE, _RATIO * packed):
            raise InputError(str(self._path), "exchange_bomb", path=self._path, line=0)

    def _part_of(self, wanted: str) -> str:
        sheets = list(self.elements("xl/workbook.xml", "sheet", 2))
        visible = [item for item in sheets if item.get("state", "visible") == "visible"]
        chosen = [item for item in (sheets if wanted else visible) if not wanted or item.get("name") == wanted]
        if len(chosen) != 1:
            names = ", ".join(item.get("name", "") for item in sheets)
            raise InputError(str(self._path), "exchange_which_sheet", path=self._path, names=names)
        key = next((value for name, value in chosen[0].items() if name.rpartition(" ")[2] == "id"), "")
        for item in self.elements("xl/_rels/workbook.xml.rels", "Relationship", 1):
            if item.get("Id") == key:
                target = item.get("Target", "")
                return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        raise InputError(str(self._path), "exchange_cut_off", path=self._path, line=0)

    def _date_styles(self) -> set[str]:
        """Numbers of the cell styles whose number format shows a date or a time."""
        own = {item.get("numFmtId", ""): item.get("formatCode", "") for item in self._styles("numFmts", "numFmt")}
        dates = set()
        for number, style in enumerate(self._styles("cellXfs", "xf")):
            code = style.get("numFmtId", "0")
            shown = _NO_SIGN.sub("", own.get(code, ""))
            if (code.isdigit() and int(code) in _BUILT_IN_DATES) or _DATE_SIGNS.search(shown):
                dates.add(str(number))
        return dates

    def _styles(self, group: str, name: str) -> Sequence[Element]:
        return [item for found in self.elements("xl/styles.xml", group, 1) for item in found.findall(name)]


def _text(item: Element) -> str:
    """The text of an item, its runs joined; pronunciation guides (rPh) are no text."""
    own = item.findall("t") + [part for run in item.findall("r") for part in run.findall("t")]
    return "".join(part.text or "" for part in own).strip()


def _column(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1
