"""A drug as the whole-body model needs it, read from `resources/compounds/<drug>.yaml`."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.clinic.strict_yaml import Entry, read_strict_yaml
from core.errors import ModelError
from core.pbpk.absorption import Absorption, read_absorption, read_formulations
from core.pbpk.action import Action, read_actions, read_saturation
from core.pbpk.entries import between, optional_clearance, pathways, positive, positive_rate
from core.pbpk.partition import Chemistry
from core.pbpk.partition_methods import METHODS
from core.pbpk.physiology import TISSUES, Array

# What may vary between patients of equal physiology.
ETAS = ("intrinsic_clearance", "absorption_rate", "partition", "gastric_emptying")
_SHARED_KEYS = (
    "schema", "id", "drug", "source", "domain", "covariates", "analyte", "given_as", "targets", "harms", "limits",
    "effects", "judged_after", "checks", "notes",
)  # fmt: skip
_OWN_KEYS = (
    "chemistry", "partition", "clearance", "absorption", "between_subject", "residual", "interactions", "actions",
    "perpetrators", "saturation", "metabolites", "card",
)  # fmt: skip


@dataclass(frozen=True)
class Interaction:
    """A published effect of another drug: this factor multiplies the enzyme's clearance while it is given."""

    perpetrator: str
    enzyme: str
    factor: float
    lasts_after_stop: float  # h
    source: str


@dataclass(frozen=True)
class Perpetrator:
    """Another drug with a compound file of its own, whose action on the enzymes is simulated with it."""

    name: str
    usual: tuple[float, float]  # mg by mouth, h between doses: where the case does not tell
    potency: float  # on its actions, 1 unless fitted to what was seen with this drug
    predicted: bool  # no study of the two together stands behind it
    source: str


@dataclass(frozen=True)
class Metabolite:
    """What a pathway makes of the drug, where that is a compound of its own."""

    name: str  # of the compound
    share: float  # molar, of what goes this way


@dataclass(frozen=True)
class Compound:
    """One drug: chemistry, distribution, elimination, absorption, variability and where each number is from.

    `root` is the whole strict file: the sections it shares with drug files (`given_as`, `targets`, `limits` ...) are
    read from there by `core.drugs`; `card` tells what was fitted, on what, and what stands on memory alone.
    """

    id: str
    path: Path
    file_hash: str  # SHA-256 of the file
    name: str
    zh: str
    atc: str
    molar_mass: float  # g/mol
    chemistry: Chemistry
    binding_protein: str  # "albumin" | "agp" | "both" | "none"
    partition_method: str
    partition_scalar: float  # calibrated; multiplies every tissue's partition coefficient
    partition_factors: Mapping[str, float]  # calibrated; on single tissues, beside the scalar
    liver_uptake: float  # unbound drug inside liver cells over that in plasma, where a transporter carries it in
    intrinsic_clearance: Mapping[str, float]  # L/h of unbound drug by enzyme, whole liver of the reference adult
    east_asian_factor: float  # on every intrinsic clearance
    filtration: float  # share of unbound drug in filtered plasma that leaves with the urine, 0..1
    secretion: float  # L/h of unbound drug, both kidneys of the reference adult
    biliary: float  # L/h of unbound drug, from the liver of the reference adult into the duodenum
    permeability: (
        float | None
    )  # 1/h: litres of unbound drug's space a litre of tissue exchanges; None: blood flow limits
    permeabilities: Mapping[str, float]  # 1/h; of tissues whose own differs, as where a transporter carries it in
    absorption: Absorption  # from the usual form
    formulations: Mapping[str, Absorption]  # from others, by the words that tell them
    etas: tuple[str, ...]  # a part of ETAS
    omega: Array  # covariance of the etas, (n, n)
    proportional_error: float
    interactions: tuple[Interaction, ...]
    perpetrators: tuple[Perpetrator, ...]
    actions: tuple[Action, ...]  # on enzymes, when simulated together with other compounds
    metabolites: Mapping[str, Metabolite]  # by pathway, in the liver and in the gut wall, when simulated together
    saturation: Mapping[str, float]  # Michaelis constant of a pathway, mg/L unbound; below it clearance is intrinsic
    card: Mapping[str, str]
    root: Entry

    @property
    def enzymes(self) -> tuple[str, ...]:
        """Names of the elimination pathways in the liver."""
        return tuple(self.intrinsic_clearance)

    @property
    def activities(self) -> tuple[str, ...]:
        """Names a factor on activity may have: each enzyme, and `gut_<enzyme>` where the gut wall has it too."""
        return (*self.enzymes, *(f"gut_{enzyme}" for enzyme in self.absorption.gut_wall))

    def taken_as(self, formulation: str) -> Compound:
        """The drug as absorbed from the one of `formulations` all of whose words are said, else from the usual form.

        Where the name of one holds commas, the words between them are enough.
        """
        said = set(re.findall(r"\w+", formulation.lower()))
        for names, absorption in self.formulations.items():
            if any(set(name.split()) <= said for name in names.split(",")):
                return replace(self, absorption=absorption)
        return self


def load_compound(path: Path) -> Compound:
    """Read one compound file strictly.

    Raises:
        DrugFileError: broken YAML, unknown or missing key, a number without its unit, a value outside its range; with
            its line.
    """
    root = read_strict_yaml(path)
    root.only(*_SHARED_KEYS, *_OWN_KEYS)
    drug, clearance, partition = root["drug"], root["clearance"], root["partition"]
    clearance.only("intrinsic", "east_asian_factor", "filtration", "secretion", "biliary")
    partition.only("method", "scalar", "tissues", "permeability", "permeabilities", "liver_uptake")
    uptake = partition.get("liver_uptake")
    permeability = partition.get("permeability")
    if permeability is not None and partition["method"].text != "rodgers_rowland":
        raise permeability.error("only rodgers_rowland tells the inside of cells from the outside")
    own = partition.get("permeabilities")
    if own is not None and permeability is None:
        raise own.error("'permeabilities' of single tissues need the 'permeability' of the others")
    etas, omega = _variability(root["between_subject"])
    return Compound(
        id=root["id"].text,
        path=path,
        file_hash=hashlib.sha256(path.read_bytes()).hexdigest(),
        name=drug["name"].text,
        zh=drug["zh"].text,
        atc=drug["atc"].text,
        molar_mass=drug["molar_mass"].quantity("g/mol"),
        chemistry=_chemistry(root["chemistry"]),
        binding_protein=root["chemistry"]["binding_protein"].choice("albumin", "agp", "both", "none"),
        partition_method=partition["method"].choice(*METHODS),
        partition_scalar=positive(partition["scalar"]),
        partition_factors=_factors(partition),
        liver_uptake=1.0 if uptake is None else positive(uptake),
        intrinsic_clearance=pathways(clearance["intrinsic"]),
        east_asian_factor=positive(clearance["east_asian_factor"]),
        filtration=between(clearance["filtration"], 0.0, 1.0),
        secretion=optional_clearance(clearance.get("secretion")),
        biliary=optional_clearance(clearance.get("biliary")),
        permeability=None if permeability is None else positive_rate(permeability),
        permeabilities={} if own is None else _by_tissue(own, positive_rate),
        absorption=read_absorption(root["absorption"]),
        formulations=read_formulations(root["absorption"]),
        etas=etas,
        omega=omega,
        proportional_error=positive(root["residual"]["proportional"]),
        interactions=_interactions(root),
        perpetrators=_perpetrators(root.get("perpetrators")),
        actions=read_actions(root.get("actions"), drug["molar_mass"].quantity("g/mol")),
        metabolites=_metabolites(root.get("metabolites"), tuple(clearance["intrinsic"].fields)),
        saturation=read_saturation(
            root.get("saturation"), drug["molar_mass"].quantity("g/mol"), tuple(clearance["intrinsic"].fields)
        ),
        card={key: entry.text for key, entry in root["card"].fields.items()},
        root=root,
    )


def _chemistry(entry: Entry) -> Chemistry:
    entry.only("log_p", "acids", "bases", "fraction_unbound", "blood_to_plasma", "binding_protein")
    chemistry = Chemistry(
        log_p=entry["log_p"].number(),
        acids=tuple(item.number() for item in entry["acids"].items),
        bases=tuple(item.number() for item in entry["bases"].items),
        fraction_unbound=between(entry["fraction_unbound"], 0.0, 1.0),
        blood_to_plasma=positive(entry["blood_to_plasma"]),
    )
    try:
        chemistry.check()
    except ModelError as error:
        raise entry.error(str(error)) from error
    return chemistry


def _factors(entry: Entry) -> dict[str, float]:
    listed = entry.get("tissues")
    return {} if listed is None else _by_tissue(listed, positive)


def _by_tissue(entry: Entry, read: Callable[[Entry], float]) -> dict[str, float]:
    entry.only(*TISSUES)
    return {tissue: read(value) for tissue, value in entry.fields.items()}


def _variability(entry: Entry) -> tuple[tuple[str, ...], Array]:
    """Coefficients of variation, taken as those of log-normal parameters: variance ln(1 + cv^2)."""
    entry.only(*ETAS)
    names = tuple(name for name in ETAS if name in entry)
    variances = [math.log1p(positive(entry[name]["cv"]) ** 2) for name in names]
    return names, np.diag(variances)


def _interactions(root: Entry) -> tuple[Interaction, ...]:
    wall = root["absorption"].get("gut_wall")
    known = [*root["clearance"]["intrinsic"].fields, *(f"gut_{name}" for name in (wall.fields if wall else ()))]
    return tuple(_interaction(entry, known) for entry in root["interactions"].items)


def _interaction(entry: Entry, known: list[str]) -> Interaction:
    entry.only("with", "enzyme", "factor", "lasts_after_stop", "source")
    return Interaction(
        perpetrator=entry["with"].text,
        enzyme=entry["enzyme"].choice(*known),
        factor=positive(entry["factor"]),
        lasts_after_stop=entry["lasts_after_stop"].quantity("h"),
        source=entry["source"].text,
    )


def _perpetrators(entry: Entry | None) -> tuple[Perpetrator, ...]:
    return () if entry is None else tuple(_perpetrator(item) for item in entry.items)


def _perpetrator(entry: Entry) -> Perpetrator:
    entry.only("with", "usual", "potency", "predicted", "source")
    entry["usual"].only("amount", "every")
    potency, predicted = entry.get("potency"), entry.get("predicted")
    return Perpetrator(
        name=entry["with"].text,
        usual=(entry["usual"]["amount"].quantity("mg"), entry["usual"]["every"].quantity("h")),
        potency=1.0 if potency is None else positive(potency),
        predicted=predicted is not None and predicted.choice("yes", "no") == "yes",
        source=entry["source"].text,
    )


def _metabolites(entry: Entry | None, pathways: tuple[str, ...]) -> dict[str, Metabolite]:
    if entry is None:
        return {}
    entry.only(*pathways)
    for made in entry.fields.values():
        made.only("forms", "share")
    return {
        pathway: Metabolite(made["forms"].text, between(made["share"], 0.0, 1.0))
        for pathway, made in entry.fields.items()
    }
