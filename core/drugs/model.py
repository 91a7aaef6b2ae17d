"""What every drug model offers, be it a published population model or a whole-body PBPK compound."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.clinic.alert import Alert
from core.clinic.case import Case, Target
from core.clinic.regimen import Dose, Route
from core.drugs.relations import Criterion, Value
from core.drugs.reported import ReportedChange
from core.drugs.treat_from import TreatFrom
from core.engine.laid_out import LaidOut
from core.units import Quantity

Array = NDArray[np.float64]


class Evidence(StrEnum):
    """How well a number or relation is supported."""

    HIGH = "high"
    MODERATE = "moderate"
    LOW = "low"
    NONE = "none"  # no validated relation: shown against the observed range only


@dataclass(frozen=True)
class Drug:
    """The substance."""

    name: str
    zh: str
    atc: str
    molar_mass: float  # g/mol


@dataclass(frozen=True)
class Source:
    """The paper a model comes from and the people it was made with."""

    citation: str
    doi: str
    population: str
    n: int
    evidence: str  # how the numbers were confirmed: seen-in-one, seen-in-two, ...
    population_zh: str = ""  # the same people in Chinese


def suited(where: Sequence[Criterion], unless: Sequence[Criterion], value_of: Callable[[str], Value | None]) -> bool:
    """Whether a patient with these covariates meets all of `where` and not all of `unless`."""
    if not all(item.met(value_of) for item in where):
        return False
    return not unless or not all(item.met(value_of) for item in unless)


@dataclass(frozen=True)
class GivenAs:
    """One way the drug can really be given: strengths of one dose, intervals, infusion times."""

    route: Route
    doses: tuple[float, ...]  # mg
    every: tuple[float, ...]  # h
    durations: tuple[float, ...] = (0.0,)  # h; 0 for anything but infusions
    fastest: float | None = None  # mg/h, highest rate of an infusion
    off_label: str = ""  # why it is offered although the label does not know it
    loading: tuple[float, ...] = ()  # mg, doses a treatment may begin with
    week_of: tuple[
        float, ...
    ] = ()  # mg; strengths of whose halves unequal doses over a week are made, one strength each
    where: tuple[Criterion, ...] = ()  # only for patients who meet all of these
    unless: tuple[Criterion, ...] = ()  # ... and not all of these

    def suits(self, value_of: Callable[[str], Value | None]) -> bool:
        """Whether a patient with these covariates may be given it."""
        return suited(self.where, self.unless, value_of)


def off_label(given_as: Sequence[GivenAs], route: Route, every: float, amount: float) -> GivenAs | None:
    """The way of giving by which a regimen is one the label does not know; None where the label knows it.

    Args:
        given_as: how the drug is given.
        route: by which the regimen is given.
        every: its interval, h.
        amount: its dose, mg; one the drug does not come in is judged by the interval alone.
    """
    ways = [way for way in given_as if way.route is route and every in way.every]
    alike = [way for way in ways if any(math.isclose(amount, dose) for dose in way.doses)] or ways
    return alike[0] if alike and all(way.off_label for way in alike) else None


@dataclass(frozen=True)
class DrugTarget:
    """A published target with its evidence and its reference."""

    target: Target
    evidence: Evidence
    source: str
    meaning: str  # message id: what being inside it stands for
    fraction_unbound: float = 1.0  # where the target is about the unbound drug and levels are of all
    effect: str = ""  # id of the effect the target is about
    where: tuple[Criterion, ...] = ()  # only for patients who meet all of these
    unless: tuple[Criterion, ...] = ()  # ... and not all of these


@dataclass(frozen=True)
class Harm:
    """How exposure relates to one toxicity.

    With `below` and `above` (events, patients) the chance follows the published frequencies on both sides of the
    threshold; with `effect` it follows that effect model. Without either no relation is validated and only the chance
    to exceed `threshold`, an observed value, is shown.
    """

    name: str  # message id of the toxicity
    metric: str  # "auc24" | "trough" | "peak" | "average"; of an effect "lowest" | "highest" | "chance"
    threshold: Quantity | None  # None where an effect is itself the chance of the toxicity
    evidence: Evidence
    source: str
    below: tuple[int, int] | None = None  # patients with the toxicity, of how many, up to the threshold
    above: tuple[int, int] | None = None  # ... and above it
    effect: str = ""  # id of the effect that is the toxicity, or whose course crosses the threshold
    weight: float = 1.0  # what one patient with the toxicity counts against one in the target
    where: tuple[Criterion, ...] = ()  # only for patients who meet all of these
    unless: tuple[Criterion, ...] = ()  # ... and not all of these

    @property
    def limit(self) -> float:
        """The threshold in mg*h/L or mg/L, of an effect in its own unit; NaN where there is none."""
        if self.threshold is None:
            return math.nan
        if self.effect:
            return self.threshold.value
        return self.threshold.to("mg*h/L" if self.metric == "auc24" else "mg/L")

    @property
    def gap(self) -> float:
        """Share of patients with the toxicity above the threshold less that below; 0 without a published relation."""
        if self.below is None or self.above is None:
            return 0.0
        return self.above[0] / self.above[1] - self.below[0] / self.below[1]


def effect_ids(targets: Iterable[DrugTarget], harms: Iterable[Harm]) -> tuple[str, ...]:
    """Ids of the effects targets and harms are about, each once, those of targets first."""
    named = [*(target.effect for target in targets), *(harm.effect for harm in harms)]
    return tuple(dict.fromkeys(name for name in named if name))


@dataclass(frozen=True)
class KidneyLimit:
    """What the label allows at most below a creatinine clearance."""

    below: float  # mL/min
    single: float  # mg
    daily: float  # mg
    source: str


@dataclass(frozen=True)
class Limits:
    """The label's limits, mg; those per kilogram become mg when a patient is bound."""

    single: float
    daily: float
    source: str
    with_inducer: tuple[str, ...] = ()  # co-medication under which `raised` holds instead
    raised: Limits | None = None
    single_per_kg: float | None = None  # mg/kg
    daily_per_kg: float | None = None  # mg/kg
    kidney: tuple[KidneyLimit, ...] = ()
    label_single: float | None = None  # mg, before the limits per kilogram
    label_daily: float | None = None

    def at(self, weight: float) -> Limits:
        """The limits of a patient of this weight, kg."""
        single = self.single if self.single_per_kg is None else min(self.single, self.single_per_kg * weight)
        daily = self.daily if self.daily_per_kg is None else min(self.daily, self.daily_per_kg * weight)
        return replace(
            self,
            single=single,
            daily=daily,
            raised=None if self.raised is None else self.raised.at(weight),
            label_single=self.single,
            label_daily=self.daily,
        )

    def under(self, co_medication: Iterable[str]) -> Limits:
        """The limits that hold beside these other drugs."""
        raised = self.raised is not None and any(drug in self.with_inducer for drug in co_medication)
        return self.raised if raised and self.raised is not None else self


@dataclass(frozen=True)
class Assumption:
    """A covariate that was not entered, and the value the model used for it."""

    covariate: str
    value: str  # with its unit


@dataclass(frozen=True)
class Metabolite:
    """A metabolite whose concentration the model gives beside the drug's."""

    name: str
    molar_mass: float  # g/mol
    per_drug: float  # mg that are formed of 1 mg of the drug, as the model counts them


@dataclass(frozen=True)
class Residual:
    """Difference between measured and predicted level.

    The variance of an observation at prediction f (mg/L) is `(proportional*f)**2 + additive**2`, or, where the paper
    adds standard deviations, `(proportional*f + additive)**2`; with `log_additive` the level is compared on the log
    scale with that standard deviation.
    """

    proportional: float = 0.0
    additive: float = 0.0  # mg/L
    log_additive: float | None = None
    deviations_add: bool = False

    def variance(self, prediction: Array) -> Array:
        """Variance of an observation, (mg/L)^2, same shape as `prediction`."""
        if self.deviations_add:
            return np.asarray((self.proportional * prediction + self.additive) ** 2)
        return np.asarray((self.proportional * prediction) ** 2 + self.additive**2)

    def growth(self, prediction: Array) -> Array:
        """How the variance grows with the prediction, mg/L, same shape as `prediction`."""
        added = self.additive if self.deviations_add else 0.0
        return np.asarray(2.0 * self.proportional * (self.proportional * prediction + added))


@dataclass(frozen=True, eq=False)
class Window:
    """Concentrations over a span of time and the area under them since its start.

    `times` (T,) h ascending, `concentration` (B, T) mg/L, `area` (B, T) mg*h/L.
    """

    times: Array
    concentration: Array
    area: Array

    def plus(self, other: Window, amount: float) -> Window:
        """Superpose another response of the same linear model, scaled to an amount."""
        return Window(self.times, self.concentration + amount * other.concentration, self.area + amount * other.area)


class BoundModel(Protocol):
    """A drug model bound to one patient: covariates resolved over time."""

    @property
    def model(self) -> DrugModel:
        """The model that was bound."""

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """Covariates that were not entered."""

    @property
    def findings(self) -> tuple[Alert, ...]:
        """What the domain check found."""

    @property
    def constant_from(self) -> float:
        """Case time (h) from which nothing the model reads about the patient changes any more."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of further outputs `curves` can give beside `plasma` (tissues)."""

    @property
    def rates(self) -> tuple[str, ...]:
        """Names of what `curves` can give as a rate (mg/h), for effects it drives; not shown by itself."""

    def parameters(self, eta: Array, time: float) -> Mapping[str, Array]:
        """Individual parameters (B,) in base units at a case time, for etas (B, n)."""

    def concentrations(self, eta: Array, doses: Sequence[Dose], times: Array) -> Array:
        """Concentration of the measured analyte, mg/L, (B, T), for etas (B, n); at a dose time before the dose."""

    def curves(self, names: Sequence[str], eta: Array, doses: Sequence[Dose], times: Array) -> Mapping[str, Array]:
        """Concentrations (mg/L; `plasma` or one of `outputs`) and `rates` (mg/h) by name, each (B, T), at once.

        Raises:
            InputError: an output the model does not have.
        """

    def window(self, eta: Array, doses: Sequence[Dose], times: Array) -> Window:
        """Concentrations at `times` (T,), ascending, and the area under them since the first, under the doses."""

    def system(self, eta: Array, doses: Sequence[Dose]) -> LaidOut:
        """The whole model laid out for the engine, with `plasma` among its outputs.

        Raises:
            ModelError: what is measured is not proportional to an amount.
        """


class DrugModel(Protocol):
    """A model of one drug as read from its file; immutable."""

    @property
    def as_read(self) -> DrugModel:
        """The model as its file has it, not a patient's own copy."""

    @property
    def id(self) -> str:
        """`imatinib.gotta2012`."""

    @property
    def file_hash(self) -> str:
        """SHA-256 of the file the model was read from."""

    @property
    def local(self) -> bool:
        """Whether the file is a site's own."""

    @property
    def drug(self) -> Drug:
        """The substance."""

    @property
    def source(self) -> Source:
        """Paper and population."""

    @property
    def etas(self) -> tuple[str, ...]:
        """Names of the parameters that vary between patients, in the order of omega."""

    @property
    def omega(self) -> Array:
        """Covariance of the etas, (n, n)."""

    @property
    def residual(self) -> Residual:
        """Residual error."""

    @property
    def heeds(self) -> tuple[str, ...]:
        """Names of further facts its domain, forms, targets or harms look at."""

    @property
    def effect_covariates(self) -> tuple[str, ...]:
        """Covariates a person enters for the effects its targets and harms are about."""

    @property
    def read_covariates(self) -> tuple[str, ...]:
        """Names of the facts its parameters depend on, derived ones and facts of the patient included."""

    @property
    def analyte_unit(self) -> str:
        """Unit in which levels and curves of this drug are shown."""

    @property
    def given_as(self) -> tuple[GivenAs, ...]:
        """What can really be given."""

    @property
    def targets(self) -> tuple[DrugTarget, ...]:
        """Published targets, the default first."""

    @property
    def harms(self) -> tuple[Harm, ...]:
        """Toxicities and how exposure relates to them."""

    @property
    def limits(self) -> Limits:
        """The label's limits."""

    @property
    def reported_changes(self) -> tuple[ReportedChange, ...]:
        """What other drugs did to the exposure in published studies, for those the model does not describe."""

    @property
    def treat_from(self) -> tuple[TreatFrom, ...]:
        """Counts from which the label lets the next dose be given."""

    @property
    def modelled_drugs(self) -> tuple[str, ...]:
        """Other drugs whose effect on this one the model holds."""

    @property
    def linear(self) -> bool:
        """Whether concentrations superpose and scale with the dose."""

    @property
    def judged_after(self) -> float:
        """Hours after a change of dose at which the target is judged."""

    @property
    def routes(self) -> tuple[Route, ...]:
        """By which routes the model takes a dose."""

    @property
    def covariates(self) -> tuple[str, ...]:
        """Names of the covariates the model reads."""

    @property
    def required(self) -> tuple[str, ...]:
        """Those of them that must be entered."""

    @property
    def defaults(self) -> Mapping[str, Quantity | str]:
        """What stands in for a covariate that was not entered; a covariate without one must be entered."""

    def bind(self, case: Case) -> BoundModel:
        """Resolve the covariates of a case over time and check the domain.

        Raises:
            InputError: a covariate without default is missing.
        """
