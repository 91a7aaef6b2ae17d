"""MIMIC-III and MIMIC-IV from the user's own copy: one Case per admission in which the drug was given or measured.

Tables as documented by the MIT Laboratory for Computational Physiology: Johnson 2016, doi:10.1038/sdata.2016.35, and
Johnson 2023, doi:10.1038/s41597-022-01899-x. An order is no administration: it counts only where the user says so.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping

from core.clinic.case import Case
from core.clinic.level import Level
from core.clinic.patient import DAYS_PER_YEAR, Ethnicity, Sex
from core.errors import InputError
from core.exchange.course import Course
from core.exchange.hospital_files import (
    HospitalSource,
    add_covariate,
    find_table,
    headings_of,
    need_table,
    read_named,
    read_result,
    read_time,
    words_pattern,
)
from core.exchange.mimic_doses import add_administrations, add_charted_inputs, add_prescriptions
from core.exchange.sheet import Sheet
from core.exchange.ucum import from_ucum
from core.exchange.written import read_number
from core.task import Task

# itemid of labevents, the same in both editions; total drug in blood only.
LABS: Mapping[str, str] = {
    "50912": "serum_creatinine",
    "50862": "albumin",
    "50885": "bilirubin",
    "51237": "inr",
    "51675": "inr",
    "51221": "haematocrit",
    "50813": "lactate",
    "51265": "platelets",
    "51301": "leukocytes",
}
LEVELS: Mapping[str, str] = {
    "51009": "vancomycin",
    "50929": "gentamicin",
    "50997": "tobramycin",
    "50865": "amikacin",
    "50917": "digoxin",
    "50967": "phenytoin",
    "51008": "valproate",
    "50899": "carbamazepine",
    "50966": "phenobarbital",
    "50957": "lithium",
    "50990": "theophylline",
    "50986": "tacrolimus",
    "50914": "ciclosporin",
    "50978": "sirolimus",
    "50961": "methotrexate",
    "50977": "quinidine",
    "50972": "procainamide",
}
# itemid of chartevents: MetaVision, then CareVue (III only); the units they are charted in.
CHARTED: Mapping[str, tuple[str, str]] = {
    "226512": ("weight", "kg"),
    "224639": ("weight", "kg"),
    "762": ("weight", "kg"),
    "763": ("weight", "kg"),
    "226730": ("height", "cm"),
    "226707": ("height", "[in_i]"),
}
_OLDEST_SHOWN = 89  # years; older patients' ages are hidden
_HIDDEN = 90.0
_RACES = (
    ("WHITE", Ethnicity.EUROPEAN),
    ("BLACK", Ethnicity.AFRICAN),
    ("ASIAN - CHINESE", Ethnicity.EAST_ASIAN),
    ("ASIAN - KOREAN", Ethnicity.EAST_ASIAN),
    ("ASIAN - JAPANESE", Ethnicity.EAST_ASIAN),
    ("ASIAN - ASIAN INDIAN", Ethnicity.SOUTH_ASIAN),
)


def read_mimic(source: HospitalSource, sheet: Sheet, task: Task | None = None) -> Iterator[Case]:
    """Cases of a MIMIC folder; the edition is seen from its tables.

    Raises:
        InputError: a table is missing or cannot be read.
        Cancelled: on request.
    """
    courses = _admissions(source, sheet, task)
    add_charted_inputs(source, courses, sheet, task)
    add_administrations(source, courses, sheet, task)
    add_prescriptions(source, courses, sheet, task)
    _labs(source, courses, {item: "" for item, drug in LEVELS.items() if drug == source.drug}, sheet, task)
    wanted = {name: course for name, course in courses.items() if course.doses or course.levels}
    _labs(source, wanted, LABS, sheet, task)
    _chart(source, wanted, sheet, task)
    for course in wanted.values():
        case = course.build(sheet)
        if case is not None:
            yield case


def _admissions(source: HospitalSource, sheet: Sheet, task: Task | None) -> dict[str, Course]:
    """A course for each admission, with sex, age and ancestry."""
    file = need_table(source.folder, "patients")
    newer = "anchor_age" in headings_of(file)
    columns = ("subject_id", "gender", *(("anchor_age", "anchor_year") if newer else ("dob",)))
    people = {row["subject_id"]: row for _, row in read_named(file, columns, sheet, task)}
    courses: dict[str, Course] = {}
    admissions = need_table(source.folder, "admissions")
    for place, row in read_named(admissions, ("subject_id", "hadm_id", "admittime"), sheet, task):
        course = Course(f"{row['subject_id']}-{row['hadm_id']}", source.drug, place)
        person = people.get(row["subject_id"])
        if person is None:
            sheet.reject(place, "subject_id", "exchange_patient_unknown")
            continue
        course.sex = {"F": Sex.FEMALE, "M": Sex.MALE}.get(person["gender"].upper())
        written = (row.get("race") or row.get("ethnicity") or "").upper()
        course.ethnicity = next((value for name, value in _RACES if written.startswith(name)), Ethnicity.UNKNOWN)
        try:
            _age(course, person, read_time(row["admittime"]), sheet)
        except InputError as error:
            sheet.refuse(place, error.field, error)
            continue
        courses[row["hadm_id"]] = course
    return courses


def _age(course: Course, person: Mapping[str, str], admitted: dt.datetime, sheet: Sheet) -> None:
    """Age at admission; above 89 years both editions hide it (III by a birth 300 years before, IV as 91)."""
    if "anchor_age" in person:
        anchor = read_number(person["anchor_age"], "anchor_age")
        years = anchor + admitted.year - read_number(person["anchor_year"], "anchor_year")
        hidden = anchor > _OLDEST_SHOWN
    else:
        years = (admitted - read_time(person["dob"])).days / DAYS_PER_YEAR
        hidden = years > _OLDEST_SHOWN
    if hidden:
        sheet.change(course.place, "age", "exchange_age_hidden", age=int(_HIDDEN))
    course.age = _HIDDEN if hidden else years


def _labs(
    source: HospitalSource, courses: Mapping[str, Course], items: Mapping[str, str], sheet: Sheet, task: Task | None
) -> None:
    """Add the results of some itemids: covariates by their name, levels where the name is empty.

    Two passes, levels first: the covariates of every admission there is would not fit the memory.
    """
    file = find_table(source.folder, "labevents")
    if file is None or not items or not courses:
        return
    columns = ("hadm_id", "itemid", "charttime", "value", "valuenum", "valueuom")
    for place, row in read_named(file, columns, sheet, task, words_pattern(list(items))):
        course, name = courses.get(row["hadm_id"]), items.get(row["itemid"])
        if course is None or name is None:
            continue
        try:
            time = read_time(row["charttime"])
            result = read_result(_limit_in(row), row["valuenum"], row["valueuom"])
            if name:
                add_covariate(course, place, time, name, result)
            else:
                course.add_level(place, time, Level(0.0, result[0], source.drug, below_limit=result[1]))
        except InputError as error:
            sheet.refuse(place, error.field, error)


def _limit_in(row: Mapping[str, str]) -> str:
    """The result as text; MIMIC-IV moves `LESS THAN 1.7` to the comments and leaves the value empty."""
    if row["value"] not in ("", "___"):
        return row["value"]
    return row.get("comments", "") if re.match(r"(?i)\s*(<|less than|>|greater than)", row.get("comments", "")) else ""


def _chart(source: HospitalSource, courses: Mapping[str, Course], sheet: Sheet, task: Task | None) -> None:
    file = find_table(source.folder, "chartevents")
    if file is None or not courses:
        return
    for place, row in read_named(
        file, ("hadm_id", "itemid", "charttime", "valuenum"), sheet, task, words_pattern(sorted(CHARTED))
    ):
        course, known = courses.get(row["hadm_id"]), CHARTED.get(row["itemid"])
        if course is None or known is None:
            continue
        name, unit = known
        try:
            value = from_ucum(read_number(row["valuenum"], "valuenum"), unit)
            add_covariate(course, place, read_time(row["charttime"]), name, (value, False))
        except InputError as error:
            sheet.refuse(place, error.field, error)
