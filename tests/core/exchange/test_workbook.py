"""Workbooks put together by hand after ECMA-376: shared and inline texts, dates, gaps, several sheets, bombs."""

import zipfile
from pathlib import Path

import pytest

from core.errors import InputError
from core.exchange import workbook
from core.exchange.mapping import parse_mapping
from core.exchange.sheet import Sheet
from core.exchange.table import clean_rows
from core.exchange.table_case import read_table_cases
from core.exchange.workbook import is_workbook, read_workbook

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
LINK = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
BOOK = f'<workbook {MAIN} {LINK}><sheets><sheet name="Ward" sheetId="1" r:id="rId1"/>MORE</sheets></workbook>'
PARTS = {
    "[Content_Types].xml": "<Types/>",
    "xl/workbook.xml": BOOK.replace("MORE", ""),
    "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/>'
    '<Relationship Id="rId2" Target="/xl/worksheets/sheet2.xml"/></Relationships>',
    "xl/sharedStrings.xml": f"<sst {MAIN}><si><t>id</t></si>"
    "<si><r><t>mo</t></r><r><t>ment</t></r><rPh><t>x</t></rPh></si>"
    "<si><t>病人 A</t></si></sst>",
    "xl/styles.xml": f'<styleSheet {MAIN}><numFmts><numFmt numFmtId="170" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/>'
    '<numFmt numFmtId="171" formatCode="0.0 &quot;mg/day&quot;"/></numFmts>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="170"/><xf numFmtId="171"/><xf numFmtId="14"/></cellXfs></styleSheet>',
    "xl/worksheets/sheet1.xml": f"""<worksheet {MAIN}><sheetData>
<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="inlineStr"><is><t>dose</t></is></c>
<c r="D1" t="str"><v>level</v></c></row>
<row r="2"><c r="A2" t="s"><v>2</v></c><c r="B2" s="1"><v>46208.3333333333</v></c><c r="C2" s="2"><v>1000</v></c></row>
<row r="3"/>
<row r="5"><c r="A5" t="s"><v>2</v></c><c r="B5" s="1"><v>46208.75</v></c>
<c r="D5"><f>A1</f><v>12.299999999999999</v></c></row>
<row r="6"><c r="A6" t="s"><v>2</v></c><c r="B6" s="3"><v>46209</v></c><c r="D6" t="e"><v>#N/A</v></c></row>
</sheetData></worksheet>""",
    "xl/worksheets/sheet2.xml": f'<worksheet {MAIN}><sheetData><row r="1"><c r="A1"><v>7</v></c></row>'
    "</sheetData></worksheet>",
}
MAPPING = """
schema: dosewright.mapping/1
confirmed: yes
drug: vancomycin
routes: {default: intravenous}
columns:
  id: {column: id}
  sex: {value: male}
  age: {value: 50 year}
  moment: {column: moment}
  dose: {column: dose, unit: mg}
  level: {column: level, unit: mg/L}
"""


def write(tmp_path: Path, **changes: str) -> Path:
    file = tmp_path / "ward.xlsx"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**PARTS, **changes}.items():
            if content:
                archive.writestr(name, content)
    return file


def test_texts_numbers_dates_and_gaps_are_read_as_they_look(tmp_path: Path) -> None:
    file = write(tmp_path)
    assert is_workbook(file)
    assert list(read_workbook(file)) == [
        (1, ["id", "moment", "dose", "level"]),
        (2, ["病人 A", "2026-07-05T08:00", "1000", ""]),
        (5, ["病人 A", "2026-07-05T18:00", "", "12.3"]),
        (6, ["病人 A", "2026-07-06T00:00", "", "#N/A"]),
    ]


def test_a_workbook_becomes_cases_like_any_table(tmp_path: Path) -> None:
    sheet = Sheet()
    (case,) = read_table_cases(write(tmp_path), parse_mapping(MAPPING, Path("m")), sheet)
    assert case.start.isoformat() == "2026-07-05T08:00:00+00:00"
    assert case.doses[0].milligrams == 1000.0
    assert [(level.time, level.value.value) for level in case.levels] == [(10.0, 12.3)]
    assert [(item.row, item.reason) for item in sheet.remarks() if item.action == "rejected"] == [
        ("6", "exchange_number")
    ]


def test_days_since_1904_are_read_where_the_workbook_counts_so(tmp_path: Path) -> None:
    book = PARTS["xl/workbook.xml"].replace("<sheets>", '<workbookPr date1904="1"/><sheets>')
    rows = list(read_workbook(write(tmp_path, **{"xl/workbook.xml": book})))
    assert rows[3][1][1] == "2030-07-07T00:00"  # 1,462 days later


def test_of_several_sheets_the_mapping_names_one_and_hidden_ones_do_not_count(tmp_path: Path) -> None:
    more = '<sheet name="Other" sheetId="2" r:id="rId2"/>'
    file = write(tmp_path, **{"xl/workbook.xml": BOOK.replace("MORE", more)})
    with pytest.raises(InputError, match="exchange_which_sheet") as refused:
        list(read_workbook(file))
    assert refused.value.values["names"] == "Ward, Other"
    assert list(read_workbook(file, "Other")) == [(1, ["7"])]
    hidden = more.replace("sheetId", 'state="hidden" sheetId')
    file = write(tmp_path, **{"xl/workbook.xml": BOOK.replace("MORE", hidden)})
    assert next(read_workbook(file))[1][0] == "id"


LAUGHS = (
    f'<!DOCTYPE a [<!ENTITY b "ha">]><worksheet {MAIN}><sheetData><row><c><v>&b;</v></c></row></sheetData></worksheet>'
)


@pytest.mark.parametrize(
    ("part", "content", "reason"),
    [
        ("xl/workbook.xml", "", "exchange_not_text"),
        ("xl/worksheets/sheet1.xml", "", "exchange_cut_off"),
        ("xl/worksheets/sheet1.xml", LAUGHS, "exchange_xml_entity"),
        ("xl/worksheets/sheet1.xml", PARTS["xl/worksheets/sheet1.xml"][:300], "exchange_cut_off"),
        ("xl/worksheets/sheet1.xml", f"<worksheet {MAIN}/>", "exchange_empty"),
    ],
)
def test_what_is_no_whole_workbook_is_refused(tmp_path: Path, part: str, content: str, reason: str) -> None:
    with pytest.raises(InputError) as refused:
        list(clean_rows(write(tmp_path, **{part: content}), parse_mapping(MAPPING, Path("m")), Sheet()))
    assert refused.value.reason == reason


def test_a_cut_or_swollen_workbook_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="exchange_cut_off"):
        list(read_workbook(file))
    monkeypatch.setattr(workbook, "_FREE", 1000)
    with pytest.raises(InputError, match="exchange_bomb"):
        list(read_workbook(write(tmp_path, **{"xl/sharedStrings.xml": "<sst>" + " " * 5_000_000 + "</sst>"})))
