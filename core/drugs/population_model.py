"""A published population model as read from its file, and how it is bound to one patient."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from core.clinic.alert import Alert, Severity
from core.clinic.case import Case
from core.clinic.regimen import Route
from core.drugs.bound_model import BoundPopulationModel, Span
from core.drugs.bounds import domain_findings, refusal
from core.drugs.covariates import (
    STANDARD,
    TIME_ON_THERAPY,
    Body,
    CovariateReader,
    Recipes,
    change_times,
    unit_of,
)
from core.drugs.facts import DomainRange, DrugFacts, WithFacts
from core.drugs.measured import Measured
from core.drugs.model import Assumption, Drug, Metabolite, Residual, Source
from core.drugs.occasions import Occasions
from core.drugs.parameter import Parameter
from core.drugs.relations import CO_MEDICATION, Form, Relation, Value
from core.errors import InputError
from core.pk.structures import EXTRAVASCULAR, Structure
from core.units import Quantity, format_quantity

Array = NDArray[np.float64]

_STEPS_OF_APPROACH = 16  # segments of constant parameters in place of a smooth induction
_HALVES_OF_LOSS = 200.0
_LONG_AFTER = 1e6  # h


@dataclass(frozen=True, eq=False)
class PopulationModel(WithFacts):
    """A model as read from its file; `omega` is the covariance of `etas`, each named after the parameter it varies."""

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
    measured: Measured = Measured.CENTRAL
    recipes: Recipes = STANDARD
    active: Mapping[Route, float] = field(default_factory=dict)  # mg the parameters count per mg dosed, where not 1
    metabolite: Metabolite | None = None
    occasions: Occasions | None = None
    local: bool = False
    replaces: str = ""  # id of the model a site's own stands in for
    unbound: PopulationModel | None = None  # of a patient's own copy: the model as its file has it

    @property
    def as_read(self) -> PopulationModel:
        """The model as its file has it, not a patient's own copy."""
        return self.unbound or self

    @property
    def routes(self) -> tuple[Route, ...]:
        """By which routes the structure takes a dose."""
        return (Route.INTRAVENOUS, *EXTRAVASCULAR) if self.structure.oral else (Route.INTRAVENOUS,)

    @property
    def linear(self) -> bool:
        """Whether concentrations superpose and scale with the dose."""
        by_dose = any(parameter.depends_on_dose for parameter in self.parameters)
        return self.structure.linear and self.measured.linear and not by_dose

    @property
    def between_patients(self) -> int:
        """How many of the etas vary between patients; those that follow vary between occasions."""
        return sum("@" not in name for name in self.etas)

    @property
    def modelled_drugs(self) -> tuple[str, ...]:
        """Other drugs whose effect on this one the model holds."""
        conditions = (item for _, relation in self._relations for item in relation.where if item.by == CO_MEDICATION)
        named = [name for item in conditions for name in item.one_of]
        return tuple(dict.fromkeys([*named, *self.facts.effect_drugs]))

    @property
    def covariates(self) -> tuple[str, ...]:
        """Names of the covariates a person enters for this model."""
        asked = (item.covariate for item in self.domain if item.must_be_known)
        return self.recipes.entered(dict.fromkeys((*self.read_covariates, *asked, *self.facts.effect_covariates)))

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the covariates that must be entered."""
        needed = self.recipes.entered(name for name in self.read_covariates if name not in self.defaults)
        return tuple(name for name in needed if name not in self.defaults)

    @property
    def read_covariates(self) -> tuple[str, ...]:
        """Names of the covariates the relations read, derived ones included."""
        return tuple(dict.fromkeys(name for parameter in self.parameters for name in parameter.reads))

    @property
    def _relations(self) -> list[tuple[Parameter, Relation]]:
        return [(parameter, relation) for parameter in self.parameters for relation in parameter.relations]

    def bind(self, case: Case) -> BoundPopulationModel:
        """Resolve the covariates over time and check the domain.

        Raises:
            InputError: a covariate without default is missing, or a formula does not hold for the patient.
            OutOfDomain: the same, when the patient lies outside the domain anyway.
        """
        reader = CovariateReader(case, self.recipes, self.defaults)
        findings = {(alert.id, alert.about): alert for alert in domain_findings(self.domain, reader, self.id)}
        spans = []
        for start, moment in self._moments(reader):
            values = self._read(reader, start, moment, tuple(findings.values()))
            for alert in self._bounded(values):
                findings[alert.id, alert.about] = alert
            for alert in self._computed(values):
                findings[alert.id, alert.about] = alert
            spans.append(Span(start, {parameter.name: parameter.value(values) for parameter in self.parameters}))
        assumptions = tuple(Assumption(name, value) for name, value in reader.assumed.items())
        own = replace(self, facts=self.facts.of(lambda name: reader.at(name, case.now)), unbound=self)
        model, marked = own._with_occasions(case, reader.first_dose, spans)
        return BoundPopulationModel(model, tuple(marked), assumptions, tuple(findings.values()))

    def _read(
        self, reader: CovariateReader, start: float, moment: float, findings: Sequence[Alert]
    ) -> dict[str, Value]:
        values: dict[str, Value] = {}
        for name in self.read_covariates:
            value = reader.at(name, moment if name == TIME_ON_THERAPY else start)
            if value is None:
                refuse = refusal(findings)
                missing = InputError(f"covariates.{reader.missing(name, start)}", "covariate_missing", model=self.id)
                raise missing if refuse is None else refuse
            values[name] = value
        return values

    def _moments(self, reader: CovariateReader) -> list[tuple[float, float]]:
        """Start of each stretch of constant parameters, and the time at which the time on therapy is read for it."""
        starts = change_times(reader.case, self.read_covariates, self.recipes)
        if TIME_ON_THERAPY not in self.read_covariates:
            return [(start, start) for start in starts]
        first = reader.therapy_start
        starts = sorted({*starts, first, *(first + hours for hours in self._therapy_steps())})
        middles = [(start + end) / 2.0 for start, end in itertools.pairwise(starts)]
        return list(zip(starts, [*middles, starts[-1] + _LONG_AFTER], strict=True))

    def _therapy_steps(self) -> set[float]:
        """Hours on therapy at which something changes; a smooth approach is cut into steps."""
        steps: set[float] = set()
        for _, relation in self._relations:
            steps |= {
                end
                for item in relation.where
                if item.by == TIME_ON_THERAPY
                for end in (item.low, item.high)
                if math.isfinite(end)
            }
            if relation.by == TIME_ON_THERAPY:
                steps |= _steps(relation)
        return steps

    def _bounded(self, values: Mapping[str, Value]) -> list[Alert]:
        """Say where a bound the paper puts on a covariate acts."""
        alerts = []
        for _, relation in self._relations:
            x = values.get(relation.by)
            if not isinstance(x, float) or not relation.acts(values) or relation.bounded(x) == x:
                continue
            unit = unit_of(relation.by)
            gaps = {
                "covariate": relation.by,
                "value": format_quantity(x, unit),
                "used": format_quantity(relation.bounded(x), unit),
            }
            alerts.append(Alert(Severity.NOTE, "covariate_bounded_by_model", gaps, relation.by))
        return alerts

    def _computed(self, values: Mapping[str, Value]) -> list[Alert]:
        """Say where the model computes a clearance by another weight than the one a person would expect."""
        x = values.get("creatinine_clearance")
        if self.recipes.clearance_weight is Body.TOTAL or not isinstance(x, float):
            return []
        gaps = {"model": self.id, "value": format_quantity(x, unit_of("creatinine_clearance"))}
        message = f"clearance_by_{self.recipes.clearance_weight.value}_weight"
        return [Alert(Severity.NOTE, message, gaps, "creatinine_clearance")]

    def _with_occasions(
        self, case: Case, first_dose: float, spans: Sequence[Span]
    ) -> tuple[PopulationModel, Sequence[Span]]:
        """One set of etas more for every occasion with a level, and one for the time after the last."""
        if self.occasions is None:
            return self, spans
        numbers = self.occasions.numbers([level.time for level in case.used_levels], first_dose)
        count = len(self.occasions.variances)
        etas = tuple(f"{name}@{number}" for number in range(1, len(numbers) + 2) for name in self.occasions.variances)
        omega = np.zeros((len(self.etas) + len(etas),) * 2)
        omega[: len(self.etas), : len(self.etas)] = self.omega
        between = np.tile(list(self.occasions.variances.values()), len(etas) // count)
        omega[len(self.etas) :, len(self.etas) :] = np.diag(between)
        model = replace(self, etas=(*self.etas, *etas), omega=omega)
        return model, self.occasions.cut(spans, numbers, first_dose)


def _steps(relation: Relation) -> set[float]:
    """Where a smooth change over the time on therapy (h) is cut into steps."""
    parts = range(1, _STEPS_OF_APPROACH + 1)
    if relation.form is Form.APPROACH:
        return {-math.log1p(-part / (_STEPS_OF_APPROACH + 0.5)) / relation.shape for part in parts}
    if relation.form is Form.SATURATING_LOSS:
        ends = (relation.centre * math.expm1(math.log1p(_HALVES_OF_LOSS) * p / _STEPS_OF_APPROACH) for p in parts)
        return {relation.scale, *(relation.scale + end for end in ends)}
    return set()
