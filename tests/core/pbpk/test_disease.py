import numpy as np
import pytest

from core.clinic.patient import Sex
from core.pbpk.disease import ChildPugh, with_liver_disease
from core.pbpk.individual import Traits, build_individual
from core.pbpk.physiology import PERFUSED, PORTAL


def person() -> Traits:
    return Traits.of(Sex.MALE, 50, 175, 75)


@pytest.mark.parametrize("grade", list(ChildPugh))
def test_flows_still_add_up_to_the_raised_cardiac_output(grade: ChildPugh) -> None:
    """Cardiac output 1.11, 1.27, 1.36 (Edginton and Willmann 2008)."""
    healthy = build_individual(person())
    ill = with_liver_disease(healthy, grade)
    raised = {"A": 1.11, "B": 1.27, "C": 1.36}[grade]
    total = sum(ill.flow[tissue] for tissue in (*PORTAL, *PERFUSED, "liver"))
    assert total == pytest.approx(ill.cardiac_output, rel=1e-12)
    assert ill.cardiac_output == pytest.approx(raised * healthy.cardiac_output)


def test_enzyme_and_working_volume_multiply() -> None:
    """Class B: CYP3A4 0.4 per gram and 0.55 of the liver's volume (PK-Sim's tables)."""
    ill = with_liver_disease(build_individual(person()), ChildPugh.B)
    assert (ill.enzyme_activity("CYP3A4") * ill.functional_liver)[0] == pytest.approx(0.22)
    assert ill.enzyme_activity("unheard of")[0] == 1.0


def test_shunted_blood_goes_past_the_liver_and_is_not_lost() -> None:
    healthy = build_individual(person())
    ill = with_liver_disease(healthy, ChildPugh.C)
    assert ill.portal_shunt[0] == pytest.approx(0.96)
    assert all((ill.flow[tissue] == healthy.flow[tissue]).all() for tissue in PORTAL)


def test_a_measured_filtration_is_not_lowered_again() -> None:
    traits = Traits(np.zeros(1), *(np.array([value]) for value in (50.0, 175.0, 75.0)), gfr=np.array([40.0]))
    assert with_liver_disease(build_individual(traits), ChildPugh.C).gfr[0] == pytest.approx(2.4)
