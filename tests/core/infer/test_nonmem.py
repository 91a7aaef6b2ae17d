"""NONMEM 7.4's own individual estimates, agreed with or beaten: models written as drug files, subjects as cases.

Source of the estimates: the mapbayr validation study, CPT Pharmacometrics Syst Pharmacol 2021, doi:10.1002/psp4.12689.
"""

import csv
import datetime as dt
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray

from core.clinic.case import Case
from core.clinic.covariate import CovariateValue
from core.clinic.level import Level
from core.clinic.patient import Patient, Sex
from core.clinic.regimen import Dose, Route
from core.drugs.bound_model import BoundPopulationModel
from core.drugs.loader import load_population_model
from core.drugs.model import Residual
from core.drugs.population_model import PopulationModel
from core.infer.map_estimate import estimate_map
from core.infer.posterior import FitStatus
from core.units import Quantity, format_number

GOLD = Path(__file__).resolve().parents[4] / "shared" / "science" / "nonmem_gold"
pytestmark = pytest.mark.skipif(not GOLD.exists(), reason="NONMEM's estimates are not at hand")

Array = NDArray[np.float64]
Row = dict[str, str]

STRUCTURES = {
    "001": "structure: one_compartment_oral",
    "003": "structure: one_compartment_oral",
    "005": "structure: one_compartment_oral, absorption: zero_then_first",
    "007": "structure: one_compartment_oral, absorption: double",
    "101": "structure: two_compartment_oral",
    "201": "structure: one_compartment_oral, elimination: saturable",
    "203": "structure: one_compartment_oral, elimination: linear_and_saturable",
    "205": "structure: one_compartment_oral, elimination: linear_and_saturable",
    "207": "structure: one_compartment_oral, elimination: linear_and_saturable",
    "301": "structure: one_compartment_oral",
    "401": "structure: one_compartment_oral",
    "403": "structure: one_compartment_oral",
    "405": "structure: one_compartment_oral",
    "407": "structure: one_compartment_oral",
    "501": "structure: one_compartment_oral",
    "503": "structure: one_compartment_oral",
    "505": "structure: one_compartment_oral",
    "511": "structure: one_compartment_oral",
    "513": "structure: one_compartment_oral",
    "901": "structure: two_compartment_iv",
    "941": "structure: one_compartment_oral, elimination: well_stirred",
}
PARAMETERS = {
    "CL": ("clearance", "L/h"), "VC": ("volume", "L"), "KA": ("absorption_rate", "1/h"),
    "KA1": ("absorption_rate", "1/h"),
    "KA3": ("absorption_rate_2", "1/h"), "LAG": ("lag_time", "h"), "D1": ("absorption_duration", "h"),
    "F1": ("first_depot_share", ""), "VP": ("peripheral_volume", "L"), "Q": ("intercompartmental_clearance", "L/h"),
    "VMAX": ("maximal_elimination_rate", "mg/h"), "KM": ("michaelis_constant", "mg/L"), "V1": ("central_volume", "L"),
    "V2": ("peripheral_volume", "L"), "CLM": ("metabolite_clearance", "L/h"), "VM": ("metabolite_volume", "L"),
    "FM": ("metabolite_fraction", ""), "QH": ("liver_flow", "L/h"), "CLS": ("clearance", "L/h"), "VS": ("volume", "L"),
    "VP ": ("metabolite_peripheral_volume", "L"), "Q ": ("metabolite_intercompartmental_clearance", "L/h"),
}  # fmt: skip
RELATIONS = {
    ("301", "CL"): "[{by: weight, form: power, exponent: 1.5, centre: 75 kg},"
    ' {by: dialysis, form: factor, is: "yes", factor: 0.75}]',
    ("901", "V1"): "[{by: weight, form: proportional, centre: 1 kg}]",  # the surface stands in the column of weight
}
HEAD = """\
schema: 1
id: drug.nonmem
drug: {name: drug, zh: 药, atc: V03AX, molar_mass: 400 g/mol}
source: {citation: "doi:10.1002/psp4.12689", population: simulated, n: 200, evidence: none}
analyte: {unit: mg/L}
domain: {age: {between: [1 year, 100 year], outside: stop}}
given_as: [{route: oral, doses: [100 mg], every: [24 h]}]
targets: []
limits: {single: 1 mg, daily: 1 mg, source: none}
judged_after: 24 h
"""
LIVER = "941"  # sunitinib: its metabolite has two compartments, and a residual error of its own
METABOLITE = 3  # compartment of its samples
LATER = 1e6  # h; a sample of the metabolite is told apart by a time this much later


def model_of(run: str, folder: Path) -> PopulationModel:
    """Write the run as a drug file and read it."""
    described = yaml.safe_load((GOLD / "models" / f"run{run}.yaml").read_text())
    structure = STRUCTURES[run]
    lines = [HEAD, f"model: {{{structure}}}", "parameters:"]
    order = {}
    for name, item in described["parameters"].items():
        if item.get("derived"):
            continue
        known, unit = PARAMETERS[f"{name} " if run == LIVER and name in ("Q", "VP") else name]
        if known == "volume" and "two_compartment" in structure:
            known = "central_volume"
        fields = [f"typical: {format_number(float(item['typical']))} {unit}".rstrip()]
        if item["eta"]:
            order[item["eta"]] = known
            fields.append(f"between_subject_variance: {described['omega'][item['eta'] - 1][item['eta'] - 1]}")
        if (run, name) in RELATIONS:
            fields.append(f"covariates: {RELATIONS[run, name]}")
        lines.append(f"  {known}: {{{', '.join(fields)}}}")
    lines.append(f"residual: {{{_residual(described['residual'])}}}")
    if "CLM" in described["parameters"]:
        two = ", compartments: 2" if run == LIVER else ""
        lines.append(f"metabolite: {{name: product, molar_mass: 400 g/mol{two}}}")
    path = folder / "drug.nonmem.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    model = load_population_model(path)
    ordered = tuple(order[number] for number in sorted(order))
    assert set(ordered) == set(model.etas)
    return PopulationModel(**{**vars(model), "etas": ordered, "omega": np.array(described["omega"], dtype=float)})


VORICONAZOLE = """\
model: {structure: two_compartment_oral, elimination: linear_and_saturable}
parameters:
  michaelis_constant: {typical: 1150 mg/L, between_subject_variance: 1.36} # amounts in ug stand for mg
  maximal_elimination_rate:
    typical: 114000 mg/h
    eta: {of: michaelis_constant, scale: 0.584}
    covariates:
      - {by: weight, form: power, exponent: 0.75, centre: 70 kg}
      - {by: time_on_therapy, form: saturating_loss, share: 0.81757448, half: 1.41 h, after: 1 h}
  clearance:
    typical: 6.16 L/h
    between_subject_variance: 0.239
    covariates: [{by: weight, form: power, exponent: 0.75, centre: 70 kg}]
  central_volume:
    typical: 79 L
    between_subject_variance: 0.136
    covariates: [{by: weight, form: proportional, centre: 70 kg}]
  peripheral_volume:
    typical: 103 L
    between_subject_variance: 0.769
    covariates: [{by: weight, form: proportional, centre: 70 kg}]
  intercompartmental_clearance:
    typical: 15.5 L/h
    between_subject_variance: 0.424
    covariates: [{by: weight, form: power, exponent: 0.75, centre: 70 kg}]
  bioavailability: {typical: 0.585, between_subject_variance: 0.686, eta: {kind: logit_box_cox, shape: 0.367}}
  absorption_rate: {typical: 100 1/h, between_subject_variance: 0.898}
  lag_time: {typical: 0.949 h}
residual: {log_additive: 0.132}
"""


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("every", [20, pytest.param(1, marks=pytest.mark.slow)])
def test_voriconazole_with_a_time_dependent_saturable_clearance(
    every: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The smooth fall of the clearance is cut finer than in use, so that NONMEM's integration of it can be met."""
    monkeypatch.setattr("core.drugs.population_model._STEPS_OF_APPROACH", 96)
    path = tmp_path / "drug.nonmem.yaml"
    path.write_text(HEAD + VORICONAZOLE, encoding="utf-8")
    seen, worse = compare("962", load_population_model(path), every=every)
    assert len(worse) <= 0.01 * seen, worse


def _residual(item: Mapping[str, Any]) -> str:
    variances = next(iter(item["by_cmt"].values()))["sigma_variances"]
    if item["scale"] == "log":
        return f"log_additive: {format_number(np.sqrt(variances['add_on_log']))}"
    parts = []
    if variances.get("prop"):
        parts.append(f"proportional: {format_number(np.sqrt(variances['prop']))}")
    if variances.get("add"):
        parts.append(f"additive: {format_number(np.sqrt(variances['add']))} mg/L")
    return ", ".join(parts)


def subjects(run: str) -> dict[str, list[Row]]:
    with (GOLD / f"run{run}_data.csv").open() as file:
        rows = list(csv.DictReader(file))
    return {key: list(group) for key, group in itertools.groupby(rows, key=lambda row: row["ID"])}


def case_of(rows: Sequence[Row], scale: float) -> Case:
    doses = tuple(_dose(row, scale) for row in rows if row["evid"] == "1" and row["cmt"] == "1")
    levels = tuple(
        Level(
            float(row["time"]) + (LATER if row["cmt"] == str(METABOLITE) else 0.0), Quantity(float(row["DV"]), "mg/L")
        )
        for row in rows
        if row["evid"] == "0" and row["mdv"] == "0"
    )
    return Case(
        Patient("x", Sex.MALE, age=50.0),
        "drug",
        dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        covariates=tuple(_covariates(rows)),
        doses=doses,
        levels=levels,
    )


def _dose(row: Row, scale: float) -> Dose:
    rate, every = float(row.get("rate", 0)), float(row.get("ii", 0))
    infused = rate > 0
    return Dose(
        float(row["time"]),
        Quantity(float(row["amt"]) * scale, "mg"),
        Route.INTRAVENOUS if infused else Route.ORAL,
        Quantity(float(row["amt"]) / rate, "h") if infused else None,
        Quantity(every, "h") if every else None,
        int(row.get("addl", 0)) + 1,
    )


def _covariates(rows: Sequence[Row]) -> list[CovariateValue]:
    """A value on a row holds for the interval that ends there, so it is entered from the row before on."""
    for column in ("BSA", "WT"):
        if column in rows[0]:
            return [CovariateValue("weight", Quantity(float(rows[0][column]), "kg"))]
    if "BW" not in rows[0]:
        return []
    found: list[CovariateValue] = []
    for before, row in itertools.pairwise(rows):
        start = float(before["time"])
        found.append(CovariateValue("weight", Quantity(float(row["BW"]), "kg"), start))
        found.append(CovariateValue("dialysis", "yes" if row["SEX"] == "1" else "no", start))
    return found


@dataclass(frozen=True, eq=False)
class WithMetabolite:
    """Both analytes in one list of samples; those of the metabolite are the later ones."""

    bound: BoundPopulationModel
    proportional: Array  # (T,) of the samples, in order of their times

    @property
    def model(self) -> PopulationModel:
        model = self.bound.model
        residual = Residual(proportional=self.proportional)  # type: ignore[arg-type] one number a sample
        return PopulationModel(**{**vars(model), "residual": residual})

    def concentrations(self, eta: Array, doses: Sequence[Dose], times: Array) -> Array:
        late = times >= LATER / 2
        moments = np.where(late, times - LATER, times)
        found = self.bound.curves(("plasma", "metabolite"), eta, doses, np.unique(moments))
        place = np.searchsorted(np.unique(moments), moments)
        return np.where(late, found["metabolite"][:, place], found["plasma"][:, place])


def compare(run: str, model: PopulationModel, every: int, only: set[str] | None = None) -> tuple[int, list[str]]:
    """Subjects looked at, and those whose estimate is neither NONMEM's nor better."""
    with (GOLD / f"run{run}_eta.csv").open() as file:
        published = {row["ID"]: row for row in csv.DictReader(file)}
    best = _best_known(run)
    errors = _errors(run)
    worse, seen = [], 0
    for key, rows in list(subjects(run).items())[::every]:
        if only is not None and key not in only:
            continue
        seen += 1
        case = case_of(rows, 1000.0 if run == LIVER else 1.0)  # sunitinib's samples are in ug/L
        bound = model.bind(case)
        if model.metabolite is not None:
            late = np.array([level.time > LATER / 2 for level in case.used_levels])
            bound = WithMetabolite(bound, np.where(late, *errors))
        posterior = estimate_map(bound, case.given_doses, case.used_levels)
        etas = np.array([float(published[key][f"ETA{number + 1}"]) for number in range(len(model.etas))])
        objective = min(float(published[key]["OFV_IND"]), best.get(key, np.inf))
        near = float(np.abs(posterior.eta - etas).max()) < 1e-3
        lower = posterior.objective <= objective + 1e-5 * max(1.0, abs(objective))
        if posterior.status is not FitStatus.CONVERGED or not (lower if key in best else near or lower):
            worse.append(f"{key}: {posterior.status.value} {posterior.objective:.6f} against {objective:.6f}")
    return seen, worse


def _errors(run: str) -> tuple[float, float]:
    """Proportional error of the metabolite and of the drug, where the run has both."""
    found = yaml.safe_load((GOLD / "models" / f"run{run}.yaml").read_text())["residual"]["by_cmt"]
    variances = [item["sigma_variances"].get("prop", 0.0) for item in found.values()]
    return float(np.sqrt(variances[-1])), float(np.sqrt(variances[0]))


def _best_known(run: str) -> dict[str, float]:
    """The best objective of the subjects on whom NONMEM or mapbayr stopped too early."""
    found: dict[str, float] = {}
    for name, column in (("discordant", "best_of_two"), ("nonmem_not_optimal", "ofv_best_found")):
        with (GOLD / f"{name}.csv").open() as file:
            for row in csv.DictReader(file):
                if row["run"] == run:
                    found[row["ID"]] = min(float(row[column]), found.get(row["ID"], np.inf))
    return found


@pytest.mark.parametrize("run", list(STRUCTURES))
def test_a_tenth_of_nonmems_subjects_are_reached_or_bettered(run: str, tmp_path: Path) -> None:
    seen, worse = compare(run, model_of(run, tmp_path), every=10)
    assert seen >= 20
    assert worse == []


@pytest.mark.slow
@pytest.mark.parametrize("run", list(STRUCTURES))
def test_at_least_99_of_100_of_nonmems_subjects_are_reached_or_bettered(run: str, tmp_path: Path) -> None:
    seen, worse = compare(run, model_of(run, tmp_path), every=1)
    assert len(worse) <= 0.01 * seen, worse


@pytest.mark.parametrize("run", sorted({*STRUCTURES, "962"}))
def test_where_a_program_stopped_too_early_the_best_known_is_reached(
    run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each subject on whom NONMEM or mapbayr stopped above the best objective found, of both lists."""
    best = _best_known(run)
    if not best:
        pytest.skip("no such subject in this run")
    if run == "962":  # as above; with 768 steps the fall of the clearance is followed to 1e-5 of the objective
        monkeypatch.setattr("core.drugs.population_model._STEPS_OF_APPROACH", 768)
        path = tmp_path / "drug.nonmem.yaml"
        path.write_text(HEAD + VORICONAZOLE, encoding="utf-8")
        model = load_population_model(path)
    else:
        model = model_of(run, tmp_path)
    seen, worse = compare(run, model, every=1, only=set(best))
    assert seen == len(best)
    assert worse == []
