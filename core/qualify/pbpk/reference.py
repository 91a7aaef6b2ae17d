"""The compounds that are compared with published studies."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

from core.pbpk.compound import Compound, load_compound


def reference_compounds() -> dict[str, Compound]:
    """Every compound file of the program by the stem of its name.

    Raises:
        DrugFileError: one cannot be read.
    """
    folder = Path(str(resources.files("resources") / "compounds"))
    return {path.stem: load_compound(path) for path in sorted(folder.rglob("*.yaml"))}


def was_fitted(compound: Compound, study: str) -> bool:
    """Whether the compound's card lists the study among those it was fitted on: after a colon, between semicolons."""
    named = re.search(rf"[:;]\s*{re.escape(study.strip())}\s*(?:[;.]|$)", compound.card.get("fitted", ""))
    return bool(study.strip()) and named is not None
