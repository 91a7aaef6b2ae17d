"""A whole-body compound as a drug model: covariates become a body, co-medication becomes enzyme activity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.clinic.alert import Alert
from core.clinic.case import Case
from core.clinic.regimen import Dose, Route, expand
from core.drugs.bound_model import LITRES
from core.drugs.bounds import domain_findings
from core.drugs.covariates import CovariateReader, change_times
from core.drugs.facts import DomainRange, DrugFacts, WithFacts
from core.drugs.model import Assumption, Drug, Residual, Source, Window
from core.drugs.pbpk_body import MEASURED, body_at, kidney_findings
from core.drugs.perpetrators import Bodies, enzyme_stretches, perpetrator_findings
from core.engine.laid_out import LaidOut
from core.engine.schedule import Input, Segment
from core.engine.solve import Solution, simulate
from core.errors import InputError
from core.pbpk.compound import Compound
from core.pbpk.enzyme_course import Stretch
from core.pbpk.individual import Individual
from core.pbpk.kinetics import kinetics
from core.pbpk.sensitivity import Sensitivity, sensitivities
from core.pbpk.whole_body import DOSE_ROUTES, PLASMA, WholeBody
from core.units import Quantity

Array = NDArray[np.float64]

_NEEDED = ("weight", "height")
_OPTIONAL = (
    "child_pugh",
    "cyp2d6_phenotype",
    "serum_creatinine",
    "creatinine_clearance",
    "albumin",
    "alpha1_acid_glycoprotein",
    "haematocrit",
    "gastric_ph",
)
_READ = (*_NEEDED, "child_pugh", "cyp2d6_phenotype", *MEASURED)
# Relative activity of the enzyme by phenotype: activity scores 0, 1, 2 and 4 against the normal 2 (Caudle 2020,
# doi:10.1111/cts.12692).
_CYP2D6 = {"poor": 0.0, "intermediate": 0.5, "normal": 1.0, "ultrarapid": 2.0}
_ASSUMED = {"child_pugh": "none", "cyp2d6_phenotype": "normal"}


@dataclass(frozen=True, eq=False)
class PbpkModel(WithFacts):
    """A compound file, the body it is put into, and what holds for the drug."""

    compound: Compound
    body: WholeBody
    source: Source
    domain: tuple[DomainRange, ...]
    facts: DrugFacts
    analyte_unit: str
    file_hash: str
    local: bool = False
    unbound: PbpkModel | None = None  # of a patient's own copy: the model as its file has it

    @property
    def as_read(self) -> PbpkModel:
        """The model as its file has it, not a patient's own copy."""
        return self.unbound or self

    @property
    def id(self) -> str:
        """Id of the compound file."""
        return self.compound.id

    @property
    def drug(self) -> Drug:
        """The substance."""
        item = self.compound
        return Drug(item.name, item.zh, item.atc, item.molar_mass)

    @property
    def etas(self) -> tuple[str, ...]:
        """Names of what varies between patients of equal body."""
        return self.compound.etas

    @property
    def omega(self) -> Array:
        """Covariance of the etas, (n, n)."""
        return self.compound.omega

    @property
    def residual(self) -> Residual:
        """Residual error."""
        return Residual(proportional=self.compound.proportional_error)

    @property
    def covariates(self) -> tuple[str, ...]:
        """Names of the covariates a person enters for this model."""
        return (*_NEEDED, *(name for name in _OPTIONAL if name != "cyp2d6_phenotype" or self._uses_cyp2d6))

    @property
    def read_covariates(self) -> tuple[str, ...]:
        """Names of the covariates the body depends on."""
        return self.covariates

    @property
    def required(self) -> tuple[str, ...]:
        """Weight and height."""
        return _NEEDED

    @property
    def defaults(self) -> Mapping[str, Quantity | str]:
        """Weight and height must be entered; for the rest the physiology of sex and age stands in."""
        return {name: _ASSUMED[name] for name in _ASSUMED if name != "cyp2d6_phenotype" or self._uses_cyp2d6}

    @property
    def _uses_cyp2d6(self) -> bool:
        return "CYP2D6" in self.compound.enzymes

    @property
    def modelled_drugs(self) -> tuple[str, ...]:
        """Other drugs whose effect on this one the model holds."""
        known = (
            *(item.perpetrator for item in self.compound.interactions),
            *(p.name for p in self.compound.perpetrators),
        )
        return tuple(dict.fromkeys(known))

    @property
    def routes(self) -> tuple[Route, ...]:
        """By which routes the body takes a dose."""
        return DOSE_ROUTES

    @property
    def linear(self) -> bool:
        """Whether concentrations superpose and scale with the dose."""
        return True

    def bind(self, case: Case) -> BoundPbpkModel:
        """Build the patient's body at each time something changes and check the domain.

        Raises:
            InputError: weight or height is missing, or no body fits them.
        """
        for name in _NEEDED:
            if case.covariate(name) is None:
                raise InputError(f"covariates.{name}", "covariate_missing", model=self.id)
        assumptions = tuple(
            Assumption(name, str(value)) for name, value in self.defaults.items() if case.covariate(name) is None
        )
        changes = change_times(case, _READ)
        bodies = tuple((start, body_at(case, start)) for start in changes)
        beside = enzyme_stretches(self.compound, case, bodies)
        starts = sorted({*changes, *self._interaction_times(case), *(item.start for item in beside)})
        segments = tuple((start, _last(bodies, start), self._activity(case, start, beside)) for start in starts)
        reader = CovariateReader(case)
        findings = [
            *domain_findings(self.domain, reader, self.id),
            *kidney_findings(case, changes),
            *perpetrator_findings(self.compound, case),
        ]
        own = replace(self, facts=self.facts.of(lambda name: reader.at(name, case.now)), unbound=self)
        return BoundPbpkModel(own, segments, assumptions, tuple(findings))

    def _interaction_times(self, case: Case) -> list[float]:
        times = []
        for item in case.co_medication:
            for interaction in self.compound.interactions:
                if interaction.perpetrator == item.drug:
                    times.append(item.start)
                    times += [] if item.until is None else [item.until + interaction.lasts_after_stop]
        return times

    def _activity(self, case: Case, time: float, beside: Sequence[Stretch]) -> dict[str, float]:
        """Factor on each enzyme at a time: phenotype, and what other drugs leave of it, simulated or published."""
        activity: dict[str, float] = {}
        phenotype = case.covariate("cyp2d6_phenotype", time)
        if self._uses_cyp2d6 and phenotype is not None:
            activity["CYP2D6"] = _CYP2D6[str(phenotype.value)]
        taken = {
            (item.drug, interaction.enzyme): interaction.factor
            for item in case.co_medication
            for interaction in self.compound.interactions
            if interaction.perpetrator == item.drug
            and item.start <= time
            and (item.until is None or time < item.until + interaction.lasts_after_stop)
        }
        for (_, enzyme), factor in taken.items():
            activity[enzyme] = activity.get(enzyme, 1.0) * factor
        met = [item for item in beside if item.start <= time]
        for enzyme, share in (met[-1].activity if met else {}).items():
            activity[enzyme] = activity.get(enzyme, 1.0) * share
        return activity


def _last(bodies: Bodies, time: float) -> Individual:
    """The body as it is at a time, (1,)."""
    past = [person for start, person in bodies if start <= time]
    return past[-1] if past else bodies[0][1]


def _litres(body: WholeBody, person: Individual) -> dict[str, Array]:
    return {f"{LITRES}{name}": body.volume_of(name, person) for name in body.outputs}


@dataclass(frozen=True, eq=False)
class BoundPbpkModel:
    """The compound in one patient: body and enzyme activity from each time something changes."""

    model: PbpkModel
    segments: tuple[tuple[float, Individual, Mapping[str, float]], ...]
    assumptions: tuple[Assumption, ...]
    findings: tuple[Alert, ...]

    @property
    def constant_from(self) -> float:
        """Case time (h) of the last change of body or enzyme activity."""
        return self.segments[-1][0]

    @property
    def outputs(self) -> tuple[str, ...]:
        """The tissues."""
        return tuple(name for name in self.model.body.outputs if name != PLASMA)

    @property
    def rates(self) -> tuple[str, ...]:
        """None."""
        return ()

    def parameters(self, eta: Array, time: float) -> Mapping[str, Array]:
        """Plasma clearance (L/h), steady-state volume (L) and the factors the etas stand for, (B,), at a case time."""
        _, individual, activity = self._segment(time)
        factors = self._factors(np.atleast_2d(eta))
        body = self.model.body
        known = kinetics(body, individual, body.rates(individual, factors, activity))
        shown = {"clearance": known.clearance, "volume": known.steady_state_volume}
        return shown | {f"{name}_factor": factors[name] for name in factors if name != "intrinsic_clearance"}

    def drivers(self, route: Route, every: float) -> tuple[Sensitivity, ...]:
        """Rank what drives the steady-state exposure of a regular dose in the body as it is now."""
        _, individual, activity = self.segments[-1]
        return sensitivities(self.model.body, individual, activity, route, every)

    def _segment(self, time: float) -> tuple[float, Individual, Mapping[str, float]]:
        past = [segment for segment in self.segments if segment[0] <= time]
        return past[-1] if past else self.segments[0]

    def _factors(self, eta: Array) -> dict[str, Array]:
        return {name: np.exp(eta[:, index]) for index, name in enumerate(self.model.etas)}

    def concentrations(self, eta: Array, doses: Sequence[Dose], times: Array) -> Array:
        """Total concentration in plasma of venous blood, mg/L, (B, T); at a dose time before the dose."""
        return self.curves((PLASMA,), eta, doses, times)[PLASMA]

    def curves(self, names: Sequence[str], eta: Array, doses: Sequence[Dose], times: Array) -> Mapping[str, Array]:
        """Plasma or tissue concentrations, mg/L, each (B, T), from one simulation.

        Raises:
            InputError: an output the model does not have.
        """
        body = self.model.body
        for name in names:
            if name not in body.outputs:
                raise InputError("output", "output_unknown", name=name)
        solution = self._simulate(np.atleast_2d(eta), doses, times, tuple(body.state_of(name) for name in names))
        return {name: solution.amounts[:, :, index] / self._volumes(name, times) for index, name in enumerate(names)}

    def window(self, eta: Array, doses: Sequence[Dose], times: Array) -> Window:
        """Plasma concentrations at `times` (T,), ascending, and the area under them since the first."""
        eta = np.atleast_2d(eta)
        changes = [start for start, *_ in self.segments if times[0] < start < times[-1]]
        grid = np.union1d(times, changes)
        state = self.model.body.state_of(PLASMA)
        solution = self._simulate(eta, doses, grid, (state,), integrals=(state,))
        volumes = self._volumes(PLASMA, grid)
        steps = np.diff(solution.integrals[:, :, 0], axis=1)
        kept = np.searchsorted(grid, times)
        concentration = (solution.amounts[:, :, 0] / volumes)[:, kept]
        area = np.concatenate([np.zeros((len(eta), 1)), np.cumsum(steps / volumes[:, :-1], axis=1)], axis=1)
        return Window(times, concentration, area[:, kept])

    def _simulate(
        self, eta: Array, doses: Sequence[Dose], times: Array, states: tuple[str, ...], integrals: tuple[str, ...] = ()
    ) -> Solution:
        system = self._laid_out(eta, doses)
        return simulate(system.graph, system.segments, system.inputs, times, states=states, integrals=integrals)

    def system(self, eta: Array, doses: Sequence[Dose]) -> LaidOut:
        """The whole model laid out for the engine, for etas (B, n); plasma and tissues are its outputs."""
        body, laid = self.model.body, self._laid_out(eta, doses)
        segments = tuple(
            replace(segment, rates={**segment.rates, **_litres(body, person)})
            for segment, (_, person, _) in zip(laid.segments, self.segments, strict=True)
        )
        outputs = {name: (body.state_of(name), f"{LITRES}{name}") for name in body.outputs}
        return replace(laid, segments=segments, outputs=outputs)

    def _laid_out(self, eta: Array, doses: Sequence[Dose]) -> LaidOut:
        factors = self._factors(np.atleast_2d(eta))
        body = self.model.body
        alone = {id(person): body.rates(person, factors, {}) for _, person, _ in self.segments}
        segments = tuple(
            Segment(start, {**alone[id(person)], **body.metabolism(person, factors, activity)})
            for start, person, activity in self.segments
        )
        inputs = tuple(
            Input(
                dose.time,
                dose.milligrams,
                body.dose_state(dose.route),
                duration=dose.hours,
                steady_state_every=dose.interval if dose.steady_state else None,
            )
            for dose in expand(doses)
        )
        return LaidOut(body.graph, segments, inputs, {})

    def _volumes(self, output: str, times: Array) -> Array:
        """Litres that turn the amount of an output's state into a concentration, (1, T)."""
        starts = np.array([start for start, *_ in self.segments])
        volumes = np.array([self.model.body.volume_of(output, person)[0] for _, person, _ in self.segments])
        index = np.clip(np.searchsorted(starts, times, side="right") - 1, 0, None)
        return np.asarray(volumes[index])[None, :]
