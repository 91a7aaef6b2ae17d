"""One person's organs: volumes that add up to the body weight, flows that add up to the cardiac output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from core.clinic.patient import Sex
from core.errors import OutOfDomain
from core.pbpk.development import adult_albumin, enzyme_maturity, gut_cyp3a, microsomes, protein_maturity, typical_gfr
from core.pbpk.physiology import TISSUES, Array, reference_tables
from core.pbpk.scaling import body_surface, organ_flows, organ_masses, reference_value

OLDEST = 100.0  # year
FASTING_PH = 1.5  # of an adult's stomach
# h. Ours: of 0, 0.5, 0.75 and 1 the one at which the fitted studies that gave a meal (dapagliflozin, Komoroski 2009;
# midazolam, Bornemann 1986) lie nearest to the predicted curves.
MEAL = 0.5
ADULT_AGP = 0.7  # g/L (Johnson 2006, doi:10.2165/00003088-200645090-00005)
_L_H_PER_ML_MIN = 0.06


@dataclass(frozen=True)
class Traits:
    """What is known of one person or of a batch; every field broadcasts to (B,).

    What may be None was not measured: the reference of sex and age holds.
    """

    female: Array  # 1 for female, 0 for male
    age: Array  # year, born at term
    height: Array  # cm
    weight: Array  # kg
    east_asian: Array | float = 0.0  # 1 for East Asian, 0 for European ancestry: some organs, and what a compound tells
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
    binding_loss: Array  # factor on the unbound fraction beside what albumin and glycoprotein explain (uraemia)
    gastric_ph: Array
    gastric_emptying: Array  # factor on its rate
    intestinal_transit: Array  # factor on its rate
    meal: Array = field(default_factory=lambda: np.zeros(1))  # h: mean time a meal adds in the stomach; 0 is fasted
    enzyme: Mapping[str, Array] = field(default_factory=dict)  # activity per mg of that protein, relative to adult

    @property
    def cardiac_output(self) -> Array:
        """L/h of blood, (B,)."""
        return self.flow["lung"]

    def after_a_meal(self) -> Individual:
        """The same body with a meal in the stomach."""
        return replace(self, meal=np.full_like(self.gfr, MEAL))

    def enzyme_activity(self, name: str) -> Array:
        """Activity of an enzyme per mg of microsomal protein relative to an adult, (B,); 1 where nothing is known."""
        return self.enzyme.get(name, np.ones_like(self.gfr))

    def gut_activity(self, name: str) -> Array:
        """Activity of an enzyme in the gut wall relative to an adult, (B,); only CYP3A4 is known to ripen there.

        Source: Johnson 2006 (doi:10.2165/00003088-200645090-00005).
        """
        age = self.traits.age
        return gut_cyp3a(age) if name == "CYP3A4" else np.ones_like(age)


def build_individual(traits: Traits) -> Individual:
    """Scale the reference person of this sex and age to this height and weight.

    Masses and flows as in `core.pbpk.scaling`, ageing and ripening as in `core.pbpk.development`.

    Raises:
        OutOfDomain: age below 0 or above 100 years, or a weight so far from the height that no fat or no lean mass is
            left.
    """
    _check_range("age", traits.age, 0.0, OLDEST, "year")
    body = (traits.female, traits.age, traits.height, traits.weight)
    mass, density = organ_masses(*body, traits.east_asian), reference_tables().density
    volume = {tissue: mass[tissue] / density[tissue] for tissue in TISSUES}
    blood = mass["blood"] / density["blood"]
    volume["arterial"] = blood * reference_tables().arterial_share
    volume["venous"] = blood - volume["arterial"]
    one = np.ones_like(blood)
    haematocrit = reference_value(traits.female, traits.age, "haematocrit")
    gfr = typical_gfr(traits.age, traits.weight, body_surface(traits.height, traits.weight))
    albumin, agp = protein_maturity(traits.age)
    return Individual(
        traits=traits,
        mass=mass,
        volume=volume,
        flow=organ_flows(*body),
        haematocrit=one * (haematocrit if traits.haematocrit is None else traits.haematocrit),
        gfr=one * (gfr if traits.gfr is None else traits.gfr) * _L_H_PER_ML_MIN,
        portal_shunt=0.0 * one,
        functional_liver=one,
        microsomes=one * microsomes(traits.age),
        albumin=one * (albumin if traits.albumin is None else traits.albumin / adult_albumin(traits.age)),
        agp=one * (agp if traits.agp is None else traits.agp / ADULT_AGP),
        binding_loss=one,
        gastric_ph=one * (FASTING_PH if traits.gastric_ph is None else traits.gastric_ph),
        gastric_emptying=one,
        intestinal_transit=one,
        enzyme={name: one * value for name, value in enzyme_maturity(traits.age).items()},
    )


def _check_range(name: str, value: Array, low: float, high: float, unit: str) -> None:
    outside = (value < low) | (value > high) | ~np.isfinite(value)
    if np.any(outside):
        worst = float(np.ravel(value)[np.argmax(np.ravel(outside))])
        raise OutOfDomain(name, f"{worst:g} {unit}", f"{low:g} {unit}", f"{high:g} {unit}")
