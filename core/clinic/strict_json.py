"""JSON read without guessing: no key twice, no NaN, no surprise type, and every mistake knows its JSON path."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from core.errors import InputError

LONGEST_TEXT = 500
LONGEST_LIST = 10_000
DEEPEST = 8
_EXACT_DIGITS = (
    15  # a longer whole number is no count, grade or time; it is read as a float and refused where it stands
)
_SIMPLE_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_Choice = TypeVar("_Choice", bound=StrEnum)


@dataclass(frozen=True)
class Node:
    """One value of a JSON document and the path it stands under; asking for the wrong type raises InputError there."""

    path: str
    value: Any

    def error(self, reason: str, **values: object) -> InputError:
        """An InputError that points at this value; the caller raises it."""
        return InputError(self.path, reason, **values)

    @property
    def text(self) -> str:
        """The text; never empty."""
        if not isinstance(self.value, str):
            raise self.error("text_needed", value=_shown(self.value))
        if not self.value.strip():
            raise self.error("text_empty")
        return self.value

    @property
    def number(self) -> float:
        """The number."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.error("number_needed", value=_shown(self.value))
        return float(self.value)

    @property
    def whole_number(self) -> int:
        """The number, which must be written without decimals."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise self.error("whole_number_needed", value=_shown(self.value))
        return self.value

    @property
    def truth(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            raise self.error("truth_needed", value=_shown(self.value))
        return self.value

    @property
    def items(self) -> tuple[Node, ...]:
        """The list's values."""
        if not isinstance(self.value, list):
            raise self.error("list_needed", value=_shown(self.value))
        return tuple(Node(f"{self.path}[{index}]", value) for index, value in enumerate(self.value))

    @property
    def fields(self) -> Mapping[str, Node]:
        """The object's values by key."""
        if not isinstance(self.value, dict):
            raise self.error("object_needed", value=_shown(self.value))
        return {key: Node(_join(self.path, key), value) for key, value in self.value.items()}

    def __getitem__(self, key: str) -> Node:
        """The value under `key`, which must be there."""
        found = self.get(key)
        if found is None:
            raise InputError(_join(self.path, key), "key_missing", key=key)
        return found

    def get(self, key: str) -> Node | None:
        """The value under `key`, or None."""
        return self.fields.get(key)

    def only(self, *allowed: str) -> None:
        """Raise InputError at the first key that is not one of `allowed`."""
        for key, node in self.fields.items():
            if key not in allowed:
                raise node.error("key_unknown", key=key[:60], known=", ".join(allowed))

    def choice(self, kind: type[_Choice]) -> _Choice:
        """The member of `kind` the text names."""
        try:
            return kind(self.text)
        except ValueError:
            raise self.error("choice_unknown", value=self.text, choices=", ".join(kind)) from None


def parse_strict_json(text: str) -> Node:
    """Read a JSON document.

    Raises:
        InputError: with the JSON path; broken or cut-off JSON, a key that stands twice, NaN or Infinity, unprintable or
            overlong text, overlong lists, nesting without end.
    """
    if text.startswith("\ufeff"):
        raise InputError("$", "file_has_bom")
    try:
        raw = json.loads(text, object_pairs_hook=_Pairs, parse_constant=_Constant, parse_int=_whole, parse_float=float)
    except json.JSONDecodeError as error:
        cut_off = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
        reason = "json_cut_off" if cut_off else "json_broken"
        raise InputError("$", reason, line=error.lineno, column=error.colno) from None
    except RecursionError:
        raise InputError("$", "json_too_deep", high=DEEPEST) from None
    return Node("$", _checked(raw, "$", 0))


class _Pairs(list[tuple[str, Any]]):
    """An object's keys and values before it is known that no key stands twice."""


class _Constant(str):
    """`NaN`, `Infinity` or `-Infinity`, which JSON does not have but Python reads."""

    __slots__ = ()


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= _EXACT_DIGITS else float(digits)


def _checked(raw: Any, path: str, depth: int) -> Any:
    if depth > DEEPEST:
        raise InputError(path, "json_too_deep", high=DEEPEST)
    if isinstance(raw, _Constant) or (isinstance(raw, float) and not math.isfinite(raw)):
        raise InputError(path, "number_not_finite", value=str(raw))
    if isinstance(raw, str):
        _check_text(raw, path)
        return raw
    if isinstance(raw, _Pairs):
        return _object(raw, path, depth)
    if isinstance(raw, list):
        if len(raw) > LONGEST_LIST:
            raise InputError(path, "list_too_long", value=len(raw), high=LONGEST_LIST)
        return [_checked(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(raw)]
    return raw


def _object(pairs: _Pairs, path: str, depth: int) -> dict[str, Any]:
    built: dict[str, Any] = {}
    for key, value in pairs:
        _check_text(key, path)
        where = _join(path, key)
        if key in built:
            raise InputError(where, "key_twice", key=key)
        built[key] = _checked(value, where, depth + 1)
    return built


def _check_text(text: str, path: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise InputError(path, "text_too_long", value=len(text), high=LONGEST_TEXT)
    if any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in text):
        raise InputError(path, "text_unprintable")


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if _SIMPLE_KEY.fullmatch(key) else f"{path}[{json.dumps(key, ensure_ascii=False)}]"


def _shown(value: Any) -> str:
    """The value as it stands in the file, short enough for a message."""
    written = json.dumps(value, ensure_ascii=False)
    return written if len(written) <= 40 else written[:39] + "…"
