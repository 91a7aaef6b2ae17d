"""The command line on two worked cases, on every kind of bad input, and where there is no safe answer."""

import csv
import io
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pypdf
import pytest

from core import session
from core.cli.run import run
from core.clinic.case_file import load_case
from core.errors import FitFailed, ModelError
from core.infer.posterior import FitStatus

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "resources" / "examples"
GEFITINIB = str(EXAMPLES / "gefitinib_itraconazole.case.json")
VANCOMYCIN = str(EXAMPLES / "vancomycin_falling_renal_function.case.json")

Changed = Callable[..., str]


@pytest.fixture
def changed(tmp_path: Path) -> Changed:
    """Writes the vancomycin case with one value changed, and gives its path."""

    def write(path: tuple[Any, ...], value: Any) -> str:
        document = json.loads(Path(VANCOMYCIN).read_text("utf-8"))
        place = document
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        file = tmp_path / "changed.case.json"
        file.write_text(json.dumps(document), "utf-8")
        return str(file)

    return write


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any, str]:
    """Status, the JSON document, stderr."""
    status = run([*words, "--json"])
    captured = capsys.readouterr()
    return status, json.loads(captured.out), captured.err


def test_simulate_gives_curves_that_start_before_the_first_dose(capsys: pytest.CaptureFixture[str]) -> None:
    status, document, _ = answer(
        capsys, "simulate", VANCOMYCIN, "--times", "0:48:0.5", "--samples", "50", "--seed", "3"
    )
    plasma = document["outputs"]["plasma"]
    assert status == 0
    assert plasma["times"] == np.arange(0, 48.25, 0.5).tolist()
    assert plasma["unit"] == "mg/L"
    assert plasma["median"][0] == 0.0
    assert max(plasma["median"]) > 10.0
    assert all(
        low <= middle <= high for low, middle, high in zip(plasma["low"], plasma["median"], plasma["high"], strict=True)
    )


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("simulate", VANCOMYCIN, "--times", "0:24:6", "--samples", "40", "--json", "--seed")
    outputs = []
    for seed in ("1", "1", "2"):
        assert run([*words, seed]) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]
    assert outputs[0] != outputs[2]


def test_simulate_of_a_whole_body_model_gives_tissues_and_effects(capsys: pytest.CaptureFixture[str]) -> None:
    status, document, _ = answer(capsys, "simulate", GEFITINIB, "--times", "0:24:6", "--samples", "10")
    assert status == 0
    assert {"plasma", "liver", "kidney", "lung"} <= set(document["outputs"])
    assert len([name for name in document["outputs"] if name != "plasma" and not name.startswith("effect:")]) >= 14
    assert any(name.startswith("effect:") for name in document["outputs"])


@pytest.mark.parametrize("source", ["individual", "proposed"])
def test_simulate_after_the_levels(capsys: pytest.CaptureFixture[str], source: str) -> None:
    words = ("simulate", VANCOMYCIN, "--source", source, "--times", "0:96:12", "--samples", "40")
    status, document, _ = answer(capsys, *words)
    assert (status, document["source"]) == (0, source)


def test_fit_reports_each_model_with_weights_that_sum_to_one(capsys: pytest.CaptureFixture[str]) -> None:
    status, document, _ = answer(capsys, "fit", VANCOMYCIN)
    models = document["models"]
    assert status == 0
    assert set(models) == {"vancomycin.goti2018", "vancomycin.thomson2009"}
    assert sum(model["weight"] for model in models.values()) == pytest.approx(1.0)
    for model in models.values():
        assert model["status"] == "converged"
        assert [level["observed"] for level in model["levels"]] == [17.8, 24.6]
        assert set(model["parameters"]["clearance"]) == {"typical", "individual", "unit", "se"}
        assert model["parameters"]["clearance"]["unit"] == "L/h"


def test_the_objective_is_minus_two_log_posterior_without_constants(capsys: pytest.CaptureFixture[str]) -> None:
    """Sum of eta' Omega^-1 eta and of ln(var) + res^2/var, recomputed here from the reported fit."""
    _, document, _ = answer(capsys, "fit", VANCOMYCIN, "--model", "vancomycin.goti2018")
    (fit,) = document["models"].values()
    model = session.library().model("vancomycin.goti2018")
    eta = np.array([fit["eta"][name] for name in model.etas])
    expected = float(eta @ np.linalg.solve(model.omega, eta))
    for level in fit["levels"]:
        variance = (0.227 * level["individual"]) ** 2 + 3.4**2  # Goti 2018, doi:10.1097/FTD.0000000000000490
        expected += np.log(variance) + (level["observed"] - level["individual"]) ** 2 / variance
    assert fit["objective"] == pytest.approx(expected, abs=1e-9)


def test_a_log_normal_parameters_standard_error_is_its_value_times_that_of_eta(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, document, _ = answer(capsys, "fit", VANCOMYCIN, "--model", "vancomycin.goti2018")
    clearance = document["models"]["vancomycin.goti2018"]["parameters"]["clearance"]
    case = replace(load_case(VANCOMYCIN), models=("vancomycin.goti2018",))
    (posterior,) = session.individualise(case).posteriors
    index = posterior.bound.model.etas.index("clearance")
    expected = clearance["individual"] * np.sqrt(posterior.covariance[index, index])
    assert clearance["se"] == pytest.approx(expected, rel=1e-6)


def test_recommend_offers_options_with_intervals_and_its_basis(capsys: pytest.CaptureFixture[str]) -> None:
    status, document, _ = answer(capsys, "recommend", VANCOMYCIN, "--options", "3")
    assert (status, document["outcome"]) == (0, "options")
    assert len(document["options"]) >= 3
    for option in document["options"]:
        for part in (option["attainment"], option["efficacy"], *option["toxicity"], *option["exposure"].values()):
            assert part["low"] <= part["value"] <= part["high"]
    assert len(document["basis"]["inputs_hash"]) == 64
    assert {model["id"] for model in document["basis"]["models"]} == {"vancomycin.goti2018", "vancomycin.thomson2009"}
    assert all(alert["message"] for alert in document["alerts"])


@pytest.mark.parametrize("case", [GEFITINIB, VANCOMYCIN], ids=["gefitinib", "vancomycin"])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_report_writes_pdf_and_csv(tmp_path: Path, case: str, language: str) -> None:
    pdf = tmp_path / "report.pdf"
    words = ["report", case, "-o", str(pdf), "--csv", str(tmp_path / "csv"), "--lang", language]
    assert run([*words, "--made", "2026-07-14T09:00+08:00"]) == 0
    first = pdf.read_bytes()
    assert len(pypdf.PdfReader(io.BytesIO(first)).pages) == 1
    names = sorted(path.name for path in (tmp_path / "csv").iterdir())
    stem = Path(case).name.removesuffix(".case.json")
    assert names == [f"{stem}.case.csv", f"{stem}.curves.csv"]
    rows = list(csv.reader((tmp_path / "csv" / f"{stem}.curves.csv").open(encoding="utf-8-sig", newline="")))
    assert rows[0][0] == "time (h)"
    assert len({len(row) for row in rows}) == 1
    assert run([*words, "--made", "2026-07-14T09:00+08:00"]) == 0
    assert pdf.read_bytes() == first


def test_an_output_file_is_whole_and_stdout_then_carries_only_what_was_asked(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target = tmp_path / "out.json"
    assert run(["fit", VANCOMYCIN, "-o", str(target)]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert str(target) in captured.err
    assert "models" in json.loads(target.read_text("utf-8"))
    assert stat.S_IMODE(target.stat().st_mode) & 0o400


# --- bad input --------------------------------------------------------------------------------------------------------

BAD = [
    ((("covariates", 0, "value"), "1,5 kg"), "$.covariates[0].value", "number_unreadable"),
    ((("covariates", 0, "value"), "1e3 kg"), "$.covariates[0].value", "number_unreadable"),
    ((("covariates", 0, "value"), "12 mg/dL"), "$.covariates[0].value", "unit_mismatch"),
    ((("doses", 0, "amount"), "1,5 mg"), "$.doses[0].amount", "number_unreadable"),
    ((("levels", 0, "value"), "1e3 mg/L"), "$.levels[0].value", "number_unreadable"),
    ((("patient", "age"), "200 year"), "$.patient.age", "age_impossible"),
    ((("drug",), "unobtainium"), "$.levels[0].analyte", "analyte_not_the_drug"),
    ((("models",), ["vancomycin.nobody1999"]), "$.models", "model_unknown"),
    ((("models",), ["gefitinib.pbpk"]), "$.models", "model_of_other_drug"),
]


@pytest.mark.parametrize("verb", ["simulate", "fit", "recommend", "report"])
@pytest.mark.parametrize(("change", "field", "reason"), BAD, ids=[f"{field}-{reason}" for _, field, reason in BAD])
def test_bad_input_is_status_two_and_names_the_field(
    capsys: pytest.CaptureFixture[str],
    changed: Changed,
    tmp_path: Path,
    verb: str,
    change: Any,
    field: str,
    reason: str,
) -> None:
    more = ["-o", str(tmp_path / "x.pdf")] if verb == "report" else []
    status, document, err = answer(capsys, verb, changed(*change), *more)
    assert status == 2
    assert (document["error"]["field"], document["error"]["reason"]) == (field, reason)
    assert err.startswith(f"{field}: ")
    assert not (tmp_path / "x.pdf").exists()


def test_an_unknown_drug_is_named(capsys: pytest.CaptureFixture[str], changed: Changed) -> None:
    document = json.loads(Path(changed(("drug",), "unobtainium")).read_text("utf-8"))
    document["levels"] = []
    document.pop("models", None)
    path = Path(changed(("levels",), []))
    path.write_text(json.dumps(document), "utf-8")
    status, said, err = answer(capsys, "fit", str(path))
    assert (status, said["error"]["field"]) == (2, "$.drug")
    assert "unobtainium" in err


def test_a_missing_covariate_is_named(capsys: pytest.CaptureFixture[str], changed: Changed) -> None:
    status, said, err = answer(capsys, "fit", changed(("covariates",), []))
    assert status == 2
    assert said["error"]["field"].startswith("$.covariates.")
    assert said["error"]["reason"] == "covariate_missing"
    assert "is needed" in err


@pytest.mark.parametrize(("name", "reason"), [("absent.case.json", "file_not_read"), ("cut.case.json", "json_cut_off")])
def test_a_file_that_is_absent_or_cut_off_is_status_two(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str, reason: str
) -> None:
    (tmp_path / "cut.case.json").write_text(Path(VANCOMYCIN).read_text("utf-8")[:700], "utf-8")
    status, said, _ = answer(capsys, "recommend", str(tmp_path / name))
    assert (status, said["error"]["reason"]) == (2, reason)


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (["simulate", VANCOMYCIN, "--times", "0:10"], "--times"),
        (["simulate", VANCOMYCIN, "--times", "0:10:0"], "--times"),
        (["simulate", VANCOMYCIN, "--times", "10:0:1"], "--times"),
        (["simulate", VANCOMYCIN, "--times", "0:1e3:1"], "--times"),
        (["simulate", VANCOMYCIN, "--times", "0:1000000:0.001"], "--times"),
        (["simulate", VANCOMYCIN, "--samples", "0"], "--samples"),
        (["simulate", VANCOMYCIN, "--samples", "1.5"], "--samples"),
        (["simulate", VANCOMYCIN, "--samples", "9" * 5000], "--samples"),
        (["simulate", VANCOMYCIN, "--seed", "-1"], "--seed"),
        (["recommend", VANCOMYCIN, "--options", "0"], "--options"),
        (["report", VANCOMYCIN, "-o", "x.pdf", "--made", "2026-07-14"], "--made"),
        (["drugs", "show", "nobody"], "ID"),
    ],
)
def test_bad_options_are_status_two_and_named(capsys: pytest.CaptureFixture[str], words: list[str], field: str) -> None:
    words = (
        [f"{words[-2]}={words[-1]}" if word == words[-2] else word for word in words[:-1]]
        if field == "--seed"
        else words
    )
    status, said, err = answer(capsys, *words)
    assert (status, said["error"]["field"]) == (2, field)
    assert err.startswith(f"{field}: ")


@pytest.mark.parametrize(
    "words", [[], ["guess", VANCOMYCIN], ["fit"], ["fit", VANCOMYCIN, "--lang", "fr"], ["report", VANCOMYCIN]]
)
def test_words_that_are_no_command_are_status_two(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert run(words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "--help" in captured.err


def test_messages_come_in_the_language_asked_for(capsys: pytest.CaptureFixture[str], changed: Changed) -> None:
    path = changed(("patient", "age"), "200 year")
    for words in (["fit", path, "--lang", "zh_CN"], ["--lang", "zh_CN", "fit", path], ["fit", path, "--lang=zh_CN"]):
        assert run(words) == 2
        assert "年龄 200 岁不可能" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_status_two_and_leaves_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    status, said, _ = answer(capsys, "fit", VANCOMYCIN, "-o", str(tmp_path / "no" / "out.json"))
    assert (status, said["error"]["reason"]) == (2, "file_not_written")
    assert list(tmp_path.iterdir()) == []


# --- no safe answer ---------------------------------------------------------------------------------------------------


def test_a_level_before_the_first_dose_blocks_the_recommendation(
    capsys: pytest.CaptureFixture[str], changed: Changed, tmp_path: Path
) -> None:
    path = changed(("levels", 0, "time"), -2)
    status, document, err = answer(capsys, "recommend", path)
    assert (status, document["outcome"], document["options"]) == (3, "blocked", [])
    assert "level_before_first_dose" in [alert["id"] for alert in document["alerts"]]
    assert "No safe answer" in err
    assert run(["report", path, "-o", str(tmp_path / "r.pdf")]) == 3
    assert "No recommendation" in pypdf.PdfReader(tmp_path / "r.pdf").pages[0].extract_text()
    assert run(["simulate", path, "--source", "proposed", "--samples", "10"]) == 3


def test_a_failed_fit_shows_no_number(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    real = session.individualise(load_case(VANCOMYCIN))
    failed = replace(real, posteriors=tuple(replace(p, status=FitStatus.FAILED) for p in real.posteriors))
    monkeypatch.setattr(session, "individualise", lambda *_, **__: failed)
    status, document, _ = answer(capsys, "fit", VANCOMYCIN)
    assert status == 3
    assert {model["status"] for model in document["models"].values()} == {"failed"}
    assert {model["parameters"] for model in document["models"].values()} == {None}
    status, document, _ = answer(capsys, "simulate", VANCOMYCIN, "--source", "individual")
    assert (status, document["outputs"]) == (3, {})
    status, document, _ = answer(capsys, "recommend", VANCOMYCIN)
    assert (status, document["options"]) == (3, [])


@pytest.mark.parametrize(("fault", "status"), [(FitFailed("x"), 3), (ModelError("x"), 3), (KeyboardInterrupt(), 130)])
def test_faults_end_in_their_status(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, fault: BaseException, status: int
) -> None:
    def fail(*_: object, **__: object) -> NoReturn:
        raise fault

    monkeypatch.setattr(session, "individualise", fail)
    assert run(["fit", VANCOMYCIN]) == status
    assert capsys.readouterr().err


# --- the library ------------------------------------------------------------------------------------------------------


def test_drugs_list_and_show(capsys: pytest.CaptureFixture[str]) -> None:
    status, document, _ = answer(capsys, "drugs", "list")
    assert status == 0
    assert {"gefitinib", "vancomycin"} <= {entry["drug"] for entry in document["drugs"]}
    status, document, _ = answer(capsys, "drugs", "show", "vancomycin.goti2018")
    (model,) = document["models"]
    assert (status, model["n"], model["doi"]) == (0, 1812, "10.1097/FTD.0000000000000490")


def test_drugs_check_names_file_and_line_of_a_fault(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    good = ROOT / "resources/drugs/vancomycin.thomson2009.yaml"
    for name in ("vancomycin.thomson2009.yaml", "vancomycin.common.yaml"):
        (tmp_path / name).write_text((good.parent / name).read_text("utf-8"), "utf-8")
    bad = tmp_path / "vancomycin.thomson2009.yaml"
    assert answer(capsys, "drugs", "check", str(bad))[0] == 0
    bad.write_text(bad.read_text("utf-8").replace("schema: 1\n", "schema: 1\nsurprise: 2\n", 1), "utf-8")
    status, document, _ = answer(capsys, "drugs", "check", str(bad))
    assert status == 2
    assert [(problem["file"], problem["line"]) for problem in document["problems"]] == [(str(bad), 2)]
    assert "surprise" in document["problems"][0]["reason"]


# --- the program itself -----------------------------------------------------------------------------------------------


def command(*words: str, **more: Any) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, "-m", "core", *words],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=120,
        **more,
    )


def test_the_module_runs_as_a_program_with_only_json_on_stdout() -> None:
    done = command("fit", VANCOMYCIN, "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["models"]
    refused = command("fit", "absent.case.json")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("$: ")


def test_help_of_every_verb_can_be_read() -> None:
    for words in ([], ["simulate"], ["fit"], ["recommend"], ["report"], ["drugs"], ["drugs", "check"]):
        shown = command(*words, "--help")
        assert (shown.returncode, shown.stderr) == (0, "")
        assert "usage" in shown.stdout


def test_words_that_are_no_command_are_refused_as_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", "x.json", "--source", "foo", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["field"] == "--source"
