"""Facts about the patient that change with time, and the catalogue of those the program knows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.errors import InputError
from core.units import Quantity, format_number


@dataclass(frozen=True)
class CovariateKind:
    """A known covariate: its base unit and the widest range a living person can have, or its choices."""

    name: str
    unit: str = ""
    low: float = 0.0
    high: float = 0.0
    choices: tuple[str, ...] = ()
    other_units: tuple[str, ...] = ()
    decimals: int = 1
    response: bool = False  # what the drug does to the patient, measured: the time of it is a time of the course


_YES_NO = ("no", "yes")
_INDICATIONS = ("atrial_fibrillation", "venous_thromboembolism", "thrombosis_prevention", "acute_coronary_syndrome")
_PHENOTYPES = ("poor", "intermediate", "normal", "ultrarapid")

CATALOGUE: dict[str, CovariateKind] = {
    kind.name: kind
    for kind in (
        CovariateKind("weight", "kg", 0.3, 400.0),
        CovariateKind("height", "cm", 20.0, 250.0),
        CovariateKind("serum_creatinine", "umol/L", 9.0, 3000.0, other_units=("mg/dL",)),
        CovariateKind("creatinine_clearance", "mL/min", 0.0, 400.0),
        CovariateKind("egfr", "mL/min/1.73m2", 0.0, 250.0),
        CovariateKind("albumin", "g/L", 5.0, 70.0, other_units=("g/dL",)),
        CovariateKind("bilirubin", "umol/L", 0.5, 1500.0, other_units=("mg/dL",)),
        CovariateKind("alpha1_acid_glycoprotein", "g/L", 0.1, 6.0),
        CovariateKind("inr", "1", 0.5, 30.0, response=True),
        CovariateKind("neutrophils", "10^9/L", 0.01, 100.0, decimals=2, response=True),
        CovariateKind("leukocytes", "10^9/L", 0.01, 500.0, decimals=2, response=True),
        CovariateKind("platelets", "10^9/L", 1.0, 3000.0, decimals=0, response=True),
        CovariateKind("haematocrit", "%", 10.0, 75.0),
        CovariateKind("gastric_ph", "1", 0.5, 9.0),
        CovariateKind("mic", "mg/L", 0.001, 1024.0),
        CovariateKind("gestational_age", "week", 20.0, 45.0),
        CovariateKind("child_pugh", choices=("A", "B", "C")),
        CovariateKind("dialysis", choices=_YES_NO),
        CovariateKind("icu", choices=_YES_NO),
        CovariateKind("smoker", choices=_YES_NO),
        CovariateKind("pregnant", choices=_YES_NO),
        CovariateKind("cyp2d6_phenotype", choices=_PHENOTYPES),
        CovariateKind("cyp2c19_phenotype", choices=(*_PHENOTYPES, "rapid")),
        CovariateKind("cyp2c9_genotype", choices=("*1/*1", "*1/*2", "*1/*3", "*2/*2", "*2/*3", "*3/*3")),
        CovariateKind("cyp3a5_genotype", choices=("*1/*1", "*1/*3", "*3/*3")),
        CovariateKind("vkorc1_genotype", choices=("GG", "AG", "AA")),
        CovariateKind("ugt2b7_161_genotype", choices=("CC", "CT", "TT")),
        CovariateKind("ugt2b7_372_genotype", choices=("AA", "AG", "GG")),
        CovariateKind("renal_replacement", choices=("none", "haemodialysis", "capd", "cvvh", "cvvhd", "cvvhdf")),
        CovariateKind("dialysis_session", choices=_YES_NO),
        CovariateKind("kidney_injury_stage", choices=("0", "1", "2", "3")),
        CovariateKind("ecmo", choices=_YES_NO),
        CovariateKind("gram_positive_infection", choices=_YES_NO),
        CovariateKind("haematological_malignancy", choices=_YES_NO),
        CovariateKind("ards", choices=_YES_NO),
        CovariateKind("peritonitis", choices=_YES_NO),
        CovariateKind("lactate", "mmol/L", 0.1, 40.0),
        CovariateKind("paco2", "mmHg", 10.0, 150.0),
        CovariateKind("heart_failure", choices=_YES_NO),
        CovariateKind("liver_dysfunction", choices=_YES_NO),
        CovariateKind("cystic_fibrosis", choices=_YES_NO),
        CovariateKind("prednisolone_dose", "mg", 0.0, 2000.0),
        CovariateKind("ciclosporin_dose", "mg", 0.0, 2000.0),
        CovariateKind("gist", choices=_YES_NO),
        CovariateKind("indication", choices=_INDICATIONS),
        CovariateKind("with_food", choices=_YES_NO),
        CovariateKind("prolonged_release", choices=_YES_NO),
        CovariateKind("antidrug_antibodies", choices=_YES_NO),
        CovariateKind("immunomodulator", choices=_YES_NO),
    )
}


@dataclass(frozen=True)
class CovariateValue:
    """One covariate from a time on, as written: a quantity or one of the choices."""

    name: str
    value: Quantity | str
    time: float = 0.0  # hours after the start of the case

    @property
    def number(self) -> float:
        """The value in the base unit of its kind.

        Raises:
            InputError: the covariate is a choice, not a number, or its unit measures something else.
        """
        kind = kind_of(self.name)
        if isinstance(self.value, str):
            raise InputError(f"covariates.{self.name}", "covariate_not_a_number", value=self.value)
        return to_base(kind, self.value)


_MOLAR_MASS = {"serum_creatinine": 113.12, "bilirubin": 584.66}  # g/mol, to read mg/dL


def kind_of(name: str) -> CovariateKind:
    """Look a covariate up.

    Raises:
        InputError: the name is not in the catalogue.
    """
    kind = CATALOGUE.get(name)
    if kind is None:
        raise InputError(f"covariates.{name}", "covariate_unknown", name=name)
    return kind


def to_base(kind: CovariateKind, quantity: Quantity) -> float:
    """Convert to the covariate's base unit.

    Raises:
        InputError: the unit measures something else.
    """
    try:
        return quantity.to(kind.unit, _MOLAR_MASS.get(kind.name))
    except InputError as error:
        raise InputError(f"covariates.{kind.name}", error.reason, unit=quantity.unit, wanted=kind.unit) from None


def check_covariate(item: CovariateValue, field: str) -> None:
    """Refuse what no living person can have, a wrong unit, or an unknown choice.

    Raises:
        InputError: naming `field`.
    """
    kind = kind_of(item.name)
    if kind.choices:
        if item.value not in kind.choices:
            raise InputError(field, "choice_unknown", value=str(item.value), choices=", ".join(kind.choices))
        return
    if isinstance(item.value, str):
        raise InputError(field, "unit_missing", value=item.value)
    try:
        number = to_base(kind, item.value)
    except InputError as error:
        raise InputError(field, error.reason, **error.values) from None
    if not kind.low <= number <= kind.high:
        raise InputError(
            field,
            "covariate_impossible",
            value=str(item.value),
            low=f"{format_number(kind.low)} {kind.unit}",
            high=f"{format_number(kind.high)} {kind.unit}",
        )


def history(items: Iterable[CovariateValue], name: str) -> list[CovariateValue]:
    """Give the values of one covariate in order of time; the last of several at one time stands last."""
    return sorted((item for item in items if item.name == name), key=lambda item: item.time)


def value_at(items: Iterable[CovariateValue], name: str, time: float) -> CovariateValue | None:
    """Give the value in force at a time: the latest not after it, else the first known one."""
    values = history(items, name)
    if not values:
        return None
    past = [item for item in values if item.time <= time]
    return past[-1] if past else values[0]
