"""How facts about the patient change the parameters of an effect: a closed set of published forms."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.clinic.covariate import CATALOGUE
from core.clinic.patient import Ethnicity
from core.clinic.strict_yaml import Entry
from core.errors import InputError, ModelError

# Facts that are not covariates of the catalogue: the sex, and a drug given beside.
_YES_NO = ("no", "yes")
_PATIENT_FACTS = {
    "sex": ("female", "male"),
    **dict.fromkeys(
        ("amiodarone", "cisplatin", "etoposide", "gemcitabine", "paclitaxel", "piperacillin_tazobactam", "vasopressor"),
        _YES_NO,
    ),
}


class Form(StrEnum):
    """Form of the change, x the covariate, c its centre."""

    VALUES = "values"  # one value of the parameter per choice
    FACTOR = "factor"  # times the factor, where the covariate has the named value
    LINEAR = "linear"  # times 1 + coefficient (x - c)
    POWER = "power"  # times (x/c)^coefficient


@dataclass(frozen=True)
class Modifier:
    """One change of one parameter, in base units."""

    parameter: str
    by: str
    form: Form
    values: Mapping[str, float]  # choice -> value of the parameter, or -> factor
    centre: float = 0.0
    coefficient: float = 0.0
    shares: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # ancestry -> choice -> how often it occurs

    def applied(self, typical: float, value: float | str) -> float:
        """The parameter at a value of the covariate.

        Raises:
            InputError: a choice the file does not know, or a text where a number belongs (and the other way round).
            ModelError: a relation that would make the parameter 0 or negative.
        """
        if isinstance(value, str):
            if self.form not in (Form.VALUES, Form.FACTOR):
                raise InputError(f"covariates.{self.by}", "covariate_not_a_number", value=value)
            if self.form is Form.FACTOR:
                return typical * self.values.get(value, 1.0)
            if value not in self.values:
                choices = ", ".join(self.values)
                raise InputError(f"covariates.{self.by}", "choice_unknown", value=value, choices=choices)
            return self.values[value]
        if self.form is Form.LINEAR:
            factor = 1.0 + self.coefficient * (value - self.centre)
        elif self.form is Form.POWER and value > 0:
            factor = math.pow(value / self.centre, self.coefficient)
        else:
            raise InputError(f"covariates.{self.by}", "choice_unknown", value=value, choices=", ".join(self.values))
        if factor <= 0:
            raise ModelError(f"{self.by} = {value:g} makes the {self.form.value} relation non-positive")
        return typical * factor


def read_modifier(entry: Entry, parameters: tuple[str, ...], unit: str) -> Modifier:
    """Read one entry of `covariates`; `unit` is that of the parameter it changes.

    Raises:
        DrugFileError: names the line.
    """
    parameter = entry["parameter"].choice(*parameters)
    by = entry["by"].text
    form = Form(entry["form"].choice(*Form))
    if form in (Form.VALUES, Form.FACTOR):
        entry.only("parameter", "by", "form", "values", *(("unknown",) if form is Form.VALUES else ()))
        known = _choices(entry["by"])
        fields = entry["values"].fields
        for choice, item in fields.items():
            if choice not in known:
                raise item.error(f"'{choice}' is not one of {', '.join(known)}")
        if form is Form.VALUES and set(fields) != set(known):
            raise entry["values"].error(f"a value is needed for each of {', '.join(known)}")
        read = {
            choice: item.number() if form is Form.FACTOR or unit == "number" else item.quantity(unit)
            for choice, item in fields.items()
        }
        unknown = entry.get("unknown")
        return Modifier(parameter, by, form, read, shares={} if unknown is None else _shares(unknown, read))
    entry.only("parameter", "by", "form", "centre", "coefficient")
    kind = CATALOGUE.get(by)
    if kind is None or kind.choices:
        raise entry["by"].error(f"'{by}' is not a covariate with a number")
    return Modifier(parameter, by, form, {}, entry["centre"].quantity(kind.unit), entry["coefficient"].number())


def _shares(entry: Entry, choices: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """How often each choice occurs in people of an ancestry, from counts of them."""
    ancestries = [item.value for item in Ethnicity if item is not Ethnicity.UNKNOWN]
    entry.only("source", *ancestries)
    _ = entry["source"].text
    found: dict[str, dict[str, float]] = {}
    for ancestry, counted in ((name, item) for name, item in entry.fields.items() if name != "source"):
        counted.only(*choices)
        counts = {choice: counted[choice].number() for choice in choices}
        if min(counts.values()) < 0 or sum(counts.values()) <= 0:
            raise counted.error("counts of people are needed, none below 0 and not all 0")
        found[ancestry] = {choice: count / sum(counts.values()) for choice, count in counts.items()}
    return found


def _choices(by: Entry) -> tuple[str, ...]:
    kind = CATALOGUE.get(by.text)
    choices = kind.choices if kind is not None else _PATIENT_FACTS.get(by.text, ())
    if not choices:
        raise by.error(f"'{by.text}' is not a covariate with choices")
    return choices
