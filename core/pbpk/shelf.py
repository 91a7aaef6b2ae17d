"""The compound files of the program, read once."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path

from core.errors import ModelError
from core.pbpk.compound import Compound, load_compound
from core.pbpk.joint import with_metabolites


@functools.cache
def shipped_compounds() -> Mapping[str, Compound]:
    """Every compound file of the program by the stem of its name.

    Raises:
        DrugFileError: one cannot be read.
    """
    folder = Path(str(resources.files("resources") / "compounds"))
    return {path.stem: load_compound(path) for path in sorted(folder.rglob("*.yaml"))}


def family(names: Iterable[str]) -> tuple[Compound, ...]:
    """The compounds of these stems, and after them all their metabolites.

    Raises:
        ModelError: one of them has no file.
    """
    known, wanted = shipped_compounds(), tuple(dict.fromkeys(names))
    missing = [name for name in wanted if name not in known]
    if missing:
        raise ModelError(f"no compound file describes {', '.join(missing)}")
    return with_metabolites([known[name] for name in wanted], known.values())
