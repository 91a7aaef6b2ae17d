import dataclasses
import datetime as dt
import io
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdf
import pytest

from core.advise.recommendation import Outcome, SecondOpinion
from core.clinic.alert import Alert, Severity
from core.clinic.case_file import read_case, write_case
from core.report.content import Findings, ReportContent, build_content
from core.report.pdf import make_pdf
from core.report.phrase import DrugName, Joined, Moment, Phrase, Start, Word, say
from core.report.wording import LANGUAGES, Wording

SPEAKABLE = (Phrase, Word, DrugName, Moment, Joined, Start, Alert)


def read(made: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(made))


def squeezed(text: str) -> str:
    """Without white space and letter case: lines may break anywhere, first letters are made large."""
    return re.sub(r"\s+", "", text).lower()


def extracted(made: bytes) -> str:
    return squeezed("".join(page.extract_text() for page in read(made).pages))


def spoken(part: Any) -> Iterator[Any]:
    """Everything in the content that is to be said."""
    if isinstance(part, SPEAKABLE):
        yield part
    elif isinstance(part, tuple):
        for item in part:
            yield from spoken(item)
    elif dataclasses.is_dataclass(part) and not isinstance(part, type):
        for name in (field.name for field in dataclasses.fields(part)):
            yield from spoken(getattr(part, name))


@pytest.fixture
def content(findings: Findings, made: dt.datetime) -> ReportContent:
    return build_content(findings, made)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_put_in_can_be_taken_out_again(content: ReportContent, language: str) -> None:
    wording = Wording(language)
    text = extracted(make_pdf(content, wording, appendix=True))
    said = [say(wording, part) for part in spoken(content)]
    assert len(said) > 60
    assert [part for part in said if squeezed(part) not in text] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_second_reader_finds_the_same_text(content: ReportContent, language: str, tmp_path: Path) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    wording = Wording(language)
    (tmp_path / "report.pdf").write_bytes(make_pdf(content, wording))
    run = subprocess.run(
        ["pdftotext", "-raw", str(tmp_path / "report.pdf"), "-"], capture_output=True, check=True, timeout=60
    )
    text = squeezed(run.stdout.decode("utf-8"))
    for part in (*content.why, *content.second_opinion, *(alert.text for alert in content.alerts)):
        assert squeezed(say(wording, part)) in text


def test_the_numbers_of_the_recommendation_stand_on_the_page(content: ReportContent) -> None:
    text = extracted(make_pdf(content, Wording("en")))
    for expected in (
        *("250 mg", "every 48 hours", "125 mg per day", "from 13-Jul-2026 08:00", "92 % (89–93 %)", "71 % (58–82 %)"),
        *("kidney injury", "12 % (6–21 %)", "diarrhoea: above 14 mg*h/L", "evidence low", "trough 384 (314–457) ng/mL"),
        *(
            "weight 48 kg lies outside the range studied (50 kg to 110 kg",
            "acknowledged: dr. example, 14-jul-2026 09:05",
        ),
        *(
            "not acknowledged",
            "albumin 42 g/L — not entered, assumed",
            "512 ng/mL; expected 390 ng/mL, this patient 480 ng/mL",
        ),
        *("below 5 ng/mL; not used: haemolysed", "gefitinib.pbpk 0123456789ab, weight 100 %: model 2019"),
        *(
            "inputs a1b2c3d4e5f6; 1000 samples, seed 1",
            "gefitinib.forest fedcba987654",
            "118 mg per day (83.3 mg–250 mg, 90 % interval)",
        ),
        *(
            "accepted: 250 mg — oral — every 48 hours",
            "reason: diarrhoea settles",
            "signature dr. example 14-jul-2026 09:05",
        ),
        "Not a certified medical device",
    ):
        assert squeezed(expected) in text, expected


def test_the_chinese_page_names_the_drug_in_chinese_first(content: ReportContent) -> None:
    text = extracted(make_pdf(content, Wording("zh_CN")))
    for expected in (
        "吉非替尼gefitinib",
        "伊曲康唑itraconazole",
        "每48小时一次",
        "演示患者",
        "慢代谢",
        "非经认证的医疗器械",
    ):
        assert expected in text, expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_usual_case_fits_one_page_and_every_page_names_the_patient(content: ReportContent, language: str) -> None:
    wording = Wording(language)
    assert len(read(make_pdf(content, wording)).pages) == 1
    pages = [squeezed(page.extract_text()) for page in read(make_pdf(content, wording, appendix=True)).pages]
    assert len(pages) == 2
    for number, page in enumerate(pages, 1):
        assert "p-0042" in page
        assert squeezed(say(wording, Phrase("report_page", {"page": str(number), "pages": "2"}))) in page
        assert squeezed(wording.text("report_not_certified")) in page


def test_the_same_content_makes_the_same_bytes_and_the_file_bears_its_date(
    content: ReportContent, made: dt.datetime
) -> None:
    first = make_pdf(content, Wording("en"))
    assert make_pdf(content, Wording("en")) == first
    information = read(first).metadata
    assert information is not None
    assert information.creation_date == made


def test_all_levels_stand_on_the_next_page_when_there_are_many(findings: Findings, made: dt.datetime) -> None:
    document = json.loads(write_case(findings.case))
    document["levels"] = [{"time": 10.0 + i, "value": f"{100 + i} ng/mL"} for i in range(40)]
    many = dataclasses.replace(findings, case=read_case(json.dumps(document)))
    pages = read(make_pdf(build_content(many, made), Wording("en"))).pages
    assert len(pages) == 2
    assert squeezed("34 more on the next page") in squeezed(pages[0].extract_text())
    assert all(f"{100 + i}ng/ml" in squeezed(pages[1].extract_text()) for i in range(40))


def test_a_very_long_case_does_not_break_the_page(findings: Findings, made: dt.datetime) -> None:
    document = json.loads(write_case(findings.case))
    document["levels"] = [
        {"time": 10.0 + i, "value": f"{100 + i} ng/mL", "reason": "x " * 200, "use": False} for i in range(150)
    ]
    document["covariates"] += [{"name": "albumin", "value": "40 g/L", "time": i + 1} for i in range(500)]
    many = dataclasses.replace(findings, case=read_case(json.dumps(document)))
    assert len(read(make_pdf(build_content(many, made), Wording("en"))).pages) > 3


def test_a_blocked_recommendation_shows_no_dose_and_says_why(findings: Findings, made: dt.datetime) -> None:
    stop = Alert(Severity.STOP, "fit_failed", {"models": "gefitinib.pbpk"}, "levels")
    blocked = dataclasses.replace(findings.recommendation, outcome=Outcome.BLOCKED, alerts=(stop,), why=())
    case = findings.case.with_doses(())
    content = build_content(dataclasses.replace(findings, case=case, recommendation=blocked, decision=None), made)
    text = extracted(make_pdf(content, Wording("en")))
    assert squeezed("No recommendation") in text
    assert squeezed("The levels could not be fitted reliably") in text
    assert squeezed("250 mg") not in text


def test_the_nearest_miss_is_no_recommendation(findings: Findings, made: dt.datetime) -> None:
    broken = Alert(
        Severity.STOP, "dose_above_daily", {"value": "500 mg", "limit": "250 mg", "source": "label"}, "regimen"
    )
    worst = dataclasses.replace(findings.recommendation.options[0], limits=(broken,))
    nearest = dataclasses.replace(findings.recommendation, outcome=Outcome.NO_OPTION, options=(worst,))
    text = extracted(
        make_pdf(build_content(dataclasses.replace(findings, recommendation=nearest), made), Wording("en"))
    )
    assert squeezed("No regimen that can be given keeps every limit") in text
    assert squeezed("500 mg per day is above the highest daily dose, 250 mg (label)") in text


@pytest.mark.parametrize(
    ("opinion", "expected"),
    [
        (None, "None was asked for."),
        (SecondOpinion("m", "h" * 16, "no_level_yet"), "It abstains: No level is used"),
        (
            SecondOpinion("m", "h" * 16, "", 250.0, 24.0, agrees=False),
            "It differs from the recommendation: weigh both.",
        ),
    ],
)
def test_the_second_opinion_speaks_abstains_or_differs(
    findings: Findings, made: dt.datetime, opinion: SecondOpinion | None, expected: str
) -> None:
    changed = dataclasses.replace(findings.recommendation, second_opinion=opinion)
    content = build_content(dataclasses.replace(findings, recommendation=changed), made)
    assert squeezed(expected) in extracted(make_pdf(content, Wording("en")))


def test_names_with_rare_or_foreign_characters_are_never_empty_boxes(findings: Findings, made: dt.datetime) -> None:
    document = json.loads(write_case(findings.case))
    document["patient"]["name"] = "<b>&喆堃 Müller 😀 שלום"
    named = dataclasses.replace(findings, case=read_case(json.dumps(document)))
    text = extracted(make_pdf(build_content(named, made), Wording("zh_CN")))
    assert squeezed("<b>&喆堃 Müller [U+1F600] [U+05E9]") in text


def test_a_large_dose_keeps_its_digit_groups_readable(findings: Findings, made: dt.datetime) -> None:
    huge = dataclasses.replace(
        findings.case.doses[0], amount=dataclasses.replace(findings.case.doses[0].amount, value=12500.0)
    )
    case = findings.case.with_doses((huge,))
    text = extracted(make_pdf(build_content(dataclasses.replace(findings, case=case), made), Wording("en")))
    assert "12500mg" in text
    assert "[u+202f]" not in text


def test_the_page_is_readable_in_grey() -> None:
    """Lines differ by dash, not by hue alone; every filled curve has its own dash."""
    from core.report.plot import LINES

    assert len({dash for _, _, _, dash in LINES.values()}) == len(LINES)
