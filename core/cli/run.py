"""From the words of a command line to an exit status."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from core.cli.answer import Console, Status, deliver
from core.cli.verbs import VERBS
from core.errors import Cancelled, CoreError, DrugFileError, FitFailed, InputError, ModelError, OutOfDomain
from core.report.wording import LANGUAGES, Wording
from core.version import VERSION

_CASE_KEYS = (
    "patient",
    "covariates",
    "co_medication",
    "drug",
    "models",
    "start",
    "doses",
    "levels",
    "outcomes",
    "target",
    "mic_distribution",
)


class _UsageError(Exception):
    """The words cannot be read as a command."""


class _Parser(argparse.ArgumentParser):
    """Hands its complaints back instead of ending the program."""

    def error(self, message: str) -> NoReturn:
        raise _UsageError(message)


def run(words: Sequence[str]) -> int:
    """Do what a command line asks.

    Args:
        words: the arguments after the program's name.

    Returns:
        0 done; 2 bad input; 3 no safe answer; 1 a fault of the program; 130 interrupted.
    """
    console = Console(Wording(_language(words)))
    try:
        args = _parser().parse_args(list(words))
    except _UsageError as error:
        text = console.wording.text("cli_usage", {"why": str(error)})
        console.tell(text)
        if "--json" in words:
            about = re.match(r"argument ([^:]+):", str(error))
            _print_error("" if about is None else about[1], "cli_usage", text)
        return Status.BAD_INPUT
    try:
        answer = args.run(args, console)
        deliver(answer, args, console)
    except BrokenPipeError:  # the reader has seen enough; nothing more can be said to it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Status.DONE
    except (KeyboardInterrupt, Cancelled):
        console.tell(console.wording.text("cancelled"))
        return Status.INTERRUPTED
    except CoreError as error:
        return _refuse(error, args, console)
    return int(answer.status)


def _language(words: Sequence[str]) -> str:
    """The language asked for, before the rest can be read; complaints about it come later, in English."""
    for index, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name == "--lang":
            wanted = value if equals else "".join(words[index + 1 : index + 2])
            return wanted if wanted in LANGUAGES else LANGUAGES[0]
    return LANGUAGES[0]


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="dosewright-core",
        description="Individual dosing, offline. Decision support; not a certified medical device.",
    )
    _add_shared(parser, None)
    parser.add_argument("--version", action="version", version=f"Dosewright {VERSION}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB", parser_class=_Verb)
    for verb in VERBS:
        verb.add_parser(verbs)
    return parser


class _Verb(_Parser):
    """A verb's parser; it takes the shared options too, so that they may stand before or after the verb."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _add_shared(self, argparse.SUPPRESS)


def _add_shared(parser: argparse.ArgumentParser, default: str | None) -> None:
    hidden = default == argparse.SUPPRESS
    parser.add_argument(
        "--json",
        action="store_true",
        default=argparse.SUPPRESS if hidden else False,
        help="one JSON document on stdout, nothing else",
    )
    parser.add_argument(
        "--lang",
        choices=LANGUAGES,
        default=argparse.SUPPRESS if hidden else LANGUAGES[0],
        help="language of messages and reports",
    )


def _refuse(error: CoreError, args: argparse.Namespace, console: Console) -> int:
    """Say what went wrong, with the field, and give the status; with `--json` also as a document."""
    field, reason, status = _explain(error)
    wording = console.wording
    match error:
        case InputError():
            text = wording.error(error)
        case DrugFileError():
            text = wording.text("drug_file_fault", {"path": error.path, "line": error.line, "why": error.reason})
        case FitFailed():
            text = wording.text("fit_failed", {"models": str(error)})
        case ModelError():
            text = wording.text("model_failed", {"why": str(error)})
        case _:
            text = wording.text("program_fault", {"why": str(error)})
    console.tell(f"{field}: {text}" if field else text)
    if args.json:
        _print_error(field, reason, text)
    return int(status)


def _print_error(field: str, reason: str, text: str) -> None:
    print(json.dumps({"error": {"field": field, "reason": reason, "message": text}}, ensure_ascii=False, indent=1))


def _explain(error: CoreError) -> tuple[str, str, Status]:
    """Field, reason and status of an error."""
    match error:
        case InputError():
            key = error.field.partition(".")[0].partition("[")[0]
            field = f"$.{error.field}" if key in _CASE_KEYS else error.field
            return field, error.reason, Status.NO_SAFE_ANSWER if isinstance(error, OutOfDomain) else Status.BAD_INPUT
        case DrugFileError():
            return "", "drug_file_fault", Status.FAULT
        case FitFailed():
            return "", "fit_failed", Status.NO_SAFE_ANSWER
        case ModelError():
            return "", "model_failed", Status.NO_SAFE_ANSWER
        case _:
            return "", "program_fault", Status.FAULT
