"""Published exposure ratios with another drug beside those of both drugs in one body."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.clinic.regimen import Route
from core.engine.schedule import Input, Segment
from core.engine.solve import simulate
from core.errors import CoreError
from core.pbpk.compound import Compound
from core.pbpk.individual import Individual
from core.pbpk.joint import JointBody, join, with_metabolites
from core.pbpk.kinetics import kinetics
from core.pbpk.whole_body import PLASMA, build
from core.qualify.pbpk.given_times import UnreadableTimes, read_course
from core.qualify.pbpk.measures import Pair
from core.qualify.pbpk.protocols import standard_adult
from core.qualify.pbpk.study_files import RATIOS, CannotRead, Row, StudyFolder, Unread, compound_key, number

_ROUTES = {"PO": Route.ORAL, "IV": Route.INTRAVENOUS}
_BLOOD = {"plasma", "serum", "whole blood"}
_RENAL = re.compile(r"CL_?R\b|renal ?clearance", re.I)  # the ratio is no area
_FOR_EVER = {"inf", "9999"}
_PROBE = 1.0  # mg of the victim: small, so that it neither saturates nor acts
_HALF_LIVES = 10.0  # until nothing of the area is left to come
_SHORTEST, _LONGEST = 72.0, 1500.0  # h


@dataclass(frozen=True)
class RatioStudy:
    """An exposure ratio of one drug (victim) with another, and how it was found."""

    source: str
    study: str
    label: str
    victim: str
    perpetrator: str
    victim_route: Route
    course: tuple[tuple[float, float], ...]  # (h, mg) of the perpetrator
    perpetrator_route: Route
    infusion: float  # h, of the perpetrator by vein
    given: float  # h after the perpetrator's first dose
    window: float  # h after the victim's dose; infinite for the whole area
    observed: float


def read_ratios(folder: StudyFolder, compounds: Mapping[str, Compound]) -> tuple[list[RatioStudy], list[Unread]]:
    """Every ratio of areas of two compounds at hand; the rest with its reason."""
    found, unread = [], []
    for name, rows in folder.tables[RATIOS]:
        for row in rows:
            label = f"{row['Study ID']} ({row['ID']}): {row['Victim']} + {row['Perpetrator']}"
            try:
                found.append(_ratio(name, label, row, compounds))
            except CannotRead as error:
                unread.append(Unread(name, label, error.reason))
    return found, unread


def _ratio(name: str, label: str, row: Row, compounds: Mapping[str, Compound]) -> RatioStudy:
    victim, perpetrator = compound_key(row["Victim"]), compound_key(row["Perpetrator"])
    for drug, key in ((row["Victim"], victim), (row["Perpetrator"], perpetrator)):
        if key not in compounds:
            raise CannotRead("qualify_no_compound", name=drug or "–")
    if row["Compartment"].strip().lower() not in _BLOOD or _RENAL.search(row["Comment"]):
        raise CannotRead("qualify_not_an_area")
    if not row["AUCR Avg"].strip():
        raise CannotRead("qualify_no_ratio")
    doses = number(row["R Dose correction factor"] or "1", "R Dose correction factor", positive=True)
    given, window = _window(row)
    route = _route(row, "Route Perpetrator")
    minutes = row.get("Infusion duration [min]", "").strip()
    if route is Route.INTRAVENOUS and not minutes:
        raise CannotRead("qualify_no_infusion_time")
    return RatioStudy(
        source=name,
        study=row["Study ID"],
        label=label,
        victim=victim,
        perpetrator=perpetrator,
        victim_route=_route(row, "Route Victim"),
        course=_course(row),
        perpetrator_route=route,
        infusion=number(minutes, "Infusion duration [min]") / 60.0 if route is Route.INTRAVENOUS else 0.0,
        given=given,
        window=window,
        observed=number(row["AUCR Avg"], "AUCR Avg", positive=True) / doses,
    )


def _route(row: Row, column: str) -> Route:
    route = _ROUTES.get(row[column].strip().upper())
    if route is None:
        raise CannotRead("qualify_route", name=row[column] or "–")
    return route


def _course(row: Row) -> tuple[tuple[float, float], ...]:
    if row["Dose Unit"].strip() != "mg" or row["Times Unit"].strip() not in {"h", ""}:
        raise CannotRead(
            "qualify_number", what="Dose Unit, Times Unit", value=f"{row['Dose Unit']}, {row['Times Unit']}"
        )
    doses = (row.get("Dose free API") or "").strip() or row["Dose"]
    try:
        return tuple(_consistent(row["Times of Administration"], row["Dose"], doses))
    except UnreadableTimes as error:
        times = f"{row['Dose']} mg: {row['Times of Administration']}"
        raise CannotRead("qualify_times", times=times[:120]) from error


def _consistent(times: str, doses: str, active: str) -> list[tuple[float, float]]:
    """The course with each dose as the active substance it holds, where the table gives that too."""
    course = read_course(times, doses)
    salts, bases = (re.findall(r"\d+(?:\.\d+)?", text) for text in (doses, active))
    if len(salts) != len(bases):
        raise UnreadableTimes(active)
    share = {float(salt): float(base) for salt, base in zip(salts, bases, strict=True)}
    return [(time, share[dose]) for time, dose in course]


def _window(row: Row) -> tuple[float, float]:
    """When the victim was given, and how long its area was taken.

    An area to infinity in either arm makes the ratio one of whole areas: an end of the other arm is then the next
    occasion, not the end of sampling.
    """
    if row["t Unit"].strip() not in {"h", ""}:
        raise CannotRead("qualify_number", what="t Unit", value=row["t Unit"])
    given = number(row["t_treatment_0"], "t_treatment_0")
    before = number(row["t_placebo_0"], "t_placebo_0")
    ends = [row["t_placebo_end"].strip(), row["t_treatment_end"].strip()]
    if any(end in _FOR_EVER for end in ends):
        for end in ends:
            _ = end in _FOR_EVER or number(end, "t_placebo_end, t_treatment_end")
        return given, math.inf
    lengths = number(ends[0], "t_placebo_end") - before, number(ends[1], "t_treatment_end") - given
    if not math.isclose(*lengths, abs_tol=0.51) or min(lengths) <= 0:  # clock times are rounded to the half hour
        raise CannotRead("qualify_windows_differ")
    return given, lengths[1]


def compare_ratios(
    studies: Sequence[RatioStudy], compounds: Mapping[str, Compound], tell: Callable[[float], None]
) -> Iterator[tuple[RatioStudy, Pair | CannotRead]]:
    """Predict each ratio in the standard man."""
    body = standard_adult()
    for index, study in enumerate(studies):
        tell(index / len(studies))
        victim, perpetrator = compounds[study.victim], compounds[study.perpetrator]
        try:
            predicted = predict_ratio(compounds, study, body)
        except CoreError as error:
            yield study, CannotRead("qualify_not_solved", why=str(error))
            continue
        fitted = _card_names(perpetrator, study.study) or _card_names(victim, study.study)
        yield study, Pair(study.victim, study.study, study.label, fitted, None, study.observed, predicted, "")


def _card_names(compound: Compound, study: str) -> bool:
    """Whether the ratio itself was used: the card says so under `fitted_ratios`."""
    return study in [item.strip() for item in compound.card.get("fitted_ratios", "").rstrip(".").split(";")]


def predict_ratio(compounds: Mapping[str, Compound], study: RatioStudy, body: Individual) -> float:
    """Area under the victim's plasma curve with the perpetrator, over that without.

    Raises:
        CoreError: the two cannot be put into one body, or it cannot be solved.
    """
    victim, perpetrator = compounds[study.victim], compounds[study.perpetrator]
    joint = join(with_metabolites((victim, perpetrator), compounds.values()))
    probe = [Input(study.given, _PROBE, joint.dose_state(victim.name, study.victim_route))]
    state = joint.dose_state(perpetrator.name, study.perpetrator_route)
    others = [Input(time, dose, state, duration=study.infusion) for time, dose in study.course]
    length = _horizon(victim, body) if math.isinf(study.window) else study.window
    until = study.given + length
    together = _area(
        joint, victim.name, [*probe, *(dose for dose in others if dose.time < until)], study.given, until, body
    )
    return together / _area(joint, victim.name, probe, study.given, until, body)


def _horizon(victim: Compound, body: Individual) -> float:
    alone = build(victim)
    half_life = float(kinetics(alone, body, alone.rates(body, {}, {})).terminal_half_life[0])
    return min(max(_SHORTEST, _HALF_LIVES * half_life), _LONGEST)


def _area(joint: JointBody, name: str, inputs: Sequence[Input], start: float, until: float, body: Individual) -> float:
    state = joint.state_of(name, PLASMA)
    rates = [Segment(0.0, joint.rates(body))]
    solved = simulate(joint.graph, rates, inputs, np.array([start, until]), integrals=(state,), tolerance=1e-5)
    return float(solved.integrals[0, 1, 0] - solved.integrals[0, 0, 0])
