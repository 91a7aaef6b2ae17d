"""Models written as SBML run in other programs to the same curves; their models are read, or refused by name."""

import datetime as dt
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import session
from core.cli.run import run
from core.clinic.case import Case
from core.clinic.case_file import load_case
from core.clinic.covariate import CovariateValue
from core.clinic.patient import Patient, Sex
from core.clinic.regimen import Dose, Route
from core.drugs.library import resources_folder
from core.engine.graph import Flow, Graph
from core.engine.laid_out import LaidOut
from core.engine.schedule import Input, Segment, Side
from core.engine.solve import simulate
from core.engine.terms import (
    Hill,
    Inactivator,
    Inducer,
    InhibitedClearance,
    Inhibition,
    Inhibitor,
    MichaelisMenten,
    Site,
    TargetBinding,
    Turnover,
)
from core.errors import InputError
from core.exchange.sbml.effects import add_effect
from core.exchange.sbml.equations import equations_of
from core.exchange.sbml.read import read_sbml
from core.exchange.sbml.recognise import PROBES, recognise
from core.exchange.sbml.write import write_sbml
from core.pd.library import load_effects, load_effects_on_request
from core.units import Quantity, parse_quantity

EXAMPLES = resources_folder() / "examples"
CASES = {
    "vancomycin": load_case(EXAMPLES / "vancomycin_falling_renal_function.case.json"),
    "gefitinib": load_case(EXAMPLES / "gefitinib_itraconazole.case.json"),
    "warfarin": load_case(EXAMPLES / "warfarin_amiodarone.case.json"),
}
TIMES = np.linspace(0.0, 180.0, 361)


def text_of(laid: LaidOut, effect: str = "") -> str:
    equations = equations_of(laid, "a model", "a note <&>")
    if effect:
        add_effect(equations, {**load_effects(), **load_effects_on_request()}[effect])
    return write_sbml(equations)


def road_runner(text: str, times: np.ndarray, names: list[str]) -> np.ndarray:
    """Values (T, names) as libRoadRunner (Somogyi et al., Bioinformatics 2015;31:3315) finds them."""
    roadrunner = pytest.importorskip("roadrunner")
    runner = roadrunner.RoadRunner(text)
    runner.integrator.relative_tolerance = 1e-10
    runner.integrator.absolute_tolerance = 1e-14
    found = runner.simulate(float(times[0]), float(times[-1]), len(times), names)
    return np.asarray(found)


def close(found: np.ndarray, ours: np.ndarray) -> None:
    assert np.abs(found - ours).max() <= 1e-4 * np.abs(ours).max()


@pytest.mark.parametrize("name", ["vancomycin", "gefitinib"])
def test_a_patient_of_the_worked_cases_comes_out_alike(name):
    """Two compartments under falling clearance with infusions; a whole body during an interaction."""
    case = CASES[name]
    bound = session.bind_models(case)[0]
    eta = np.full((1, len(bound.model.etas)), 0.2)
    ours = bound.concentrations(eta, case.given_doses, TIMES)[0]
    close(road_runner(text_of(bound.system(eta, case.given_doses)), TIMES, ["c_plasma"])[:, 0], ours)


PEOPLE = {
    "phenytoin.yukawa1990": {"weight": "60 kg"},
    "tacrolimus.woillard2011": {"haematocrit": "35 %"},
    "theophylline.yano1993": {"weight": "60 kg"},
    "sunitinib.yu2015": {"weight": "70 kg"},
}


@pytest.mark.parametrize("name", PEOPLE)
def test_other_structures_come_out_alike(name):
    """Saturable elimination, transit absorption, first-order absorption, a metabolite; two doses each."""
    model = session.library().model(name)
    facts = tuple(CovariateValue(key, parse_quantity(text)) for key, text in PEOPLE[name].items())
    route = Route.ORAL if Route.ORAL in model.routes else Route.INTRAVENOUS
    rows = (Dose(0.0, Quantity(100.0, "mg"), route, every=Quantity(12.0, "h"), count=2),)
    start = dt.datetime(2026, 7, 6, 8, tzinfo=dt.UTC)
    bound = model.bind(Case(Patient("P", Sex.MALE, age=50.0), model.drug.name, start, covariates=facts, doses=rows))
    eta = np.zeros((1, len(bound.model.etas)))
    times = np.linspace(0.0, 48.0, 97)
    ours = bound.concentrations(eta, rows, times)[0]
    found = road_runner(text_of(bound.system(eta, rows)), times, ["c_plasma"])[:, 0]
    kept = ~np.isin(times, [0.0, 12.0])  # at a dose one gives the value before, one after it
    close(found[kept], ours[kept])


V, SITE = 10.0, Site("drug", "v")
OTHER = Site("other", "v")
INHIBITORS = tuple(Inhibitor(OTHER, "ki", kind) for kind in Inhibition)
TERMS = {
    "michaelis_menten": MichaelisMenten(SITE, "product", "vmax", "km"),
    "inhibited": MichaelisMenten(SITE, "product", "vmax", "km", INHIBITORS),
    "clearance": InhibitedClearance(SITE, "product", "cl", INHIBITORS[:1]),
    "hill": Hill(SITE, "product", "vmax", "km", "hill"),
    "copies": Hill(SITE, "product", "vmax", "km", "hill", copies=True),
    "binding": TargetBinding(SITE, "target", "bound", "kon", "koff", "made", "lost", "inside"),
}
RATES = {
    "v": V, "vmax": 3.0, "km": 0.8, "ki": 0.5, "cl": 2.0, "hill": 1.7, "k": 0.2, "kon": 0.4, "koff": 0.1, "made": 2.0,
    "lost": 0.3, "inside": 0.05, "kdeg": 0.03, "kinact": 0.4, "emax": 5.0, "ec50": 0.6,
}  # fmt: skip


def graph_of(*terms: object) -> Graph:
    states = ("drug", "other", "product", "target", "bound", "enzyme")
    return Graph(states, (Flow("other", None, "k"), Flow("product", None, "k")), tuple(terms))


@pytest.mark.parametrize("name", TERMS)
def test_every_term_of_the_catalogue_comes_out_alike(name):
    graph = graph_of(TERMS[name])
    compare(
        graph, [Input(0.0, 30.0, "drug"), Input(5.0, 8.0, "other", duration=3.0), Input(12.0, 10.0, "drug", lag=0.5)]
    )


def test_an_enzyme_that_is_destroyed_and_induced_comes_out_alike():
    lost = Turnover("enzyme", "kdeg", (Inactivator(OTHER, "kinact", "ki"),), (Inducer(SITE, "emax", "ec50", "hill"),))
    graph = graph_of(lost, MichaelisMenten(SITE, None, "vmax", "km", enzyme="enzyme"))
    compare(graph, [Input(0.0, 30.0, "drug"), Input(5.0, 8.0, "other"), Input(20.0, 30.0, "drug")])


def compare(graph: Graph, inputs: list[Input]) -> None:
    segments = (Segment(0.0, RATES), Segment(9.0, {**RATES, "k": 0.5, "vmax": 1.0}))
    times = np.linspace(0.0, 40.0, 81)
    solved = simulate(graph, segments, inputs, times, states=graph.states, tolerance=1e-9).amounts[0]
    laid = LaidOut(graph, segments, tuple(inputs), {"plasma": ("drug", "v")})
    found = road_runner(text_of(laid), times, list(graph.states))
    kept = ~np.isin(
        times, [item.time + item.lag for item in inputs]
    )  # at a dose one gives the value before, one after it
    for index in range(len(graph.states)):
        assert np.abs(found[kept, index] - solved[kept, index]).max() <= 1e-4 * max(
            1e-9, np.abs(solved[:, index]).max()
        )


def test_a_steady_state_begins_where_ours_does():
    graph = Graph(("drug",), (Flow("drug", None, "k"),))
    given = (Input(3.0, 30.0, "drug", duration=2.0, steady_state_every=12.0), Input(15.0, 30.0, "drug", duration=2.0))
    laid = LaidOut(graph, (Segment(0.0, RATES),), given, {})
    times = np.linspace(3.5, 40.0, 74)
    ours = simulate(graph, laid.segments, given, times, states=("drug",)).amounts[0, :, 0]
    found = road_runner(text_of(laid), np.linspace(0.0, 40.0, 81), ["drug"])[7:, 0]
    close(found, ours)
    with pytest.raises(InputError) as refusal:
        equations_of(replace(laid, inputs=(replace(given[0], duration=20.0),)), "m", "")
    assert refusal.value.reason == "sbml_steady_infusion"


EFFECTS = {
    "gefitinib": ["gefitinib_egf_growth", "gefitinib_egfr_kinase"],
    "vancomycin": ["vancomycin_staphylococcus_doubling", "vancomycin_streptococcus_count"],
}


@pytest.mark.parametrize(("drug", "effect"), [(drug, name) for drug, names in EFFECTS.items() for name in names])
def test_effects_come_out_alike(drug, effect):
    case = CASES[drug]
    bound = session.bind_models(case)[0]
    eta = np.zeros((1, len(bound.model.etas)))
    model = {**load_effects(), **load_effects_on_request()}[effect]
    times = np.linspace(0.0, 60.0, 6001)
    ours = model.evaluate(bound.concentrations(eta, case.given_doses, times), times)[0]
    found = road_runner(text_of(bound.system(eta, case.given_doses), effect), times, ["effect"])[:, 0]
    later = times > 0.5  # at the first dose itself one stands before it, one after
    assert np.abs(found - ours)[later].max() <= 2e-4 * np.abs(ours).max()


@pytest.mark.parametrize("effect", ["docetaxel_neutrophils", "paclitaxel_leukocytes"])
def test_blood_cells_come_out_alike(effect):
    """Friberg's cells under a concentration that falls from a bolus, against our own integrator on a fine grid."""
    graph = Graph(("drug",), (Flow("drug", None, "k"),))
    laid = LaidOut(graph, (Segment(0.0, {**RATES, "v": 50.0}),), (Input(0.0, 60.0, "drug"),), {"plasma": ("drug", "v")})
    model = load_effects_on_request()[effect]
    times = np.linspace(0.0, 600.0, 12001)
    concentration = (60.0 / 50.0) * np.exp(-RATES["k"] * times)
    ours = model.evaluate(concentration[None], times)[0]
    close(road_runner(text_of(laid, effect), times, ["effect"])[:, 0], ours)


def test_an_effect_that_cannot_be_written_is_named():
    bound = session.bind_models(CASES["vancomycin"])[0]
    laid = bound.system(np.zeros((1, len(bound.model.etas))), ())
    with pytest.raises(InputError) as refusal:
        text_of(laid, "vancomycin_kidney_injury_incidence")
    assert refusal.value.reason == "sbml_effect"


PYSCES = """
import sys, numpy, pysces
model = pysces.loadSBML(sys.argv[1], sbmldir=sys.argv[2], pscdir=sys.argv[2]) if hasattr(pysces, 'loadSBML') else None
model.sim_start, model.sim_end, model.sim_points = 0.0, 40.0, 81
model.__settings__['lsoda_rtol'], model.__settings__['lsoda_atol'] = 1e-10, 1e-12
model.Simulate()
numpy.save(sys.argv[3], model.data_sim.getSimData('drug', 'product', lbls=False))
"""


@pytest.mark.slow
def test_pysces_finds_the_same(tmp_path):
    """PySCES (Olivier, Rohwer and Hofmeyr, Bioinformatics 2005;21:560), which knows no events without further parts."""
    if importlib.util.find_spec("pysces") is None:  # only looked for: importing it writes into the home folder
        pytest.skip("needs pysces")
    graph = graph_of(TERMS["michaelis_menten"])
    laid = LaidOut(graph, (Segment(0.0, RATES),), (Input(0.0, 30.0, "drug"),), {})
    (tmp_path / "m.xml").write_text(text_of(laid), "utf-8")
    script = tmp_path / "run.py"
    script.write_text(PYSCES, "utf-8")
    home = {**os.environ, "HOME": str(tmp_path), "MPLBACKEND": "Agg"}
    words = [sys.executable, str(script), "m.xml", str(tmp_path), str(tmp_path / "found.npy")]
    done = subprocess.run(words, env=home, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    found = np.load(tmp_path / "found.npy")
    times = np.linspace(0.0, 40.0, 81)
    ours = simulate(
        graph, laid.segments, laid.inputs, times, states=("drug", "product"), side=Side.AFTER, tolerance=1e-9
    ).amounts[0]
    close(found[:, -2:], ours)


def test_what_we_write_we_read():
    case = CASES["gefitinib"]
    bound = session.bind_models(case)[0]
    laid = bound.system(np.zeros((1, len(bound.model.etas))), case.given_doses)
    states = laid.graph.states
    ours = simulate(laid.graph, laid.segments, laid.inputs, TIMES, states=states).amounts
    again = written_and_read(text_of(laid))
    found = simulate(again.graph, again.segments, again.inputs, TIMES, states=states).amounts
    assert np.abs(found - ours).max() <= 1e-9 * ours.max()


def written_and_read(text: str) -> LaidOut:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "model.xml"
        path.write_text(text, "utf-8")
        return read_sbml(path).laid


@pytest.mark.parametrize("name", ["michaelis_menten", "hill"])
def test_saturable_laws_are_recognised(name):
    laid = LaidOut(graph_of(TERMS[name]), (Segment(0.0, RATES),), (Input(0.0, 30.0, "drug"),), {})
    again = written_and_read(text_of(laid))
    (term,) = again.graph.terms
    rates = again.segments[0].rates
    # amounts over one litre: the constant is ours times the volume
    assert rates[term.rates[1]] == pytest.approx(RATES["vmax"], rel=1e-6)
    assert rates[term.rates[2]] == pytest.approx(RATES["km"] * V, rel=1e-6)


def test_a_model_of_another_program_is_read():
    """Written by libRoadRunner itself after Antimony-like editing of a Level 2 text: concentrations, seconds, notes."""
    laid = written_and_read(LEVEL_2)
    times = np.array([0.0, 1.0, 6.0])
    solved = simulate(laid.graph, laid.segments, laid.inputs, times, states=("gut", "plasma"), side=Side.AFTER)
    gut, plasma = solved.amounts[0].T
    ka, k = 0.5, 0.1  # per hour
    assert gut == pytest.approx(100.0 * np.exp(-ka * times))
    assert plasma == pytest.approx(100.0 * ka / (ka - k) * (np.exp(-k * times) - np.exp(-ka * times)), abs=1e-9)


LEVEL_2 = """<?xml version="1.0"?>
<sbml xmlns="http://www.sbml.org/sbml/level2/version4" level="2" version="4"><model id="oral">
<listOfUnitDefinitions><unitDefinition id="min"><listOfUnits><unit kind="second" multiplier="60"/></listOfUnits>
</unitDefinition></listOfUnitDefinitions>
<listOfCompartments><compartment id="body" size="20"/><compartment id="lumen" size="2"/></listOfCompartments>
<listOfSpecies><species id="gut" compartment="lumen" initialConcentration="50"/>
<species id="plasma" compartment="body" initialAmount="0"/></listOfSpecies>
<listOfParameters><parameter id="cl" value="2"/></listOfParameters>
<listOfReactions>
<reaction id="absorb" reversible="false"><listOfReactants><speciesReference species="gut"/></listOfReactants>
<listOfProducts><speciesReference species="plasma"/></listOfProducts>
<kineticLaw><math xmlns="http://www.w3.org/1998/Math/MathML"><apply><times/><ci>lumen</ci><ci>ka</ci><ci>gut</ci></apply>
</math><listOfParameters><parameter id="ka" value="0.5"/></listOfParameters></kineticLaw></reaction>
<reaction id="clear" reversible="false"><listOfReactants><speciesReference species="plasma"/></listOfReactants>
<kineticLaw><math xmlns="http://www.w3.org/1998/Math/MathML"><apply><times/><ci>cl</ci><ci>plasma</ci></apply></math>
</kineticLaw></reaction></listOfReactions></model></sbml>"""


def test_the_models_unit_of_time_counts():
    minutes = LEVEL_2.replace('<model id="oral">', '<model id="oral" timeUnits="min">')
    laid = written_and_read(minutes)
    assert laid.segments[0].rates["clear_k"] == pytest.approx(0.1 * 60.0)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('reversible="false"><listOfReactants><speciesReference species="plasma"/>',
         'reversible="true"><listOfReactants><speciesReference species="plasma"/>', "clear"),
        ("<apply><times/><ci>cl</ci><ci>plasma</ci></apply>",
         "<apply><times/><ci>cl</ci><ci>plasma</ci><ci>gut</ci></apply>", "clear"),
        ("<apply><times/><ci>cl</ci><ci>plasma</ci></apply>",
         "<apply><plus/><ci>cl</ci><ci>plasma</ci></apply>", "clear"),
        ("<ci>cl</ci>", "<ci>nobody</ci>", "clear"),
        ("<ci>cl</ci>", "<apply><sin/><ci>cl</ci></apply>", "clear"),
        ('value="2"', 'value="two"', "cl"),
        ('size="20"', 'size="-1"', "plasma"),
        ("<listOfReactions>", "<listOfConstraints/><listOfReactions>", "listOfConstraints"),
        ("<listOfReactions>", "<listOfInitialAssignments/><listOfReactions>", "listOfInitialAssignments"),
        ('<speciesReference species="plasma"/></listOfReactants>',
         '<speciesReference species="plasma" stoichiometry="2"/></listOfReactants>', "clear"),
        ('initialAmount="0"', 'initialAmount="0" boundaryCondition="true"', "plasma"),
    ],
)  # fmt: skip
def test_what_has_no_place_is_refused_by_name(old, new, field):
    assert old in LEVEL_2
    with pytest.raises(InputError) as refusal:
        written_and_read(LEVEL_2.replace(old, new, 1))
    assert refusal.value.field == field


@pytest.mark.parametrize(
    "text",
    ["", "not xml", LEVEL_2[:400], '<!DOCTYPE sbml [<!ENTITY a "b">]><sbml><model/></sbml>', "<sbml></sbml>",
     "<sbml>" + "<a>" * 200 + "</a>" * 200 + "</sbml>"],
)  # fmt: skip
def test_a_broken_or_hostile_file_is_refused(tmp_path, text, capsys):
    path = tmp_path / "model.xml"
    path.write_text(text, "utf-8")
    assert run(["simulate", str(path), "--times", "0:10:1"]) == 2
    assert capsys.readouterr().err


def test_a_law_that_is_only_similar_is_not_taken_for_one():
    assert recognise(3.0 * PROBES / (0.5 + PROBES)) == pytest.approx({"vmax": 3.0, "km": 0.5})
    assert recognise(3.0 * PROBES / (0.5 + PROBES) + 0.01 * PROBES) is None
    assert recognise(1.0 - np.exp(-PROBES)) is None
    assert recognise(np.full(len(PROBES), 2.0)) is None


def test_the_command_writes_a_model_that_road_runner_takes(tmp_path, capsys):
    path = tmp_path / "g.xml"
    case = str(EXAMPLES / "gefitinib_itraconazole.case.json")
    assert run(["export", "sbml", case, "-o", str(path), "--effect", "gefitinib_egfr_kinase", "--json"]) == 0
    assert "effect" in json.loads(capsys.readouterr().out)["outputs"]
    assert road_runner(path.read_text("utf-8"), TIMES, ["c_plasma", "c_lung", "effect"]).max() > 0
    assert run(["export", "fhir", case, "-o", str(path), "--effect", "x"]) == 2
