"""What the covariates of a case make of the body of a whole-body model."""

import datetime as dt

import numpy as np
import pytest

from core import session
from core.clinic.case import Case
from core.clinic.covariate import CovariateValue
from core.clinic.patient import Patient, Sex
from core.clinic.regimen import Dose, Route
from core.drugs.pbpk_model import BoundPbpkModel, PbpkModel
from core.pbpk.individual import Individual
from core.units import Quantity


def bound(
    creatinine: float | None, *, age: float = 60.0, grade: str = "", haematocrit: float | None = None
) -> BoundPbpkModel:
    """A man of 170 cm and 70 kg; creatinine in umol/L."""
    values: list[tuple[str, Quantity | str]] = [("weight", Quantity(70.0, "kg")), ("height", Quantity(170.0, "cm"))]
    if creatinine is not None:
        values.append(("serum_creatinine", Quantity(creatinine, "umol/L")))
    if grade:
        values.append(("child_pugh", grade))
    if haematocrit is not None:
        values.append(("haematocrit", Quantity(haematocrit, "%")))
    model = session.library().model("gefitinib.pbpk")
    assert isinstance(model, PbpkModel)
    return model.bind(
        Case(
            Patient("1", Sex.MALE, age=age),
            "gefitinib",
            dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
            covariates=tuple(CovariateValue(name, value) for name, value in values),
        )
    )


def person(item: BoundPbpkModel) -> Individual:
    return item.segments[0][1]


def clearance(creatinine: float) -> float:
    """Cockcroft and Gault 1976 by hand, mL/min/1.73 m2, at 60 years, 70 kg, 170 cm (Mosteller)."""
    return 80.0 * 70.0 * 1.23 / creatinine * 1.73 / np.sqrt(170.0 * 70.0 / 3600.0)


@pytest.mark.parametrize(
    ("creatinine", "unbound", "emptying"), [(150.0, 1.07, 1.0), (300.0, 1.16, 1.6), (600.0, 1.55, 1.6)]
)
def test_a_failing_kidney_changes_binding_and_stomach_by_its_stage(
    creatinine: float, unbound: float, emptying: float
) -> None:
    """Malik 2020: stages 3, 4 and 5."""
    stages = {1.07: (30.0, 60.0), 1.16: (15.0, 30.0), 1.55: (0.0, 15.0)}
    low, high = stages[unbound]
    assert low < clearance(creatinine) < high
    ill, well = person(bound(creatinine)), person(bound(80.0))
    assert ill.binding_loss[0] == pytest.approx(unbound)
    assert 1.0 / ill.gastric_emptying[0] == pytest.approx(emptying)
    assert ill.mass["kidney"][0] < well.mass["kidney"][0]
    assert ill.haematocrit[0] < well.haematocrit[0]
    assert ill.gfr[0] == pytest.approx(80.0 * 70.0 * 1.23 / creatinine * 0.06, rel=0.01)  # the measured one is kept
    assert sum(ill.mass.values())[0] == pytest.approx(70.0)


def test_it_is_said_that_the_clearance_is_taken_as_chronic() -> None:
    found = [alert for alert in bound(300.0).findings if alert.id == "kidney_taken_as_chronic"]
    assert len(found) == 1
    assert found[0].values["value"].startswith(f"{clearance(300.0):.1f}")


@pytest.mark.parametrize("creatinine", [None, 80.0])
def test_a_kidney_that_works_or_is_not_known_changes_nothing(creatinine: float | None) -> None:
    item = bound(creatinine)
    assert person(item).binding_loss[0] == 1.0
    assert not [alert for alert in item.findings if alert.id == "kidney_taken_as_chronic"]


def test_a_measured_haematocrit_is_kept() -> None:
    assert person(bound(300.0, haematocrit=38.0)).haematocrit[0] == pytest.approx(0.38)


def test_kidney_and_liver_may_fail_together() -> None:
    both, liver, kidney = person(bound(300.0, grade="B")), person(bound(80.0, grade="B")), person(bound(300.0))
    assert both.binding_loss[0] == kidney.binding_loss[0]
    assert both.functional_liver[0] == liver.functional_liver[0]
    assert both.mass["kidney"][0] == pytest.approx(kidney.mass["kidney"][0])
    assert (np.array([flow[0] for flow in both.flow.values()]) > 0).all()


def test_less_binding_lowers_the_total_concentration_of_a_cleared_drug() -> None:
    doses = [Dose(0.0, Quantity(250.0, "mg"), Route.ORAL, every=Quantity(24.0, "h"), count=10)]
    well, ill = (
        item.concentrations(np.zeros((1, len(item.model.etas))), doses, np.array([239.0]))[0, 0]
        for item in (bound(80.0), bound(600.0))
    )
    assert 0.5 < ill / well < 0.95
