"""A predictor on a table: as row by row, silent outside its domain, bad rows named and none lost."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from core.cli.run import run
from core.drugs.library import resources_folder
from core.errors import InputError
from core.learn.model_file import load_predictor
from core.learn.predictor import Predictor
from core.learn.table_prediction import predict_table

MODEL = resources_folder() / "models" / "vancomycin.dwm"


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return load_predictor(MODEL)


def write(path: Path, predictor: Predictor, rows: list[list[str]], names: list[str] | None = None) -> Path:
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(names or ["id", *predictor.card.features])
        writer.writerows(rows)
    return path


def row_of(predictor: Predictor, number: int) -> list[str]:
    return [f"P-{number}", *(f"{value:.6f}" for value in predictor.card.background[number])]


def test_each_row_is_what_the_predictor_says_of_the_patient(tmp_path: Path, predictor: Predictor) -> None:
    table = write(tmp_path / "t.csv", predictor, [row_of(predictor, number) for number in range(4)])
    found = predict_table(predictor, table)
    assert [row.id for row in found.rows] == ["P-0", "P-1", "P-2", "P-3"]
    spoken = [row for row in found.rows if row.dose is not None]
    assert spoken
    for row in spoken:
        assert row.dose is not None
        values = np.array([float(text) for text in row_of(predictor, int(row.id[2:]))[1:]], dtype=np.float32)
        assert row.dose == predictor.interval(values.astype(float))
        assert sum(row.reasons.values()) == pytest.approx(row.dose.value - row.base, rel=1e-6, abs=1e-6)


def test_a_patient_unlike_those_trained_on_gets_no_dose(tmp_path: Path, predictor: Predictor) -> None:
    row = row_of(predictor, 0)
    row[1 + predictor.card.features.index("weight")] = "390"
    found = predict_table(predictor, write(tmp_path / "t.csv", predictor, [row])).rows[0]
    assert (found.dose, found.abstains) == (None, "weight")


def test_bad_rows_are_named_by_line_and_field_and_the_others_stay(tmp_path: Path, predictor: Predictor) -> None:
    bad, gap, short = row_of(predictor, 1), row_of(predictor, 2), row_of(predictor, 3)[:-2]
    bad[1 + predictor.card.features.index("age")] = "6o"
    gap[1 + predictor.card.features.index("weight")] = ""
    table = write(tmp_path / "t.csv", predictor, [bad, row_of(predictor, 0), gap, short])
    found = predict_table(predictor, table)
    assert [(item.line, item.field) for item in found.refused] == [(2, "age"), (4, "weight"), (5, "line")]
    assert [row.line for row in found.rows] == [3]


@pytest.mark.parametrize(
    ("change", "reason"),
    [(lambda names: names[:-1], "table_columns_missing"), (lambda names: [*names, "colour"], "table_columns_unknown"),
     (lambda names: [*names, "age"], "table_columns_unknown")],
)  # fmt: skip
def test_a_table_with_other_columns_is_refused(tmp_path: Path, predictor: Predictor, change, reason: str) -> None:  # type: ignore[no-untyped-def]
    table = write(tmp_path / "t.csv", predictor, [], change(["id", *predictor.card.features]))
    with pytest.raises(InputError) as refusal:
        predict_table(predictor, table)
    assert refusal.value.reason == reason


def test_the_command_writes_every_row(tmp_path: Path, predictor: Predictor, capsys: pytest.CaptureFixture[str]) -> None:
    bad = row_of(predictor, 1)
    bad[1] = "old"
    table = write(tmp_path / "t.csv", predictor, [row_of(predictor, 0), bad])
    out = tmp_path / "out.csv"
    assert run(["learn", "predict", str(MODEL), str(table), "--csv", str(out), "--json"]) == 0
    said = capsys.readouterr()
    document = json.loads(said.out)
    assert (document["rows"], document["refused"]) == (2, 1)
    assert document["not_read"][0]["line"] == 3
    assert "t.csv:3:" in said.err
    with out.open() as stream:
        lines = list(csv.DictReader(stream))
    assert float(lines[0]["dose"]) == document["predicted"][0]["dose"]
