"""YAML read without guessing: every scalar stays the text that was typed, and every mistake knows its line.

YAML's own typing reads `no` as False, 12:30 as 750 and lets a repeated key win silently; none of that may happen to a
clinical number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from core.errors import DrugFileError, InputError
from core.units import parse_plain_number, parse_quantity

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C parser is ten times faster, where it was built
_PLAIN_TAGS = frozenset(
    f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq")
)


@dataclass(frozen=True)
class Entry:
    """One node of a strict YAML file: a text, a mapping or a list, with the line it stands on."""

    path: Path
    line: int
    name: str  # dotted path inside the file, for messages
    value: str | Mapping[str, Entry] | tuple[Entry, ...]

    def error(self, reason: str) -> DrugFileError:
        """A DrugFileError that points at this entry; the caller raises it."""
        return DrugFileError(self.path, self.line, f"{self.name}: {reason}" if self.name else reason)

    @property
    def text(self) -> str:
        """The scalar as typed; raises DrugFileError when the entry is a mapping or a list."""
        if not isinstance(self.value, str):
            raise self.error("a single value is expected here")
        return self.value

    @property
    def fields(self) -> Mapping[str, Entry]:
        """The mapping's entries by key; raises DrugFileError when the entry is no mapping."""
        if not isinstance(self.value, Mapping):
            raise self.error("a mapping (key: value) is expected here")
        return self.value

    @property
    def items(self) -> tuple[Entry, ...]:
        """The list's entries; raises DrugFileError when the entry is no list."""
        if not isinstance(self.value, tuple):
            raise self.error("a list is expected here")
        return self.value

    def __contains__(self, key: str) -> bool:
        return key in self.fields

    def __getitem__(self, key: str) -> Entry:
        """The entry under `key`; raises DrugFileError when it is missing."""
        found = self.fields.get(key)
        if found is None:
            raise self.error(f"the key '{key}' is missing")
        return found

    def get(self, key: str) -> Entry | None:
        """The entry under `key`, or None."""
        return self.fields.get(key)

    def only(self, *allowed: str) -> None:
        """Raise DrugFileError at the first key that is not one of `allowed`."""
        for key, entry in self.fields.items():
            if key not in allowed:
                raise entry.error(f"unknown key; known here: {', '.join(sorted(allowed))}")

    def choice(self, *allowed: str) -> str:
        """The text, which must be one of `allowed`; raises DrugFileError otherwise."""
        if self.text not in allowed:
            raise self.error(f"'{self.text}' is not one of {', '.join(allowed)}")
        return self.text

    def number(self) -> float:
        """The text as a plain number without unit; raises DrugFileError otherwise."""
        try:
            return parse_plain_number(self.text, self.name)
        except InputError as error:
            raise self.error(f"'{self.text}' is not a plain number") from error

    def quantity(self, unit: str, molar_mass: float | None = None) -> float:
        """The text as a quantity (`14.3 L/h`) in `unit`; raises DrugFileError for another dimension or form."""
        try:
            return parse_quantity(self.text, self.name).to(unit, molar_mass)
        except InputError as error:
            raise self.error(f"'{self.text}' cannot be read in {unit} ({error.reason})") from error


def read_strict_yaml(path: Path) -> Entry:
    """Read one YAML file as nested entries of text.

    Raises:
        DrugFileError: unreadable file, not UTF-8, broken YAML, a repeated key, an alias, a tag, a key that is no text,
            an empty value, or more than one document; with its line.
    """
    try:
        return parse_strict_yaml(path.read_text(encoding="utf-8"), path)
    except (OSError, UnicodeDecodeError) as error:
        raise DrugFileError(path, 0, f"cannot be read: {error}") from error


def parse_strict_yaml(text: str, path: Path) -> Entry:
    """Read YAML text as nested entries; `path` only names it in messages. Errors as in `read_strict_yaml`."""
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise DrugFileError(path, line, f"not valid YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise DrugFileError(path, 0, f"not valid YAML: {error}") from error
    if root is None:
        raise DrugFileError(path, 0, "the file is empty")
    return _entry(root, path, "", set())


def _entry(node: yaml.Node, path: Path, name: str, seen: set[int]) -> Entry:
    line = node.start_mark.line + 1
    if id(node) in seen:
        raise DrugFileError(path, line, f"{name}: aliases (& and *) are not allowed; write the value out")
    seen.add(id(node))
    if node.tag not in _PLAIN_TAGS:
        raise DrugFileError(path, line, f"{name}: tags (!) are not allowed")
    if isinstance(node, yaml.MappingNode):
        return Entry(path, line, name, _fields(node, path, name, seen))
    if isinstance(node, yaml.SequenceNode):
        children = tuple(_entry(child, path, f"{name}[{i}]", seen) for i, child in enumerate(node.value))
        return Entry(path, line, name, children)
    if node.value == "" and node.tag == "tag:yaml.org,2002:null":
        raise DrugFileError(path, line, f"{name}: a value is missing")
    return Entry(path, line, name, str(node.value))


def _fields(node: yaml.MappingNode, path: Path, name: str, seen: set[int]) -> Mapping[str, Entry]:
    fields: dict[str, Entry] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode) or key_node.value in ("", "<<"):
            raise DrugFileError(path, line, f"{name}: a key must be plain text")
        key = str(key_node.value)
        if key in fields:
            raise DrugFileError(path, line, f"the key '{key}' stands twice in {name or 'the file'}")
        fields[key] = _entry(value_node, path, f"{name}.{key}" if name else key, seen)
    return fields
