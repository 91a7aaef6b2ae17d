"""A site's predictors: proposed as a folder, signed into use, taken back in one step; the log says which is in use."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from core.atomic_write import write_atomically
from core.drugs.library import resources_folder, site_folder
from core.errors import InputError
from core.learn.model_file import graphs_of, load_predictor, save_predictor
from core.learn.predictor import Predictor
from core.learn.predictor_change import PredictorProposal, proposal_facts, with_margins
from core.learn.site_models import (
    PROPOSAL,
    check_signature,
    history,
    log_change,
    read_proposal,
)

_PREDICTOR = "predictor.dwm"
_FOLDER = "predictors"
_SUFFIX = ".dwm"
_KIND = "predictor"


def predictor_file(drug: str, site: Path | None = None) -> Path:
    """The file of the predictor in use for a drug: the site's signed last and not taken back, else the one shipped.

    Raises:
        InputError: the site's file is not the one that was signed, or the log cannot be read.
    """
    place = site_folder() if site is None else site
    signed = _in_use(drug, place)
    if signed is None:
        return resources_folder() / "models" / f"{drug}{_SUFFIX}"
    path = _file(place, str(signed["model"]))
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != signed["hash"]:
        raise InputError(str(path), "predictor_altered")
    return path


def _file(place: Path, identifier: str) -> Path:
    return place / _FOLDER / f"{identifier}{_SUFFIX}"


def _entries(place: Path) -> list[dict[str, Any]]:
    return [entry for entry in history(place) if entry.get("of") == _KIND]


def _in_use(drug: str, place: Path) -> dict[str, Any] | None:
    """The signature of the predictor in use; None when it is the one shipped."""
    back = {entry["model"] for entry in _entries(place) if entry["action"] == "rolled back"}
    signed = [
        entry
        for entry in _entries(place)
        if entry["action"] == "signed" and entry["drug"] == drug and entry["model"] not in back
    ]
    return signed[-1] if signed else None


def save_predictor_proposal(
    proposal: PredictorProposal,
    used: Predictor,
    source: Path,
    folder: Path,
    made: dt.datetime,
    site: Path | None = None,
) -> dict[str, Any]:
    """Write a proposal into a new folder: what was compared and, where accepted, the predictor's file.

    Args:
        proposal: what came of it.
        used: the predictor in use.
        source: file of the candidate, or of the predictor in use when only its interval moves.
        folder: new, or empty.
        made: the moment.
        site: the site's folder of drug files.

    Returns:
        The proposal as a document.

    Raises:
        InputError: the folder is not empty or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError("-o", "exchange_folder_not_empty", path=folder)
    folder.mkdir(parents=True, exist_ok=True)
    place = site_folder() if site is None else site
    identifier = digest = ""
    if proposal.accepted:
        number = 1 + sum(entry["action"] == "signed" and entry["drug"] == used.card.drug for entry in _entries(place))
        base = load_predictor(source)
        after = with_margins(base, proposal.margins)
        identifier = f"{base.card.id.partition('_site')[0]}_site{number}"
        report = {**after.card.report, "changed": {"plan": proposal.plan.id, **proposal_facts(proposal)}}
        save_predictor(folder / _PREDICTOR, graphs_of(source), replace(after.card, id=identifier, report=report))
        load_predictor(folder / _PREDICTOR)
        digest = hashlib.sha256((folder / _PREDICTOR).read_bytes()).hexdigest()
    document = {
        "of": _KIND,
        "plan": asdict(proposal.plan),
        "made": made.isoformat(),
        "drug": used.card.drug,
        "model": used.card.id,
        "nominal": used.card.coverage,
        "new_model": identifier,
        "model_hash": digest,
        **proposal_facts(proposal),
    }
    write_atomically(folder / PROPOSAL, (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode())
    return document


def is_predictor_proposal(folder: Path) -> bool:
    """Whether a proposal is of a predictor.

    Raises:
        InputError: it cannot be read.
    """
    return read_proposal(folder).get("of") == _KIND


def sign_predictor(folder: Path, name: str, role: str, when: dt.datetime, site: Path | None = None) -> str:
    """Put a proposed predictor into use under a person's name.

    Args:
        folder: of the proposal.
        name: who signs.
        role: as what; the plan's.
        when: the moment.
        site: the site's folder of drug files.

    Returns:
        Id of the predictor now in use.

    Raises:
        InputError: the proposal was refused or altered, is of a predictor no longer in use, the role is not the plan's,
            or the name is missing.
    """
    place = site_folder() if site is None else site
    document = read_proposal(folder)
    check_signature(document, name, role)
    try:
        content = (folder / _PREDICTOR).read_bytes()
    except OSError:
        content = b""
    if hashlib.sha256(content).hexdigest() != document["model_hash"]:
        raise InputError("PROPOSAL", "sign_altered", path=folder / _PREDICTOR)
    identifier = str(document["new_model"])
    if Path(identifier).name != identifier:
        raise InputError("PROPOSAL", "proposal_unreadable", path=folder / PROPOSAL)
    if _file(place, identifier).exists():
        raise InputError("PROPOSAL", "sign_already", name=identifier)
    if load_predictor(predictor_file(str(document["drug"]), place)).card.id != document["model"]:
        raise InputError("PROPOSAL", "sign_of_another", name=document["model"])
    _file(place, identifier).parent.mkdir(parents=True, exist_ok=True)
    write_atomically(_file(place, identifier), content)
    entry = {"action": "signed", "of": _KIND, "drug": document["drug"], "model": identifier}
    entry |= {"replaces": document["model"], "name": name, "role": role, "when": when.isoformat()}
    log_change(place, entry | {"hash": document["model_hash"], "plan": document["plan"]["id"]})
    return identifier


def is_site_predictor(identifier: str, site: Path | None = None) -> bool:
    """Whether a site's predictor of this id is in use."""
    place = site_folder() if site is None else site
    return any(_is_in_use(entry, place) and entry["model"] == identifier for entry in _entries(place))


def _is_in_use(entry: dict[str, Any], place: Path) -> bool:
    return entry == _in_use(str(entry.get("drug", "")), place)


def roll_back_predictor(identifier: str, name: str, when: dt.datetime, site: Path | None = None) -> str:
    """Take the site's predictor in use out of use; the one before it is in use again, its file stays as a record.

    Returns:
        Id of the predictor in use again.

    Raises:
        InputError: no such predictor is in use, or the name is missing.
    """
    place = site_folder() if site is None else site
    found = next((item for item in _entries(place) if _is_in_use(item, place) and item["model"] == identifier), None)
    if found is None:
        raise InputError("MODEL", "rollback_unknown", name=identifier)
    if not name.strip():
        raise InputError("--name", "sign_name_missing")
    before = str(found["replaces"])
    entry = {"action": "rolled back", "of": _KIND, "drug": found["drug"], "model": identifier}
    log_change(place, entry | {"in_use_again": before, "name": name, "when": when.isoformat()})
    return before
