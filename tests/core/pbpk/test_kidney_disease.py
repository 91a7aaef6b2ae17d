from dataclasses import replace

import numpy as np
import pytest

from core.clinic.patient import Sex
from core.errors import OutOfDomain
from core.pbpk.individual import Traits, build_individual
from core.pbpk.kidney_disease import with_kidney_disease
from core.pbpk.physiology import PERFUSED, PORTAL

HEALTHY = build_individual(Traits.of(Sex.MALE, 50, 175, 75))
EGFR = np.array([100.0, 75.0, 45.0, 20.0, 10.0])


def test_mass_and_blood_flow_stay_whole() -> None:
    ill = with_kidney_disease(HEALTHY, EGFR)
    assert sum(ill.mass.values()) == pytest.approx(np.full(5, 75.0), rel=1e-12)
    supplied = sum(ill.flow[tissue] for tissue in (*PORTAL, *PERFUSED, "liver"))
    assert supplied == pytest.approx(np.full(5, HEALTHY.cardiac_output[0]), rel=1e-12)


def test_the_kidney_shrinks_and_filters_what_was_said() -> None:
    """Size exp(-6.3e-5 G^2 + 0.0149 G + 4.13) against healthy (Malik 2020); filtration scaled from 1.73 m2."""
    ill = with_kidney_disease(HEALTHY, EGFR)
    assert ill.mass["kidney"][0] == pytest.approx(HEALTHY.mass["kidney"][0])
    expected = np.exp(-6.3e-5 * (20.0**2 - 100.0**2) + 0.0149 * (20.0 - 100.0))
    assert ill.mass["kidney"][3] / HEALTHY.mass["kidney"][0] == pytest.approx(expected)
    assert ill.gfr[3] == pytest.approx(20 * np.sqrt(175 * 75 / 3600) / 1.73 * 0.06)
    assert (np.diff(ill.gfr) < 0).all()


def test_binding_emptying_and_blood_change_by_stage() -> None:
    """Unbound 1.07, 1.16, 1.55 in stages 3, 4, 5; emptying 1.6 times slower from 4; haematocrit 34.3 % below 20."""
    ill = with_kidney_disease(HEALTHY, EGFR)
    assert ill.binding_loss == pytest.approx([1.0, 1.0, 1.07, 1.16, 1.55])
    assert 1.0 / ill.gastric_emptying == pytest.approx([1.0, 1.0, 1.0, 1.6, 1.6])
    assert 1.0 / ill.intestinal_transit == pytest.approx([1.0, 1.0, 1.0, 1.4, 1.4])
    assert ill.haematocrit == pytest.approx([0.455, 0.455, 0.433, 0.343, 0.343])


def test_measured_values_are_kept() -> None:
    traits = replace(Traits.of(Sex.MALE, 50, 175, 75), gfr=np.array([22.0]), haematocrit=np.array([0.40]))
    ill = with_kidney_disease(build_individual(traits), np.array([20.0]))
    assert (ill.gfr[0], ill.haematocrit[0]) == pytest.approx((22.0 * 0.06, 0.40))


@pytest.mark.parametrize(("age", "egfr"), [(12.0, 40.0), (40.0, 0.0)])
def test_what_the_tables_do_not_cover_is_refused(age: float, egfr: float) -> None:
    person = build_individual(Traits.of(Sex.FEMALE, age, 155, 48))
    with pytest.raises(OutOfDomain):
        with_kidney_disease(person, np.array([egfr]))
