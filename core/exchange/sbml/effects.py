"""Effects as equations beside a drug's: direct, delayed, indirect, receptor binding, blood cells, bacteria."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from core.errors import InputError
from core.exchange.sbml.equations import Equations
from core.pd.library import EffectModel
from core.pd.turnover import Action

_STAGES = 4  # of blood cells after the dividing ones


def add_effect(equations: Equations, effect: EffectModel) -> None:
    """Add an effect that is driven by one of the concentrations, as `effect` in its own unit.

    Raises:
        InputError: the effect's form, or what drives it, cannot be written.
    """
    drive = f"c_{effect.driver.output}"
    write = _FORMS.get(effect.kind)
    if write is None or effect.driver.exposure != "concentration" or drive not in equations.assigned:
        raise InputError("effect", "sbml_effect", name=effect.id)
    names = {name: f"effect_{name}" for name in effect.parameters}
    equations.constants |= {names[name]: value for name, value in effect.parameters.items()}
    if effect.driver.fraction_unbound is not None:
        equations.constants["effect_unbound"] = effect.driver.fraction_unbound
        equations.assigned["effect_drive"] = f"effect_unbound * {drive}"
    else:
        equations.assigned["effect_drive"] = drive
    write(equations, names, effect.parameters)


Names = Mapping[str, str]
Values = Mapping[str, float]


def _site(equations: Equations, names: Names) -> str:
    """The concentration at the site: with a delay where the effect has one."""
    if "ke0" not in names:
        return "effect_drive"
    equations.rates["effect_site"] = (0.0, f"{names['ke0']} * (effect_drive - effect_site)")
    return "effect_site"


def _drug(drive: str, names: Names, hill: str = "1", ec50: str = "") -> str:
    return f"{names['emax']} * {drive} ** {hill} / ({ec50 or names['ec50']} ** {hill} + {drive} ** {hill})"


def _direct(equations: Equations, names: Names, values: Values) -> None:
    del values
    site, ec50 = _site(equations, names), names["ec50"]
    if "adaptation" in names:  # the share adapted, dA/dt = rate C (1 - A), as `core.pd.effect.adapted_ec50` has it
        equations.rates["effect_adapted"] = (0.0, f"{names['adaptation_rate']} * {site} * (1 - effect_adapted)")
        ec50 = f"({ec50} * (1 + {names['adaptation']} * effect_adapted))"
    equations.assigned["effect"] = f"{names['e0']} + {_drug(site, names, names.get('hill', '1'), ec50)}"


def _indirect(action: Action) -> Callable[[Equations, Names, Values], None]:
    def write(equations: Equations, names: Names, values: Values) -> None:
        drug = _drug("effect_drive", names, names["hill"])
        signed = f"(1 - {drug})" if action.value.startswith("inhibit") else f"(1 + {drug})"
        made, lost = (signed, "1") if action.value.endswith("production") else ("1", signed)
        slope = f"{names['kout']} * ({names['baseline']} * {made} - {lost} * effect)"
        equations.rates["effect"] = (values["baseline"], slope)

    return write


def _occupancy(equations: Equations, names: Names, values: Values) -> None:
    del values
    slope = f"{names['kon']} * effect_drive * (1 - effect_bound) - {names['koff']} * effect_bound"
    equations.rates["effect_bound"] = (0.0, slope)
    equations.assigned["effect"] = f"{names['top']} * effect_bound"


def _cells(equations: Equations, names: Names, values: Values) -> None:
    del values
    rate = f"{_STAGES} / {names['mtt']}"
    circulating = f"effect_stage_{_STAGES}"
    feedback = f"{circulating} ** (-{names['feedback']})"
    growth = f"(1 - {names['slope']} * effect_drive) * {feedback} - 1"
    equations.rates["effect_stage_0"] = (1.0, f"{rate} * effect_stage_0 * ({growth})")
    for stage in range(1, _STAGES + 1):
        slope = f"{rate} * (effect_stage_{stage - 1} - effect_stage_{stage})"
        equations.rates[f"effect_stage_{stage}"] = (1.0, slope)
    equations.assigned["effect"] = f"{names['baseline']} * {circulating}"


def _bacteria(equations: Equations, names: Names, values: Values) -> None:
    net = f"({names['kgrowth']} - {names['kdeath']})"
    resting = f"{net} * (effect_growing + effect_resting_ones) / {names['largest']}"
    kill = _drug("effect_drive", names, names["hill"])
    equations.rates["effect_growing"] = (
        values["inoculum"] * (1.0 - values["resting"]),
        f"({net} - {kill} - {resting}) * effect_growing",
    )
    equations.rates["effect_resting_ones"] = (
        values["inoculum"] * values["resting"],
        f"{resting} * effect_growing - {names['kdeath']} * effect_resting_ones",
    )
    equations.assigned["effect"] = f"ln(effect_growing + effect_resting_ones) / {math.log(10.0)!r}"


_FORMS: Mapping[str, Callable[[Equations, Names, Values], None]] = {
    "emax": _direct,
    "sigmoid_emax": _direct,
    **{action.value: _indirect(action) for action in Action},
    "receptor_occupancy": _occupancy,
    "myelosuppression": _cells,
    "growing_and_resting": _bacteria,
}
