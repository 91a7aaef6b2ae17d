"""The verbs of the command line; a new one is a module with `add_parser(verbs)` and its place in this list."""

from __future__ import annotations

from core.cli import (
    drugs,
    evaluate,
    export,
    fit,
    import_,
    isolates,
    judge,
    learn,
    population,
    predict,
    qualify,
    recommend,
    report,
    simulate,
)

VERBS = (
    simulate,
    fit,
    recommend,
    judge,
    report,
    population,
    learn,
    predict,
    import_,
    export,
    drugs,
    isolates,
    evaluate,
    qualify,
)
