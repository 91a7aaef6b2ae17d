"""One person's organs: volumes that add up to the body weight, flows that add up to the cardiac output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from core.clinic.patient import Sex
from core.errors import OutOfDomain
from core.pbpk.physiology import PERFUSED, PORTAL, TISSUES, Array, reference_tables

ADULT = 18.0  # year
OLDEST = 100.0  # year
AGEING_FROM = 35.0  # year; the reference adult of ICRP 89
FASTING_PH = 1.5  # of an adult's stomach
TYPICAL_AGP = 0.7  # g/L, adult (Johnson 2006, doi:10.2165/00003088-200645090-00005)
_L_H_PER_ML_MIN = 0.06


@dataclass(frozen=True)
class Traits:
    """What is known of one person or of a batch; every field broadcasts to (B,).

    What may be None was not measured: the reference of sex and age holds.
    """

    female: Array  # 1 for female, 0 for male
    age: Array  # year
    height: Array  # cm
    weight: Array  # kg
    east_asian: Array | float = 0.0  # 1 for East Asian, 0 for European ancestry; only compounds may tell them apart
    haematocrit: Array | None = None  # fraction of blood volume
    gfr: Array | None = None  # mL/min, not normalised to body surface
    albumin: Array | None = None  # g/L
    agp: Array | None = None  # alpha-1-acid glycoprotein, g/L
    gastric_ph: Array | None = None

    @classmethod
    def of(cls, sex: Sex, age: float, height: float, weight: float) -> Traits:
        """One person's traits, each of shape (1,): age in year, height in cm, weight in kg."""
        female = np.array([1.0 if sex is Sex.FEMALE else 0.0])
        return cls(female, np.array([age]), np.array([height]), np.array([weight]))


@dataclass(frozen=True)
class Individual:
    """A body as the whole-body model sees it; every array is (B,)."""

    traits: Traits
    mass: Mapping[str, Array]  # kg, tissues and "blood"; adds up to the body weight
    volume: Mapping[str, Array]  # L, tissues and "arterial", "venous"
    flow: Mapping[str, Array]  # L/h of blood by tissue; "liver" is the hepatic artery, "lung" the cardiac output
    haematocrit: Array
    gfr: Array  # L/h
    portal_shunt: Array  # share of portal blood that passes by the liver's cells
    functional_liver: Array  # share of the liver's cells that work
    microsomes: Array  # enzyme-bearing protein per gram of liver, relative to 35 years
    albumin: Array  # relative to a healthy adult of this age
    agp: Array  # alpha-1-acid glycoprotein, relative to a healthy adult
    gastric_ph: Array
    enzyme: Mapping[str, Array] = field(default_factory=dict)  # activity per gram of working liver, relative to adult

    @property
    def cardiac_output(self) -> Array:
        """L/h of blood, (B,)."""
        return self.flow["lung"]

    def enzyme_activity(self, name: str) -> Array:
        """Activity of an enzyme per gram of working liver relative to a healthy adult, (B,); 1 where nothing is
        known.
        """
        return self.enzyme.get(name, np.ones_like(self.gfr))


def body_surface(height: Array, weight: Array) -> Array:
    """Body surface in m2 (Mosteller 1987, doi:10.1056/NEJM198710223171717); height cm, weight kg."""
    return np.asarray(np.sqrt(height * weight / 3600.0))


def fat_free_mass(female: Array, age: Array, height: Array, weight: Array) -> Array:
    """Fat-free mass in kg, birth to old age; height cm, weight kg, age year.

    Janmahasatian 2005 (doi:10.2165/00003088-200544100-00004), with the maturation of Al-Sallami 2015
    (doi:10.1007/s40262-015-0277-z) below adult age.
    """
    bmi = weight / (height / 100.0) ** 2
    male = 9270.0 * weight / (6680.0 + 216.0 * bmi)
    woman = 9270.0 * weight / (8780.0 + 244.0 * bmi)
    years = np.maximum(age, 1e-3)
    male_maturity = 0.88 + 0.12 / (1.0 + (years / 13.4) ** -12.7)
    female_maturity = 1.11 - 0.11 / (1.0 + (years / 7.1) ** -1.1)
    male = np.where(age < ADULT, male * male_maturity, male)
    woman = np.where(age < ADULT, woman * female_maturity, woman)
    return np.asarray(female * woman + (1.0 - female) * male)


def build_individual(traits: Traits) -> Individual:
    """Scale the reference person of this sex and age to this height and weight.

    Adipose tissue follows the fat mass, the skin the body surface, the brain nothing, all else the remaining lean
    mass, so that the masses add up to the body weight (after Huisinga 2012, doi:10.1038/psp.2012.3, closed here on
    adipose tissue). Cardiac output follows the body surface, falling after 35 years; organ flows are shares of it.

    Raises:
        OutOfDomain: age below 18 or above 100 years, or a weight so far from the height that no fat or no muscle is
            left.
    """
    _check_range("age", traits.age, ADULT, OLDEST, "year")
    mass = _masses(traits)
    tables = reference_tables()
    volume = {tissue: mass[tissue] / tables.density[tissue] for tissue in TISSUES}
    blood = mass["blood"] / tables.density["blood"]
    volume["arterial"] = blood * tables.arterial_share
    volume["venous"] = blood - volume["arterial"]
    one = np.ones_like(blood)
    return Individual(
        traits=traits,
        mass=mass,
        volume=volume,
        flow=_flows(traits),
        haematocrit=one * (_reference(traits, "haematocrit") if traits.haematocrit is None else traits.haematocrit),
        gfr=one * (typical_gfr(traits) if traits.gfr is None else traits.gfr) * _L_H_PER_ML_MIN,
        portal_shunt=0.0 * one,
        functional_liver=one,
        microsomes=one * microsomes(traits.age),
        albumin=one * (1.0 if traits.albumin is None else traits.albumin / typical_albumin(traits.age)),
        agp=one * (1.0 if traits.agp is None else traits.agp / TYPICAL_AGP),
        gastric_ph=one * (FASTING_PH if traits.gastric_ph is None else traits.gastric_ph),
        enzyme={},
    )


def typical_gfr(traits: Traits) -> Array:
    """Glomerular filtration in mL/min of a healthy adult of this size and age, (B,).

    115 mL/min/1.73 m2, ageing from 30 years with half-time 54 years and Hill exponent 1.5 (Schlender 2016,
    doi:10.1007/s40262-016-0422-3).
    """
    ageing = 1.0 / (1.0 + (np.maximum(traits.age - 30.0, 0.0) / 54.0) ** 1.5)
    return np.asarray(115.0 * ageing * body_surface(traits.height, traits.weight) / 1.73)


def microsomes(age: Array) -> Array:
    """Microsomal protein per gram of liver relative to 35 years, shape of `age` (year).

    Barter 2008 (doi:10.1124/dmd.108.021311): 26 mg/g at birth, 40 at 30 years, 30 at 70.
    """
    return np.asarray(10.0 ** (_log_microsomes(age) - _log_microsomes(np.asarray(AGEING_FROM))))


def _log_microsomes(age: Array) -> Array:
    return np.asarray(1.407 + 0.0158 * age - 0.00038 * age**2 + 0.0000024 * age**3)


def typical_albumin(age: Array) -> Array:
    """Plasma albumin in g/L of a healthy adult, shape of `age` (year); Han 2025, equation 22."""
    return np.asarray(51.4 - 0.107 * age)


def _masses(traits: Traits) -> dict[str, Array]:
    reference = {tissue: _reference_mass(traits, tissue) for tissue in (*TISSUES, "blood")}
    height = _reference(traits, "height")
    weight = np.asarray(sum(reference.values()))
    fat = traits.weight - fat_free_mass(traits.female, traits.age, traits.height, traits.weight)
    reference_fat = weight - fat_free_mass(traits.female, traits.age, height, weight)
    adipose = reference["adipose"] * fat / reference_fat
    skin = reference["skin"] * body_surface(traits.height, traits.weight) / body_surface(height, weight)
    lean = traits.weight - adipose - skin - reference["brain"]
    reference_lean = weight - reference["adipose"] - reference["skin"] - reference["brain"]
    scale = lean / reference_lean
    if np.any(fat <= 0) or np.any(scale <= 0):
        value = f"{float(np.ravel(traits.weight)[0]):g} kg"
        raise OutOfDomain("weight", value, "a weight that fits the height", "a weight that fits the height")
    mass = {tissue: scale * reference[tissue] for tissue in reference}
    mass.update(adipose=adipose, skin=skin, brain=reference["brain"] * np.ones_like(scale))
    return mass


def _flows(traits: Traits) -> dict[str, Array]:
    bodies = reference_tables().bodies
    surface = body_surface(traits.height, traits.weight)
    reference_surface = body_surface(_reference(traits, "height"), _reference_weight(traits))
    output = _reference(traits, "cardiac_output") * surface / reference_surface * cardiac_ageing(traits.age, surface)
    shares = {
        tissue: traits.female * bodies[Sex.FEMALE].flow_share[tissue]
        + (1.0 - traits.female) * bodies[Sex.MALE].flow_share[tissue]
        for tissue in (*PORTAL, *PERFUSED, "liver")
    }
    flow = {tissue: share * output for tissue, share in shares.items()}
    flow["lung"] = output
    return flow


def cardiac_ageing(age: Array, surface: Array) -> Array:
    """Cardiac output relative to 35 years, (B,): 1.56 L/h less each year at 159 L/h per m2 (Han 2025, geriatric
    polynomial).
    """
    young = 159.0 * surface + 114.0 - 1.56 * AGEING_FROM
    return np.asarray(1.0 - 1.56 * np.maximum(age - AGEING_FROM, 0.0) / young)


def _reference(traits: Traits, column: str) -> Array:
    bodies = reference_tables().bodies
    female, male = (bodies[sex].at(traits.age, getattr(bodies[sex], column)) for sex in (Sex.FEMALE, Sex.MALE))
    return np.asarray(traits.female * female + (1.0 - traits.female) * male)


def _reference_mass(traits: Traits, tissue: str) -> Array:
    bodies = reference_tables().bodies
    female, male = (bodies[sex].at(traits.age, bodies[sex].mass[tissue]) for sex in (Sex.FEMALE, Sex.MALE))
    return np.asarray(traits.female * female + (1.0 - traits.female) * male)


def _reference_weight(traits: Traits) -> Array:
    return np.asarray(sum(_reference_mass(traits, tissue) for tissue in (*TISSUES, "blood")))


def _check_range(name: str, value: Array, low: float, high: float, unit: str) -> None:
    outside = (value < low) | (value > high) | ~np.isfinite(value)
    if np.any(outside):
        worst = float(np.ravel(value)[np.argmax(np.ravel(outside))])
        raise OutOfDomain(name, f"{worst:g} {unit}", f"{low:g} {unit}", f"{high:g} {unit}")
