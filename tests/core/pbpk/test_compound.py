from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from core.errors import DrugFileError
from core.pbpk.compound import load_compound

SHIPPED = Path(str(resources.files("resources") / "compounds"))
GEFITINIB = SHIPPED / "gefitinib.yaml"


@pytest.mark.parametrize("path", sorted(SHIPPED.rglob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_compound_reads_and_tells_what_was_fitted(path: Path) -> None:
    compound = load_compound(path)
    assert compound.path == path
    assert {"context_of_use", "fitted", "validation", "from_memory"} <= set(compound.card)
    assert np.linalg.eigvalsh(compound.omega).min() > 0


def test_gefitinib_carries_its_numbers_in_base_units() -> None:
    compound = load_compound(GEFITINIB)
    assert compound.enzymes == ("CYP3A4", "CYP2D6", "other")
    assert compound.molar_mass == 446.9  # US label
    assert compound.omega[0, 0] == pytest.approx(np.log(1 + 0.40**2))


@pytest.mark.parametrize(
    ("said", "released"),
    [
        ("Sporanox 100-mg caps", 2.11),
        ("Capsule Breakfast", 2.11),
        ("Capsule, fasted", 0.445),
        ("Sporanox Oral Solution . Fasted", 2.0),
        ("", 2.11),
    ],
)
def test_another_form_is_known_by_its_words(said: str, released: float) -> None:
    drug = load_compound(SHIPPED / "reference" / "itraconazole.yaml").taken_as(said)
    assert drug.absorption.gastric_emptying == released


def test_one_of_several_names_of_a_form_is_enough() -> None:
    drug = load_compound(SHIPPED / "reference" / "carbamazepine.yaml")
    slow, quick = (drug.taken_as(said).absorption.gastric_emptying for said in ("tablet", "syrup Tegretol"))
    assert slow < 0.2 < 2.0 < quick


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("CYP3A4: 353 L/h", "CYP3A4: 308", "cannot be read in L/h"),
        ("CYP3A4: 353 L/h", "CYP3A4: -353 L/h", "negative"),
        ("scalar: 3.42", "scalar: 3.4e0", "plain number"),
        ("scalar: 3.42", "scalar: 0", "positive"),
        ("scalar: 3.42", "scalar: 3.42\n  permeabilities: {kidney: 9 1/h}", "need the 'permeability'"),
        ("method: rodgers_rowland", "method: guess", "not one of"),
        ("fraction_unbound: 0.09", "fraction_unbound: 1.9", "between 0 and 1"),
        ("blood_to_plasma: 1.0", "blood_to_plasma: 0.3", "cannot be below"),
        ("filtration: 1\n", "filtration: 1\n  sweat: 2 L/h\n", "unknown key"),
        ("binding_protein: both", "binding_protein: both\n  log_p: 2.9", "stands twice"),
        (
            "  - with: phenytoin # no whole-body model of it here\n    enzyme: CYP3A4",
            "  - with: phenytoin\n    enzyme: CYP9Z9",
            "not one of",
        ),
    ],
)
def test_a_mistake_in_the_file_is_refused_with_its_line(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    text = GEFITINIB.read_text(encoding="utf-8")
    assert text.count(old) == 1
    (tmp_path / "broken.yaml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(DrugFileError, match=complaint) as caught:
        load_compound(tmp_path / "broken.yaml")
    assert caught.value.line > 0
