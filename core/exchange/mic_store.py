"""Tables of isolates a site keeps for a drug, such as the antibiograms of its wards, in its data folder."""

from __future__ import annotations

import json
from pathlib import Path

from core.atomic_write import write_atomically
from core.clinic.mic import MicDistribution, distribution_from, distribution_to
from core.clinic.strict_json import parse_strict_json
from core.drugs.library import site_folder
from core.errors import InputError

SCHEMA = "dosewright.isolates/1"
_LARGEST = 1_000_000  # bytes


def isolates_file(drug: str) -> Path:
    """Where the tables of a drug are kept."""
    return site_folder().parent / "isolates" / f"{drug}.json"


def kept_isolates(drug: str) -> tuple[MicDistribution, ...]:
    """The tables kept for a drug, by name.

    Raises:
        InputError: the file is not one of isolates, or holds those of another drug; it is never passed over.
    """
    place = isolates_file(drug)
    if not place.is_file():
        return ()
    try:
        too_large = place.stat().st_size > _LARGEST
        root = parse_strict_json("" if too_large else place.read_text(encoding="utf-8"))
        root.only("schema", "drug", "tables")
        schema, held = root["schema"].text, root["drug"].text
        tables = [distribution_from(node) for node in root["tables"].items]
    except (OSError, UnicodeDecodeError, InputError) as error:
        raise InputError("mic_distribution", "mic_store_unreadable", path=str(place)) from error
    if schema != SCHEMA:
        raise InputError("mic_distribution", "mic_store_unreadable", path=str(place))
    if held != drug:
        raise InputError("mic_distribution", "mic_store_other_drug", path=str(place), drug=held)
    return tuple(sorted(tables, key=lambda table: table.name))


def keep_isolates(drug: str, table: MicDistribution, *, replace: bool = False) -> Path:
    """Keep a table; in place of another of the same name only where that is meant.

    Raises:
        InputError: the table has no name, or another is kept under it; the file of the drug is not one of isolates, or
            cannot be written.
    """
    if not table.name:
        raise InputError("mic_distribution.name", "mic_table_unnamed")
    if not replace and any(item.name == table.name and item != table for item in kept_isolates(drug)):
        raise InputError("mic_distribution.name", "mic_name_taken", value=table.name)
    return _write(drug, [*(item for item in kept_isolates(drug) if item.name != table.name), table])


def drop_isolates(drug: str, name: str) -> None:
    """Keep a table no longer.

    Raises:
        InputError: none of that name is kept.
    """
    isolates_named(drug, name)
    _write(drug, [item for item in kept_isolates(drug) if item.name != name])


def isolates_named(drug: str, name: str) -> MicDistribution:
    """The table of a name.

    Raises:
        InputError: there is none.
    """
    kept = kept_isolates(drug)
    found = next((item for item in kept if item.name == name), None)
    if found is None:
        known = ", ".join(item.name for item in kept) or "–"
        raise InputError("mic_distribution", "mic_table_unknown", value=name[:80], known=known)
    return found


def _write(drug: str, tables: list[MicDistribution]) -> Path:
    place = isolates_file(drug)
    document = {"schema": SCHEMA, "drug": drug, "tables": [distribution_to(item) for item in tables]}
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError("mic_distribution", "file_not_written", path=str(place), why=error.strerror or "") from error
    write_atomically(place, (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode("utf-8"))
    return place
