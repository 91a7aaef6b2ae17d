"""A FHIR document as resources that can be looked up, whatever its kind: Bundle, single resource, or one per line."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import InputError
from core.exchange.text_table import open_bytes

Resource = Mapping[str, Any]

LARGEST_DOCUMENT = 200_000_000  # bytes
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Entry:
    """A resource and where it stands, such as `entry[3] Observation/abc`."""

    place: str
    resource: Resource

    @property
    def kind(self) -> str:
        """Its resource type."""
        return str(self.resource.get("resourceType", ""))


@dataclass(frozen=True)
class Bundle:
    """All resources in order, and each by what others may call it."""

    entries: tuple[Entry, ...]
    by_reference: Mapping[str, Resource]

    def resolve(self, reference: Any, within: Resource) -> Resource | None:
        """The resource a Reference points to, contained ones included."""
        name = text_at(reference, "reference")
        if name.startswith("#"):
            contained = [item for item in list_at(within, "contained") if item.get("id") == name[1:]]
            return contained[0] if contained else None
        return self.by_reference.get(name)


def read_bundle(path: Path) -> Bundle:
    """Read a FHIR JSON document.

    Raises:
        InputError: the file is absent, too large, not UTF-8, no JSON, cut off, or no FHIR.
    """
    documents = _documents(path)
    entries: list[Entry] = []
    names: dict[str, Resource] = {}
    for document in documents:
        kind = document.get("resourceType")
        if not isinstance(kind, str):
            raise InputError(str(path), "exchange_not_fhir", path=path)
        rows = list_at(document, "entry") if kind == "Bundle" else [{"resource": document}]
        for row in rows:
            resource = row.get("resource")
            if not isinstance(resource, dict):
                continue
            own = f"{resource.get('resourceType', '?')}/{resource.get('id', '')}".rstrip("/")
            entries.append(Entry(f"entry[{len(entries)}] {own}", resource))
            names[own] = resource
            if url := text_at(row, "fullUrl"):
                names[url] = resource
    if not entries:
        raise InputError(str(path), "exchange_empty", path=path)
    return Bundle(tuple(entries), names)


def _documents(path: Path) -> list[dict[str, Any]]:
    with open_bytes(path) as (stream, _, _size):
        try:
            content = stream.read(LARGEST_DOCUMENT + 1)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise InputError(str(path), "exchange_cut_off", path=path, line=0) from None
    if len(content) > LARGEST_DOCUMENT:
        raise InputError(str(path), "exchange_too_large", path=path, value=len(content), high=LARGEST_DOCUMENT)
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(str(path), "file_not_utf8", path=path, position=error.start) from None
    written = [line for line in lines if line.strip()]
    bulk = len(written) > 1 and all(line.lstrip().startswith("{") and line.rstrip().endswith("}") for line in written)
    texts = written if bulk else ["\n".join(lines)]
    return [_parsed(path, text) for text in texts if text.strip()]


def _parsed(path: Path, written: str) -> dict[str, Any]:
    try:
        document = json.loads(written, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        cut_off = error.pos >= len(written.rstrip()) or error.msg.startswith("Unterminated string")
        reason = "json_cut_off" if cut_off else "json_broken"
        raise InputError(str(path), reason, line=error.lineno, column=error.colno) from None
    except (RecursionError, ValueError):
        raise InputError(str(path), "exchange_not_fhir", path=path) from None
    if not isinstance(document, dict):
        raise InputError(str(path), "exchange_not_fhir", path=path)
    return document


def _no_constant(word: str) -> float:
    raise ValueError(word)


def part_at(node: Any, *keys: str) -> Mapping[str, Any]:
    """The object under a chain of keys; empty where something on the way is missing or no object."""
    for key in keys:
        node = node.get(key) if isinstance(node, dict) else None
    return node if isinstance(node, dict) else {}


def list_at(node: Any, key: str) -> list[Any]:
    """The objects of a list; empty where there is none. A single object counts as a list of one."""
    found = node.get(key) if isinstance(node, dict) else None
    items = found if isinstance(found, list) else [found]
    return [item for item in items if isinstance(item, dict)]


def text_at(node: Any, *keys: str) -> str:
    """The text under a chain of keys; empty where there is none."""
    found = part_at(node, *keys[:-1]).get(keys[-1]) if isinstance(node, dict) else None
    return found if isinstance(found, str) else ""


def codes_of(concept: Any) -> list[tuple[str, str]]:
    """System and code of each coding of a CodeableConcept."""
    return [(text_at(item, "system"), text_at(item, "code")) for item in list_at(concept, "coding")]


def words_of(concept: Any) -> str:
    """What a CodeableConcept says in words."""
    shown = [text_at(item, "display") for item in list_at(concept, "coding")]
    return text_at(concept, "text") or next((item for item in shown if item), "")


def moment_of(written: str, field: str) -> dt.datetime:
    """A moment with its offset.

    Raises:
        InputError: it is missing, or has no time of day.
    """
    if not written:
        raise InputError(field, "exchange_value_missing", name=field)
    if _DAY.fullmatch(written):
        raise InputError(field, "exchange_no_time_of_day", value=written)
    if not _MOMENT.fullmatch(written):
        raise InputError(field, "exchange_moment", value=written[:40])
    try:
        return dt.datetime.fromisoformat(written)
    except ValueError:
        raise InputError(field, "exchange_moment", value=written[:40]) from None


def day_of(written: str, field: str) -> dt.date:
    """A full date.

    Raises:
        InputError: it is missing, partial or impossible.
    """
    if _DAY.fullmatch(written) is None:
        raise InputError(field, "day_unreadable", value=written[:40])
    try:
        return dt.date.fromisoformat(written)
    except ValueError:
        raise InputError(field, "day_unreadable", value=written[:40]) from None
