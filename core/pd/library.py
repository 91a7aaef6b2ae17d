"""The effect library: strict reading of `resources/effects/*.yaml`."""

from __future__ import annotations

import importlib.resources
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from core.clinic.strict_yaml import Entry, read_strict_yaml
from core.pd.effect import adapted_ec50, effect_compartment, emax, sigmoid_emax

Array = NDArray[np.float64]
Run = Callable[[Array, Array, Mapping[str, float]], Array]

EVIDENCE = ("high", "moderate", "low", "none", "ours")
_ID = re.compile(r"[a-z][a-z0-9_]*")
_FIELDS = ("id", "drug", "kind", "parameters", "driver", "unit", "evidence", "system", "source")


@dataclass(frozen=True)
class Citation:
    """Where a number was published."""

    citation: str
    doi: str  # empty where the paper has none


@dataclass(frozen=True)
class Driver:
    """The concentration that brings the effect."""

    output: str  # "plasma" or the name of another curve of the drug model, such as a tissue
    fraction_unbound: float | None  # None: the total concentration acts
    source: Citation | None  # of the fraction unbound


@dataclass(frozen=True)
class EffectModel:
    """One effect of one drug with its parameters in base units (mg/L, h), and how far it may be trusted."""

    id: str
    drug: str
    kind: str
    parameters: Mapping[str, float]
    driver: Driver
    unit: str  # of the effect
    evidence: str  # one of EVIDENCE
    system: str  # what it was measured in: species, strain, population
    source: Citation

    @property
    def name(self) -> str:
        """Message id of the effect's name."""
        return f"effect_name_{self.id}"

    @property
    def note(self) -> str:
        """Message id of what a reader must know before trusting the curve."""
        return f"effect_note_{self.id}"

    def evaluate(self, concentration: Array, times: Array) -> Array:
        """Effect over time.

        Args:
            concentration: (B, T) mg/L, total concentration in `driver.output`.
            times: (T,) h, not falling.

        Returns:
            (B, T) in `unit`.

        Raises:
            ModelError: negative concentrations, or shapes that do not fit.
        """
        unbound = self.driver.fraction_unbound
        drive = concentration if unbound is None else unbound * concentration
        return _KINDS[self.kind].run(drive, times, self.parameters)


@dataclass(frozen=True)
class _Kind:
    """A form of effect: how to run it, and what each parameter measures."""

    run: Run
    needed: Mapping[str, str]  # parameter -> unit in base units, "effect" (the effect's own unit) or "number"
    optional: Mapping[str, str]


def _at_site(drive: Array, times: Array, parameters: Mapping[str, float]) -> Array:
    return effect_compartment(drive, times, parameters["ke0"]) if "ke0" in parameters else drive


def _run_emax(drive: Array, times: Array, p: Mapping[str, float]) -> Array:
    return emax(_at_site(drive, times, p), p["e0"], p["emax"], p["ec50"])


def _run_sigmoid_emax(drive: Array, times: Array, p: Mapping[str, float]) -> Array:
    site = _at_site(drive, times, p)
    ec50: Array | float = p["ec50"]
    if "adaptation" in p:
        ec50 = adapted_ec50(site, times, p["ec50"], p["adaptation"], p["adaptation_rate"])
    return sigmoid_emax(site, p["e0"], p["emax"], ec50, p["hill"])


_KINDS: Mapping[str, _Kind] = MappingProxyType(
    {
        "emax": _Kind(_run_emax, {"e0": "effect", "emax": "effect", "ec50": "mg/L"}, {"ke0": "1/h"}),
        "sigmoid_emax": _Kind(
            _run_sigmoid_emax,
            {"e0": "effect", "emax": "effect", "ec50": "mg/L", "hill": "number"},
            {"ke0": "1/h", "adaptation": "number", "adaptation_rate": "L/mg/h"},
        ),
    }
)
_MAY_BE_ZERO_OR_LESS = frozenset({"e0", "emax"})


def load_effects(folder: Path | None = None) -> Mapping[str, EffectModel]:
    """Read every effect file of a folder, by default those the program ships, by id.

    Raises:
        DrugFileError: names file, line and fault.
    """
    place = folder if folder is not None else Path(str(importlib.resources.files("resources").joinpath("effects")))
    return MappingProxyType({model.id: model for model in map(load_effect, sorted(place.glob("*.yaml")))})


def load_effect(path: Path) -> EffectModel:
    """Read one effect file.

    Raises:
        DrugFileError: names file, line and fault.
    """
    root = read_strict_yaml(path)
    root.only(*_FIELDS)
    for field in _FIELDS:
        _ = root[field]
    identity = root["id"].text
    if _ID.fullmatch(identity) is None or identity != path.stem:
        raise root["id"].error("the id must be the file's name: small letters, digits, underscores")
    kind = root["kind"].choice(*_KINDS)
    return EffectModel(
        id=identity,
        drug=root["drug"].text,
        kind=kind,
        parameters=_parameters(root["parameters"], _KINDS[kind], root["unit"]),
        driver=_driver(root["driver"]),
        unit=root["unit"].text,
        evidence=root["evidence"].choice(*EVIDENCE),
        system=root["system"].text,
        source=_citation(root["source"]),
    )


def _citation(entry: Entry) -> Citation:
    entry.only("citation", "doi")
    doi = entry.get("doi")
    return Citation(entry["citation"].text, doi.text if doi is not None else "")


def _driver(entry: Entry) -> Driver:
    entry.only("output", "fraction_unbound", "source")
    unbound = entry.get("fraction_unbound")
    if unbound is None:
        return Driver(entry["output"].text, None, None)
    fraction = unbound.number()
    if not 0 < fraction <= 1:
        raise unbound.error("a fraction unbound lies above 0 and at most at 1")
    return Driver(entry["output"].text, fraction, _citation(entry["source"]))


def _parameters(entry: Entry, kind: _Kind, unit: Entry) -> Mapping[str, float]:
    entry.only("molar_mass", *kind.needed, *kind.optional)
    for name in kind.needed:
        _ = entry[name]
    weight = entry.get("molar_mass")
    molar_mass = weight.quantity("g/mol") if weight is not None else None
    read: dict[str, float] = {}
    for name, measures in {**kind.needed, **kind.optional}.items():
        given = entry.get(name)
        if given is None:
            continue
        into = unit.text if measures == "effect" else measures
        read[name] = given.number() if measures == "number" else given.quantity(into, molar_mass)
        if read[name] <= 0 and name not in _MAY_BE_ZERO_OR_LESS:
            raise given.error("must be above 0")
    if ("adaptation" in read) != ("adaptation_rate" in read):
        raise entry.error("adaptation and adaptation_rate belong together")
    return MappingProxyType(read)
