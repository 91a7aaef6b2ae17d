"""Tables of isolates in the site's folder, and the verb that keeps them."""

import json
from pathlib import Path

import pypdf
import pytest

from core.cli.run import run
from core.clinic.mic import MicDistribution
from core.errors import InputError
from core.exchange import mic_store
from core.exchange.mic_store import drop_isolates, isolates_file, isolates_named, keep_isolates, kept_isolates

WARD = MicDistribution((0.5, 2.0, 8.0), (30, 12, 4), 2, "P. aeruginosa, ICU 2025", "own antibiogram")
OTHER = MicDistribution((1.0,), (40,), name="E. coli, ICU 2025")


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(mic_store, "site_folder", lambda: tmp_path / "site" / "drugs")
    return tmp_path


def test_what_is_kept_is_found_by_name_and_one_of_the_same_name_takes_its_place() -> None:
    assert kept_isolates("meropenem") == ()
    keep_isolates("meropenem", WARD)
    keep_isolates("meropenem", OTHER)
    assert kept_isolates("meropenem") == (OTHER, WARD)
    newer = MicDistribution((4.0,), (9,), name=WARD.name)
    with pytest.raises(InputError, match="mic_name_taken"):
        keep_isolates("meropenem", newer)
    assert isolates_named("meropenem", WARD.name) == WARD  # nothing is lost unasked
    assert keep_isolates("meropenem", WARD) == isolates_file("meropenem")  # the same table is no other
    keep_isolates("meropenem", newer, replace=True)
    assert isolates_named("meropenem", WARD.name) == newer
    assert kept_isolates("cefepime") == ()
    drop_isolates("meropenem", WARD.name)
    assert kept_isolates("meropenem") == (OTHER,)
    with pytest.raises(InputError, match="mic_table_unknown"):
        isolates_named("meropenem", WARD.name)


def test_a_table_without_a_name_is_not_kept() -> None:
    with pytest.raises(InputError, match="mic_table_unnamed"):
        keep_isolates("meropenem", MicDistribution((1.0,), (1,)))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "mic_store_unreadable"),
        (b"\xff\xfe", "mic_store_unreadable"),
        (b'{"schema": "dosewright.isolates/2", "drug": "meropenem", "tables": []}', "mic_store_unreadable"),
        (b'{"schema": "dosewright.isolates/1", "drug": "meropenem", "tables": [{}]}', "mic_store_unreadable"),
        (b'{"schema": "dosewright.isolates/1", "drug": "cefepime", "tables": []}', "mic_store_other_drug"),
        (b" " * 1_000_001, "mic_store_unreadable"),
    ],
)
def test_a_file_that_is_none_is_said_and_never_overwritten(content: bytes, reason: str) -> None:
    place = isolates_file("meropenem")
    place.parent.mkdir(parents=True)
    place.write_bytes(content)
    for use in (lambda: kept_isolates("meropenem"), lambda: keep_isolates("meropenem", WARD)):
        with pytest.raises(InputError, match=reason):
            use()
    assert place.read_bytes() == content


def test_the_command_line_keeps_lists_and_drops(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = site / "ward.txt"
    table.write_text("0.5: 30\n2: 12\n8: 4\n>8: 2\n", encoding="utf-8")
    words = ["isolates", "keep", "meropenem", str(table), "--name", WARD.name, "--source", WARD.source]
    assert run(["--json", *words]) == 0
    assert json.loads(capsys.readouterr().out)["table"]["total"] == 48
    assert kept_isolates("meropenem") == (WARD,)
    assert run(["isolates", "list", "meropenem"]) == 0
    assert "P. aeruginosa, ICU 2025: 48 isolates. Source: own antibiogram" in capsys.readouterr().out
    assert run(["isolates", "drop", "meropenem", "--name", WARD.name]) == 0
    assert kept_isolates("meropenem") == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "mic_table_empty"),
        ("0.5: -1", "isolates_unreadable"),
        ("0.5 mmol/L: 1", "unit_mismatch"),
        ("0.5: 1\n0.5: 2", "mic_twice"),
        ("0.5: 0", "mic_table_without_isolates"),
        ("4000: 3", "mic_impossible"),
        ("2: 3\n<=4: 3", "mic_at_most_not_first"),
        ("x" * 100_001, "file_too_large"),
    ],
)
def test_a_table_that_is_none_is_refused(
    site: Path, capsys: pytest.CaptureFixture[str], text: str, reason: str
) -> None:
    table = site / "ward.txt"
    table.write_text(text, encoding="utf-8")
    assert run(["--json", "isolates", "keep", "meropenem", str(table), "--name", "x"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["reason"], error["field"]) == (reason, "FILE")
    assert kept_isolates("meropenem") == ()


def test_an_unknown_drug_or_table_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["isolates", "list", "penicillinx"]) == 2
    case = "resources/examples/meropenem_failing_kidneys.case.json"
    capsys.readouterr()
    assert run(["--json", "recommend", case, "--isolates", "none such"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["reason"] == "mic_table_unknown"


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_recommendation_and_its_report_show_the_chances_by_mic(
    site: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    example = Path("resources/examples/meropenem_failing_kidneys.case.json").read_text(encoding="utf-8")
    document = json.loads(example)
    document["covariates"] = [item for item in document["covariates"] if item["name"] != "mic"]
    case = site / "a.case.json"
    case.write_text(json.dumps(document), encoding="utf-8")
    assert run(["--json", "--lang", language, "recommend", str(case)]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["reason"] == "mic_missing"
    keep_isolates("meropenem", WARD)
    words = ["--lang", language, "recommend", str(case), "--isolates", WARD.name]
    assert run(["--json", *words]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["mic_distribution"]["total"] == 48
    for option in answer["options"]:
        assert [row["mic"] for row in option["by_mic"]] == [0.5, 2.0, 8.0]
        chances = [row["attainment"] for row in option["by_mic"]]
        mean = sum(share * chance for share, chance in zip((30 / 48, 12 / 48, 4 / 48), chances, strict=True))
        assert option["attainment"]["value"] == pytest.approx(mean, abs=1e-9)
    own = ["--dose", "1000 mg", "--every", "8 h", "--over", "0.5 h", "--isolates", WARD.name]
    assert run(["--json", "judge", str(case), *own]) == 0
    assert json.loads(capsys.readouterr().out)["mic_distribution"]["total"] == 48
    utilities = [option["utility"] for option in answer["options"] if not option["current"]]
    assert utilities[0] == pytest.approx(max(utilities), abs=0.02)
    assert run(words) == 0
    assert "0.5: " in capsys.readouterr().out
    pdf = site / "a.pdf"
    words = ["report", str(case), "-o", str(pdf), "--csv", str(site), "--isolates", WARD.name]
    assert run(["--lang", language, *words]) == 0
    rows = (site / "a.case.csv").read_text(encoding="utf-8-sig")
    assert "within target by MIC" in rows
    assert 'isolates,"P. aeruginosa, ICU 2025"' in rows
    text = "".join("".join(page.extract_text() for page in pypdf.PdfReader(pdf).pages).split())
    assert "ownantibiogram" in text
    assert {"en": "Allisolates", "zh_CN": "全部菌株"}[language] in text
