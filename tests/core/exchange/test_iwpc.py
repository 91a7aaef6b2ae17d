"""The consortium's patients, from a copy that lies beside the repository or not at all."""

from pathlib import Path

import numpy as np
import pytest

from core.clinic.genotype import Vkorc1
from core.errors import InputError
from core.exchange.iwpc import NAMES, read_iwpc, vkorc1_of
from tests.conftest import SHARED

DATA = SHARED / "data" / "iwpc" / "iwpc_dev.csv"
here = pytest.mark.skipif(not DATA.exists(), reason="the consortium's data are not at hand")


@here
def test_the_published_equation_is_as_good_as_the_paper_says() -> None:
    # N Engl J Med 2009;360:753, derivation cohort: mean absolute error 8.3 mg/week, R2 0.47; appendix S10: within 20 %
    # in 46.0 % of 5052 patients. These are 3759 of the same patients.
    table = read_iwpc(DATA)
    away = np.abs(table.published - table.dose)
    assert np.isfinite(away).all()
    assert away.mean() == pytest.approx(8.3, abs=0.15)
    assert (away <= 0.2 * table.dose).mean() == pytest.approx(0.46, abs=0.01)
    assert np.corrcoef(table.published, table.dose)[0, 1] ** 2 == pytest.approx(0.47, abs=0.015)


@here
def test_every_patient_is_read_with_every_feature() -> None:
    table = read_iwpc(DATA)
    assert table.features.shape == (3759, len(NAMES))
    gaps = np.isnan(table.features).any(axis=0)
    assert {name for name, gap in zip(NAMES, gaps, strict=True) if gap} <= {"height", "weight", "female", "target_inr"}


def test_a_neighbouring_variant_stands_in_except_where_the_appendix_forbids_it() -> None:
    white = {"Race (OMB)": "White", "VKORC1 2255 consensus": "T/T"}
    black = {"Race (OMB)": "Black or African American", "VKORC1 2255 consensus": "T/T"}
    assert vkorc1_of(white) is Vkorc1.AA
    assert vkorc1_of(black) is None
    assert vkorc1_of({**black, "VKORC1 1173 consensus": "C/T"}) is Vkorc1.AG
    assert vkorc1_of({**white, "VKORC1 -1639 consensus": "G/G"}) is Vkorc1.GG


def test_a_table_of_something_else_is_refused_with_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("ID,TIME,DV\n1,0,2\n", "utf-8")
    with pytest.raises(InputError) as refusal:
        read_iwpc(path)
    assert refusal.value.reason == "columns_missing"
    assert "Project Site" in str(refusal.value.values["names"])
