"""The hours at which a ward gives its drugs: a regimen that is due a little earlier begins at the next of them."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

from core.advise.limits import site_limits_file
from core.clinic.case import Case
from core.clinic.strict_yaml import Entry, read_strict_yaml

LONGEST_WAIT = 4.0  # h; a dose due longer before the ward's next hour is given when it is due
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_HOURS = 24.0


def ward_times(file: Path | None = None) -> tuple[float, ...]:
    """Hours after midnight at which the ward gives drugs, in order; empty where the site says nothing.

    The site's file holds them beside its limits: `administration_times: ["06:00", "14:00", "22:00"]`.

    Raises:
        DrugFileError: the site's file is broken; it is never passed over.
    """
    path = site_limits_file() if file is None else file
    if not path.is_file():
        return ()
    entry = read_strict_yaml(path).get("administration_times")
    return tuple(sorted({_clock(item) for item in entry.items})) if entry is not None else ()


def _clock(item: Entry) -> float:
    read = _CLOCK.fullmatch(item.text)
    if read is None:
        raise item.error(f"'{item.text}' is no time of day; write it as \"06:00\"")
    return int(read[1]) + int(read[2]) / 60.0


def next_ward_time(case: Case, due: float, times: tuple[float, ...]) -> float:
    """The case time (h) at which a dose due at a case time is given on the ward.

    Args:
        case: the patient, for the clock of the place.
        due: case time, h.
        times: as `ward_times` gives them.
    """
    moment = case.clock(due)
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    of_day = (moment - midnight) / dt.timedelta(hours=1)
    waits = [(at - of_day) % _HOURS for at in times]
    soonest = min(waits, default=0.0)
    return due + soonest if soonest <= LONGEST_WAIT else due
