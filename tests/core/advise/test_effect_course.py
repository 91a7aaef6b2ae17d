"""Effects as targets and harms: the INR under warfarin, neutrophils under docetaxel."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from core import session
from core.advise.effect_course import PatientEffect, effects_in
from core.advise.recommendation import Outcome, Regimen
from core.clinic.case import Case, CoMedication, Target, TargetKind
from core.clinic.covariate import CovariateValue
from core.clinic.patient import Ethnicity, Patient, Sex
from core.clinic.regimen import Dose, Route
from core.errors import InputError
from core.pd.library import effect_by_id
from core.pd.myelosuppression import circulating_cells
from core.units import parse_quantity

START = dt.datetime(2026, 7, 6, 8, tzinfo=dt.UTC)
INR, NEUTROPHILS = "warfarin_inr_hamberg2010", "docetaxel_neutrophils"


def warfarin(*inr: tuple[float, float], daily: float = 0.0, days: int = 1, genotype: str = "GG") -> Case:
    facts = [CovariateValue("weight", parse_quantity("75 kg")), CovariateValue("vkorc1_genotype", genotype)]
    facts += [CovariateValue("inr", parse_quantity(f"{value} 1"), time) for time, value in inr]
    row = Dose(0.0, parse_quantity(f"{daily} mg"), Route.ORAL, every=parse_quantity("24 h"), count=days)
    patient = Patient("P-1", Sex.MALE, age=71.0, ethnicity=Ethnicity.EUROPEAN)
    return Case(
        patient,
        "warfarin",
        START,
        covariates=tuple(facts),
        doses=(row,) if daily else (),
        models=("warfarin.hamberg2010",),
    )


def best(case: Case) -> float:
    return session.recommend(case, session.individualise(case)).options[0].regimen.amount


def test_the_inr_of_a_steady_state_is_the_closed_form() -> None:
    """Hamberg 2010 at a constant concentration: INR = 1 + 20 C^h / (EC50^h + C^h), C = dose rate / clearance."""
    case = warfarin(daily=6.0, days=3)
    case = replace(case, doses=(replace(case.doses[0], steady_state=True),))
    bound = session.bind_models(case)[0]
    effect = effect_by_id(INR)
    assert effect is not None
    own = effect.for_patient({"vkorc1_genotype": "GG"})
    typical = PatientEffect(own, {name: np.full(1, value) for name, value in own.parameters.items()})
    found = typical.at(bound, np.zeros((1, len(bound.model.etas))), [case.given_doses], np.array([0.0, 36.0, 72.0]))
    ratio = (6.0 / 2 / 24.0 / 0.348 / 4.1) ** 1.15
    assert found[0, 0] == pytest.approx(1.0 + 20.0 * ratio / (1.0 + ratio), rel=0.01)


def test_measured_inrs_move_the_draws_towards_what_made_them_and_cover_it() -> None:
    """Of 40 virtual patients after INRs on days 3, 6 and 9 the 90 % interval of the EC50 holds 80 to 98 %."""
    rng = np.random.default_rng(8)
    held, spread = 0, []
    bare = warfarin(daily=4.0, days=10)
    bound = session.bind_models(bare)[0]
    root = np.linalg.cholesky(bound.model.omega).T
    times = np.array([72.0, 144.0, 216.0])
    for _ in range(40):
        true_eta = rng.standard_normal((1, 2)) @ root
        truth = effects_in(bare, bound, true_eta, rng)[1][INR]
        seen = truth.at(bound, true_eta, [bare.given_doses], times)[0, 0] * np.exp(0.15 * rng.standard_normal(3))
        case = warfarin(*((float(t), float(v)) for t, v in zip(times, seen, strict=True)), daily=4.0, days=10)
        fitted = effects_in(case, bound, rng.standard_normal((300, 2)) @ root, rng)[1][INR]
        after = fitted.parameters["ec50"]
        low, high = np.percentile(after, [5, 95])
        held += bool(low <= truth.parameters["ec50"][0] <= high)
        spread.append(np.std(np.log(after)))
    assert 32 <= held <= 39
    assert np.mean(spread) < 0.8 * np.sqrt(0.24)


def test_a_high_inr_lowers_the_dose_and_a_low_one_raises_it() -> None:
    high = warfarin((72.0, 1.9), (144.0, 3.6), daily=4.0, days=7)
    low = warfarin((72.0, 1.05), (144.0, 1.2), daily=4.0, days=7)
    assert best(high) < 4.0 < best(low)


def test_genotype_and_amiodarone_lower_the_dose() -> None:
    """Two A alleles of VKORC1 more than halve the EC50 (Hamberg 2010); amiodarone takes it to 0.398 (Xia 2024)."""
    assert best(warfarin(genotype="AA")) < 0.7 * best(warfarin(genotype="GG"))
    asian = warfarin(genotype="AG")
    asian = replace(asian, patient=replace(asian.patient, ethnicity=Ethnicity.EAST_ASIAN))
    beside = replace(asian, co_medication=(CoMedication("amiodarone", start=0.0),))
    alone, both = (session.recommend(case, session.individualise(case)) for case in (asian, beside))
    assert both.options[0].regimen.amount < 0.7 * alone.options[0].regimen.amount
    assert "co_medication_not_modelled" not in [alert.id for alert in both.alerts]


def test_a_genotype_without_which_the_effect_cannot_be_told_is_asked_for() -> None:
    case = warfarin()
    case = unknown_genotype(case, Ethnicity.UNKNOWN)
    with pytest.raises(InputError) as refusal:
        session.recommend(case, session.individualise(case))
    assert refusal.value.field == "covariates.vkorc1_genotype"


def test_an_inr_no_draw_explains_is_said() -> None:
    case = warfarin((6.0, 9.0), daily=2.0, days=7)
    found = session.recommend(case, session.individualise(case))
    assert "effect_hardly_explained" in [alert.id for alert in found.alerts]


def test_an_effect_cannot_be_the_target_of_a_drug_without_one() -> None:
    facts = {"weight": "70 kg", "serum_creatinine": "80 umol/L"}
    covariates = tuple(CovariateValue(name, parse_quantity(value)) for name, value in facts.items())
    target = Target(TargetKind.EFFECT, parse_quantity("2 1"), parse_quantity("3 1"))
    case = Case(Patient("P-1", Sex.MALE, age=60.0), "digoxin", START, covariates=covariates, target=target)
    with pytest.raises(InputError, match="target_without_effect"):
        session.recommend(case, session.individualise(case))


def test_a_target_in_the_unit_of_another_effect_is_refused() -> None:
    target = Target(TargetKind.EFFECT, parse_quantity("2 10^9/L"), parse_quantity("3 10^9/L"))
    case = replace(warfarin(), target=target)
    with pytest.raises(InputError) as refusal:
        session.recommend(case, session.individualise(case))
    assert (refusal.value.field, refusal.value.reason) == ("target.low", "target_unit_of_effect")


def docetaxel(*counts: tuple[float, float], doses: tuple[Dose, ...] = ()) -> Case:
    facts = {"weight": "60 kg", "height": "165 cm", "alpha1_acid_glycoprotein": "1.34 g/L"}
    covariates = [CovariateValue(name, parse_quantity(value)) for name, value in facts.items()]
    covariates += [CovariateValue("neutrophils", parse_quantity(f"{value} 10^9/L"), time) for time, value in counts]
    return Case(Patient("P-1", Sex.FEMALE, age=60.0), "docetaxel", START, covariates=tuple(covariates), doses=doses)


def infused(milligrams: float) -> Dose:
    return Dose(0.0, parse_quantity(f"{milligrams} mg"), Route.INTRAVENOUS, parse_quantity("1 h"))


def test_the_chance_of_neutropenia_is_that_of_brute_force() -> None:
    """The course of every draw on a grid of 3 min around the infusion and 1 h later, by the published equations."""
    case = docetaxel((0.0, 4.0))
    found = session.recommend(case, session.individualise(case))
    assert found.outcome is Outcome.OPTIONS
    chances = {option.regimen.amount: option.risks[0].chance.value for option in found.options}
    bound = session.bind_models(case)[0]
    rng = np.random.default_rng(3)
    eta = rng.standard_normal((400, len(bound.model.etas))) @ np.linalg.cholesky(bound.model.omega).T
    effect = effect_by_id(NEUTROPHILS)
    assert effect is not None
    drawn = dict(effect.draw(400, rng)) | {"baseline": np.full(400, 4.0)}
    grid = np.unique(np.concatenate([np.arange(0.0, 6.0, 0.05), np.arange(6.0, 505.0, 1.0)]))
    for amount, chance in chances.items():
        curve = bound.concentrations(eta, (infused(amount),), grid)
        lowest = circulating_cells(curve, grid, drawn).min(axis=1)
        assert chance == pytest.approx((lowest < 0.5).mean(), abs=0.07)
    in_order = [chances[amount] for amount in sorted(chances)]
    assert in_order == sorted(in_order)


def test_own_counts_after_the_first_cycle_change_chance_and_dose() -> None:
    chances, doses = [], []
    for nadir in (0.2, 2.0):
        case = docetaxel((0.0, 4.0), (192.0, nadir), (504.0, 4.0), doses=(infused(100.0),))
        fitted = session.individualise(case)
        again = Regimen(100.0, 504.0, Route.INTRAVENOUS, 1.0, case.now)
        chances.append(session.judge(case, fitted, [again])[0].risks[0].chance.value)
        doses.append(session.recommend(case, fitted).options[0].regimen.amount)
    assert chances[0] > 0.8 > 0.2 > chances[1]
    assert doses[0] < 100.0 < doses[1]


def test_the_curves_of_an_effect_pass_through_what_was_measured_of_it() -> None:
    case = docetaxel((0.0, 4.0), (192.0, 0.3), (504.0, 3.8), doses=(infused(100.0),))
    fitted = session.individualise(case)
    again = Regimen(80.0, 504.0, Route.INTRAVENOUS, 1.0, case.now)
    own = session.predict_proposed(case, fitted, again).curve(f"effect:{NEUTROPHILS}")
    population = session.predict_prior(case).curve(f"effect:{NEUTROPHILS}")
    assert own is not None
    assert population is not None
    nadir = np.flatnonzero(own.times == 192.0)[0]
    assert own.median[0] == pytest.approx(4.0, rel=1e-3)
    assert abs(np.log(own.median[nadir] / 0.3)) < abs(np.log(population.median[nadir] / 0.3))
    assert own.times[-1] >= case.now + 504.0


def test_without_genotype_and_ancestry_there_is_no_curve_of_the_inr() -> None:
    case = warfarin(daily=4.0, days=3)
    case = unknown_genotype(case, Ethnicity.UNKNOWN)
    assert session.predict_prior(case).curve(f"effect:{INR}") is None
    assert session.predict_prior(unknown_genotype(case, Ethnicity.AFRICAN)).curve(f"effect:{INR}") is not None


def test_what_stands_in_for_a_fact_of_the_effect_is_said() -> None:
    case = docetaxel()
    case = replace(case, covariates=tuple(item for item in case.covariates if item.name in ("weight", "height")))
    found = session.recommend(case, session.individualise(case))
    said = {alert.values["covariate"] for alert in found.alerts if alert.id == "effect_fact_assumed"}
    assert said == {"alpha1_acid_glycoprotein", "neutrophils"}
    whole = docetaxel((0.0, 4.0))
    found = session.recommend(whole, session.individualise(whole))
    assert "effect_fact_assumed" not in [alert.id for alert in found.alerts]


def unknown_genotype(case: Case, ancestry: Ethnicity) -> Case:
    kept = tuple(item for item in case.covariates if item.name != "vkorc1_genotype")
    return replace(case, patient=replace(case.patient, ethnicity=ancestry), covariates=kept)


def test_chances_of_an_unknown_genotype_are_those_of_each_by_how_often_it_occurs() -> None:
    """Law of total probability, over 524 GG, 693 AG and 216 AA of 1,433 (IWPC 2009), within three standard errors."""
    case = replace(warfarin(daily=4.0, days=3), models=("warfarin.hamberg2010",))
    regimen = Regimen(4.0, 24.0, Route.ORAL, first_dose=case.now)

    def chance(one: Case) -> float:
        return session.judge(one, session.individualise(one), [regimen])[0].attainment.value

    apart = 0.0
    for genotype, count in (("GG", 524), ("AG", 693), ("AA", 216)):
        facts = tuple(item for item in case.covariates if item.name != "vkorc1_genotype")
        known = replace(case, covariates=(*facts, CovariateValue("vkorc1_genotype", genotype)))
        apart += count / 1433 * chance(known)
    together = chance(unknown_genotype(case, Ethnicity.EUROPEAN))
    assert together == pytest.approx(apart, abs=3 * (0.25 / 500) ** 0.5)


def test_an_unknown_genotype_is_said_and_without_ancestry_asked_for() -> None:
    case = unknown_genotype(warfarin(daily=4.0, days=3), Ethnicity.EAST_ASIAN)
    found = session.recommend(case, session.individualise(case))
    assert [alert.about for alert in found.alerts if alert.id == "effect_fact_mixed"] == ["vkorc1_genotype"]
    nobody = unknown_genotype(case, Ethnicity.UNKNOWN)
    with pytest.raises(InputError, match="covariate_or_ancestry_missing"):
        session.recommend(nobody, session.individualise(nobody))


def test_measured_inrs_tell_the_genotype_apart() -> None:
    """A high INR at a low dose makes the sensitive genotype likelier, a low one at a high dose the other."""
    means = []
    for daily, inr in ((2.0, 3.5), (8.0, 1.4)):
        case = unknown_genotype(warfarin(daily=daily, days=12), Ethnicity.EUROPEAN)
        case = replace(case, covariates=(*case.covariates, CovariateValue("inr", parse_quantity(f"{inr} 1"), 270.0)))
        bound = session.bind_models(case)[0]
        rng = np.random.default_rng(3)
        _, effects = effects_in(case, bound, np.zeros((300, len(bound.model.etas))), rng)
        means.append(float(np.exp(np.log(effects[INR].parameters["ec50"]).mean())))
    assert means[0] < 2.6 < 3.4 < means[1]
