from pathlib import Path

import pytest

from core.clinic.strict_yaml import parse_strict_yaml, read_strict_yaml
from core.errors import DrugFileError

HERE = Path("some.yaml")


def test_every_scalar_stays_the_text_that_was_typed() -> None:
    root = parse_strict_yaml("a: 1e3\nb: no\nc: 12:30\nd: 2026-07-06\ne: null\nf: 0x10\ng: 1_000", HERE)
    assert [entry.text for entry in root.fields.values()] == [
        "1e3",
        "no",
        "12:30",
        "2026-07-06",
        "null",
        "0x10",
        "1_000",
    ]


def test_a_repeated_key_is_refused_with_the_line_of_the_second() -> None:
    with pytest.raises(DrugFileError) as caught:
        parse_strict_yaml("dose:\n  amount: 250 mg\n  every: 24 h\n  amount: 500 mg\n", HERE)
    assert caught.value.line == 4
    assert "amount" in caught.value.reason


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: &x 2\nc: *x\n", 2),
        ("a: 1\nb: !!python/name:os.system x\n", 2),
        ("a: 1\nb:\n", 2),
        ("a: {b: 1\nc: 2\n", 2),
        ("a: 1\n---\nb: 2\n", 2),
        ("a: 1\n? [x, y]\n: 2\n", 2),
        ("base: {x: 1}\nother:\n  <<: {y: 2}\n", 3),
    ],
)
def test_what_would_need_guessing_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(DrugFileError) as caught:
        parse_strict_yaml(text, HERE)
    assert caught.value.line == line


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(DrugFileError, match="empty"):
        parse_strict_yaml("# only a comment\n", HERE)


def test_a_missing_and_an_unknown_key_name_their_place() -> None:
    root = parse_strict_yaml("drug:\n  name: gefitinib\n  atk: L01EB01\n", HERE)
    with pytest.raises(DrugFileError, match=r"some.yaml:2: drug: the key 'atc' is missing"):
        root["drug"]["atc"]
    with pytest.raises(DrugFileError, match=r"some.yaml:3: drug\.atk: unknown key; known here: atc, name"):
        root["drug"].only("name", "atc")


def test_a_list_where_a_text_belongs_is_refused() -> None:
    root = parse_strict_yaml("doses: [250 mg, 500 mg]\n", HERE)
    assert [entry.text for entry in root["doses"].items] == ["250 mg", "500 mg"]
    with pytest.raises(DrugFileError, match="single value"):
        _ = root["doses"].text


def test_a_file_that_is_not_there_or_not_utf8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DrugFileError, match="cannot be read"):
        read_strict_yaml(tmp_path / "absent.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"name: caf\xe9\n")
    with pytest.raises(DrugFileError, match="cannot be read"):
        read_strict_yaml(tmp_path / "latin.yaml")


def test_numbers_and_quantities_are_read_or_refused_with_their_line() -> None:
    root = parse_strict_yaml("mass: 446.9 g/mol\ncl: 35.7 L/h\nfu: 0.09\nbad: 1e3\nbare: 12\n", HERE)
    assert root["cl"].quantity("mL/min") == pytest.approx(595.0)
    assert root["fu"].number() == 0.09
    with pytest.raises(DrugFileError, match=r"some.yaml:4: bad"):
        root["bad"].number()
    with pytest.raises(DrugFileError, match=r"some.yaml:5: bare"):
        root["bare"].quantity("L/h")
    with pytest.raises(DrugFileError, match=r"some.yaml:1: mass"):
        root["mass"].quantity("L/h")
