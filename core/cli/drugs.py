"""`drugs`: the library: what is in it, whether files are right, what one model is."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core import session
from core.cli.answer import Answer, Console, Status
from core.cli.arguments import add_output
from core.drugs.check import check_file
from core.drugs.library import library_files, site_folder
from core.drugs.model import DrugModel
from core.errors import InputError
from core.units import format_dose, format_number


def add_parser(verbs: Any) -> None:
    """Register the verb and its parts."""
    parts = verbs.add_parser("drugs", help="the drug library").add_subparsers(
        dest="part", required=True, metavar="PART"
    )
    listing = parts.add_parser("list", help="every drug and its models")
    where = parts.add_parser("folder", help="where a site keeps its own drug files")
    check = parts.add_parser("check", help="check drug files; without FILE those of the library")
    show = parts.add_parser("show", help="one model, or all of a drug")
    check.add_argument("files", metavar="FILE", nargs="*")
    show.add_argument("id", metavar="ID", help="a model or a drug")
    for parser, run in ((listing, run_list), (where, run_folder), (check, run_check), (show, run_show)):
        add_output(parser)
        parser.set_defaults(run=run)


def run_list(args: argparse.Namespace, console: Console) -> Answer:
    """Every drug with its models, and the site's files that could not be read."""
    library = session.library()
    models = {name: library.models(name) for name in library.drugs()}
    document = {
        "drugs": [
            {"drug": name, "zh": found[0].drug.zh, "models": [_short(m) for m in found]}
            for name, found in models.items()
        ],
        "broken": [_located(Path(error.path), str(error)) for error in library.broken],
    }
    lines = [
        f"{console.wording.drug(name, found[0].drug.zh)}: {', '.join(model.id for model in found)}"
        for name, found in models.items()
    ]
    return Answer(document, [*lines, *(str(error) for error in library.broken)])


def run_folder(args: argparse.Namespace, console: Console) -> Answer:
    """The site's folder; it is made when the first file is put there."""
    return Answer({"folder": str(site_folder())}, [str(site_folder())])


def run_check(args: argparse.Namespace, console: Console) -> Answer:
    """Check files; a fault found in one is bad input."""
    files = [Path(name) for name in args.files] or library_files()
    results = [check_file(path) for path in files]
    problems = [_located(path, text) for path, result in zip(files, results, strict=True) for text in result.problems]
    gaps = {"count": len(problems), "files": len(files)}
    lines = [f"{problem['file']}:{problem['line']}: {problem['reason']}" for problem in problems]
    if problems:
        summary = console.wording.text("cli_drugs_faults", gaps)
    else:
        summary = console.wording.text("cli_drugs_ok", {"count": len(files)})
    document = {
        "files": [
            {"file": str(result.path), "ok": not result.problems, "published_checks": result.published_checks}
            for result in results
        ],
        "problems": problems,
    }
    return Answer(document, [*lines, summary], Status.BAD_INPUT if problems else Status.DONE)


def _located(path: Path, text: str) -> dict[str, Any]:
    """A problem `path:line: reason` in its parts; line 0 where the text names none."""
    line, _, reason = text.removeprefix(f"{path}:").partition(":")
    known = line.isascii() and line.isdigit()
    return {"file": str(path), "line": int(line) if known else 0, "reason": reason.strip() if known else text}


def run_show(args: argparse.Namespace, console: Console) -> Answer:
    """One model by its id, or every model of a drug."""
    library = session.library()
    if args.id in library.drugs():
        found = library.models(args.id)
    elif args.id in library.by_id:
        found = (library.model(args.id),)
    else:
        known = ", ".join([*library.drugs(), *sorted(library.by_id)])
        raise InputError("ID", "model_unknown", name=args.id, known=known)
    lines = []
    for model in found:
        ways = [f"{way.route.value}: {', '.join(format_dose(dose) for dose in way.doses)}" for way in model.given_as]
        lines += [f"{model.id}: {model.source.citation}", f"  {model.source.population} (n = {model.source.n})"]
        lines += [f"  {way}" for way in ways]
    return Answer({"models": [_long(model) for model in found]}, lines)


def _short(model: DrugModel) -> dict[str, Any]:
    return {"id": model.id, "citation": model.source.citation, "n": model.source.n, "file_hash": model.file_hash}


def _long(model: DrugModel) -> dict[str, Any]:
    return {
        **_short(model),
        "drug": model.drug.name,
        "zh": model.drug.zh,
        "atc": model.drug.atc,
        "molar_mass": f"{format_number(model.drug.molar_mass)} g/mol",
        "population": model.source.population,
        "doi": model.source.doi,
        "evidence": model.source.evidence,
        "between_subject": dict(zip(model.etas, [float(v) for v in model.omega.diagonal()], strict=True)),
        "covariates": list(model.covariates),
        "defaults": {name: str(value) for name, value in model.defaults.items()},
        "analyte_unit": model.analyte_unit,
        "given_as": [
            {
                "route": way.route.value,
                "doses": [f"{format_number(dose)} mg" for dose in way.doses],
                "every": [f"{format_number(hours)} h" for hours in way.every],
                "durations": [f"{format_number(hours)} h" for hours in way.durations],
                "week_of": [f"{format_number(dose)} mg" for dose in way.week_of],
            }
            for way in model.given_as
        ],
        "targets": [
            {
                "kind": one.target.kind.value,
                "low": None if one.target.low is None else str(one.target.low),
                "high": None if one.target.high is None else str(one.target.high),
                "evidence": one.evidence.value,
                "source": one.source,
            }
            for one in model.targets
        ],
        "limits": {
            "single": f"{format_number(model.limits.single)} mg",
            "daily": f"{format_number(model.limits.daily)} mg",
            "source": model.limits.source,
        },
    }
