"""The reasons of a recommendation in plain words: what was used, what drives the dose, what would change it, and what
the models do not know.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.advise.candidates import describe
from core.advise.evaluate import Evaluator, Score
from core.advise.recommendation import Option, Reason, ReasonKind
from core.clinic.alert import Alert, Severity
from core.clinic.case import Case
from core.clinic.covariate import history
from core.clinic.regimen import expand
from core.errors import CoreError
from core.infer.posterior import Posterior
from core.units import Quantity, format_quantity

Array = NDArray[np.float64]

_NOTABLE_CHANGE = 0.1  # of the clearance since the start
_NUDGE = 1.2  # a covariate is changed by this factor to see what it drives
_FELT = 0.005  # relative change of the clearance worth a word
_BETTER = 0.02  # of the time within the target, by which another regimen must win


@dataclass(frozen=True)
class Candidate:
    """A regimen that was judged, with what the label says against it."""

    score: Score
    is_current: bool
    limits: tuple[Alert, ...]

    @property
    def limits_broken(self) -> bool:
        """Whether it may not be offered."""
        return any(alert.severity is Severity.STOP for alert in self.limits)

    def option(self, evaluator: Evaluator) -> Option:
        """The same in full."""
        return replace(evaluator.option(self.score.regimen, is_current=self.is_current), limits=self.limits)


def why(
    case: Case, believed: Sequence[Posterior], ranked: Sequence[Candidate], *, label_first: bool
) -> tuple[tuple[str, Mapping[str, str]], ...]:
    """Plain reasons, as message ids with values."""
    best = ranked[0]
    reasons = _clearance_reasons(case, max(believed, key=lambda posterior: posterior.weight))
    chance = {
        "percent": f"{100 * best.score.attainment:.0f}",
        "judged": str(len(ranked)),
        **describe(best.score.regimen),
    }
    highest = max(ranked, key=lambda item: item.score.utility)
    if label_first and not best.limits and highest.limits:
        gaps = chance | {f"other_{key}": text for key, text in describe(highest.score.regimen).items()}
        gaps["other_percent"] = f"{100 * highest.score.attainment:.0f}"
        reasons.append(("why_label_first", gaps))
    else:
        regimen = best.score.regimen
        name = "why_best_chance_after_loading" if regimen.loading else "why_best_chance"
        reasons.append(("why_best_chance_in_turn" if regimen.cycle else name, chance))
    return tuple(reasons)


def _clearance_reasons(case: Case, main: Posterior) -> list[tuple[str, Mapping[str, str]]]:
    """How fast this patient clears the drug, against the typical one and against the start; models without a single
    clearance say nothing.
    """

    def cleared(eta: Array, time: float) -> float | None:
        found = main.bound.parameters(eta[None], time).get("clearance")
        return None if found is None else float(found[0])

    own, typical = cleared(main.eta, case.now), cleared(np.zeros(len(main.eta)), case.now)
    start = cleared(main.eta, 0.0)
    if own is None or typical is None or start is None:
        return []
    gaps = {
        "individual": format_quantity(own, "L/h"),
        "typical": format_quantity(typical, "L/h"),
        "percent": f"{100 * (own / typical - 1):+.0f}",
        "levels": str(len(case.used_levels)),
    }
    reasons: list[tuple[str, Mapping[str, str]]] = [("why_clearance" if case.used_levels else "why_prior_only", gaps)]
    if abs(own / start - 1) > _NOTABLE_CHANGE:
        change = {"from": format_quantity(start, "L/h"), "to": format_quantity(own, "L/h")}
        reasons.append(("why_clearance_changed", change))
    return reasons


def reasons(
    case: Case, believed: Sequence[Posterior], evaluator: Evaluator, offered: Sequence[Option]
) -> tuple[Reason, ...]:
    """Everything worth knowing before the advice is followed, in the order of `ReasonKind`."""
    main = max(believed, key=lambda posterior: posterior.weight)
    return (
        *_used(case, believed, main),
        *_drives(case, main),
        *_other_drugs(case, main),
        *_would_change(evaluator, offered),
        *_not_known(case, believed, main, offered),
    )


def _used(case: Case, believed: Sequence[Posterior], main: Posterior) -> list[Reason]:
    gaps = {
        "doses": str(len(expand(case.given_doses))),
        "levels": str(len(case.used_levels)),
        "facts": str(len({item.name for item in case.covariates}) + 2),
        "models": str(len(believed)),
    }
    found = [Reason(ReasonKind.USED, "why_used", gaps)]
    left_out = len(case.levels) - len(case.used_levels)
    if left_out:
        found.append(Reason(ReasonKind.USED, "why_left_out", {"levels": str(left_out)}))
    found += [
        Reason(ReasonKind.ASSUMED, "why_assumed", {"covariate": item.covariate, "assumed": item.value})
        for item in main.bound.assumptions
    ]
    return found if main.bound.assumptions else [*found, Reason(ReasonKind.ASSUMED, "why_nothing_assumed")]


def _clearance(posterior: Posterior, case: Case | None = None, at: float = 0.0) -> float | None:
    """Individual clearance, L/h, of the case or of one changed; None where a model has no single one."""
    try:
        bound = posterior.bound if case is None else posterior.bound.model.bind(case)
        found = bound.parameters(posterior.eta[None], at).get("clearance")
    except CoreError:  # the changed value lies outside what the model can take
        return None
    return None if found is None else float(found[0])


def _drives(case: Case, main: Posterior) -> list[Reason]:
    """Which entered number moves the clearance most, when it is a fifth larger."""
    own = _clearance(main, at=case.now)
    effects: dict[str, float] = {}
    for name in main.bound.model.covariates:
        items = history(case.covariates, name)
        if own is None or not items or not isinstance(items[-1].value, Quantity):
            continue
        last = items[-1]
        more = replace(last, value=Quantity(_NUDGE * items[-1].value.value, items[-1].value.unit))
        others = tuple(item for item in case.covariates if item is not last)
        changed = _clearance(main, replace(case, covariates=(*others, more)), case.now)
        if changed is not None and own > 0 and abs(changed / own - 1.0) >= _FELT:
            effects[name] = changed / own - 1.0
    if not effects:
        return []
    name = max(effects, key=lambda one: abs(effects[one]))
    gaps = {"covariate": name, "more": f"{100 * (_NUDGE - 1):.0f}", "percent": f"{100 * effects[name]:+.0f}"}
    return [Reason(ReasonKind.DRIVES, "why_drives", gaps)]


def _other_drugs(case: Case, main: Posterior) -> list[Reason]:
    """What each drug the model knows does to the clearance, now and when the judged time is over."""
    found = []
    times = (case.now, case.now + main.bound.model.judged_after)
    known = main.bound.model.modelled_drugs
    for drug in dict.fromkeys(item.drug for item in case.co_medication if item.drug in known):
        without = replace(case, co_medication=tuple(item for item in case.co_medication if item.drug != drug))
        pairs = [(_clearance(main, at=time), _clearance(main, without, time)) for time in times]
        changes = [own / other - 1.0 for own, other in pairs if own is not None and other]
        if len(changes) == len(times) and max(map(abs, changes)) >= _FELT:
            now, later = (f"{100 * change:+.0f}" for change in changes)
            gaps = {"drug": drug, "percent": now, "later": later}
            found.append(Reason(ReasonKind.DRIVES, "why_drives_drug", gaps))
    return found


def _would_change(evaluator: Evaluator, offered: Sequence[Option]) -> list[Reason]:
    """In what share of all that is still possible another of the options would do better, and which."""
    allowed = [option for option in offered if not option.limits_broken]
    if len(allowed) < 2:
        return []
    attained = np.stack([np.concatenate(evaluator.attained(option.regimen)) for option in allowed])
    better = attained[1:].max(axis=0) > attained[0] + _BETTER
    if not better.any():
        return [Reason(ReasonKind.WOULD_CHANGE, "why_would_not_change")]
    rival = 1 + int(np.bincount(attained[1:].argmax(axis=0)[better]).argmax())
    gaps = {"percent": f"{100 * better.mean():.0f}", **describe(allowed[rival].regimen)}
    return [Reason(ReasonKind.WOULD_CHANGE, "why_would_change", gaps)]


def _not_known(case: Case, believed: Sequence[Posterior], main: Posterior, offered: Sequence[Option]) -> list[Reason]:
    model = main.bound.model
    known = {drug for posterior in believed for drug in posterior.bound.model.modelled_drugs}
    unknown = dict.fromkeys(item.drug for item in case.co_medication if item.drug not in known)
    found = [Reason(ReasonKind.NOT_KNOWN, "why_not_known_drug", {"drug": drug}) for drug in unknown]
    if "clearance" in model.etas and not case.used_levels:
        variance = float(model.omega[model.etas.index("clearance"), model.etas.index("clearance")])
        gaps = {"percent": f"{100 * math.sqrt(math.expm1(variance)):.0f}"}
        found.append(Reason(ReasonKind.NOT_KNOWN, "why_not_known_between", gaps))
    if offered and not any(risk.of_toxicity for risk in offered[0].risks):
        found.append(Reason(ReasonKind.NOT_KNOWN, "why_not_known_harm"))
    people = {"model": model.id, "count": str(model.source.n)}
    return [*found, Reason(ReasonKind.NOT_KNOWN, "why_not_known_people", people)]
