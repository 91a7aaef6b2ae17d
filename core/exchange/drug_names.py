"""Whether a text of an order or a report is about a drug."""

from __future__ import annotations

import functools
import re

# Names of one substance in other pharmacopoeias (INN first, then BAN and USAN) and its common salts.
_OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "ciclosporin": ("cyclosporine", "cyclosporin", "cyclosporin a"),
    "phenobarbital": ("phenobarbitone",),
    "furosemide": ("frusemide",),
    "valproate": ("valproic acid", "divalproex", "sodium valproate"),
    "mycophenolate": ("mycophenolic acid",),
    "dabigatran": ("dabigatran etexilate",),
}


@functools.cache
def _pattern(drug: str) -> re.Pattern[str]:
    names = (drug, *_OTHER_NAMES.get(drug, ()))
    return re.compile("|".join(rf"(?<![a-z]){re.escape(name)}(?![a-z])" for name in names), re.IGNORECASE)


def names_drug(drug: str, words: str) -> bool:
    """Whether the words name the drug: as a whole word, in any case, under any name of the same substance."""
    return _pattern(drug).search(words) is not None
