"""All drug models at hand: those shipped and a site's own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from core.clinic.strict_yaml import Entry, read_strict_yaml
from core.drugs.loader import load_population_model
from core.drugs.model import DrugModel
from core.drugs.pbpk_model import PbpkModel
from core.drugs.sections import read_domain, read_facts, read_source
from core.errors import DrugFileError, InputError
from core.pbpk.compound import load_compound
from core.pbpk.whole_body import build

_COMMON = ".common.yaml"


@dataclass(frozen=True)
class Library:
    """Models by id, and the files that could not be read, each with its error."""

    by_id: dict[str, DrugModel]
    broken: tuple[DrugFileError, ...] = ()

    def drugs(self) -> tuple[str, ...]:
        """Names of the drugs that have a model."""
        return tuple(sorted({model.drug.name for model in self.by_id.values()}))

    def models(self, drug: str) -> tuple[DrugModel, ...]:
        """All models of a drug.

        Raises:
            InputError: there is none.
        """
        found = tuple(model for model in self.by_id.values() if model.drug.name == drug)
        if not found:
            raise InputError("drug", "drug_unknown", name=drug, known=", ".join(self.drugs()))
        return found

    def model(self, identifier: str) -> DrugModel:
        """One model.

        Raises:
            InputError: there is none of this id.
        """
        found = self.by_id.get(identifier)
        if found is None:
            raise InputError("models", "model_unknown", name=identifier, known=", ".join(sorted(self.by_id)))
        return found


def model_files(folder: Path) -> list[Path]:
    """The model files of a folder, in the order of their names; common files of drugs are not models."""
    return sorted(path for path in folder.glob("*.yaml") if not path.name.endswith(_COMMON))


def load_model(path: Path, *, local: bool = False) -> DrugModel:
    """Read one model file, a population model or a whole-body compound.

    Raises:
        DrugFileError: with file and line.
    """
    root = read_strict_yaml(path)
    return _load_pbpk(path, root, local=local) if "chemistry" in root else load_population_model(path, local=local)


def _load_pbpk(path: Path, root: Entry, *, local: bool) -> PbpkModel:
    compound = load_compound(path)
    common = path.parent.parent / "drugs" / f"{compound.name}{_COMMON}"
    facts = read_strict_yaml(common) if common.exists() else None
    raw = path.read_bytes() + (common.read_bytes() if facts is not None else b"")
    return PbpkModel(
        compound=compound,
        body=build(compound),
        source=read_source(root["source"]),
        domain=read_domain(root["domain"]),
        facts=read_facts(root, facts),
        analyte_unit=root["analyte"]["unit"].text,
        file_hash=hashlib.sha256(raw).hexdigest(),
        local=local,
    )


def read_library(*folders: Path, local: Path | None = None) -> Library:
    """Read every model of the folders; a broken file of a site is reported, never used and never in the way.

    Raises:
        DrugFileError: a shipped file is broken.
    """
    models: dict[str, DrugModel] = {}
    broken: list[DrugFileError] = []
    for path in [path for folder in folders for path in model_files(folder)]:
        _add(models, path, load_model(path))
    for path in model_files(local) if local is not None and local.is_dir() else []:
        try:
            _add(models, path, load_model(path, local=True))
        except DrugFileError as error:
            broken.append(error)
    return Library(models, tuple(broken))


def _add(models: dict[str, DrugModel], path: Path, model: DrugModel) -> None:
    if model.id in models:
        raise DrugFileError(path, 1, f"another file has the id {model.id}")
    models[model.id] = model


def library_files() -> list[Path]:
    """Every model file that comes with the program."""
    return [path for name in ("drugs", "compounds") for path in model_files(resources_folder() / name)]


def resources_folder() -> Path:
    """The folder of what comes with the program."""
    # a namespace package only becomes a real path once something inside it is asked for
    return Path(str(resources.files("resources") / "drugs")).parent


def site_folder() -> Path:
    """The folder in which a site keeps its own drug files."""
    from platformdirs import user_data_path

    return user_data_path("dosewright") / "drugs"
