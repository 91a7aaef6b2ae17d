"""Whatever a case can hold survives its file."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clinic.case import Case, Target, TargetKind
from core.clinic.case_file import load_case, read_case, save_case, write_case
from core.clinic.covariate import CATALOGUE, CovariateValue
from core.clinic.level import CoMedication, Level, Outcome
from core.clinic.patient import Ethnicity, Patient, Sex
from core.clinic.regimen import Dose, DoseStatus, Route
from core.errors import InputError
from core.units import Quantity

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = json.loads((ROOT / "resources/schema/case.schema.json").read_text(encoding="utf-8"))
EXAMPLES = sorted((ROOT / "resources/examples").glob("*.case.json"))

numbers = st.floats(1e-6, 1e6)
hours = st.floats(-5e4, 5e4)
texts = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=30).filter(
    lambda text: text.strip()
)
optional = lambda strategy: st.none() | strategy  # noqa: E731


def quantities(*units: str, low: float = 1e-6, high: float = 1e6) -> st.SearchStrategy[Quantity]:
    return st.builds(Quantity, st.floats(low, high), st.sampled_from(units))


@st.composite
def covariate_values(draw: st.DrawFn) -> CovariateValue:
    kind = CATALOGUE[draw(st.sampled_from(sorted(CATALOGUE)))]
    if kind.choices:
        return CovariateValue(kind.name, draw(st.sampled_from(kind.choices)), draw(hours))
    return CovariateValue(kind.name, Quantity(draw(st.floats(kind.low, kind.high)), kind.unit), draw(hours))


@st.composite
def doses(draw: st.DrawFn) -> Dose:
    route = draw(st.sampled_from(Route))
    every = draw(optional(quantities("h", "day", "min", high=100.0)))
    return Dose(
        draw(hours),
        draw(quantities("mg", "g", "ug", "µg", "mcg")),
        route,
        draw(optional(quantities("h", "min"))) if route is Route.INTRAVENOUS else None,
        every,
        draw(st.integers(1, 30)) if every else 1,
        draw(st.sampled_from(DoseStatus)),
        draw(st.booleans()) if every else False,
    )


@st.composite
def co_medications(draw: st.DrawFn) -> CoMedication:
    start = draw(hours)
    until = draw(optional(st.floats(1.0, 1e4)))
    amount, every = draw(optional(quantities("mg", "IU", "mmol"))), draw(optional(quantities("h", "day")))
    return CoMedication(draw(texts), start, None if until is None else start + until, amount, every)


@st.composite
def targets(draw: st.DrawFn) -> Target:
    kind, unit = draw(
        st.sampled_from([(TargetKind.TROUGH, "ng/mL"), (TargetKind.AUC24, "mg*h/L"), (TargetKind.AUC24_MIC, "h")])
    )
    low = draw(numbers)
    ends = draw(st.sampled_from([(True, True), (True, False), (False, True)]))
    return Target(kind, Quantity(low, unit) if ends[0] else None, Quantity(low * 2, unit) if ends[1] else None)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    drug = draw(texts)
    level = st.builds(
        Level, hours, quantities("mg/L", "ng/mL", "nmol/L"), st.sampled_from(["", drug]), st.booleans(), st.booleans(),
        st.just("") | texts,
    )  # fmt: skip
    outcome = st.builds(
        Outcome, hours, st.sampled_from(["response", "toxicity", "laboratory"]), texts, optional(st.integers(0, 5)),
        st.just("") | texts,
    )  # fmt: skip
    born = draw(optional(st.dates(dt.date(1910, 1, 1), dt.date(1990, 1, 1))))
    zone = dt.timezone(dt.timedelta(minutes=draw(st.integers(-720, 840))))
    few = {"max_size": 4}
    return Case(
        Patient(
            draw(texts),
            draw(st.sampled_from(Sex)),
            draw(st.just("") | texts),
            born,
            draw(st.floats(0, 120)) if born is None else None,
            draw(st.sampled_from(Ethnicity)),
        ),
        drug,
        draw(st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2029, 1, 1), timezones=st.just(zone))),
        tuple(draw(st.lists(covariate_values(), unique_by=lambda item: (item.name, item.time), **few))),
        tuple(draw(st.lists(co_medications(), **few))),
        tuple(draw(st.lists(texts, unique=True, **few))),
        tuple(draw(st.lists(doses(), **few))),
        tuple(draw(st.lists(level, **few))),
        tuple(draw(st.lists(outcome, **few))),
        draw(optional(targets())),
    )


@settings(max_examples=300, deadline=None)
@given(cases())
def test_what_is_written_is_read_back_equal_and_keeps_to_the_schema(case: Case) -> None:
    text = write_case(case)
    assert read_case(text) == case
    assert write_case(read_case(text)) == text
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(text))


@given(st.floats(1e-9, 1e11))
def test_every_digit_of_a_quantity_survives(value: float) -> None:
    case = load_case(EXAMPLES[0])
    kept = case.with_doses((Dose(0.0, Quantity(value, "mg"), Route.ORAL),))
    assert Decimal(read_case(write_case(kept)).doses[0].amount.value) == Decimal(value)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_worked_cases_survive_a_round_trip_and_say_that_they_are_demonstrations(path: Path, tmp_path: Path) -> None:
    case = load_case(path)
    assert "DEMO" in case.patient.name
    assert case.given_doses
    assert case.used_levels or any(CATALOGUE[item.name].response for item in case.covariates)
    save_case(case, tmp_path / "copy.case.json")
    assert load_case(tmp_path / "copy.case.json") == case


def test_a_case_that_no_file_may_hold_is_not_written() -> None:
    case = load_case(EXAMPLES[0])
    with pytest.raises(InputError) as caught:
        write_case(case.with_doses((Dose(0.0, Quantity(float("nan"), "mg"), Route.ORAL),)))
    assert caught.value.field == "$.doses[0].amount"
    with pytest.raises(InputError, match="number_not_finite"):
        write_case(case.with_doses((Dose(float("inf"), Quantity(1.0, "mg"), Route.ORAL),)))
