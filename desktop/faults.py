"""What a fault of a field says: the window's own reasons here, the core's in its catalogue."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication

from core.errors import InputError
from desktop.case.reading import Problem
from desktop.language import LANGUAGE


def _own() -> Mapping[str, str]:
    translate = QCoreApplication.translate
    return {
        "time_empty": translate("faults", "Enter a time."),
        "time_unreadable": translate("faults", "“%value” is not a time. Write 2026-07-09 07:30, 0730, t-2h or 71.5 h."),
        "time_ambiguous": translate("faults", "“%value” can be read as %clock or as %hours. Write one of them."),
        "time_needs_clock": translate("faults", "“%value” has no clock time. Add it, such as 07:30."),
        "time_needs_first_dose": translate(
            "faults", "Hours count from the first dose. Enter the first dose, or write date and time."
        ),
        "date_impossible": translate("faults", "“%value” is not a date. Write year-month-day, such as 1955-05-03."),
        "born_in_future": translate("faults", "“%value” lies in the future. Check the date of birth."),
        "route_needed": translate("faults", "Choose the route."),
        "level_unit_needed": translate(
            "faults", "Choose the unit of the laboratory; laboratories differ a thousand-fold."
        ),
        "exclusion_reason_needed": translate("faults", "Say why this level is not used."),
        "medication_needed": translate("faults", "Enter the drug."),
        "ends_before_start": translate("faults", "The end is not after the beginning. Check both times."),
        "target_needs_an_end": translate("faults", "Enter the low end, the high end or both."),
        "target_low_not_below": translate("faults", "The high end is not above the low end. Check both."),
        "count_unreadable": translate("faults", "“%value” is not a whole number."),
        "decision_reason_needed": translate("faults", "Say why; the reason stands in the report."),
        "drug_not_in_library": translate("faults", "“%value” is not in the drug library. Choose from the list."),
    }


def fault_text(problem: Problem) -> str:
    """The message of a problem in the window's language."""
    own = _own().get(problem.reason)
    if own is None:
        return LANGUAGE.error(InputError(_about(problem.field), problem.reason, **problem.values))
    for name, value in problem.values.items():
        own = own.replace(f"%{name}", str(value))
    return own


def _about(field: str) -> str:
    """`entry.weight.0` is about the weight."""
    parts = field.split(".")
    return f"covariates.{parts[1]}" if parts[0] == "entry" else field
