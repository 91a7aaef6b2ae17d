import csv
import dataclasses
import io
import json

import numpy as np
import pytest

from core.clinic.case_file import read_case, write_case
from core.report.content import Findings
from core.report.csv_files import CASE_COLUMNS, case_csv, curves_csv


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_curves_stand_in_columns_with_their_units(findings: Findings) -> None:
    rows = table(curves_csv(findings.predictions))
    curve = findings.predictions[1].curves[0]
    columns = ["median", "5 %", "95 %"]
    assert {f"plasma individual {part} (ng/mL)" for part in columns} < set(rows[0])
    read = np.array([float(row["plasma individual median (ng/mL)"]) for row in rows])
    times = np.array([float(row["time (h)"]) for row in rows])
    np.testing.assert_allclose(times, curve.times, rtol=1e-8)
    np.testing.assert_allclose(read, curve.median, rtol=1e-5)


def test_curves_at_other_times_leave_their_cells_empty(findings: Findings) -> None:
    prior = findings.predictions[0].curves[0]
    shifted = dataclasses.replace(prior, source=findings.predictions[2].curves[0].source, times=prior.times + 1000.0)
    both = (findings.predictions[0], dataclasses.replace(findings.predictions[0], curves=(shifted,)))
    rows = table(curves_csv(both))
    assert len(rows) == 2 * len(prior.times)
    assert rows[0]["plasma proposed median (ng/mL)"] == ""
    assert rows[-1]["plasma prior median (ng/mL)"] == ""


def test_the_case_and_the_options_stand_one_fact_per_row(findings: Findings) -> None:
    rows = table(case_csv(findings))
    assert list(rows[0]) == list(CASE_COLUMNS)
    dose = next(row for row in rows if row["kind"] == "dose")
    assert (dose["value"], dose["unit"], dose["every (h)"], dose["count"]) == ("250", "mg", "24", "7")
    assert dose["clock"] == "2026-07-06T08:00+08:00"
    below = next(row for row in rows if row["note"] == "haemolysed")
    assert (below["value"], below["unit"], below["status"]) == ("5", "ng/mL", "not used")
    expected = next(row for row in rows if row["kind"] == "level expected" and row["name"] == "population")
    assert (expected["value"], expected["low"], expected["high"]) == ("0.39", "0.2", "0.7")
    chance = next(row for row in rows if row["kind"] == "option 1" and row["name"] == "within target")
    assert (chance["value"], chance["low"], chance["high"], chance["unit"]) == ("92", "89", "93", "%")


@pytest.mark.parametrize("evil", ['=HYPERLINK("http://x","y")', "+1", "-1+2", "@SUM(A1)"])
def test_no_text_is_taken_for_a_formula(findings: Findings, evil: str) -> None:
    document = json.loads(write_case(findings.case))
    document["patient"]["name"] = evil
    document["levels"][1]["reason"] = evil
    text = case_csv(dataclasses.replace(findings, case=read_case(json.dumps(document))))
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert cells.count(f"'{evil}") == 2
    assert evil not in cells


def test_a_negative_time_stays_a_number(findings: Findings) -> None:
    document = json.loads(write_case(findings.case))
    document["covariates"][0]["time"] = -24
    rows = table(case_csv(dataclasses.replace(findings, case=read_case(json.dumps(document)))))
    assert next(row for row in rows if row["name"] == "weight")["time (h)"] == "-24"
