"""Signals from FAERS on the drug's page: the marked ones, strongest first; a broken file is said."""

import json
from pathlib import Path

import pytest

from core.cli.run import run
from core.errors import InputError
from core.exchange import signal_store
from core.exchange.signal_store import keep_signals, kept_signals, signal_file
from core.session import library
from desktop.library.page import model_page


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(signal_store, "site_folder", lambda: tmp_path / "site" / "drugs")
    return tmp_path


def entry(event: str, low: float, *rules: str) -> dict[str, object]:
    return {"event": event, "a": 7, "ror": {"value": 2 * low, "low": low, "high": 4 * low}, "rules": list(rules)}


def test_without_a_file_nothing_is_shown() -> None:
    assert kept_signals("imatinib") is None
    assert "FAERS" not in model_page(library().model("imatinib.gotta2012"))


def test_marked_signals_are_shown_the_strongest_first() -> None:
    signals = [entry("RASH", 1.2, "evans"), entry("COUGH", 9.0), entry("OEDEMA", 3.0, "evans")]
    keep_signals("imatinib", json.dumps({"reports": 1000, "of_drug": 50, "signals": signals}))
    found = kept_signals("imatinib")
    assert found is not None
    assert [item.event for item in found.signals] == ["OEDEMA", "RASH"]
    page = model_page(library().model("imatinib.gotta2012"))
    assert "Oedema" in page
    assert "7 reports; reporting odds ratio 6 (95 %: 3–12)" in page
    assert "never this patient" in page
    assert "Oedema" not in model_page(library().model("vancomycin.goti2018"))


@pytest.mark.parametrize("text", ["", "{}", '{"signals": [1], "reports": 1, "of_drug": 1}', '{"signals": "x"}'])
def test_a_broken_file_is_said_on_the_page(text: str) -> None:
    keep_signals("imatinib", text)
    with pytest.raises(InputError, match="signals_unreadable"):
        kept_signals("imatinib")
    assert "import faers" in model_page(library().model("imatinib.gotta2012"))


def test_the_import_keeps_them_for_the_page(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = site / "faers"
    data.mkdir()
    drugs = [("IMATINIB" if n <= 8 else "X", "Oedema" if n <= 6 else "Cough") for n in range(1, 41)]
    rows = {
        "DEMO": "primaryid$caseid$fda_dt\n" + "".join(f"{n}1${n}$20220101\n" for n in range(1, 41)),
        "DRUG": "primaryid$caseid$role_cod$drugname$prod_ai\n"
        + "".join(f"{n}1${n}$PS$A${drug}\n" for n, (drug, _) in enumerate(drugs, start=1)),
        "REAC": "primaryid$caseid$pt\n" + "".join(f"{n}1${n}${event}\n" for n, (_, event) in enumerate(drugs, start=1)),
    }
    for kind, text in rows.items():
        (data / f"{kind}22Q1.txt").write_text(text, "utf-8")
    words = ["import", "faers", str(data), "--drug", "imatinib", "-o", str(site / "s.json"), "--drug-page"]
    assert run(words) == 0
    assert str(signal_file("imatinib")) in capsys.readouterr().err
    found = kept_signals("imatinib")
    assert found is not None
    assert (found.reports, found.of_drug) == (40, 8)


def test_a_toxicity_by_an_effect_is_told_with_its_model() -> None:
    page = model_page(library().model("docetaxel.ozawa2007"))
    assert "chance from a model: Neutrophils below 0.5 10^9/L; counts 0.5 against the benefit" in page
