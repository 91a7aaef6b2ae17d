"""Hand-made quarters of both eras: versions, deletions, broken rows; and the public sample where it is at hand."""

from pathlib import Path

import pytest

from core.errors import Cancelled, InputError
from core.exchange.faers import find_quarters, latest_reports
from core.exchange.faers_signals import read_signals
from core.exchange.sheet import Sheet
from core.task import Task
from tests.conftest import SHARED

PUBLIC = SHARED / "data" / "faers"

# Newer: case 100 has two versions, 200 is deleted, 300 was deleted and reported anew under another number.
NEWER = {
    "faers_ascii_2022Q4/ASCII/DEMO22Q4.txt": """\
primaryid$caseid$caseversion$i_f_code$fda_dt$sex
1001$100$1$I$20221001$M
1002$100$2$F$20221101$M
2001$200$1$I$20221001$F
4001$400$1$I$202211$F
5001$500$1$I$20221001$F
6001$600$1$I$20221001$F
x$700$1$I$20221001$F
7001$701$1$I$20221001
""",
    "faers_ascii_2022Q4/ASCII/DRUG22Q4.txt": """\
primaryid$caseid$drug_seq$role_cod$drugname$prod_ai
1001$100$1$PS$GLIVEC$IMATINIB
1002$100$1$PS$GLIVEC$IMATINIB MESYLATE
1002$100$2$C$ASPIRIN$ASPIRIN
2001$200$1$PS$GLIVEC$IMATINIB
4001$400$1$PS$imatinib teva$
5001$500$1$SS$GLIVEC$IMATINIB
6001$600$1$PS$ASPIRIN$ASPIRIN
""",
    "faers_ascii_2022Q4/ASCII/REAC22Q4.txt": """\
primaryid$caseid$pt$drug_rec_act
1001$100$Death$
1002$100$Nausea$
1002$100$NAUSEA$
1002$100$Rash$
2001$200$Nausea$
4001$400$Nausea$
5001$500$Nausea$
6001$600$Headache$
""",
    "faers_ascii_2022Q4/Deleted/DELETE22Q4.txt": "\n200\n",
}
# Older: the report is ISR, the case CASE, rows end in an empty cell, terms are in capitals, no ingredient.
OLDER = {
    "aers/ascii/DEMO04Q1.TXT": """\
ISR$CASE$I_F_COD$FOLL_SEQ$FDA_DT$GNDR_COD
1002$900$I$$20040105$M$
1003$100$I$$20040105$M$
""",
    "aers/ascii/DRUG04Q1.TXT": """\
ISR$DRUG_SEQ$ROLE_COD$DRUGNAME
1002$55$PS$IMATINIB$
1003$56$PS$ASPIRIN$
""",
    "aers/ascii/REAC04Q1.TXT": "ISR$PT\n1002$NAUSEA$\n1003$D\xe9c\xe8s$\n",
}


def folder(tmp_path: Path, *parts: dict[str, str]) -> Path:
    for part in parts:
        for name, content in part.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode("latin-1"))
    return tmp_path


def test_one_version_of_each_case_counts_and_deleted_cases_do_not(tmp_path: Path) -> None:
    sheet = Sheet()
    reports = latest_reports(find_quarters(folder(tmp_path, NEWER)), sheet)
    assert [int(key) for key in reports.keys] == [2 * number for number in (1002, 4001, 5001, 6001)]
    assert (reports.versions, reports.deleted) == (6, 1)
    assert [(item.row, item.reason) for item in sheet.remarks()] == [
        ("DEMO22Q4.txt:8", "exchange_number"),
        ("DEMO22Q4.txt:9", "exchange_row_width"),
    ]


def test_reports_of_both_eras_are_counted_once_each(tmp_path: Path) -> None:
    """Report 1002 of either era is not the same report; case 100 was last reported in 2022."""
    counts, reports, signals = read_signals(folder(tmp_path, NEWER, OLDER), "imatinib", Sheet())
    assert (counts.reports, counts.of_drug) == (5, 3)
    nausea = next(item for item in signals if item.event == "NAUSEA").table
    assert (nausea.a, nausea.b, nausea.c, nausea.d) == (3, 0, 1, 1)
    assert {item.event: item.table.a for item in signals} == {"NAUSEA": 3, "RASH": 1}
    assert "DÉCÈS" not in counts.events
    assert len(reports.keys) == 5


def test_further_roles_count_when_asked(tmp_path: Path) -> None:
    counts, _, _ = read_signals(folder(tmp_path, NEWER), "imatinib", Sheet(), ("PS", "SS"))
    assert counts.of_drug == 3
    counts, _, _ = read_signals(folder(tmp_path, NEWER), "imatinib", Sheet())
    assert counts.of_drug == 2
    assert counts.prior is None


def test_a_folder_without_quarters_or_with_half_of_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="exchange_table_missing"):
        find_quarters(tmp_path)
    (folder(tmp_path, NEWER) / "faers_ascii_2022Q4/ASCII/REAC22Q4.txt").unlink()
    with pytest.raises(InputError, match=r"REAC22Q4\.txt"):
        find_quarters(tmp_path)


def test_a_file_of_another_kind_is_refused_and_reading_can_be_stopped(tmp_path: Path) -> None:
    place = folder(tmp_path, NEWER)
    demo = place / "faers_ascii_2022Q4/ASCII/DEMO22Q4.txt"
    demo.write_text("a$b\n1$2\n", "utf-8")
    with pytest.raises(InputError, match="exchange_column_missing"):
        latest_reports(find_quarters(place), Sheet())
    demo.write_text("primaryid$caseid$fda_dt\n" + "1$1$20200101\n" * 9000, "utf-8")
    task = Task()
    task.cancel()
    with pytest.raises(Cancelled):
        latest_reports(find_quarters(place), Sheet(), task)


@pytest.mark.skipif(not PUBLIC.exists(), reason="the public sample is not at hand")
def test_the_public_sample_is_read_without_a_rejected_row() -> None:
    sheet = Sheet()
    counts, reports, signals = read_signals(PUBLIC, "sitagliptin", sheet)
    assert sheet.rejected == 0
    assert (reports.versions, counts.reports, counts.of_drug) == (23, 23, 1)
    assert {item.event for item in signals} >= {"PANCREATITIS CHRONIC", "PANCREATIC CARCINOMA"}
    assert reports.deleted > 3000
