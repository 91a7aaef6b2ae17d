"""Solid drug on its way through the gut, against closed forms of the chain it moves along."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.clinic.patient import Sex
from core.clinic.regimen import Route
from core.drugs.library import resources_folder
from core.engine.schedule import Input, Segment, Side
from core.engine.solve import simulate
from core.errors import DrugFileError
from core.pbpk.absorption import Dissolution
from core.pbpk.compound import Compound, load_compound
from core.pbpk.graph import SINKS
from core.pbpk.individual import Individual, Traits, build_individual
from core.pbpk.joint import join
from core.pbpk.kinetics import kinetics
from core.pbpk.whole_body import COLON_TRANSIT, INTESTINAL_PH, WholeBody, build

FILE = resources_folder() / "compounds" / "reference" / "metformin.yaml"
DRUG = replace(load_compound(FILE), formulations={})  # a base that is absorbed slowly: shares below 1
PERSON = build_individual(Traits.of(Sex.MALE, 30.0, 176.0, 73.0))
WATER_LOVING = replace(DRUG.chemistry, log_p=-5.0)  # no bile salt holds it
TIMES = np.linspace(0.0, 72.0, 289)


def with_solid(solid: Dissolution | None, drug: Compound = DRUG) -> Compound:
    uptake = replace(drug.absorption, dissolution=solid, slow_share=0.0, gastric_ph=None)
    return replace(drug, absorption=uptake)


def rates_of(body: WholeBody, person: Individual = PERSON) -> dict[str, np.ndarray]:
    return body.rates(person, {}, {})


def bioavailability(solid: Dissolution | None, person: Individual = PERSON) -> float:
    body = build(with_solid(solid))
    return float(kinetics(body, person, rates_of(body, person)).bioavailability[0])


def curve(solid: Dissolution | None) -> np.ndarray:
    body = build(with_solid(solid))
    given = [Input(0.0, 500.0, body.dose_state(Route.ORAL))]
    return simulate(body.graph, [Segment(0.0, rates_of(body))], given, TIMES, states=("venous",)).amounts[0, :, 0]


def test_what_dissolves_at_once_is_absorbed_as_if_it_came_dissolved() -> None:
    assert curve(Dissolution(1e6)) == pytest.approx(curve(None), rel=1e-4, abs=1e-6)
    assert bioavailability(Dissolution(1e7)) == pytest.approx(bioavailability(None), rel=1e-5)


def test_no_drug_is_made_or_lost_and_what_stays_solid_leaves_with_the_faeces() -> None:
    body = build(with_solid(Dissolution(0.3, in_colon=0.02)), sinks=True)
    given = [Input(0.0, 500.0, body.dose_state(Route.ORAL))]
    rates = [Segment(0.0, rates_of(body))]
    solved = simulate(body.graph, rates, given, [*TIMES[1:], 5000.0], states=body.graph.states, side=Side.AFTER)
    assert solved.amounts.min() > -1e-12
    assert solved.amounts.sum(axis=2) == pytest.approx(500.0, rel=1e-7)
    end = dict(zip(body.graph.states, solved.amounts[0, -1], strict=True))
    assert sum(end[name] for name in SINKS) == pytest.approx(500.0, rel=1e-7)


def test_the_share_absorbed_is_that_of_the_chain_of_solid_and_dissolved_drug() -> None:
    """Solid drug dissolves in a place with chance d/(d + k) or moves on; dissolved drug is absorbed with a/(a + k).

    Share absorbed: sum over the places where it dissolves of its probability, times 1 - (k/(a + k))^(segments left).
    """
    dissolving = 0.4
    uptake = DRUG.absorption
    moving, emptying, absorbing = uptake.transit, uptake.gastric_emptying, uptake.rate
    share = emptying / (emptying + dissolving)  # still solid when it leaves the stomach
    absorbed = (1.0 - share) * (1.0 - (moving / (moving + absorbing)) ** 7)
    for left in range(7, 0, -1):
        now = share * dissolving / (dissolving + moving)
        absorbed += now * (1.0 - (moving / (moving + absorbing)) ** left)
        share -= now
    whole = 1.0 - (moving / (moving + absorbing)) ** 7
    ratio = bioavailability(Dissolution(dissolving)) / bioavailability(None)
    assert ratio == pytest.approx(absorbed / whole, rel=1e-9)


def test_the_colon_takes_its_part_of_what_arrives_solid() -> None:
    """Of the solid that arrives, r/(r + transit of the colon) is absorbed."""
    without, given = (bioavailability(Dissolution(0.1, in_colon=rate)) for rate in (0.0, 0.03))
    all_of_it = bioavailability(Dissolution(0.1, in_colon=1e9))
    assert (given - without) / (all_of_it - without) == pytest.approx(0.03 / (0.03 + COLON_TRANSIT), rel=1e-6)


def test_a_release_that_a_coat_sets_gives_a_later_and_lower_peak() -> None:
    quick, slow = curve(Dissolution(20.0)), curve(Dissolution(0.2, in_colon=0.05))
    assert TIMES[slow.argmax()] > TIMES[quick.argmax()] + 1.0
    assert slow.max() < 0.7 * quick.max()


def test_a_base_dissolves_in_acid_and_suppression_takes_it_away() -> None:
    """By Henderson and Hasselbalch: pKa 5, found at pH 6.5, 1 + 10^(5 - pH) over 1 + 10^-1.5, up to the salt's rate."""
    base = replace(WATER_LOVING, acids=(), bases=(5.0,))
    solid = Dissolution(0.5, at_ph=6.5, most=30.0)
    assert solid.rate_at(np.array([6.5, 1.5, 5.0]), base, 0.0) == pytest.approx(
        [0.5, 30.0, 0.5 * 2.0 / (1.0 + 10**-1.5)], rel=1e-5
    )
    acid = replace(WATER_LOVING, acids=(4.5,), bases=())
    assert solid.rate_at(np.array([1.5]), acid, 0.0)[0] == pytest.approx(0.5 * (1 + 10**-3) / (1 + 10**2), rel=1e-5)

    def absorbed(ph: float) -> float:
        drug = replace(with_solid(solid), chemistry=base)
        person = build_individual(
            Traits(np.zeros(1), np.array([30.0]), np.array([176.0]), np.array([73.0]), gastric_ph=np.array([ph]))
        )
        body = build(drug)
        return float(kinetics(body, person, rates_of(body, person)).bioavailability[0])

    assert absorbed(1.5) > 1.1 * absorbed(6.0)


def test_the_gut_grows_less_acid_towards_its_end() -> None:
    assert INTESTINAL_PH[0] == 6.4
    assert INTESTINAL_PH[-1] == 7.3
    assert sorted(INTESTINAL_PH) == list(INTESTINAL_PH)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dissolution: {rate: 2 1/h, most: 5 1/h}", "does not go with the pH"),
        ("dissolution: {rate: 2 1/h, at_ph: 6.5, most: 1 1/h}", "must not lie below"),
        ("dissolution: {rate: 0 1/h}", "positive"),
        ("dissolution: {rate: 2}", "unit"),
        ("dissolution: {rate: 2 1/h, at_ph: 15}", "between"),
        ("dissolution: {rate: 2 1/h, speed: 3}", "speed"),
        ("dissolution: {rate: 2 1/h}\n  slow: {share: 0.2, rate: 0.03 1/h}", "stays solid"),
    ],
)
def test_a_faulty_section_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    lines = FILE.read_text("utf-8").splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("absorption:"))
    kept = [line for line in lines if not line.startswith("  slow:")]
    kept.insert(place + 1, f"  {text}")
    path = tmp_path / "metformin.yaml"
    path.write_text("\n".join(kept), "utf-8")
    with pytest.raises(DrugFileError, match=said):
        load_compound(path)


def test_a_file_may_state_it_for_one_form(tmp_path: Path) -> None:
    text = FILE.read_text("utf-8")
    head, mark, tail = text.partition("absorption:\n")
    own = "  formulations:\n    retard:\n      gastric_emptying: 2 1/h\n      transit: 2.11 1/h\n      rate: 0.3 1/h\n"
    own += '      dissolution: {rate: 0.2 1/h, in_colon: 0.03 1/h, source: "test"}\n'
    path = tmp_path / "metformin.yaml"
    assert mark
    if "formulations:" in tail:
        pytest.skip("metformin has forms of its own")
    path.write_text(head + mark + own + tail, "utf-8")
    drug = load_compound(path)
    assert drug.absorption.dissolution is None
    assert drug.taken_as("tablet, retard").absorption.dissolution == Dissolution(0.2, in_colon=0.03)


def test_beside_another_drug_it_dissolves_as_alone() -> None:
    drug = with_solid(Dissolution(0.4), load_compound(FILE.with_name("fluconazole.yaml")))
    joint, alone = join((drug, load_compound(FILE.with_name("theophylline.yaml")))), build(drug, wall=True)
    curves = []
    for graph, rates, state, seen in (
        (joint.graph, joint.rates(PERSON), joint.dose_state("fluconazole", Route.ORAL), "fluconazole:venous"),
        (alone.graph, rates_of(alone), alone.dose_state(Route.ORAL), "venous"),
    ):
        given = [Input(0.0, 500.0, state)]
        curves.append(simulate(graph, [Segment(0.0, rates)], given, TIMES, states=(seen,), tolerance=1e-8).amounts[0])
    assert curves[0] == pytest.approx(curves[1], rel=1e-4, abs=1e-6)


FED = PERSON.after_a_meal()
NEUTRAL = replace(DRUG.chemistry, acids=(), bases=(), log_p=3.0)


def absorbed_by(drug: Compound, person: Individual) -> float:
    body = build(drug)
    return float(kinetics(body, person, rates_of(body, person)).bioavailability[0])


def test_bile_salts_take_up_neutral_drug_by_its_lipophilicity() -> None:
    """Mithani 1996, by hand: log SR = 2.234 + 0.606 * 3 = 4.052; 3 and 10 mmol/L in 55.5 mol/L of water."""
    solid = Dissolution(0.4, at_ph=6.5)
    held = 10**4.052 / 55.5
    fasted, fed, none = (float(solid.rate_at(np.array(6.5), NEUTRAL, bile)) for bile in (0.003, 0.010, 0.0))
    assert fasted == pytest.approx(0.4, rel=1e-9)
    assert (
        fed / fasted
        == pytest.approx((1 + 0.010 * held) / (1 + 0.003 * held), rel=1e-9)
        == pytest.approx(1.884, abs=2e-3)
    )
    assert none / fasted == pytest.approx(1 / (1 + 0.003 * held), rel=1e-9)
    assert solid.rate_at(np.array(5.8), replace(NEUTRAL, log_p=-5.0), 0.010) == pytest.approx(0.4, rel=1e-4)


def test_after_a_meal_the_share_absorbed_is_that_of_the_chain_with_the_meals_rates() -> None:
    """As above, place by place: no bile in the stomach, 10 mmol/L in the first three segments, 3 beyond them."""
    uptake = DRUG.absorption
    drug = replace(with_solid(Dissolution(0.4, at_ph=6.5)), chemistry=NEUTRAL)
    held = 10**4.052 / 55.5
    found = 1 + 0.003 * held
    emptying = 1 / (1 / uptake.gastric_emptying + FED.meal[0])
    in_stomach = 0.4 / found
    solid = emptying / (emptying + in_stomach)
    passing = uptake.transit / (uptake.transit + uptake.rate)
    absorbed = (1.0 - solid) * (1.0 - passing**7)
    for left in range(7, 0, -1):
        speed = 0.4 * (1 + (0.010 if left > 4 else 0.003) * held) / found
        now = solid * speed / (speed + uptake.transit)
        absorbed += now * (1.0 - passing**left)
        solid -= now
    dissolved = replace(with_solid(None), chemistry=NEUTRAL)
    ratio = absorbed_by(drug, FED) / absorbed_by(dissolved, FED)
    assert ratio == pytest.approx(absorbed / (1.0 - passing**7), rel=1e-9)


def test_a_meal_helps_what_fat_dissolves_and_takes_the_acid_from_a_base() -> None:
    lipophilic = replace(with_solid(Dissolution(0.05, at_ph=6.5)), chemistry=replace(NEUTRAL, log_p=5.0))
    assert absorbed_by(lipophilic, FED) > 1.3 * absorbed_by(lipophilic, PERSON)
    weak_base = replace(WATER_LOVING, acids=(), bases=(5.0,))
    base = replace(with_solid(Dissolution(0.05, at_ph=6.5)), chemistry=weak_base)
    body = build(base)
    rates = [rates_of(body, person)["dissolve_stomach_solid"] for person in (PERSON, FED)]
    assert rates[1] / rates[0] == pytest.approx((1 + 1.0) / (1 + 10**3.5), rel=1e-4)
    treated = replace(PERSON, gastric_ph=np.array([6.0])).after_a_meal()
    assert rates_of(body, treated)["dissolve_stomach_solid"] == pytest.approx(0.05 * 1.1 / (1 + 10**-1.5), rel=1e-4)


def test_rates_found_with_a_meal_stay_after_one() -> None:
    solid = with_solid(Dissolution(0.05, at_ph=6.5))
    found_fed = replace(solid, chemistry=NEUTRAL, absorption=replace(solid.absorption, with_food=True))
    assert absorbed_by(found_fed, FED) == absorbed_by(found_fed, PERSON)
