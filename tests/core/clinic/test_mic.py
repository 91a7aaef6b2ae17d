"""Tables of isolates, as typed and as files hold them."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clinic.case_file import read_case, write_case
from core.clinic.mic import (
    MOST_ISOLATES,
    MicDistribution,
    distribution_from,
    distribution_of,
    distribution_to,
    read_isolates,
    write_isolates,
)
from core.clinic.strict_json import Node
from core.errors import InputError

CASE: dict[str, Any] = {
    "schema": "dosewright.case/1",
    "patient": {"id": "P-1", "sex": "female", "age": "60 year"},
    "drug": "meropenem",
    "start": "2026-07-06T08:00+08:00",
    "mic_distribution": {
        "name": "P. aeruginosa, ICU 2025",
        "source": "antibiogram of the ICU",
        "isolates": [
            {"mic": "0.25 mg/L", "count": 12},
            {"mic": "500 ug/L", "count": 0},
            {"mic": "8 ug/mL", "count": 40},
            {"mic": ">16 mg/L", "count": 7},
        ],
    },
}
WARD = MicDistribution((0.25, 0.5, 8.0, 16.0), (12, 0, 40, 0), 7, "P. aeruginosa, ICU 2025", "antibiogram of the ICU")


def test_a_case_file_carries_its_isolates_and_gives_them_back() -> None:
    case = read_case(json.dumps(CASE))
    assert case.mics == WARD
    assert read_case(write_case(case)) == case
    assert WARD.total == 59
    assert WARD.present == ((0.25, 12 / 59), (8.0, 40 / 59))


LIST = "$.mic_distribution.isolates"
BAD: list[tuple[Any, str, str]] = [
    ([], LIST, "mic_table_empty"),
    ({}, LIST, "list_needed"),
    ([{"mic": "1 mg/L", "count": -1}], f"{LIST}[0].count", "isolates_unreadable"),
    ([{"mic": "1 mg/L", "count": 2.5}], f"{LIST}[0].count", "whole_number_needed"),
    ([{"mic": "1 mg/L", "count": "3"}], f"{LIST}[0].count", "whole_number_needed"),
    ([{"mic": "1 mg/L", "count": MOST_ISOLATES + 1}], f"{LIST}[0].count", "isolates_unreadable"),
    ([{"mic": "1 mg/L", "count": 10**14}], f"{LIST}[0].count", "isolates_unreadable"),
    ([{"mic": "1 mg/L"}], f"{LIST}[0].count", "key_missing"),
    ([{"mic": "1 mg/L", "count": 1, "n": 2}], f"{LIST}[0].n", "key_unknown"),
    ([{"mic": "1 mg/L", "count": 3}, {"mic": "1000 ug/L", "count": 1}], f"{LIST}[1].mic", "mic_twice"),
    ([{"mic": ">16 mg/L", "count": 3}, {"mic": ">8 mg/L", "count": 1}], f"{LIST}[1].mic", "mic_twice"),
    ([{"mic": "1 mg/L", "count": 0}, {"mic": ">1 mg/L", "count": 0}], LIST, "mic_table_without_isolates"),
    ([{"mic": ">1 mg/L", "count": 3}, {"mic": "2 mg/L", "count": 3}], f"{LIST}[0].mic", "mic_beyond_not_last"),
    ([{"mic": "1 mmol/L", "count": 1}], f"{LIST}[0].mic", "unit_mismatch"),
    ([{"mic": "1 h", "count": 1}], f"{LIST}[0].mic", "unit_mismatch"),
    ([{"mic": "1 furlong", "count": 1}], f"{LIST}[0].mic", "unit_unknown"),
    ([{"mic": "1", "count": 1}], f"{LIST}[0].mic", "unit_missing"),
    ([{"mic": 1, "count": 1}], f"{LIST}[0].mic", "unit_missing"),
    ([{"mic": ">=32 mg/L", "count": 1}], f"{LIST}[0].mic", "number_unreadable"),
    ([{"mic": "0 mg/L", "count": 1}], f"{LIST}[0].mic", "mic_impossible"),
    ([{"mic": "-1 mg/L", "count": 1}], f"{LIST}[0].mic", "mic_impossible"),
    ([{"mic": "1000000 mg/L", "count": 1}], f"{LIST}[0].mic", "mic_impossible"),
    ([{"mic": f"{1 + n} mg/L", "count": 1} for n in range(61)], LIST, "mic_table_too_long"),
]


@pytest.mark.parametrize(("isolates", "field", "reason"), BAD, ids=[reason for _, _, reason in BAD])
def test_what_is_no_table_is_refused_with_its_path(isolates: Any, field: str, reason: str) -> None:
    document = {**CASE, "mic_distribution": {"name": "x", "isolates": isolates}}
    with pytest.raises(InputError) as caught:
        read_case(json.dumps(document))
    assert (caught.value.field, caught.value.reason) == (field, reason)


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("name", ..., "key_missing"),
        ("name", " ", "text_empty"),
        ("name", "x" * 201, "text_too_long"),
        ("source", "x" * 201, "text_too_long"),
        ("isolates", ..., "key_missing"),
        ("germ", "E. coli", "key_unknown"),
    ],
)
def test_a_table_without_its_name_is_refused(key: str, value: Any, reason: str) -> None:
    table = {name: item for name, item in {**CASE["mic_distribution"], key: value}.items() if item is not ...}
    with pytest.raises(InputError) as caught:
        read_case(json.dumps({**CASE, "mic_distribution": table}))
    assert (caught.value.field, caught.value.reason) == (f"$.mic_distribution.{key}", reason)


def test_a_pasted_table_is_read_however_its_columns_are_parted() -> None:
    text = "<=0.25: 12\n\n0,5\t0\n 8 mg/L = 40 \n>16 µg/mL; 7\n"
    rows = read_isolates(text)
    assert distribution_of(rows).counts == (12, 0, 40, 0)
    assert distribution_of(rows, WARD.name, WARD.source) == WARD
    assert distribution_of(read_isolates("2 5\n0.5 3")).mics == (0.5, 2.0)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("MIC  isolates", "mic_line_unreadable"),
        ("0.5", "mic_line_unreadable"),
        ("0.5:", "mic_line_unreadable"),
        (">=32: 4", "mic_line_unreadable"),
        ("<0.5: 4", "mic_line_unreadable"),
        ("-1: 4", "mic_line_unreadable"),
        ("1.000: 4", "mic_line_unreadable"),
        ("nan: 4", "mic_line_unreadable"),
        ("0.5: -4", "isolates_unreadable"),
        ("0.5: 4.5", "isolates_unreadable"),
        ("0.5: 4 5", "isolates_unreadable"),
        ("0.5: ４", "isolates_unreadable"),
        ("0.5: 99999999999999999999", "isolates_unreadable"),
        ("0.5 umol/L: 4", "unit_mismatch"),
        ("0.5 parsec: 4", "unit_unknown"),
        ("\n".join(f"{n}: 1" for n in range(1, 62)), "mic_table_too_long"),
    ],
)
def test_a_line_that_is_no_row_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InputError) as caught:
        read_isolates(text, "mics.table")
    assert (caught.value.field, caught.value.reason) == ("mics.table", reason)


@pytest.mark.parametrize(
    ("mics", "counts", "reason"),
    [
        ((), (), "mic_table_empty"),
        ((1.0,), (1, 2), "mic_table_empty"),
        ((1.0, 1.0), (1, 1), "mic_twice"),
        ((2.0, 1.0), (1, 1), "mic_not_rising"),
        ((0.0,), (1,), "mic_impossible"),
        ((math.nan,), (1,), "mic_impossible"),
        ((math.inf,), (1,), "mic_impossible"),
        ((1.0,), (0,), "mic_table_without_isolates"),
        ((1.0,), (-1,), "isolates_unreadable"),
    ],
)
def test_no_distribution_can_be_made_of_what_is_none(
    mics: tuple[float, ...], counts: tuple[int, ...], reason: str
) -> None:
    with pytest.raises(InputError, match=reason):
        MicDistribution(mics, counts)


DILUTIONS = st.lists(st.sampled_from([2.0**power for power in range(-9, 11)]), min_size=1, unique=True)


@given(DILUTIONS, st.data())
def test_what_is_written_reads_back(mics: list[float], data: st.DataObject) -> None:
    counts = data.draw(st.lists(st.integers(0, 500), min_size=len(mics), max_size=len(mics)))
    beyond = data.draw(st.integers(0 if any(counts) else 1, 50))
    made = MicDistribution(tuple(sorted(mics)), tuple(counts), beyond, "germ")
    assert distribution_of(read_isolates(write_isolates(made)), "germ") == made
    assert distribution_from(Node("$", distribution_to(made))) == made
