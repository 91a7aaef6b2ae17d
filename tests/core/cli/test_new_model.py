"""A new user's way: a model of a paper is written, refused for a unit slip, mended, used and printed."""

import json
from pathlib import Path

import pypdf
import pytest

from core import session
from core.cli.run import run
from core.drugs.library import resources_folder, site_folder

MODEL = """schema: 1
id: vancomycin.matzke1984
drug: {name: vancomycin, zh: 万古霉素, atc: J01XA01, molar_mass: 1449.25 g/mol}
source:
  citation: "Matzke GR et al. Antimicrob Agents Chemother 1984;25:433-437"
  population: adults with all degrees of renal function
  n: 56
  evidence: seen-in-one
  note: Variability between patients and residual error are assumed, not published.
cv_as: lognormal
model: {structure: one_compartment_iv}
parameters:
  clearance:
    typical: 0.2196 L/h # 3.66 mL/min
    between_subject_cv: 0.3
    covariates: [{by: creatinine_clearance, form: additive, slope: 0.04134 L/h per mL/min, centre: 0 mL/min}]
  volume:
    typical: 0.72 L
    between_subject_cv: 0.3
    covariates: [{by: weight, form: proportional, centre: 1 kg}]
residual: {proportional: 0.15}
analyte: {unit: mg/L}
domain: {age: {between: [18 year, 90 year], outside: stop}}
checks:
  # 0.689 x 100 + 3.66 mL/min
  - {patient: {sex: male, age: 60 year, weight: 70 kg, creatinine_clearance: 100 mL/min}, parameter: clearance,
     value: 4.354 L/h, source: the paper's equation}
"""
CASE = resources_folder() / "examples" / "vancomycin_falling_renal_function.case.json"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A user's own data folder."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    session.library.cache_clear()
    yield tmp_path
    session.library.cache_clear()


def checked(path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[dict[str, object]]]:
    path.write_text(text, "utf-8")
    status = run(["drugs", "check", str(path), "--json"])
    return status, json.loads(capsys.readouterr().out)["problems"]


@pytest.mark.parametrize(
    ("right", "wrong", "line"),
    [
        ("0.2196 L/h #", "0.2196 L #", 14),
        ("0.04134 L/h per mL/min", "0.04134 L per mL/min", 16),
        ("0.04134 L/h per mL/min", "0.04134 L/h per kg", 16),
        ("centre: 1 kg", "centre: 1 cm", 20),
        ("value: 4.354 L/h", "value: 4.354 mL/min", 26),
        ("value: 4.354 L/h", "value: 2.177 L/h", 26),
        ("residual: {proportional: 0.15}", "residual: {additive: 0.15 mg}", 21),
        ("cv_as: lognormal\n", "", 13),
    ],
)
def test_a_slip_is_refused_with_its_line(home, capsys, right, wrong, line):
    status, problems = checked(home / "vancomycin.matzke1984.yaml", MODEL.replace(right, wrong, 1), capsys)
    assert status == 2
    assert line in {problem["line"] for problem in problems}, problems


def test_the_mended_model_is_used_marked_hashed_and_printed(home, capsys):
    status, problems = checked(home / "vancomycin.matzke1984.yaml", MODEL, capsys)
    assert (status, problems) == (0, [])
    assert run(["drugs", "folder", "--json"]) == 0
    folder = Path(json.loads(capsys.readouterr().out)["folder"])
    assert folder == site_folder()
    assert home in folder.parents
    folder.mkdir(parents=True)
    (folder / "vancomycin.matzke1984.yaml").write_text(MODEL, "utf-8")
    session.library.cache_clear()
    model = session.library().model("vancomycin.matzke1984")
    assert model.local

    document = json.loads(CASE.read_text("utf-8"))
    document["models"] = ["vancomycin.matzke1984"]
    case = home / "new.case.json"
    case.write_text(json.dumps(document), "utf-8")
    assert run(["fit", str(case), "--json"]) == 0
    capsys.readouterr()
    assert run(["recommend", str(case), "--json"]) == 0
    advice = json.loads(capsys.readouterr().out)
    used = json.dumps(advice)
    assert advice["options"]
    assert "vancomycin.matzke1984" in used
    assert model.file_hash in used
    assert '"local": true' in used
    assert run(["report", str(case), "-o", str(home / "new.pdf")]) == 0
    text = "".join(page.extract_text() for page in pypdf.PdfReader(home / "new.pdf").pages)
    assert "matzke1984" in text
    assert "local" in text.lower()


def test_a_broken_file_of_the_site_is_reported_and_never_used(home, capsys):
    site_folder().mkdir(parents=True)
    (site_folder() / "vancomycin.matzke1984.yaml").write_text(MODEL.replace("0.2196 L/h #", "0.2196 L #"), "utf-8")
    session.library.cache_clear()
    assert run(["drugs", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [item["line"] for item in listed["broken"]] == [14]
    assert "vancomycin.matzke1984" not in {model.id for model in session.library().models("vancomycin")}
