"""What was published about a drug given beside and no model describes: told with its numbers, not reckoned with."""

from dataclasses import replace
from pathlib import Path

import pytest

from core import session
from core.clinic.case import Case
from core.clinic.case_file import load_case
from core.clinic.level import CoMedication
from core.drugs.library import load_model, resources_folder
from core.errors import DrugFileError
from core.report.wording import LANGUAGES, Wording

CASE = resources_folder() / "examples" / "digoxin_heart_failure_kidney_disease.case.json"


def beside(drug: str) -> Case:
    return replace(load_case(CASE), co_medication=(CoMedication(drug, 0.0),))


def said(drug: str, language: str = "en") -> list[str]:
    case = beside(drug)
    alerts = session.recommend(case, session.individualise(case)).alerts
    return [Wording(language).alert(alert) for alert in alerts if alert.values.get("drug") == drug]


def test_the_published_change_of_the_exposure_is_told() -> None:
    """Digoxin by mouth with verapamil in six study arms: 0.96 to 1.70."""
    assert any("0.96 to 1.7" in sentence for sentence in said("verapamil"))
    assert any("2.57" in sentence for sentence in said("dronedarone"))
    assert any("0.96 至 1.7" in sentence for sentence in said("verapamil", "zh_CN"))


def test_it_does_not_change_the_numbers() -> None:
    doses = []
    for drug in ("verapamil", "furosemide"):
        case = beside(drug)
        doses.append(session.recommend(case, session.individualise(case)).options[0].attainment.value)
    assert doses[0] == doses[1]


def test_what_the_model_knows_or_nobody_reported_is_said_as_before() -> None:
    assert said("amiodarone") == [text for text in said("amiodarone") if "published" not in text]
    assert any("is not in the model" in text and "published" not in text for text in said("paracetamol"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_messages_stand_in_both_languages(language: str) -> None:
    wording = Wording(language)
    assert wording.gaps("co_medication_reported") == {"drug", "low", "high"}
    assert wording.gaps("co_medication_reported_once") == {"drug", "factor"}


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("exposure: [0.96, 1.7]", "exposure: [1.7, 0.96]", "larger one second"),
        ("exposure: [0.96, 1.7]", "exposure: [0, 1.7]", "above 0"),
        ("with: clarithromycin", "with: verapamil", "stands twice"),
    ],
)
def test_a_mistake_in_the_file_is_refused(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    for name in ("digoxin.common.yaml", "digoxin.hirai2022.yaml"):
        text = (resources_folder() / "drugs" / name).read_text("utf-8")
        (tmp_path / name).write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(DrugFileError, match=complaint):
        load_model(tmp_path / "digoxin.hirai2022.yaml")
