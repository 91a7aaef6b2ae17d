"""A site's recalibrated models: proposed as a folder, signed into use, taken back in one step; every step is kept."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.atomic_write import write_atomically
from core.drugs.library import site_folder
from core.drugs.population_model import PopulationModel
from core.drugs.rewrite import rewritten
from core.errors import InputError
from core.learn.recalibrate import Proposal

_MODEL, PROPOSAL = "model.yaml", "proposal.json"
_HISTORY = "history"
_LOG = "changes.jsonl"


def save_proposal(proposal: Proposal, source: Path, model: PopulationModel, folder: Path, made: dt.datetime) -> str:
    """Write a proposal into a new folder: what was compared and, where it was accepted, the new model's file.

    Args:
        proposal: what came of a recalibration.
        source: the file of the model in use.
        model: the model in use.
        folder: new, or empty.
        made: the moment.

    Returns:
        Id of the new model; empty where there is none.

    Raises:
        InputError: the folder is not empty or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError("-o", "exchange_folder_not_empty", path=folder)
    folder.mkdir(parents=True, exist_ok=True)
    identifier = text = ""
    if proposal.accepted:
        assert proposal.fit is not None
        identifier = _next_id(model)
        note = (
            f"Population numbers of {model.id} refitted to {proposal.patients} patients of this site with "
            f"{proposal.levels} levels under the plan {proposal.plan.id}; the published numbers weigh as "
            f"{proposal.plan.prior_patients:g} patients."
        )
        text = rewritten(source, proposal.fit.model, identifier, note)
        write_atomically(folder / _MODEL, text.encode())
    document = proposal_document(proposal, identifier, made) | {"model_hash": _hash(text) if text else ""}
    write_atomically(folder / PROPOSAL, (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode())
    return identifier


def _next_id(model: PopulationModel) -> str:
    base, mark, number = model.id.rpartition("_site")
    return f"{base}_site{int(number) + 1}" if mark and number.isdigit() else f"{model.id}_site1"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def proposal_document(proposal: Proposal, identifier: str, made: dt.datetime) -> dict[str, Any]:
    """A proposal as a JSON document."""
    fit = proposal.fit
    return {
        "plan": asdict(proposal.plan),
        "made": made.isoformat(),
        "model": proposal.plan.model,
        "new_model": identifier,
        "accepted": proposal.accepted,
        "objections": [{"id": item.id, **item.values} for item in proposal.objections],
        "patients": proposal.patients,
        "levels": proposal.levels,
        "test_patients": proposal.test_patients,
        "typical": {} if fit is None else {item.name: item.typical for item in fit.model.parameters},
        "before": None if proposal.before is None else asdict(proposal.before),
        "after": None if proposal.after is None else asdict(proposal.after),
        "gain": None if proposal.gain is None else list(proposal.gain),
    }


def sign(folder: Path, name: str, role: str, when: dt.datetime, site: Path | None = None) -> str:
    """Put a proposed model into use under a person's name.

    Args:
        folder: of the proposal.
        name: who signs.
        role: as what; the plan's.
        when: the moment.
        site: the site's folder of drug files.

    Returns:
        Id of the model now in use.

    Raises:
        InputError: the proposal was refused or altered, the role is not the plan's, or the name is missing.
    """
    place = site_folder() if site is None else site
    document = read_proposal(folder)
    check_signature(document, name, role)
    text = _text(folder / _MODEL)
    if _hash(text) != document["model_hash"]:
        raise InputError("PROPOSAL", "sign_altered", path=folder / _MODEL)
    name_of_file = f"{document['new_model']}.yaml"
    if Path(name_of_file).name != name_of_file:
        raise InputError("PROPOSAL", "proposal_unreadable", path=folder / PROPOSAL)
    target = place / name_of_file
    if target.exists():
        raise InputError("PROPOSAL", "sign_already", name=document["new_model"])
    place.mkdir(parents=True, exist_ok=True)
    write_atomically(target, text.encode())
    entry = {"action": "signed", "model": document["new_model"], "replaces": document["model"], "name": name}
    entry |= {"role": role, "when": when.isoformat(), "hash": document["model_hash"], "plan": document["plan"]["id"]}
    log_change(place, entry)
    return str(document["new_model"])


def check_signature(document: dict[str, Any], name: str, role: str) -> None:
    """Refuse a signature without a name, of another role than the plan's, or under a proposal that was refused.

    Raises:
        InputError: as said.
    """
    if not name.strip():
        raise InputError("--name", "sign_name_missing")
    if not document["accepted"]:
        raise InputError(
            "PROPOSAL", "sign_refused_proposal", reasons=", ".join(item["id"] for item in document["objections"])
        )
    if role != document["plan"]["role"]:
        raise InputError("--role", "sign_role_wrong", value=role, wanted=document["plan"]["role"])


def roll_back(identifier: str, name: str, when: dt.datetime, site: Path | None = None) -> str:
    """Take a site's model out of use; the one it stood in for is in use again.

    Returns:
        Id of the model that is in use again.

    Raises:
        InputError: the site has no such model, or it was not put there by a signature.
    """
    place = site_folder() if site is None else site
    path = place / f"{identifier}.yaml"
    signed = [entry for entry in history(place) if entry["action"] == "signed" and entry["model"] == identifier]
    if not path.is_file() or not signed:
        raise InputError("MODEL", "rollback_unknown", name=identifier)
    if not name.strip():
        raise InputError("--name", "sign_name_missing")
    kept = place / _HISTORY / f"{identifier}.{when:%Y%m%d-%H%M%S}.yaml"
    kept.parent.mkdir(exist_ok=True)
    path.rename(kept)
    before = str(signed[-1]["replaces"])
    entry = {"action": "rolled back", "model": identifier, "in_use_again": before, "name": name}
    log_change(place, entry | {"when": when.isoformat()})
    return before


def is_site_model(identifier: str, site: Path | None = None) -> bool:
    """Whether a model that a signature put into the site's folder is there.

    Raises:
        InputError: a line of the log cannot be read.
    """
    place = site_folder() if site is None else site
    signed = any(entry["action"] == "signed" and entry["model"] == identifier for entry in history(place))
    return signed and (place / f"{identifier}.yaml").is_file()


def history(site: Path | None = None) -> list[dict[str, Any]]:
    """Every signature and every step back, the oldest first.

    Raises:
        InputError: a line of the log cannot be read.
    """
    path = (site_folder() if site is None else site) / _HISTORY / _LOG
    if not path.is_file():
        return []
    try:
        return [json.loads(line) for line in _text(path).splitlines() if line]
    except ValueError:
        raise InputError(str(path), "history_unreadable", path=path) from None


def log_change(place: Path, entry: dict[str, Any]) -> None:
    """Add a line to the log."""
    path = place / _HISTORY / _LOG
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [*(_text(path).splitlines() if path.is_file() else []), json.dumps(entry, ensure_ascii=False)]
    write_atomically(path, ("\n".join(lines) + "\n").encode())


def read_proposal(folder: Path) -> dict[str, Any]:
    """A proposal's document.

    Raises:
        InputError: there is none that can be read.
    """
    path = folder / PROPOSAL
    try:
        document = json.loads(_text(path))
    except ValueError:
        raise InputError("PROPOSAL", "proposal_unreadable", path=path) from None
    wanted = {"plan", "accepted", "objections", "model", "new_model", "model_hash"}
    if not isinstance(document, dict) or not wanted <= set(document):
        raise InputError("PROPOSAL", "proposal_unreadable", path=path)
    return document


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(str(path), "file_not_read", path=path, why=why) from None
