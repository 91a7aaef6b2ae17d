"""`import` and `export` from the command line: what is written, what is said, which status."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.cli.run import run
from core.clinic.case_file import load_case
from core.clinic.regimen import expand

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "resources" / "examples"
VANCOMYCIN = EXAMPLES / "vancomycin_falling_renal_function.case.json"
GEFITINIB = EXAMPLES / "gefitinib_itraconazole.case.json"
MAPPING = """
schema: dosewright.mapping/1
confirmed: yes
drug: vancomycin
routes: {1: intravenous}
columns:
  weight: {column: WT, unit: kg}
  sex: {column: SEX, codes: {0: male, 1: female}}
  age: {value: 60 year}
"""
TABLE = """ID,TIME,AMT,DV,CMT,WT,SEX
1,0,1000,.,1,70,0
1,8,.,12.5,1,70,0
1,9,.,abc,1,70,0
2,0,750,.,1,48,1
2,11,.,9,1,48,1
"""


def answer(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, Any, str]:
    status = run([*map(str, words), "--json"])
    captured = capsys.readouterr()
    return status, json.loads(captured.out), captured.err


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "table.csv").write_text(TABLE, "utf-8")
    (tmp_path / "map.yaml").write_text(MAPPING, "utf-8")
    return tmp_path


@pytest.mark.parametrize("kind", ["nonmem", "fhir"])
@pytest.mark.parametrize("case", [VANCOMYCIN, GEFITINIB], ids=lambda path: path.name)
def test_an_exported_case_is_imported_again(
    kind: str, case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    middle, back = tmp_path / "middle", tmp_path / "back.case.json"
    status, document, _ = answer(capsys, "export", kind, case, "-o", middle)
    assert (status, document["cases"]) == (0, 1)
    drug = load_case(case).drug
    status, document, _ = answer(capsys, "import", kind, middle, "-o", back, "--drug", drug)
    assert (status, document["cases"], document["counts"]["rejected"]) == (0, 1, 0)
    first, second = load_case(case), load_case(back)
    assert second.patient == first.patient
    assert [(dose.time, dose.milligrams, dose.hours) for dose in expand(second.given_doses)] == [
        (dose.time, dose.milligrams, dose.hours) for dose in expand(first.given_doses)
    ]
    assert [(level.time, level.value.value) for level in second.levels] == [
        (level.time, level.value.value) for level in first.levels
    ]


def test_several_subjects_become_a_folder_with_its_data_sheet(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = files / "cases"
    status, document, _ = answer(
        capsys, "import", "nonmem", files / "table.csv", "--map", files / "map.yaml", "-o", out
    )
    assert (status, document["cases"]) == (0, 2)
    assert document["counts"] == {"read": 5, "skipped": 0, "changed": 0, "flagged": 0, "rejected": 1}
    assert sorted(item.name for item in out.iterdir()) == ["case_1.case.json", "case_2.case.json", "data_sheet.csv"]
    assert load_case(out / "case_2.case.json").levels[0].value.value == 9.0
    with (out / "data_sheet.csv").open(encoding="utf-8", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["row"], row["field"], row["action"]) == ("4", "DV", "rejected")
    assert row["message"] == "“abc” is not a number. Correct the cell."
    status, document, _ = answer(
        capsys, "import", "nonmem", files / "table.csv", "--map", files / "map.yaml", "-o", out
    )
    assert (status, document["error"]["reason"]) == (2, "exchange_folder_not_empty")


def test_several_subjects_do_not_fit_one_file_and_nothing_is_left_behind(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(files.iterdir())
    status, document, _ = answer(
        capsys, "import", "nonmem", files / "table.csv", "--map", files / "map.yaml", "-o", files / "one.json"
    )
    assert (status, document["error"]["reason"]) == (2, "exchange_several_cases")
    assert sorted(files.iterdir()) == before


def test_a_table_that_breaks_off_leaves_no_half_folder(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (files / "table.csv").write_text(TABLE + '3,0,"1000', "utf-8")
    before = sorted(files.iterdir())
    status, document, _ = answer(
        capsys, "import", "nonmem", files / "table.csv", "--map", files / "map.yaml", "-o", files / "cases"
    )
    assert (status, document["error"]["reason"]) == (2, "exchange_cut_off")
    assert sorted(files.iterdir()) == before


def test_when_no_case_can_be_made_the_status_says_so_and_the_reasons_are_given(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (files / "table.csv").write_text("ID,TIME,AMT,DV,CMT,WT,SEX\n1,0,-5,.,1,70,0\n", "utf-8")
    status, document, error = answer(
        capsys, "import", "nonmem", files / "table.csv", "--map", files / "map.yaml", "-o", files / "x.json"
    )
    assert (status, document["cases"]) == (2, 0)
    assert [item["reason"] for item in document["remarks"]] == ["negative"]
    assert "Nothing could be taken over" in error
    assert not (files / "x.json").exists()


def test_a_draft_is_refused_until_it_is_completed_and_confirmed(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draft = files / "draft.yaml"
    status, document, _ = answer(
        capsys, "import", "nonmem", files / "table.csv", "--draft", draft, "--drug", "vancomycin"
    )
    assert (status, document["unexplained"]) == (0, [])
    words = ("import", "nonmem", files / "table.csv", "-o", files / "out", "--map", draft)
    _, document, _ = answer(capsys, *words)
    assert document["error"]["reason"] == "exchange_mapping_unconfirmed"
    text = draft.read_text("utf-8").replace("confirmed: no", "confirmed: yes")
    draft.write_text(text, "utf-8")
    _, document, _ = answer(capsys, *words)
    assert document["error"]["reason"] == "exchange_mapping"
    text = text.replace("'0': '?', '1': '?'", "'0': male, '1': female")
    text = text.replace("{time: '?', amount: '?', level: '?'}", "{time: h, amount: mg, level: mg/L}")
    text = text.replace("default: oral", "1: intravenous")
    draft.write_text(text + "  age: {value: 60 year}\n", "utf-8")
    status, document, _ = answer(capsys, *words)
    assert (status, document["cases"]) == (0, 2)


def test_a_hospital_table_is_drafted_cleaned_and_turned_into_cases(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, draft = tmp_path / "ward.csv", tmp_path / "m.yaml"
    table.write_text("id,sex,age,wt,time,dose\nA,m,50,=1+1,0,500\nB,f,51,60,0,250\n", "utf-8")
    assert run(["import", "table", str(table), "--draft", str(draft), "--drug", "vancomycin"]) == 0
    text = (
        draft.read_text("utf-8")
        .replace("confirmed: no", "confirmed: yes")
        .replace("'f': '?', 'm': '?'", "f: female, m: male")
    )
    draft.write_text(text.replace("column: 'dose', unit: '?'", "column: 'dose', unit: mg"), "utf-8")
    capsys.readouterr()
    clean = tmp_path / "clean.csv"
    status, document, _ = answer(
        capsys, "import", "table", table, "--map", draft, "-o", clean, "--sheet", tmp_path / "s.csv"
    )
    assert (status, document["counts"]["rejected"]) == (0, 1)
    assert "A,0,500,male,50,," in clean.read_text("utf-8")
    assert "“=1+1”" in (tmp_path / "s.csv").read_text("utf-8")
    status, document, _ = answer(capsys, "import", "table", table, "--map", draft, "-o", tmp_path / "cases")
    assert (status, document["cases"]) == (0, 2)


def test_signals_are_written_with_their_measures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for kind, rows in (
        ("DEMO", "primaryid$caseid$fda_dt\n11$1$20220101\n21$2$20220101\n31$3$20220101\n41$4$20220101\n"),
        ("DRUG", "primaryid$caseid$role_cod$drugname$prod_ai\n11$1$PS$A$IMATINIB\n21$2$PS$B$X\n31$3$PS$A$IMATINIB\n"),
        ("REAC", "primaryid$caseid$pt\n11$1$Rash\n21$2$Rash\n31$3$=Cough\n41$4$Cough\n"),
    ):
        (tmp_path / f"{kind}22Q1.txt").write_text(rows, "utf-8")
    out = tmp_path / "signals.csv"
    status, document, _ = answer(capsys, "import", "faers", tmp_path, "--drug", "imatinib", "-o", out)
    assert (status, document["events"], document["reports"], document["of_drug"]) == (0, 2, 4, 2)
    with out.open(encoding="utf-8", newline="") as stream:
        rows_out = {row["event"]: row for row in csv.DictReader(stream)}
    assert rows_out["RASH"]["a"] == "1"
    assert rows_out["RASH"]["ror value"] == "1"  # 1 * 1 / (1 * 1)
    assert "'=COUGH" in rows_out
    out = tmp_path / "signals.json"
    assert answer(capsys, "import", "faers", tmp_path, "--drug", "imatinib", "-o", out)[0] == 0
    assert json.loads(out.read_text("utf-8"))["signals"][0]["ebgm"] is None


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("import", "fhir", "no.json", "-o", "x"), "exchange_drug_needed"),
        (("import", "fhir", "no.json", "--drug", "a", "-o", "x"), "file_not_read"),
        (("import", "nonmem", "no.csv", "-o", "x"), "file_not_read"),
        (("import", "table", "no.csv", "-o", "x"), "exchange_mapping_needed"),
        (("import", "nonmem", "no.csv"), "exchange_out_needed"),
        (("import", "faers", ".", "--drug", "a", "--roles", "PS,QQ", "-o", "x"), "choice_unknown"),
        (("import", "mimic", "nowhere", "--drug", "a", "-o", "x"), "file_not_read"),
        (("import", "eicu", "nowhere", "--drug", "a", "-o", "x"), "file_not_read"),
        (("import", "drugbank", "no.xml", "-o", "x"), "file_not_read"),
        (("import", "fhir", "a", "--draft", "x"), "choice_unknown"),
        (("export", "fhir", "no.json", "-o", "x"), "file_not_read"),
    ],
)
def test_bad_input_is_status_two_with_its_reason(
    words: tuple[str, ...],
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    status, document, _ = answer(capsys, *words)
    assert (status, document["error"]["reason"]) == (2, reason)
    assert list(tmp_path.iterdir()) == []


def test_the_installed_program_has_both_verbs(tmp_path: Path) -> None:
    out = tmp_path / "case.csv"
    done = subprocess.run(
        [sys.executable, "-m", "core", "export", "nonmem", str(VANCOMYCIN), "-o", str(out), "--lang", "zh_CN"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, out.exists()) == (0, True)
    assert "已写入" in done.stderr.decode()
