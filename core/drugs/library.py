"""All drug models at hand: those shipped and a site's own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from core.clinic.strict_yaml import Entry, read_strict_yaml
from core.drugs.loader import load_population_model
from core.drugs.model import DrugModel
from core.drugs.pbpk_model import PbpkModel
from core.drugs.population_model import PopulationModel
from core.drugs.sections import read_domain, read_facts, read_source
from core.errors import DrugFileError, InputError
from core.pbpk.compound import load_compound
from core.pbpk.shelf import family
from core.pbpk.whole_body import build

_COMMON = ".common.yaml"


class Models(Mapping[str, DrugModel]):
    """Models by id, each read from its file when it is first asked for."""

    def __init__(self, files: Mapping[str, Path], read: Mapping[str, DrugModel]) -> None:
        self._files = dict(files)
        self._read = dict(read)

    def __getitem__(self, identifier: str) -> DrugModel:
        """Read or recall one model.

        Raises:
            KeyError: there is none of this id.
            DrugFileError: its file is broken, or holds another id.
        """
        found = self._read.get(identifier)
        if found is None:
            path = self._files[identifier]
            found = load_model(path)
            if found.id != identifier:
                raise DrugFileError(path, 1, f"the file's name says {identifier}, its id {found.id}")
            self._read[identifier] = found
        return found

    def __contains__(self, identifier: object) -> bool:
        """Whether there is a model of this id; reads nothing."""
        return identifier in self._files or identifier in self._read

    def __iter__(self) -> Iterator[str]:
        """Ids, those of files first."""
        return iter({**self._files, **self._read})

    def __len__(self) -> int:
        """Number of models."""
        return len({**self._files, **self._read})


@dataclass(frozen=True)
class Library:
    """Models by id, and the files that could not be read, each with its error."""

    by_id: Mapping[str, DrugModel]
    broken: tuple[DrugFileError, ...] = ()

    def drugs(self) -> tuple[str, ...]:
        """Names of the drugs that have a model."""
        return tuple(sorted({drug_of(identifier) for identifier in self.by_id}))

    def models(self, drug: str) -> tuple[DrugModel, ...]:
        """All models of a drug, without those a site's own stands in for.

        Raises:
            InputError: there is none.
        """
        every = [self.by_id[identifier] for identifier in self.by_id if drug_of(identifier) == drug]
        replaced = {model.replaces for model in every if isinstance(model, PopulationModel)}
        found = tuple(model for model in every if model.id not in replaced)
        if not found:
            raise InputError("drug", "drug_unknown", name=drug, known=", ".join(self.drugs()))
        return found

    def model(self, identifier: str) -> DrugModel:
        """One model.

        Raises:
            InputError: there is none of this id.
        """
        if identifier not in self.by_id:
            raise InputError("models", "model_unknown", name=identifier, known=", ".join(sorted(self.by_id)))
        return self.by_id[identifier]


def drug_of(identifier: str) -> str:
    """The drug a model's id begins with: `vancomycin.goti2018` is one of vancomycin."""
    return identifier.partition(".")[0]


def is_common(path: Path) -> bool:
    """Whether a file holds what is true of a drug whatever the model."""
    return path.name.endswith(_COMMON)


def model_files(folder: Path) -> list[Path]:
    """The model files of a folder, in the order of their names; common files of drugs are not models."""
    return sorted(path for path in folder.glob("*.yaml") if not path.name.endswith(_COMMON))


def load_model(path: Path, *, local: bool = False) -> DrugModel:
    """Read one model file, a population model or a whole-body compound.

    Raises:
        DrugFileError: with file and line.
    """
    if _is_compound(path):
        return _load_pbpk(path, read_strict_yaml(path), local=local)
    return load_population_model(path, local=local, shipped_facts=resources_folder() / "drugs")


def _is_compound(path: Path) -> bool:
    """Whether a file describes a whole-body compound; one that cannot be read is left to the reader of models."""
    try:
        return "\nchemistry:" in path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return False


def _load_pbpk(path: Path, root: Entry, *, local: bool) -> PbpkModel:
    compound = load_compound(path)
    common = path.parent.parent / "drugs" / f"{compound.name}{_COMMON}"
    facts = read_strict_yaml(common) if common.exists() else None
    others = family(item.name for item in compound.perpetrators)
    files = [path, *([] if facts is None else [common]), *(other.path for other in others)]
    return PbpkModel(
        compound=compound,
        body=build(compound),
        source=read_source(root["source"]),
        domain=read_domain(root["domain"]),
        facts=read_facts(root, facts),
        analyte_unit=root["analyte"]["unit"].text,
        file_hash=hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest(),
        local=local,
    )


def read_library(*folders: Path, local: Path | None = None) -> Library:
    """Find every model of the folders, by the names of their files; each is read when it is asked for.

    A site's own files are read at once: a broken one is reported, never used and never in the way.

    Raises:
        DrugFileError: two shipped files have the same id.
    """
    files: dict[str, Path] = {}
    for path in [path for folder in folders for path in model_files(folder)]:
        identifier = identifier_of(path)
        if identifier in files:
            raise DrugFileError(path, 1, f"another file has the id {identifier}")
        files[identifier] = path
    own: dict[str, DrugModel] = {}
    broken: list[DrugFileError] = []
    for path in model_files(local) if local is not None and local.is_dir() else []:
        try:
            model = _own_model(path, {*files, *own})
            own[model.id] = model
        except DrugFileError as error:
            broken.append(error)
    return Library(Models(files, own), tuple(broken))


def _own_model(path: Path, taken: Set[str]) -> DrugModel:
    """A site's own model; its id must be new and begin with the drug."""
    model = load_model(path, local=True)
    if model.id in taken:
        raise DrugFileError(path, 1, f"another file has the id {model.id}")
    if drug_of(model.id) != model.drug.name:
        raise DrugFileError(path, 1, f"the id {model.id} does not begin with the drug {model.drug.name}")
    return model


def identifier_of(path: Path) -> str:
    """The id a shipped file's name stands for; a compound's file bears the name of the drug alone."""
    return path.stem if "." in path.stem else f"{path.stem}.pbpk"


def model_file(identifier: str) -> Path:
    """The file of a population model, shipped or the site's own.

    Raises:
        InputError: there is none.
    """
    own = model_files(site_folder()) if site_folder().is_dir() else []
    for path in (*model_files(resources_folder() / "drugs"), *own):
        if f"\nid: {identifier}\n" in f"\n{path.read_text('utf-8')}":
            return path
    raise InputError("models", "model_unknown", name=identifier, known=", ".join(map(identifier_of, library_files())))


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
