"""A published population model: parameters with covariate relations and variability, on a compartment structure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.clinic.alert import Alert, Severity
from core.clinic.case import Case
from core.clinic.regimen import Dose, expand
from core.drugs.bounds import domain_findings
from core.drugs.covariates import change_times, covariate_at, entered_covariates
from core.drugs.model import Assumption, Drug, DrugTarget, GivenAs, Harm, Limits, Residual, Source, Window
from core.drugs.relations import Relation, added, multiplied
from core.drugs.sections import DomainRange, DrugFacts
from core.engine.schedule import Input, Segment
from core.engine.solve import Solution, simulate
from core.errors import InputError
from core.pk.structures import CENTRAL, DEPOT, Structure
from core.units import Quantity, format_quantity

Array = NDArray[np.float64]

PLASMA = "plasma"


@dataclass(frozen=True)
class Parameter:
    """One parameter: its typical value in base units, its unit, what it depends on."""

    name: str
    typical: float
    unit: str
    relations: tuple[Relation, ...] = ()

    def value(self, covariates: Mapping[str, float | str]) -> float:
        """Typical value for these covariates: what adds, then what multiplies."""
        value = self.typical
        for relation in self.relations:
            x = covariates[relation.by]
            value += 0.0 if isinstance(x, str) else added(relation, x)
        for relation in self.relations:
            value *= multiplied(relation, covariates[relation.by])
        return value


@dataclass(frozen=True, eq=False)
class PopulationModel:
    """A model as read from its file; `etas[i]` varies the parameter of that name log-normally with covariance
    `omega`.
    """

    id: str
    file_hash: str
    drug: Drug
    source: Source
    structure: Structure
    parameters: tuple[Parameter, ...]
    etas: tuple[str, ...]
    omega: Array
    residual: Residual
    analyte_unit: str
    domain: tuple[DomainRange, ...]
    defaults: Mapping[str, Quantity | str]
    facts: DrugFacts
    local: bool = False
    modelled_drugs: tuple[str, ...] = ()

    @property
    def linear(self) -> bool:
        """Whether concentrations superpose and scale with the dose."""
        return True

    @property
    def given_as(self) -> tuple[GivenAs, ...]:
        """What can really be given."""
        return self.facts.given_as

    @property
    def targets(self) -> tuple[DrugTarget, ...]:
        """Published targets, the default first."""
        return self.facts.targets

    @property
    def harms(self) -> tuple[Harm, ...]:
        """Toxicities and how exposure relates to them."""
        return self.facts.harms

    @property
    def limits(self) -> Limits:
        """The label's limits."""
        return self.facts.limits

    @property
    def judged_after(self) -> float:
        """Hours after a change of dose at which the target is judged."""
        return self.facts.judged_after

    @property
    def covariates(self) -> tuple[str, ...]:
        """Names of the covariates a person enters for this model."""
        return entered_covariates(self.read_covariates)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the covariates that must be entered."""
        return entered_covariates(name for name in self.read_covariates if name not in self.defaults)

    @property
    def read_covariates(self) -> tuple[str, ...]:
        """Names of the covariates the relations read, derived ones included."""
        return tuple(dict.fromkeys(relation.by for parameter in self.parameters for relation in parameter.relations))

    def bind(self, case: Case) -> BoundPopulationModel:
        """Resolve the covariates over time and check the domain.

        Raises:
            InputError: a covariate without default is missing.
        """
        names = self.read_covariates
        assumptions: list[Assumption] = []
        known = {name: self._fallback(case, name, assumptions) for name in names}
        findings: dict[tuple[str, str], Alert] = {}
        segments = []
        for start in change_times(case, names):
            values = {name: _or(covariate_at(case, name, start), known[name]) for name in names}
            for alert in _bounded(self.parameters, values):
                findings[alert.id, alert.about] = alert
            segments.append((start, {parameter.name: parameter.value(values) for parameter in self.parameters}))
        for alert in domain_findings(self.domain, case, self.id):
            findings[alert.id, alert.about] = alert
        return BoundPopulationModel(self, tuple(segments), tuple(assumptions), tuple(findings.values()))

    def _fallback(self, case: Case, name: str, assumptions: list[Assumption]) -> float | str | None:
        """What stands in for a covariate that was not entered; said aloud as an assumption."""
        if covariate_at(case, name, 0.0) is not None:
            return None
        default = self.defaults.get(name)
        if default is None:
            missing = [part for part in entered_covariates((name,)) if case.covariate(part) is None]
            raise InputError(f"covariates.{missing[0] if missing else name}", "covariate_missing", model=self.id)
        assumptions.append(Assumption(name, str(default)))
        return default if isinstance(default, str) else default.to(_base_unit(name))


def _base_unit(name: str) -> str:
    from core.clinic.covariate import CATALOGUE
    from core.drugs.sections import DERIVED_UNITS

    return DERIVED_UNITS[name] if name in DERIVED_UNITS else CATALOGUE[name].unit


def _or(value: float | str | None, fallback: float | str | None) -> float | str:
    chosen = fallback if value is None else value
    assert chosen is not None
    return chosen


def _bounded(parameters: Sequence[Parameter], values: Mapping[str, float | str]) -> list[Alert]:
    """Say where a bound the paper puts on a covariate acts."""
    alerts = []
    for relation in (relation for parameter in parameters for relation in parameter.relations):
        x = values[relation.by]
        if isinstance(x, str) or relation.bounded(x) == x:
            continue
        unit = _base_unit(relation.by)
        gaps = {
            "covariate": relation.by,
            "value": format_quantity(x, unit),
            "used": format_quantity(relation.bounded(x), unit),
        }
        alerts.append(Alert(Severity.NOTE, "covariate_bounded_by_model", gaps, relation.by))
    return alerts


@dataclass(frozen=True, eq=False)
class BoundPopulationModel:
    """The model bound to one patient: typical parameters from each time a covariate changes."""

    model: PopulationModel
    segments: tuple[tuple[float, Mapping[str, float]], ...]
    assumptions: tuple[Assumption, ...]
    findings: tuple[Alert, ...]
    outputs: tuple[str, ...] = ()

    @property
    def constant_from(self) -> float:
        """Case time (h) of the last change of a covariate."""
        return self.segments[-1][0]

    def parameters(self, eta: Array, time: float) -> Mapping[str, Array]:
        """Individual parameters (B,) in base units at a case time, for etas (B, n)."""
        past = [values for start, values in self.segments if start <= time]
        return self._individual(past[-1] if past else self.segments[0][1], np.atleast_2d(eta))

    def _individual(self, typical: Mapping[str, float], eta: Array) -> dict[str, Array]:
        columns = {name: np.exp(eta[:, index]) for index, name in enumerate(self.model.etas)}
        ones = np.ones(len(eta))
        return {name: value * columns.get(name, ones) for name, value in typical.items()}

    def concentrations(self, eta: Array, doses: Sequence[Dose], times: Array) -> Array:
        """Concentration of the measured analyte, mg/L, (B, T), for etas (B, n); at a dose time before the dose."""
        eta = np.atleast_2d(eta)
        amounts = self._simulate(eta, doses, times).amounts[:, :, 0]
        return amounts / self._volumes(eta, times)

    def curves(self, names: Sequence[str], eta: Array, doses: Sequence[Dose], times: Array) -> Mapping[str, Array]:
        """The plasma concentration under its name; there are no further outputs.

        Raises:
            InputError: any other output.
        """
        unknown = [name for name in names if name != PLASMA]
        if unknown:
            raise InputError("output", "output_unknown", name=unknown[0])
        return {PLASMA: self.concentrations(eta, doses, times)}

    def window(self, eta: Array, doses: Sequence[Dose], times: Array) -> Window:
        """Concentrations at `times` (T,), ascending, and the area under them since the first."""
        eta = np.atleast_2d(eta)
        changes = [start for start, _ in self.segments if times[0] < start < times[-1]]
        grid = np.union1d(times, changes)
        solution = self._simulate(eta, doses, grid, integrals=True)
        volumes = self._volumes(eta, grid)
        steps = np.diff(solution.integrals[:, :, 0], axis=1)
        kept = np.searchsorted(grid, times)
        concentration = solution.amounts[:, kept, 0] / volumes[:, kept]
        area = np.concatenate([np.zeros((len(eta), 1)), np.cumsum(steps / volumes[:, :-1], axis=1)], axis=1)
        return Window(times, concentration, area[:, kept])

    def _simulate(self, eta: Array, doses: Sequence[Dose], times: Array, *, integrals: bool = False) -> Solution:
        structure = self.model.structure
        individual = [(start, self._individual(typical, eta)) for start, typical in self.segments]
        segments = [Segment(start, structure.rates(values)) for start, values in individual]
        return simulate(
            structure.graph,
            segments,
            [self._input(dose, individual) for dose in expand(doses)],
            times,
            states=(CENTRAL,),
            integrals=(CENTRAL,) if integrals else (),
        )

    def _input(self, dose: Dose, individual: Sequence[tuple[float, Mapping[str, Array]]]) -> Input:
        state = self.model.structure.entry(dose.route)
        past = [values for start, values in individual if start <= dose.time]
        values = past[-1] if past else individual[0][1]
        through_depot = state == DEPOT
        return Input(
            dose.time,
            dose.milligrams,
            state,
            duration=dose.hours,
            lag=values.get("lag_time", 0.0) if through_depot else 0.0,
            fraction=values.get("bioavailability", 1.0) if through_depot else 1.0,
            steady_state_every=dose.interval if dose.steady_state else None,
        )

    def _volumes(self, eta: Array, times: Array) -> Array:
        """Volume the central amount is divided by, (B, T); the value from a change on holds at its time."""
        name = self.model.structure.volume
        starts = np.array([start for start, _ in self.segments])
        per_segment = np.stack([self._individual(typical, eta)[name] for _, typical in self.segments], axis=1)
        index = np.clip(np.searchsorted(starts, times, side="right") - 1, 0, None)
        return np.asarray(per_segment[:, index])
