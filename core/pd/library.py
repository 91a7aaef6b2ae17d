"""The effect library: strict reading of `resources/effects/*.yaml`, and the effects it holds."""

from __future__ import annotations

import functools
import importlib.resources
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from core.clinic.covariate import CATALOGUE
from core.clinic.strict_yaml import Entry, read_strict_yaml
from core.errors import InputError, ModelError
from core.pd.exposure import trailing_auc
from core.pd.kinds import DRIVER, EFFECT, KINDS, NUMBER, Kind
from core.pd.modifiers import Form, Modifier, read_modifier

Array = NDArray[np.float64]

EVIDENCE = ("high", "moderate", "low", "none", "ours")
EXPOSURES: Mapping[str, str] = MappingProxyType(
    {"concentration": "mg/L", "auc24": "mg*h/L", "excretion": "mg/h", "trough": "mg/L"}  # exposure -> its base unit
)
_ID = re.compile(r"[a-z][a-z0-9_]*")
_FIELDS = ("id", "drug", "kind", "parameters", "driver", "unit", "evidence", "system", "source")
_MAY_BE_ABSENT = ("covariates", "variability", "observed_as")


@dataclass(frozen=True)
class Citation:
    """Where a number was published."""

    citation: str
    doi: str  # empty where the paper has none


@dataclass(frozen=True)
class Driver:
    """What brings the effect."""

    output: str  # "plasma" or the name of another curve of the drug model, such as a tissue
    exposure: str  # one of EXPOSURES
    fraction_unbound: float | None  # None: the total concentration acts
    source: Citation | None  # of the fraction unbound

    @property
    def unit(self) -> str:
        """Unit of the exposure."""
        return EXPOSURES[self.exposure]


@dataclass(frozen=True)
class Observed:
    """How the effect is measured in a patient: as a covariate, with an error that is normal on the log scale."""

    covariate: str
    residual: float  # standard deviation of the logarithm
    source: str


@dataclass(frozen=True)
class EffectModel:
    """One effect of one drug with its parameters in base units (mg, L, h), and how far it may be trusted."""

    id: str
    drug: str
    kind: str
    parameters: Mapping[str, float]
    driver: Driver
    unit: str  # of the effect
    evidence: str  # one of EVIDENCE
    system: str  # what it was measured in: species, strain, population
    source: Citation
    modifiers: tuple[Modifier, ...] = ()
    variability: Mapping[str, float] = field(default_factory=dict)  # variance of a parameter's logarithm
    observed: Observed | None = None  # how a measurement of the effect in the patient is entered
    mixtures: Mapping[str, Mapping[float, float]] = field(default_factory=dict)  # parameter -> factor -> how often

    @property
    def name(self) -> str:
        """Message id of the effect's name."""
        return f"effect_name_{self.id}"

    @property
    def note(self) -> str:
        """Message id of what a reader must know before trusting the curve."""
        return f"effect_note_{self.id}"

    @property
    def at_once(self) -> bool:
        """Whether it goes with an exposure, so that `respond` answers; else only a course in time does."""
        return KINDS[self.kind].at_once and "ke0" not in self.parameters and "adaptation" not in self.parameters

    @property
    def covariates(self) -> tuple[str, ...]:
        """Facts about the patient that change the effect."""
        return tuple(dict.fromkeys(modifier.by for modifier in self.modifiers))

    def for_patient(self, facts: Mapping[str, float | str], ancestry: str = "") -> EffectModel:
        """The effect in one patient; a fact that is not given leaves its parameter at the paper's reference.

        Where each choice of a fact has its own value, one not given is drawn as often as it occurs in people of the
        ancestry; the most frequent stands for the typical patient.

        Args:
            facts: covariates by name in base units, or choices.
            ancestry: as in the case; "" or "unknown": not given.

        Raises:
            InputError: a fact without which the effect cannot be told is missing, or a choice is unknown.
            ModelError: a value outside what a relation can take.
        """
        changed = dict(self.parameters)
        mixtures: dict[str, Mapping[float, float]] = {}
        for modifier in self.modifiers:
            value = facts.get(modifier.by)
            shares = modifier.shares.get(ancestry)
            if value is not None:
                changed[modifier.parameter] = modifier.applied(changed[modifier.parameter], value)
            elif shares is not None:
                typical = modifier.values[max(shares, key=lambda choice: shares[choice])]
                changed[modifier.parameter] = typical
                factors = {name: value / typical for name, value in modifier.values.items()}
                mixtures[modifier.parameter] = {factors[name]: share for name, share in shares.items()}
            elif modifier.form is Form.VALUES:
                reason = "covariate_or_ancestry_missing" if modifier.shares else "covariate_missing"
                raise InputError(f"covariates.{modifier.by}", reason, name=modifier.by)
        return replace(self, parameters=MappingProxyType(changed), modifiers=(), mixtures=mixtures)

    def with_baseline(self, value: float) -> EffectModel:
        """The effect with the patient's own baseline, in `unit`.

        Raises:
            ModelError: the effect has none, or the value is not above 0.
        """
        if "baseline" not in self.parameters or not value > 0:
            raise ModelError(f"{self.id} needs no baseline, or one above 0")
        return replace(self, parameters=MappingProxyType({**self.parameters, "baseline": value}))

    def assumed(self, facts: Mapping[str, float | str]) -> tuple[str, ...]:
        """Facts that were not given, for which the paper's reference stands in."""
        return tuple(name for name in self.covariates if name not in facts and name not in self.drawn(facts))

    def drawn(self, facts: Mapping[str, float | str]) -> tuple[str, ...]:
        """Facts that were not given and are drawn as often as they occur."""
        return tuple(item.by for item in self.modifiers if item.shares and item.by not in facts)

    def draw(self, patients: int, rng: np.random.Generator) -> Mapping[str, Array]:
        """Parameters of that many patients, (patients,) each, log-normal about the typical ones or their mixture."""
        drawn = {name: np.full(patients, value) for name, value in self.parameters.items()}
        for name, variance in self.variability.items():
            drawn[name] = drawn[name] * np.exp(np.sqrt(variance) * rng.standard_normal(patients))
        for name, shares in self.mixtures.items():
            drawn[name] = drawn[name] * rng.choice(list(shares), patients, p=list(shares.values()))
        return MappingProxyType(drawn)

    def evaluate(self, concentration: Array, times: Array, parameters: Mapping[str, Array] | None = None) -> Array:
        """Effect over time.

        Args:
            concentration: (B, T) mg/L, total concentration in `driver.output` (mg/h where excretion drives).
            times: (T,) h, not falling, from before the first dose and dense around infusions.
            parameters: (B,) each, as `draw` gives them; by default the typical ones.

        Returns:
            (B, T) in `unit`.

        Raises:
            ModelError: a relation to the trough, which has no course in time; negative concentrations; shapes that do
                not fit.
        """
        if self.driver.exposure == "trough":
            raise ModelError(f"{self.id} goes with the trough, not with a curve; use `respond`")
        drive = self._acting(concentration)
        if self.driver.exposure == "auc24":
            drive = trailing_auc(drive, times)
        return KINDS[self.kind].run(drive, times, self._each(concentration.shape[0], parameters))

    def respond(self, exposure: Array, parameters: Mapping[str, Array] | None = None) -> Array:
        """Effect at an exposure, for relations that need no course in time.

        Args:
            exposure: (B,) total, in `driver.unit`: a trough, a daily AUC, a concentration.
            parameters: as in `evaluate`.

        Returns:
            (B,) in `unit`.

        Raises:
            ModelError: the effect has a memory and needs `evaluate`, or a negative exposure.
        """
        if not self.at_once:
            raise ModelError(f"{self.id} depends on what came before; use `evaluate`")
        drive = self._acting(exposure)[:, None]
        return np.asarray(KINDS[self.kind].run(drive, np.zeros(1), self._each(exposure.size, parameters))[:, 0])

    def _acting(self, total: Array) -> Array:
        unbound = self.driver.fraction_unbound
        return total if unbound is None else np.asarray(unbound * total)

    def _each(self, patients: int, parameters: Mapping[str, Array] | None) -> Mapping[str, Array]:
        given: Mapping[str, Array | float] = self.parameters if parameters is None else parameters
        return {
            name: np.broadcast_to(np.asarray(value, dtype=np.float64), (patients,)) for name, value in given.items()
        }


def load_effects(folder: Path | None = None) -> Mapping[str, EffectModel]:
    """Read every effect file of a folder by id; by default those shown as a curve with every case of their drug.

    Raises:
        DrugFileError: names file, line and fault.
    """
    if folder is None:
        return _shipped("effects")
    return MappingProxyType({model.id: model for model in map(load_effect, sorted(folder.glob("*.yaml")))})


def effect_by_id(identity: str) -> EffectModel | None:
    """A shipped effect, shown with every case or on request; None where there is none of the name."""
    return load_effects().get(identity) or load_effects_on_request().get(identity)


def load_effects_on_request() -> Mapping[str, EffectModel]:
    """The shipped effects that need facts about the patient, go with an exposure, or take long to compute, by id.

    Raises:
        DrugFileError: names file, line and fault.
    """
    return _shipped("effects/on_request")


@functools.cache
def _shipped(folder: str) -> Mapping[str, EffectModel]:
    return load_effects(Path(str(importlib.resources.files("resources").joinpath(folder))))


def load_effect(path: Path) -> EffectModel:
    """Read one effect file.

    Raises:
        DrugFileError: names file, line and fault.
    """
    root = read_strict_yaml(path)
    root.only(*_FIELDS, *_MAY_BE_ABSENT)
    for name in _FIELDS:
        _ = root[name]
    identity = root["id"].text
    if _ID.fullmatch(identity) is None or identity != path.stem:
        raise root["id"].error("the id must be the file's name: small letters, digits, underscores")
    kind = KINDS[root["kind"].choice(*KINDS)]
    driver = _driver(root["driver"])
    units = _units(kind, root["unit"].text, driver.unit)
    parameters = _parameters(root["parameters"], kind, units)
    return EffectModel(
        id=identity,
        drug=root["drug"].text,
        kind=root["kind"].text,
        parameters=parameters,
        driver=driver,
        unit=root["unit"].text,
        evidence=root["evidence"].choice(*EVIDENCE),
        system=root["system"].text,
        source=_citation(root["source"]),
        modifiers=_modifiers(root.get("covariates"), parameters, units),
        variability=_variability(root.get("variability"), parameters),
        observed=_observed(root.get("observed_as"), root["unit"].text),
    )


def _observed(entry: Entry | None, unit: str) -> Observed | None:
    if entry is None:
        return None
    entry.only("covariate", "residual", "source")
    name, residual = entry["covariate"].text, entry["residual"].number()
    if name not in CATALOGUE or CATALOGUE[name].unit != unit:
        raise entry["covariate"].error(f"'{name}' is no covariate measured in '{unit}'")
    if residual <= 0:
        raise entry["residual"].error("must be above 0")
    return Observed(name, residual, entry["source"].text)


def _citation(entry: Entry) -> Citation:
    entry.only("citation", "doi")
    doi = entry.get("doi")
    return Citation(entry["citation"].text, doi.text if doi is not None else "")


def _driver(entry: Entry) -> Driver:
    entry.only("output", "exposure", "fraction_unbound", "source")
    exposure = entry.get("exposure")
    kind = "concentration" if exposure is None else exposure.choice(*EXPOSURES)
    unbound = entry.get("fraction_unbound")
    if unbound is None:
        return Driver(entry["output"].text, kind, None, None)
    fraction = unbound.number()
    if not 0 < fraction <= 1:
        raise unbound.error("a fraction unbound lies above 0 and at most at 1")
    return Driver(entry["output"].text, kind, fraction, _citation(entry["source"]))


def _units(kind: Kind, effect: str, driver: str) -> Mapping[str, str]:
    """The base unit of each parameter a kind may have, or `number`."""
    meant = {EFFECT: effect, DRIVER: driver}
    return {name: meant.get(measure, measure) for name, measure in {**kind.needed, **kind.optional}.items()}


def _parameters(entry: Entry, kind: Kind, units: Mapping[str, str]) -> Mapping[str, float]:
    entry.only("molar_mass", *units)
    for name in kind.needed:
        _ = entry[name]
    weight = entry.get("molar_mass")
    molar_mass = weight.quantity("g/mol") if weight is not None else None
    read: dict[str, float] = {}
    for name, unit in units.items():
        given = entry.get(name)
        if given is None:
            continue
        read[name] = given.number() if unit == NUMBER else given.quantity(unit, molar_mass)
        if read[name] <= 0 and name not in kind.any_sign:
            raise given.error("must be above 0")
    if ("adaptation" in read) != ("adaptation_rate" in read):
        raise entry.error("adaptation and adaptation_rate belong together")
    return MappingProxyType(read)


def _modifiers(entry: Entry | None, parameters: Mapping[str, float], units: Mapping[str, str]) -> tuple[Modifier, ...]:
    if entry is None:
        return ()
    return tuple(
        read_modifier(item, tuple(parameters), units[item["parameter"].choice(*parameters)]) for item in entry.items
    )


def _variability(entry: Entry | None, parameters: Mapping[str, float]) -> Mapping[str, float]:
    if entry is None:
        return MappingProxyType({})
    entry.only(*parameters)
    read = {name: item.number() for name, item in entry.fields.items()}
    for name, variance in read.items():
        if variance <= 0:
            raise entry[name].error("a variance must be above 0")
    return MappingProxyType(read)
