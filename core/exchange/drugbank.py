"""DrugBank's full database XML from the user's own copy, streamed drug by drug.

Element names as in DrugBank's XSD 5.1; older exports use another namespace, so names are matched without it. The data
are licensed CC BY-NC 4.0 by DrugBank: nothing of them is part of this program.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

from core.exchange.safe_xml import read_elements
from core.exchange.sheet import Sheet
from core.task import Task

_TEXTS = (
    *("indication", "pharmacodynamics", "mechanism-of-action", "toxicity", "metabolism", "absorption", "half-life"),
    *("protein-binding", "route-of-elimination", "volume-of-distribution", "clearance"),
)
_PROTEINS = {"targets": "target", "enzymes": "enzyme", "carriers": "carrier", "transporters": "transporter"}


@dataclass(frozen=True)
class Protein:
    """A protein the drug meets."""

    kind: str  # target, enzyme, carrier or transporter
    name: str
    gene: str
    actions: tuple[str, ...]


@dataclass(frozen=True)
class Interaction:
    """What DrugBank says of another drug given beside."""

    id: str
    name: str
    description: str


@dataclass(frozen=True)
class DrugBankDrug:
    """One drug; `texts` are free text, meant for people and not for computing."""

    id: str
    name: str
    cas: str
    groups: tuple[str, ...]
    atc: tuple[str, ...]
    synonyms: tuple[str, ...]
    average_mass: str  # g/mol, as written
    texts: dict[str, str]
    proteins: tuple[Protein, ...]
    interactions: tuple[Interaction, ...]


def read_drugbank(
    path: Path, sheet: Sheet, names: Collection[str] = (), task: Task | None = None
) -> Iterator[DrugBankDrug]:
    """Drugs of the file, all or those whose name or synonym is one of `names` in any case.

    Raises:
        InputError: the file cannot be read, is no XML, is cut off, or declares entities.
        Cancelled: on request.
    """
    wanted = {name.lower() for name in names}
    for element in read_elements(path, "drug", 1, task):
        sheet.read += 1
        drug = _drug(element)
        if not drug.id or not drug.name:
            sheet.reject(f"drug {sheet.read}", "name", "exchange_value_missing", name="drugbank-id, name")
        elif wanted and wanted.isdisjoint({drug.name.lower(), *(name.lower() for name in drug.synonyms)}):
            sheet.skipped += 1
        else:
            yield drug


def drugbank_json(drugs: Iterator[DrugBankDrug]) -> Iterator[bytes]:
    """A JSON document of drugs in pieces."""
    yield b'{"drugs": ['
    separator = b"\n"
    for drug in drugs:
        yield separator + json.dumps(asdict(drug), ensure_ascii=False).encode()
        separator = b",\n"
    yield b"\n]}\n"


def _drug(element: Element) -> DrugBankDrug:
    return DrugBankDrug(
        id=_primary(element),
        name=_text(element, "name"),
        cas=_text(element, "cas-number"),
        groups=_texts(element, "groups/group"),
        atc=tuple(item.get("code", "") for item in element.findall("atc-codes/atc-code") if item.get("code")),
        synonyms=_texts(element, "synonyms/synonym"),
        average_mass=_text(element, "average-mass") or _property(element, "Molecular Weight"),
        texts={name: text for name in _TEXTS if (text := _text(element, name))},
        proteins=tuple(
            _protein(item, kind) for group, kind in _PROTEINS.items() for item in element.findall(f"{group}/{kind}")
        ),
        interactions=tuple(
            Interaction(_text(item, "drugbank-id"), _text(item, "name"), _text(item, "description"))
            for item in element.findall("drug-interactions/drug-interaction")
        ),
    )


def _primary(element: Element) -> str:
    """The primary of several identifiers, the first where none is marked."""
    found = element.findall("drugbank-id")
    marked = [item for item in found if item.get("primary") == "true"]
    return next((item.text.strip() for item in [*marked, *found] if item.text), "")


def _protein(item: Element, kind: str) -> Protein:
    return Protein(kind, _text(item, "name"), _text(item, "polypeptide/gene-name"), _texts(item, "actions/action"))


def _property(element: Element, kind: str) -> str:
    for item in element.findall("calculated-properties/property") + element.findall("experimental-properties/property"):
        if _text(item, "kind") == kind:
            return _text(item, "value")
    return ""


def _text(element: Element, path: str) -> str:
    found = element.find(path)
    return "" if found is None or found.text is None else found.text.strip()


def _texts(element: Element, path: str) -> tuple[str, ...]:
    return tuple(item.text.strip() for item in element.findall(path) if item.text and item.text.strip())
