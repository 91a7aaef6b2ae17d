"""`judge`: what a regimen of one's own would do, or which dose a target asks for."""

from __future__ import annotations

import argparse
from typing import Any

from core import session
from core.advise.recommendation import Recommendation, Regimen, doses_in_turn
from core.cli import wire
from core.cli.answer import Answer, Console, Status
from core.cli.arguments import add_case, add_isolates, read_case_argument
from core.cli.recommend import offered_lines
from core.clinic.case import Case
from core.clinic.regimen import Route
from core.clinic.week_text import is_week, read_week
from core.errors import InputError
from core.units import format_total, parse_quantity

_DAY = 24.0  # h
_SHORTEST, _LONGEST = 1.0, 13 * 7 * 24.0  # h, between doses
_LONGEST_WAIT = 30 * 24.0  # h
_MOST = 1e6  # mg


def add_parser(verbs: Any) -> None:
    """Register the verb."""
    parser = verbs.add_parser("judge", help="what a regimen of your own would do, or the dose a target asks for")
    add_case(parser)
    add_isolates(parser)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--dose", metavar="DOSE", help='"750 mg", or Monday to Sunday: "5/2.5/5/2.5/5/2.5/0 mg"')
    what.add_argument("--on-target", action="store_true", help="find the dose that puts this patient on the target")
    parser.add_argument("--every", required=True, metavar="INTERVAL", help='between doses, such as "12 h"')
    parser.add_argument("--route", choices=[route.value for route in Route], help="default: the route given last")
    parser.add_argument("--over", metavar="TIME", help='infusion time, "1.5 h"; "0 h" is a bolus')
    parser.add_argument("--wait", metavar="TIME", default="0 h", help="until the first dose, beyond when it is due")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Judge; limits that are broken are said, never hidden, and there is no answer where nothing would be recommended.

    Raises:
        InputError: an argument that cannot be read or that contradicts another, naming it.
    """
    case = read_case_argument(args)
    regimen = _read_regimen(args, case)
    individualisation = session.individualise(case, task=console.task())
    exact = None
    if args.on_target:
        found = session.dose_for_target(case, individualisation, regimen)
        exact, regimen = found.exact, found.option.regimen
    judged = session.appraise(case, individualisation, [regimen])
    stopped = judged.has_stop or any(option.limits_broken for option in judged.options)
    document = wire.recommendation(judged, console.wording)
    shown = exact if judged.options else None
    document = {**document, "exact": shown, "unit": "mg"} if args.on_target else document
    return Answer(document, _lines(judged, shown, console), Status.NO_SAFE_ANSWER if stopped else Status.DONE)


def _lines(judged: Recommendation, exact: float | None, console: Console) -> list[str]:
    said = [] if exact is None else [console.wording.text("cli_exact_dose", {"dose": format_total(exact)})]
    return [*said, *offered_lines(judged, console)]


def _read_regimen(args: argparse.Namespace, case: Case) -> Regimen:
    route = _route(args.route, case)
    every = _read(args.every, "--every", "h", _SHORTEST, _LONGEST)
    wait = _read(args.wait, "--wait", "h", 0.0, _LONGEST_WAIT)
    if route is Route.INTRAVENOUS and args.over is None:
        raise InputError("--over", "cli_over_needed")
    if route is not Route.INTRAVENOUS and args.over is not None:
        raise InputError("--over", "cli_over_not_here", route=route.value)
    over = 0.0 if args.over is None else _read(args.over, "--over", "h", 0.0, every)
    plain = Regimen(1.0, every, route, over, case.now + wait)
    if args.on_target:
        return plain
    if not is_week(args.dose):
        return Regimen(_read(args.dose, "--dose", "mg", 0.0, _MOST, above=True), every, route, over, case.now + wait)
    if every != _DAY:
        raise InputError("--every", "week_needs_days")
    body = args.dose.strip()
    if not body.endswith("mg"):
        raise InputError("--dose", "unit_missing", value=body[:60])
    week = read_week(body.removesuffix("mg"), "--dose")
    if max(week) > _MOST:
        raise InputError("--dose", "cli_number_range", value=body[:60], low=0, high=f"{_MOST:g} mg")
    weekday = case.clock(plain.first_dose).weekday()
    return doses_in_turn([*week[weekday:], *week[:weekday]], plain, weekday)


def _route(wanted: str | None, case: Case) -> Route:
    """The route asked for, else that of the last dose.

    Raises:
        InputError: no dose was given yet and no route is asked for, or the drug is not given by it.
    """
    given = case.given_doses
    if wanted is None and not given:
        raise InputError("--route", "cli_route_needed")
    route = max(given, key=lambda dose: dose.last_time).route if wanted is None else Route(wanted)
    forms = {form.route for model in session.library().models(case.drug) for form in model.given_as}
    if route not in forms:
        raise InputError("--route", "route_not_of_drug", route=route.value, drug=case.drug)
    return route


def _read(text: str, field: str, unit: str, low: float, high: float, *, above: bool = False) -> float:
    value = parse_quantity(text, field).to(unit)
    if above and value <= low:
        raise InputError(field, "must_be_positive", value=text.strip()[:60])
    if not low <= value <= high:
        raise InputError(field, "cli_number_range", value=text.strip()[:60], low=low, high=f"{high:g} {unit}")
    return value
