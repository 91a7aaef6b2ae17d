"""A population model bound to one patient: parameters over time, doses into states, amounts into concentrations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.clinic.alert import Alert
from core.clinic.regimen import Dose, Route, expand
from core.drugs.model import Assumption, Window
from core.drugs.parameter import individual
from core.engine.laid_out import LaidOut
from core.engine.schedule import Input, Segment
from core.engine.solve import Solution, simulate
from core.errors import InputError, ModelError
from core.pd.diuresis import excretion_rate
from core.pk.structures import CENTRAL, METABOLITE, RENAL_SHARE

if TYPE_CHECKING:
    from core.drugs.population_model import PopulationModel

Array = NDArray[np.float64]
Individual = Mapping[str, Array]

PLASMA, URINE = "plasma", "urine"
# Before the name of an output, among the rates of a model laid out: what turns an amount into the output.
LITRES = "litres_"
# Relative, of nonlinear models only: a fit takes differences of predictions that lie close together.
_TO_SHOW, _TO_FIT = 1e-4, 1e-6
_PARTS = 8  # of each step, when an area cannot be had from the engine


@dataclass(frozen=True)
class Span:
    """Typical parameters that hold from a case time (h) on, and the occasion they belong to."""

    start: float
    typical: Mapping[str, float]
    occasion: int | None = None


@dataclass(frozen=True, eq=False)
class BoundPopulationModel:
    """The model bound to one patient: typical parameters from each time a covariate changes."""

    model: PopulationModel
    spans: tuple[Span, ...]
    assumptions: tuple[Assumption, ...]
    findings: tuple[Alert, ...]

    @property
    def constant_from(self) -> float:
        """Case time (h) of the last change of a covariate."""
        return self.spans[-1].start

    @property
    def outputs(self) -> tuple[str, ...]:
        """The metabolite, where the model has one."""
        return () if self.model.metabolite is None else (METABOLITE,)

    @property
    def rates(self) -> tuple[str, ...]:
        """The excretion with the urine, where the model knows its part of the clearance."""
        return (URINE,) if any(item.name == RENAL_SHARE for item in self.model.parameters) else ()

    def parameters(self, eta: Array, time: float) -> Mapping[str, Array]:
        """Individual parameters (B,) in base units at a case time, for etas (B, n)."""
        past = [span for span in self.spans if span.start <= time]
        return self._individual(past[-1] if past else self.spans[0], np.atleast_2d(eta))

    def _individual(self, span: Span, eta: Array) -> Individual:
        model = self.model
        count = model.between_patients
        own = eta[:, :count]
        if model.occasions is not None and span.occasion is not None:
            names = tuple(model.occasions.variances)
            first = count + span.occasion * len(names)
            own = own.copy()
            for offset, name in enumerate(names):
                own[:, model.etas.index(name)] += eta[:, first + offset]
        return individual(model.parameters, span.typical, model.etas[:count], own)

    def concentrations(self, eta: Array, doses: Sequence[Dose], times: Array) -> Array:
        """Concentration of the measured analyte, mg/L, (B, T), for etas (B, n); at a dose time before the dose."""
        values = self._values(eta)
        amounts = self._simulate(values, doses, times, tolerance=_TO_FIT).amounts[:, :, 0]
        return self._measured(amounts, values, times)

    def curves(self, names: Sequence[str], eta: Array, doses: Sequence[Dose], times: Array) -> Mapping[str, Array]:
        """Measured and metabolite concentrations by output, mg/L, and excretion, mg/h, each (B, T).

        Raises:
            InputError: an output the model does not have.
        """
        unknown = [name for name in names if name not in (PLASMA, *self.outputs, *self.rates)]
        if unknown:
            raise InputError("output", "output_unknown", name=unknown[0])
        values = self._values(eta)
        solution = self._simulate(values, doses, times, metabolite=METABOLITE in names)
        index = self._index(times)

        def over_time(name: str) -> Array:
            return _at(self._over_time(values, name), index)

        found = {PLASMA: self._measured(solution.amounts[:, :, 0], values, times)}
        if METABOLITE in names:
            assert self.model.metabolite is not None
            share = self.model.metabolite.per_drug
            found[METABOLITE] = solution.amounts[:, :, 1] * share / over_time("metabolite_volume")
        if URINE in names:
            central = solution.amounts[:, :, 0] / over_time(self.model.structure.volume)
            found[URINE] = excretion_rate(central, over_time(RENAL_SHARE) * over_time("clearance"))
        return {name: found[name] for name in names}

    def window(self, eta: Array, doses: Sequence[Dose], times: Array) -> Window:
        """Concentrations at `times` (T,), ascending, and the area under them since the first."""
        values = self._values(eta)
        if not self.model.measured.linear:
            return self._window_by_parts(values, doses, times)
        changes = [span.start for span in self.spans if times[0] < span.start < times[-1]]
        grid = np.union1d(times, changes)
        solution = self._simulate(values, doses, grid, integrals=True)
        per_amount = self._measured(np.ones((1, len(grid))), values, grid)
        steps = np.diff(solution.integrals[:, :, 0], axis=1)
        kept = np.searchsorted(grid, times)
        concentration = (solution.amounts[:, :, 0] * per_amount)[:, kept]
        area = np.concatenate(
            [np.zeros((len(concentration), 1)), np.cumsum(steps * per_amount[:, :-1], axis=1)], axis=1
        )
        return Window(times, concentration, area[:, kept])

    def _window_by_parts(self, values: Sequence[Individual], doses: Sequence[Dose], times: Array) -> Window:
        """Area by Simpson's rule in each step, where what is measured is not proportional to the amount."""
        steps = np.diff(times)
        inside = times[:-1, None] + steps[:, None] * np.arange(_PARTS) / _PARTS
        grid = np.append(inside.ravel(), times[-1])
        measured = self._measured(self._simulate(values, doses, grid).amounts[:, :, 0], values, grid)
        starts = np.arange(0, len(grid) - 1, _PARTS)
        weights = np.array([1.0, *([4.0, 2.0] * (_PARTS // 2 - 1)), 4.0, 1.0]) / (3.0 * _PARTS)
        pieces = np.stack([measured[:, start : start + _PARTS + 1] @ weights for start in starts], axis=1)
        area = np.concatenate([np.zeros((len(measured), 1)), np.cumsum(pieces * steps, axis=1)], axis=1)
        return Window(times, measured[:, ::_PARTS], area)

    def _values(self, eta: Array) -> list[Individual]:
        eta = np.atleast_2d(np.asarray(eta, dtype=float))
        return [self._individual(span, eta) for span in self.spans]

    def _simulate(
        self,
        values: Sequence[Individual],
        doses: Sequence[Dose],
        times: Array,
        *,
        integrals: bool = False,
        metabolite: bool = False,
        tolerance: float = _TO_SHOW,
    ) -> Solution:
        system = self._laid_out(values, doses, metabolite=metabolite)
        return simulate(
            system.graph,
            system.segments,
            system.inputs,
            times,
            states=(CENTRAL, METABOLITE) if metabolite else (CENTRAL,),
            integrals=(CENTRAL,) if integrals else (),
            tolerance=tolerance,
        )

    def _laid_out(self, values: Sequence[Individual], doses: Sequence[Dose], *, metabolite: bool) -> LaidOut:
        structure = self.model.structure
        segments = tuple(
            Segment(span.start, structure.rates(given, metabolite=metabolite))
            for span, given in zip(self.spans, values, strict=True)
        )
        inputs = tuple(item for dose in expand(doses) for item in self._inputs(dose, values, metabolite=metabolite))
        graph = structure.graph_with_metabolite if metabolite else structure.graph
        return LaidOut(graph, segments, inputs, {})

    def system(self, eta: Array, doses: Sequence[Dose]) -> LaidOut:
        """The whole model of one patient laid out for the engine, etas (1, n); `plasma` is its output.

        Raises:
            ModelError: what is measured is not proportional to the amount.
        """
        if not self.model.measured.linear:
            raise ModelError("what is measured is not proportional to the amount in the central compartment")
        values = self._values(eta)
        laid = self._laid_out(values, doses, metabolite=self.model.metabolite is not None)
        starts = np.array([span.start for span in self.spans])
        litres = 1.0 / self._measured(np.ones((1, len(starts))), values, starts)[0]
        segments = tuple(
            replace(segment, rates={**segment.rates, f"{LITRES}{PLASMA}": float(value)})
            for segment, value in zip(laid.segments, litres, strict=True)
        )
        return replace(laid, segments=segments, outputs={PLASMA: (CENTRAL, f"{LITRES}{PLASMA}")})

    def _inputs(self, dose: Dose, values: Sequence[Individual], *, metabolite: bool) -> list[Input]:
        model = self.model
        past = [number for number, span in enumerate(self.spans) if span.start <= dose.time]
        own = values[past[-1] if past else 0]
        entries = model.structure.entries(dose.route, own, dose.hours, metabolite=metabolite)
        amount = dose.milligrams * model.active.get(dose.route, 1.0)
        by_dose = next((p for p in model.parameters if p.depends_on_dose), None)
        if by_dose is not None and dose.route is not Route.INTRAVENOUS:
            amount *= by_dose.factor_of_dose(dose.milligrams)
        return [
            Input(
                dose.time,
                amount,
                entry.state,
                duration=_plain(entry.duration),
                lag=_plain(entry.lag),
                fraction=_plain(entry.share),
                steady_state_every=dose.interval if dose.steady_state else None,
            )
            for entry in entries
        ]

    def _index(self, times: Array) -> NDArray[np.intp]:
        """The span each time lies in; the value from a change on holds at its time."""
        starts = np.array([span.start for span in self.spans])
        return np.clip(np.searchsorted(starts, times, side="right") - 1, 0, None)

    @staticmethod
    def _over_time(values: Sequence[Individual], name: str) -> Array:
        return np.stack([given[name] for given in values], axis=1)

    def _measured(self, amounts: Array, values: Sequence[Individual], times: Array) -> Array:
        """Measured concentrations (B, T) from central amounts (B, T) or (1, T)."""
        index = self._index(times)
        central = amounts / _at(self._over_time(values, self.model.structure.volume), index)
        names = self.model.measured.parameters
        return self.model.measured.concentration(
            central, {name: _at(self._over_time(values, name), index) for name in names}
        )


def _at(per_span: Array, index: NDArray[np.intp]) -> Array:
    return np.asarray(per_span[:, index])


def _plain(value: float | Array) -> float | Array:
    """One number where all patients have the same, which the engine solves faster."""
    if isinstance(value, float | int):
        return value
    return float(value[0]) if np.all(value == value[0]) else value
