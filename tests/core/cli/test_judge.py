"""`judge`: a regimen of one's own from the command line says what the recommendation says of the same regimen."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from core import session
from core.cli.run import run
from core.clinic.case_file import load_case

EXAMPLES = Path(__file__).resolve().parents[3] / "resources" / "examples"
VANCOMYCIN = str(EXAMPLES / "vancomycin_falling_renal_function.case.json")
WARFARIN = str(EXAMPLES / "warfarin_amiodarone.case.json")
GEFITINIB = str(EXAMPLES / "gefitinib_itraconazole.case.json")
DAILY = ("--every", "24 h")
INFUSED = ("--every", "12 h", "--over", "1.5 h")


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    status = run(["judge", *words, "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_a_recommended_regimen_is_judged_alike(capsys: pytest.CaptureFixture[str]) -> None:
    case = load_case(VANCOMYCIN)
    offered = session.recommend(case, session.individualise(case)).options[0]
    regimen = offered.regimen
    status, document = answer(
        capsys,
        VANCOMYCIN,
        *("--dose", f"{regimen.amount:g} mg", "--every", f"{regimen.every:g} h", "--over", f"{regimen.duration:g} h"),
        *("--wait", f"{regimen.first_dose - case.now:g} h"),
    )
    (option,) = document["options"]
    assert status == 0
    assert option["attainment"]["value"] == offered.attainment.value
    assert [risk["value"] for risk in option["toxicity"]] == [risk.chance.value for risk in offered.risks]
    assert document["target"]["kind"] == "auc24"
    assert document["basis"]["samples"] == 500
    assert any(alert["id"] == "creatinine_changing" or "creatinine" in alert["about"] for alert in document["alerts"])


def test_the_dose_for_the_target_puts_the_median_on_its_middle(capsys: pytest.CaptureFixture[str]) -> None:
    """The exact dose, judged in its turn, has a median exposure of sqrt(400 x 600), to the step of the search."""
    _, found = answer(capsys, VANCOMYCIN, "--on-target", *INFUSED)
    exact = found["exact"]
    assert found["options"][0]["amount"] == min((250.0, 500.0, 750.0), key=lambda dose: abs(math.log(dose / exact)))
    _, judged = answer(capsys, VANCOMYCIN, "--dose", f"{exact:.6f} mg", *INFUSED)
    assert judged["options"][0]["exposure"]["auc24"]["value"] == pytest.approx((400.0 * 600.0) ** 0.5, rel=0.03)


def test_a_week_of_unequal_doses_begins_on_the_day_of_the_first_dose(capsys: pytest.CaptureFixture[str]) -> None:
    status, document = answer(capsys, WARFARIN, "--dose", "2.5/2/2/2/2/2/0 mg", *DAILY)
    (option,) = document["options"]
    assert status == 0
    assert option["week"] == {
        "monday": 2.5,
        **dict.fromkeys(("tuesday", "wednesday", "thursday", "friday", "saturday"), 2.0),
        "sunday": 0.0,
    }
    assert option["in_turn"][0] == 2.0  # the case is on a Tuesday


def test_what_breaks_a_limit_is_judged_and_is_no_safe_answer(capsys: pytest.CaptureFixture[str]) -> None:
    status, document = answer(capsys, VANCOMYCIN, "--dose", "6000 mg", *INFUSED)
    said = [limit["id"] for limit in document["options"][0]["limits"]]
    assert status == 3
    assert "dose_not_givable" in said
    assert any(limit["severity"] == "stop" for limit in document["options"][0]["limits"])


def test_nothing_is_judged_where_nothing_would_be_recommended(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A level before the first dose asks a question that stops; no chance is shown, nor a dose for the target."""
    document = json.loads(Path(VANCOMYCIN).read_text("utf-8"))
    document["levels"][0]["time"] = -2
    file = tmp_path / "stopped.case.json"
    file.write_text(json.dumps(document), "utf-8")
    case = load_case(file)
    blocked = session.recommend(case, session.individualise(case))
    assert blocked.has_stop, "the example no longer stops"
    for words in (("--dose", "500 mg"), ("--on-target",)):
        status, judged = answer(capsys, str(file), *words, *INFUSED)
        assert (status, judged["outcome"], judged["options"]) == (3, "blocked", [])
        assert judged.get("exact") is None


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("--dose", "750", *INFUSED), "--dose"),
        (("--dose", "0 mg", *INFUSED), "--dose"),
        (("--dose", "-5 mg", *INFUSED), "--dose"),
        (("--dose", "nan mg", *INFUSED), "--dose"),
        (("--dose", "750 mL", *INFUSED), "unit"),
        (("--dose", "10000 g", *INFUSED), "--dose"),
        (("--dose", "750 mg", "--every", "12", "--over", "1 h"), "--every"),
        (("--dose", "750 mg", "--every", "0.1 h", "--over", "0 h"), "--every"),
        (("--dose", "750 mg", "--every", "12 h"), "--over"),
        (("--dose", "750 mg", "--every", "12 h", "--over", "13 h"), "--over"),
        (("--dose", "750 mg", *INFUSED, "--wait", "-1 h"), "--wait"),
        (("--dose", "750 mg", *DAILY, "--route", "oral"), "--route"),
        (("--dose", "5/5 mg", *DAILY, "--over", "0 h"), "--dose"),
        (("--dose", "5/5/5/5/5/5/5", *DAILY, "--over", "0 h"), "--dose"),
        (("--dose", "5/5/5/5/5/5/9999999 mg", *DAILY, "--over", "0 h"), "--dose"),
        (("--dose", "5/5/5/5/5/5/5 mg", *INFUSED), "--every"),
    ],
)
def test_bad_input_names_the_field(capsys: pytest.CaptureFixture[str], words: tuple[str, ...], field: str) -> None:
    status, document = answer(capsys, VANCOMYCIN, *words)
    assert status == 2
    assert document["error"]["field"] == field
    assert "{" not in document["error"]["message"]


def test_an_oral_drug_takes_no_infusion_time(capsys: pytest.CaptureFixture[str]) -> None:
    status, document = answer(capsys, WARFARIN, "--dose", "5 mg", *DAILY, "--over", "1 h")
    assert (status, document["error"]["field"]) == (2, "--over")


def test_the_lines_say_it_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["judge", WARFARIN, "--on-target", *DAILY]) == 0
    assert "Exactly on the target: 1." in capsys.readouterr().out
    assert run(["judge", WARFARIN, "--on-target", *DAILY, "--lang", "zh_CN"]) == 0
    assert "恰好达到目标" in capsys.readouterr().out
