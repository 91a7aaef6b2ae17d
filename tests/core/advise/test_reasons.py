"""The reasons say what is so: each number is computed here a second way, each id has words in both languages."""

from dataclasses import replace

import pytest

from core import session
from core.advise.recommendation import Reason, ReasonKind
from core.clinic.case import Case
from core.clinic.case_file import load_case
from core.clinic.level import CoMedication
from core.drugs.library import resources_folder
from core.report.wording import Wording
from core.units import Quantity


def example() -> Case:
    case = load_case(resources_folder() / "examples" / "vancomycin_falling_renal_function.case.json")
    return replace(case, models=("vancomycin.goti2018",))


CASE = example()


def reasons_of(case: Case) -> dict[str, Reason]:
    advice = session.recommend(case, session.individualise(case))
    for reason in advice.reasons:
        assert Wording("en").text(reason.id, reason.values)
        assert Wording("zh_CN").text(reason.id, reason.values)
    return {reason.id: reason for reason in advice.reasons}


@pytest.fixture(scope="module")
def found() -> dict[str, Reason]:
    return reasons_of(replace(CASE, co_medication=(CoMedication("furosemide", -50.0),)))


def test_every_kind_of_reason_is_given_in_order(found: dict[str, Reason]) -> None:
    kinds = [reason.kind for reason in found.values()]
    assert set(kinds) == set(ReasonKind)
    assert kinds == sorted(kinds, key=list(ReasonKind).index)


def test_what_was_used_is_counted(found: dict[str, Reason]) -> None:
    values = found["why_used"].values
    assert (values["doses"], values["levels"], values["models"]) == ("5", "2", "1")


def test_the_covariate_that_drives_the_dose_moves_the_clearance_as_said(found: dict[str, Reason]) -> None:
    values = found["why_drives"].values
    last = next(item for item in reversed(CASE.covariates) if item.name == values["covariate"])
    assert isinstance(last.value, Quantity)
    more = replace(last, value=Quantity(1.2 * last.value.value, last.value.unit))
    changed = replace(CASE, covariates=tuple(more if item is last else item for item in CASE.covariates))
    eta = session.individualise(CASE).posteriors[0].eta[None]
    before, after = (
        float(session.bind_models(case)[0].parameters(eta, CASE.now)["clearance"][0]) for case in (CASE, changed)
    )
    assert values["percent"] == f"{100 * (after / before - 1):+.0f}"
    assert (
        values["covariate"] == "weight"
    )  # Cockcroft-Gault: a fifth more weight is a fifth more, creatinine a sixth less


def test_another_drug_the_models_do_not_know_is_named(found: dict[str, Reason]) -> None:
    assert found["why_not_known_drug"].values["drug"] == "furosemide"


def test_another_drug_the_model_knows_is_told_by_what_it_does_now_and_later() -> None:
    case = load_case(resources_folder() / "examples" / "gefitinib_itraconazole.case.json")
    individual = session.individualise(case)
    told = {r.id: r for r in session.recommend(case, individual).reasons}["why_drives_drug"].values
    eta = individual.posteriors[0].eta[None]
    with_it, without = (session.bind_models(one)[0] for one in (case, replace(case, co_medication=())))
    for name, time in (("percent", case.now), ("later", case.now + with_it.model.judged_after)):
        ratio = with_it.parameters(eta, time)["clearance"][0] / without.parameters(eta, time)["clearance"][0]
        assert told[name] == f"{100 * (ratio - 1):+.0f}"
    assert float(told["percent"]) < float(told["later"]) < 0.0  # stopped on the way, and not yet gone


def test_before_any_level_the_spread_between_alike_patients_is_said() -> None:
    first = replace(CASE, levels=())
    percent = float(reasons_of(first)["why_not_known_between"].values["percent"])
    model = session.bind_models(first)[0].model
    variance = float(model.omega[model.etas.index("clearance"), model.etas.index("clearance")])
    assert (percent / 100) ** 2 == pytest.approx(2.718281828**variance - 1.0, rel=0.05)


def test_a_level_put_aside_is_said() -> None:
    aside = replace(CASE, levels=(replace(CASE.levels[0], use=False, reason="line"), CASE.levels[1]))
    assert reasons_of(aside)["why_left_out"].values["levels"] == "1"
