"""How many isolates of a germ had which MIC: a published distribution, or a ward's own antibiogram."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.clinic.covariate import CATALOGUE
from core.clinic.strict_json import Node
from core.errors import InputError
from core.units import Quantity, format_number, parse_quantity, parse_typed_number

MOST_MICS = 60  # rows; the doubling dilutions from 0.001 to 1024 mg/L are 21
MOST_ISOLATES = 10_000_000  # in a row; more is a slip
LONGEST_TEXT = 200  # of a name or a source
FIELD = "mic_distribution"

_LEAST, _MOST = CATALOGUE["mic"].low, CATALOGUE["mic"].high  # mg/L
_UNIT = "mg/L"
# a count after the MIC, its unit and one separator: `0.5: 12`, `>16 mg/L = 3`, `0.25<tab>40`
_LINE = re.compile(
    r"(?P<sign><=|≤|>=|≥|<|>)?\s*(?P<mic>[^\s:;=|A-Za-zµμ]+)(?:\s*(?P<unit>[A-Za-zµμ][^\s:;=|]*))?"
    r"(?:\s*[:;=|]\s*|\s+)(?P<count>\S.*)"
)
_COULD_BE_THOUSANDS = re.compile(r"[1-9][0-9]*\.[0-9]{3}")
_MICRO = str.maketrans("µμ", "uu")
_USUAL_UNITS = {"mg/l": "mg/L", "ug/ml": "ug/mL", "mcg/ml": "ug/mL"}  # as laboratories print them


@dataclass(frozen=True)
class IsolateRow:
    """One row of a table of isolates: a MIC in mg/L, and how many had it; `beyond`: how many grew even there."""

    mic: float
    count: int
    beyond: bool = False
    at_most: bool = False  # inhibited at the lowest MIC tested: the isolate's own may be lower


@dataclass(frozen=True)
class MicDistribution:
    """How many isolates had which MIC, the MICs rising.

    The isolates `beyond` grew at the highest MIC of the table: their MIC is not known, and no exposure counts as enough
    for them.
    """

    mics: tuple[float, ...]  # mg/L
    counts: tuple[int, ...]
    beyond: int = 0
    name: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no distribution."""
        rows = [IsolateRow(mic, count) for mic, count in zip(self.mics, self.counts, strict=False)]
        _check(rows, FIELD, ordered=True)
        if len(self.mics) != len(self.counts):
            raise InputError(FIELD, "mic_table_empty")
        _check_count(self.beyond, FIELD)
        if self.total == 0:
            raise InputError(f"{FIELD}.isolates", "mic_table_without_isolates")

    @property
    def total(self) -> int:
        """All isolates."""
        return sum(self.counts) + self.beyond

    @property
    def present(self) -> tuple[tuple[float, float], ...]:
        """The MICs that occurred, mg/L, each with its share of all isolates; with those beyond the shares add to 1."""
        return tuple((mic, count / self.total) for mic, count in zip(self.mics, self.counts, strict=True) if count)


def distribution_of(
    rows: Sequence[IsolateRow], name: str = "", source: str = "", field: str = FIELD
) -> MicDistribution:
    """Put the rows of a table in order.

    Args:
        rows: in any order; at most one `beyond`, at no lower MIC than the others.
        name: of the germ, or of the ward and the year.
        source: where the counts come from.
        field: the table, as a refusal names it.

    Raises:
        InputError: an empty or overlong table, a MIC that is none or that stands twice, a count that is none, no
            isolate at all; the field names the row.
    """
    _check(rows, field)
    for key, text in (("name", name), ("source", source)):
        if len(text) > LONGEST_TEXT:
            raise InputError(f"{field}.{key}", "text_too_long", value=len(text), high=LONGEST_TEXT)
    counts = {row.mic: row.count for row in sorted(rows, key=lambda row: row.mic) if not row.beyond}
    beyond = next((row for row in rows if row.beyond), None)
    if beyond is not None:
        counts.setdefault(beyond.mic, 0)
    if not any(row.count for row in rows):
        raise InputError(f"{field}.isolates", "mic_table_without_isolates")
    return MicDistribution(
        tuple(counts), tuple(counts.values()), 0 if beyond is None else beyond.count, name.strip(), source.strip()
    )


def _check(rows: Sequence[IsolateRow], field: str, *, ordered: bool = False) -> None:
    if not rows:
        raise InputError(f"{field}.isolates", "mic_table_empty")
    if len(rows) > MOST_MICS:
        raise InputError(f"{field}.isolates", "mic_table_too_long", value=len(rows), high=MOST_MICS)
    seen: set[tuple[float, bool]] = set()
    highest = max(row.mic for row in rows)
    for index, row in enumerate(rows):
        place = f"{field}.isolates[{index}]"
        if not _LEAST <= row.mic <= _MOST:
            gaps = {"value": _shown(row.mic) if math.isfinite(row.mic) else str(row.mic)}
            raise InputError(f"{place}.mic", "mic_impossible", **gaps, low=_shown(_LEAST), high=_shown(_MOST))
        _check_count(row.count, place)
        if (row.mic, row.beyond) in seen or (row.beyond and any(beyond for _, beyond in seen)):
            raise InputError(f"{place}.mic", "mic_twice", value=_written(row))
        if row.at_most and any(other.mic < row.mic for other in rows):
            raise InputError(f"{place}.mic", "mic_at_most_not_first", value=_shown(row.mic))
        if row.beyond and row.mic < highest:
            raise InputError(f"{place}.mic", "mic_beyond_not_last", value=_written(row), high=_shown(highest))
        if ordered and index and row.mic < rows[index - 1].mic:
            raise InputError(f"{place}.mic", "mic_not_rising", value=_written(row))
        seen.add((row.mic, row.beyond))


def _check_count(count: int, place: str) -> None:
    if not isinstance(count, int) or not 0 <= count <= MOST_ISOLATES:
        gaps = {"value": str(count), "high": str(MOST_ISOLATES)}
        raise InputError(f"{place}.count", "isolates_unreadable", **gaps)


def _shown(mic: float) -> str:
    return f"{format_number(mic)} {_UNIT}"


def _written(row: IsolateRow) -> str:
    return f"{'>' if row.beyond else ''}{_shown(row.mic)}"


def rows_of(distribution: MicDistribution) -> list[IsolateRow]:
    """The rows of a table, rising; what lies beyond comes last."""
    rows = [IsolateRow(mic, count) for mic, count in zip(distribution.mics, distribution.counts, strict=True)]
    last = [IsolateRow(distribution.mics[-1], distribution.beyond, beyond=True)] if distribution.beyond else []
    return [*rows, *last]


def read_isolates(text: str, field: str = FIELD) -> list[IsolateRow]:
    """Read a typed or pasted table, a row `MIC: number of isolates` to a line; MICs without a unit are in mg/L.

    `<=0.25` is read as 0.25, and must be the lowest: what grew nowhere has a MIC no higher. `>16` counts isolates that
    grew at 16.

    Raises:
        InputError: a line that is no such row; its number is in `line`.
    """
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(lines) > MOST_MICS:
        raise InputError(field, "mic_table_too_long", value=len(lines), high=MOST_MICS)
    return [_row_of(line, number, field) for number, line in lines]


def _row_of(line: str, number: int, field: str) -> IsolateRow:
    match = _LINE.fullmatch(line) if len(line) <= LONGEST_TEXT else None
    if match is None or match["sign"] in ("<", ">=", "≥"):
        raise InputError(field, "mic_line_unreadable", line=number, value=line[:40])
    try:
        mic = parse_typed_number(match["mic"], field)
    except InputError:
        raise InputError(field, "mic_line_unreadable", line=number, value=line[:40]) from None
    unit = (match["unit"] or _UNIT).translate(_MICRO)
    milligrams = _in_base(Quantity(mic, _USUAL_UNITS.get(unit.casefold(), unit)), field)
    written = match["count"]
    if not (written.isascii() and written.isdigit() and len(written) <= len(str(MOST_ISOLATES))):
        raise InputError(field, "isolates_unreadable", value=written[:40], high=str(MOST_ISOLATES))
    return IsolateRow(milligrams, int(written), beyond=match["sign"] == ">", at_most=match["sign"] in ("<=", "≤"))


def _in_base(quantity: Quantity, field: str) -> float:
    """A MIC in mg/L; the decimals of ug/mL and ug/L are those that were written."""
    try:
        return float(f"{quantity.to(_UNIT):.12g}")
    except InputError as error:
        if error.reason == "unit_unknown":
            raise InputError(field, error.reason, **error.values) from None
        raise InputError(field, "unit_mismatch", unit=quantity.unit, wanted=_UNIT) from None


def write_isolates(distribution: MicDistribution) -> str:
    """The table as `read_isolates` reads it."""
    rows = rows_of(distribution)
    return "\n".join(f"{'>' if row.beyond else ''}{_typed(row.mic)}: {row.count}" for row in rows)


def _typed(mic: float) -> str:
    """A MIC as it may be typed: never three lone decimals, which could be thousands."""
    text = format_number(mic)
    return f"{text}0" if _COULD_BE_THOUSANDS.fullmatch(text) else text


def distribution_from(node: Node) -> MicDistribution:
    """The distribution a file holds: `{"name", "source", "isolates": [{"mic": "0.5 mg/L", "count": 12}, ...]}`.

    Raises:
        InputError: with the JSON path.
    """
    node.only("name", "source", "isolates")
    source = node.get("source")
    rows = [_row_from(item) for item in node["isolates"].items]
    return distribution_of(rows, node["name"].text, "" if source is None else source.text, node.path)


def _row_from(node: Node) -> IsolateRow:
    node.only("mic", "count")
    mic = node["mic"]
    if isinstance(mic.value, int | float) and not isinstance(mic.value, bool):
        raise mic.error("unit_missing", value=str(mic.value))
    written = mic.text.strip()
    sign = next((sign for sign in ("<=", ">") if written.startswith(sign)), "")
    quantity = parse_quantity(written.removeprefix(sign), mic.path)
    own = _in_base(quantity, mic.path)
    return IsolateRow(own, node["count"].whole_number, beyond=sign == ">", at_most=sign == "<=")


def distribution_to(distribution: MicDistribution) -> dict[str, Any]:
    """The JSON value `distribution_from` reads."""
    rows = [{"mic": _written(row), "count": row.count} for row in rows_of(distribution)]
    named = {"name": distribution.name, "source": distribution.source}
    return {**{key: text for key, text in named.items() if text}, "isolates": rows}
