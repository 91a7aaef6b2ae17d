"""The closed set of effect forms an effect file may name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from core.pd.binding import receptor_occupancy
from core.pd.coagulation import inr_by_mean, inr_by_product
from core.pd.effect import adapted_ec50, effect_compartment, emax, sigmoid_emax
from core.pd.hazard import incidence_by_bands, step_chance
from core.pd.killing import growing_and_resting
from core.pd.myelosuppression import circulating_cells
from core.pd.tolerance import antagonist_tolerance
from core.pd.tumour import tumour_with_biomarkers
from core.pd.turnover import Action, indirect_response

Array = NDArray[np.float64]
Run = Callable[[Array, Array, Mapping[str, Array]], Array]

EFFECT, DRIVER, NUMBER = "effect", "driver", "number"


@dataclass(frozen=True)
class Kind:
    """A form of effect: how to run it on drive (B, T), times (T,) and parameters (B,), and what these measure.

    A measure is a unit, the effect's own unit, the driver's unit, or a plain number.
    """

    run: Run
    needed: Mapping[str, str]
    optional: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    any_sign: frozenset[str] = frozenset()  # parameters that may be 0 or negative
    at_once: bool = False  # the effect at a time needs nothing but the drive at that time


def _column(parameters: Mapping[str, Array]) -> dict[str, Array]:
    return {name: value[:, None] for name, value in parameters.items()}


def _at_site(drive: Array, times: Array, parameters: Mapping[str, Array]) -> Array:
    return effect_compartment(drive, times, parameters["ke0"]) if "ke0" in parameters else drive


def _emax(drive: Array, times: Array, parameters: Mapping[str, Array]) -> Array:
    p = _column(parameters)
    return emax(_at_site(drive, times, parameters), p["e0"], p["emax"], p["ec50"])


def _sigmoid_emax(drive: Array, times: Array, parameters: Mapping[str, Array]) -> Array:
    p, site = _column(parameters), _at_site(drive, times, parameters)
    ec50 = p["ec50"]
    if "adaptation" in p:
        ec50 = adapted_ec50(site, times, ec50, p["adaptation"], p["adaptation_rate"])
    return sigmoid_emax(site, p["e0"], p["emax"], ec50, p["hill"])


def _step(drive: Array, times: Array, parameters: Mapping[str, Array]) -> Array:
    p = _column(parameters)
    return step_chance(drive, p["threshold"], p["below"], p["above"])


def _occupancy(drive: Array, times: Array, parameters: Mapping[str, Array]) -> Array:
    return np.asarray(parameters["top"][:, None] * receptor_occupancy(drive, times, parameters))


def _indirect(action: Action) -> Kind:
    def run(drive: Array, times: Array, parameters: Mapping[str, Array]) -> Array:
        return indirect_response(action, drive, times, parameters)

    return Kind(run, {"baseline": EFFECT, "kout": "1/h", "emax": NUMBER, "ec50": DRIVER, "hill": NUMBER})


_INR = {"baseline": EFFECT, "top": EFFECT, "ec50": DRIVER, "hill": NUMBER, "mtt_fast": "h", "mtt_slow": "h"}
_E0_EMAX = frozenset({"e0", "emax"})
_TUMOUR = {
    "baseline": EFFECT,
    "growth": "1/h",
    "kill": "L/mg/h/h",
    "kill_kit": "1/h",
    "kill_vegfr3": "1/h",
    "resistance": "1/h",
    "progression": "1/h",
    "mrt_kit": "h",
    "mrt_vegfr3": "h",
    "ec50_kit": DRIVER,
    "ec50_vegfr3": DRIVER,
}

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "emax": Kind(_emax, {"e0": EFFECT, "emax": EFFECT, "ec50": DRIVER}, {"ke0": "1/h"}, _E0_EMAX, at_once=True),
        "sigmoid_emax": Kind(
            _sigmoid_emax,
            {"e0": EFFECT, "emax": EFFECT, "ec50": DRIVER, "hill": NUMBER},
            {"ke0": "1/h", "adaptation": NUMBER, "adaptation_rate": "L/mg/h"},
            _E0_EMAX,
            at_once=True,
        ),
        "step": Kind(
            _step,
            {"threshold": DRIVER, "below": EFFECT, "above": EFFECT},
            any_sign=frozenset({"below", "above"}),
            at_once=True,
        ),
        "incidence_by_bands": Kind(
            incidence_by_bands,
            {
                "incidence": EFFECT,
                "by": "h",
                "low": DRIVER,
                "high": DRIVER,
                "ratio_between": NUMBER,
                "ratio_above": NUMBER,
                "ratio": NUMBER,
            },
        ),
        "antagonist_tolerance": Kind(
            antagonist_tolerance,
            {"e0": EFFECT, "emax": EFFECT, "ec50": DRIVER, "a50": DRIVER, "ktol": "1/h"},
            any_sign=_E0_EMAX,
        ),
        "receptor_occupancy": Kind(_occupancy, {"top": EFFECT, "kon": "L/mg/h", "koff": "1/h"}),
        **{action.value: _indirect(action) for action in Action},
        "myelosuppression": Kind(
            circulating_cells, {"baseline": EFFECT, "mtt": "h", "slope": "L/mg", "feedback": NUMBER}
        ),
        "inr_by_product": Kind(inr_by_product, {**_INR, "exponent": NUMBER}),
        "inr_by_mean": Kind(inr_by_mean, _INR),
        "tumour_with_biomarkers": Kind(tumour_with_biomarkers, _TUMOUR),
        "growing_and_resting": Kind(
            growing_and_resting,
            {
                "kgrowth": "1/h",
                "kdeath": "1/h",
                "emax": "1/h",
                "ec50": DRIVER,
                "hill": NUMBER,
                "inoculum": NUMBER,
                "largest": NUMBER,
                "resting": NUMBER,
            },
            any_sign=frozenset({"resting"}),
        ),
    }
)
