from importlib import resources
from pathlib import Path

import pytest

from core.clinic.patient import Sex
from core.clinic.regimen import Route
from core.pbpk.compound import load_compound
from core.pbpk.individual import Traits, build_individual
from core.pbpk.kinetics import kinetics
from core.pbpk.sensitivity import sensitivities
from core.pbpk.whole_body import build

BODY = build(load_compound(Path(str(resources.files("resources") / "compounds" / "gefitinib.yaml"))))
PERSON = build_individual(Traits.of(Sex.FEMALE, 71, 155, 48))


def test_the_strongest_stands_first_and_everything_that_matters_is_listed() -> None:
    found = sensitivities(BODY, PERSON, {}, Route.ORAL, 24.0)
    strengths = [max(abs(item.area), abs(item.trough)) for item in found]
    assert strengths == sorted(strengths, reverse=True)
    assert {"enzyme_CYP3A4", "liver_blood_flow", "tissue_binding", "absorption_rate"} <= {
        item.parameter for item in found
    }
    assert found[0].parameter in {"liver_size", "unbound_fraction"}


def test_slopes_are_those_of_the_closed_form() -> None:
    """Oral area of a well-stirred liver is Fa D / (fu CLint): slope -1 on all enzymes, less what is filtered."""
    found = {item.parameter: item for item in sensitivities(BODY, PERSON, {}, Route.ORAL, 24.0)}
    rates = BODY.rates(PERSON, {}, {})
    renal = (PERSON.gfr * BODY.fraction_unbound(PERSON) / kinetics(BODY, PERSON, rates).clearance)[0]
    enzymes = sum(item.area for name, item in found.items() if name.startswith("enzyme_"))
    assert enzymes == pytest.approx(found["liver_size"].area, abs=2e-3)
    assert enzymes == pytest.approx(-1.0 + renal, abs=0.02)
    assert found["tissue_binding"].area == pytest.approx(0.0, abs=1e-3)  # volume does not change an area
    assert found["tissue_binding"].trough > 0.05


def test_an_inhibited_enzyme_matters_less() -> None:
    plain, inhibited = (
        {item.parameter: item.area for item in sensitivities(BODY, PERSON, activity, Route.ORAL, 24.0)}
        for activity in ({}, {"CYP3A4": 0.18})
    )
    assert abs(inhibited["enzyme_CYP3A4"]) < 0.5 * abs(plain["enzyme_CYP3A4"])
    assert abs(inhibited["enzyme_CYP2D6"]) > abs(plain["enzyme_CYP2D6"])
