"""`export`: a case in another program's format, and what that format has no place for."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core import session
from core.atomic_write import write_atomically
from core.cli.answer import Answer, Console
from core.cli.exchange_files import report_of
from core.clinic.case import Case
from core.clinic.case_file import load_case
from core.drugs.model import Drug
from core.errors import FitFailed, InputError
from core.exchange.fhir_write import write_bundle
from core.exchange.nonmem_write import write_table
from core.exchange.sbml.effects import add_effect
from core.exchange.sbml.equations import equations_of
from core.exchange.sbml.write import write_sbml
from core.exchange.sheet import Sheet
from core.pd.library import EffectModel, load_effects, load_effects_on_request
from core.version import VERSION

KINDS = ("nonmem", "fhir", "sbml")


def add_parser(verbs: Any) -> None:
    """Register the verb."""
    parser = verbs.add_parser("export", help="write a case in another program's format")
    parser.add_argument("kind", metavar="KIND", choices=KINDS, help=", ".join(KINDS))
    parser.add_argument("case", metavar="CASE", help="a case file (*.case.json)")
    parser.add_argument("--effect", metavar="ID", help="an effect of the drug to write beside its concentration (sbml)")
    parser.add_argument("-o", "--out", metavar="OUT", required=True, help="the file to write")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Export; the document names what could not be written.

    Raises:
        InputError: the case cannot be read or the file not written.
    """
    case = load_case(Path(args.case))
    if args.kind == "sbml":
        return _sbml(case, args, console)
    if args.effect:
        raise InputError("--effect", "sbml_effect_elsewhere")
    drug = _drug(case)
    sheet = Sheet()
    if args.kind == "nonmem":
        written = write_table(case, sheet, None if drug is None else drug.molar_mass)
    else:
        written = write_bundle(case, sheet, "" if drug is None else drug.atc)
    write_atomically(args.out, written.encode())
    sheet.read = 1
    return report_of(args.kind, Path(args.out), sheet, console, {"cases": 1})


def _sbml(case: Case, args: argparse.Namespace, console: Console) -> Answer:
    """The model believed most, with this patient's parameters and the doses given."""
    fitted = session.individualise(case)
    if fitted.failed:
        raise FitFailed(", ".join(posterior.model_id for posterior in fitted.posteriors))
    best = max(fitted.posteriors, key=lambda posterior: posterior.weight)
    notes = (
        f"{best.bound.model.source.citation}. Dosewright {VERSION}; amounts in mg, time in h, concentrations in mg/L."
    )
    laid = best.bound.system(best.eta[None], case.given_doses)
    equations = equations_of(laid, best.model_id, notes)
    if args.effect:
        add_effect(equations, _effect(args.effect, case))
    write_atomically(args.out, write_sbml(equations).encode())
    console.tell(console.wording.text("cli_written", {"path": args.out}))
    return Answer({"kind": "sbml", "output": args.out, "model": best.model_id, "outputs": list(equations.assigned)})


def _effect(name: str, case: Case) -> EffectModel:
    known = {**load_effects(), **load_effects_on_request()}
    own = {identifier: effect for identifier, effect in known.items() if effect.drug == case.drug}
    if name not in own:
        raise InputError("--effect", "choice_unknown", value=name, choices=", ".join(own) or "-")
    return own[name].for_patient({})


def _drug(case: Case) -> Drug | None:
    """The drug of the library, for its molar mass and ATC code; None where the library does not have it."""
    try:
        models = session.library().models(case.drug)
    except InputError:
        return None
    return models[0].drug if models else None
