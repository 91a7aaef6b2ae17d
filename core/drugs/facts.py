"""What holds for a drug whatever the model, and the people a model was made with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from core.clinic.covariate import CATALOGUE
from core.drugs.model import DrugTarget, GivenAs, Harm, Limits, effect_ids, suited
from core.drugs.relations import Value
from core.drugs.reported import ReportedChange
from core.drugs.treat_from import TreatFrom
from core.pd.library import EffectModel, effect_by_id


class Outside(StrEnum):
    """What follows when the patient lies outside a range of the domain."""

    STOP = "stop"
    CAUTION = "caution"


@dataclass(frozen=True)
class DomainRange:
    """The range of one covariate in the people a model was made with: numbers in base units, or the allowed choices.

    For co-medication the choices are the drugs that must not be taken.
    """

    covariate: str
    low: float
    high: float
    unit: str
    choices: tuple[str, ...]
    outside: Outside
    must_be_known: bool = False  # the model is only for these people: not known counts as outside


@dataclass(frozen=True)
class DrugFacts:
    """What holds for a drug whatever the model."""

    given_as: tuple[GivenAs, ...]
    targets: tuple[DrugTarget, ...]
    harms: tuple[Harm, ...]
    limits: Limits
    judged_after: float  # h
    reported: tuple[ReportedChange, ...] = ()
    treat_from: tuple[TreatFrom, ...] = ()

    def of(self, value_of: Callable[[str], Value | None]) -> DrugFacts:
        """The same for one patient: what may be given to them, and limits per kilogram in mg."""
        own = replace(
            self,
            given_as=tuple(way for way in self.given_as if way.suits(value_of)),
            targets=tuple(item for item in self.targets if suited(item.where, item.unless, value_of)),
            harms=tuple(item for item in self.harms if suited(item.where, item.unless, value_of)),
        )
        weight = value_of("weight")
        return replace(own, limits=own.limits.at(weight)) if isinstance(weight, float) else own

    @property
    def criteria(self) -> tuple[str, ...]:
        """Names of the facts by which forms, targets and harms differ between patients."""
        each = [criterion for item in self.given_as for criterion in (*item.where, *item.unless)]
        each += [criterion for item in self.targets for criterion in (*item.where, *item.unless)]
        each += [criterion for item in self.harms for criterion in (*item.where, *item.unless)]
        return tuple(dict.fromkeys(condition.by for criterion in each for condition, _ in criterion.counted))

    @property
    def effect_covariates(self) -> tuple[str, ...]:
        """Covariates a person enters for these effects: what changes them, and what is measured of them."""
        names: list[str] = []
        for effect in self._effects:
            names += [name for name in effect.covariates if name in CATALOGUE]
            names += [effect.observed.covariate] if effect.observed is not None else []
        return tuple(dict.fromkeys(names))

    @property
    def effect_drugs(self) -> tuple[str, ...]:
        """Other drugs that change these effects."""
        named = (name for effect in self._effects for name in effect.covariates if name not in CATALOGUE)
        return tuple(dict.fromkeys(name for name in named if name != "sex"))

    @property
    def _effects(self) -> tuple[EffectModel, ...]:
        known = [effect_by_id(name) for name in effect_ids(self.targets, self.harms)]
        return tuple(effect for effect in known if effect is not None)


NOT_TO_DOSE = DrugFacts((), (), (), Limits(0.0, 0.0, "a model of data, not to dose by"), 0.0)


class WithFacts:
    """A model that knows what holds for its drug, and the people it was made with."""

    facts: DrugFacts
    domain: tuple[DomainRange, ...]

    @property
    def heeds(self) -> tuple[str, ...]:
        """Names of all facts about a patient that its domain, forms, targets or harms look at beside its parameters."""
        return tuple(dict.fromkeys([*(item.covariate for item in self.domain), *self.facts.criteria]))

    @property
    def effect_covariates(self) -> tuple[str, ...]:
        """Covariates a person enters for the effects its targets and harms are about."""
        return self.facts.effect_covariates

    @property
    def given_as(self) -> tuple[GivenAs, ...]:
        """What can really be given."""
        return self.facts.given_as

    @property
    def targets(self) -> tuple[DrugTarget, ...]:
        """Published targets or observed ranges, the default first."""
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
    def reported_changes(self) -> tuple[ReportedChange, ...]:
        """What other drugs did to the exposure in published studies, for those the model does not describe."""
        return self.facts.reported

    @property
    def treat_from(self) -> tuple[TreatFrom, ...]:
        """Counts from which the label lets the next dose be given."""
        return self.facts.treat_from

    @property
    def judged_after(self) -> float:
        """Hours after a change of dose at which the target is judged."""
        return self.facts.judged_after
