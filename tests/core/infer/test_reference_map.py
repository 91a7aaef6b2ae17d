"""Agreement of the MAP estimate with an independent optimiser and with mapbayr 0.10.2, on fifty virtual patients."""

import csv
import datetime as dt
import json
from pathlib import Path

import numpy as np
import pytest

from core.clinic.case import Case
from core.clinic.covariate import CovariateValue
from core.clinic.level import Level
from core.clinic.patient import Patient, Sex
from core.clinic.regimen import Dose, Route
from core.drugs.loader import load_population_model
from core.infer.map_estimate import estimate_map
from core.infer.posterior import FitStatus
from core.units import Quantity

REFERENCE = Path(__file__).resolve().parents[4] / "shared" / "science" / "reference_map"
MODELS = Path(__file__).with_name("reference_models")
NAMES = {"WT": ("weight", "kg"), "CRCL": ("creatinine_clearance", "mL/min"), "HCT": ("haematocrit", "%")}

ETAS = {
    "vanco_goti2018": "clearance central_volume peripheral_volume",
    "oral1_combined": "clearance volume absorption_rate",
    "oral2_corr": "clearance central_volume peripheral_volume absorption_rate",
    "genta_tvcov": "clearance central_volume",
    "phenytoin_mm": "maximal_elimination_rate michaelis_constant volume",
}

pytestmark = pytest.mark.skipif(not REFERENCE.exists(), reason="reference estimates are not at hand")


def references() -> list[dict[str, str]]:
    if not REFERENCE.exists():
        return []
    with (REFERENCE / "map_reference.csv").open() as file:
        return [row for row in csv.DictReader(file) if (MODELS / f"{row['model']}.yaml").exists()]


def covariates(rows: list[dict[str, float]]) -> tuple[CovariateValue, ...]:
    found = []
    for row in rows:
        for key, value in row.items():
            if key == "DIAL":
                found.append(CovariateValue("dialysis", "yes" if value else "no", row["time"]))
            elif key != "time":
                name, unit = NAMES[key]
                found.append(CovariateValue(name, Quantity(float(value), unit), row["time"]))
    return tuple(found)


def case_of(model: str, number: int, unit: str) -> Case:
    patients = json.loads((REFERENCE / f"{model}.json").read_text())["patients"]
    data = next(item for item in patients if item["id"] == number)
    infused = "iv" in (MODELS / f"{model}.yaml").read_text().split("structure:")[1].split("}")[0]
    doses = []
    for item in data["doses"]:
        hours = item["amt"] / item["rate"] if item.get("rate") else 0.0
        doses.append(
            Dose(
                item["time"],
                Quantity(item["amt"], "mg"),
                Route.INTRAVENOUS if infused else Route.ORAL,
                Quantity(hours, "h") if hours else None,
            )
        )
    return Case(
        Patient("virtual", Sex.MALE, age=50.0),
        f"reference_{model}",
        dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        covariates=covariates(data["covariates"]),
        doses=tuple(doses),
        levels=tuple(Level(item["time"], Quantity(item["dv"], unit)) for item in data["obs"]),
    )


@pytest.mark.parametrize("row", references(), ids=lambda row: f"{row['model']}-{row['id']}")
def test_the_mode_is_the_independent_optimum(row: dict[str, str]) -> None:
    model = load_population_model(MODELS / f"{row['model']}.yaml")
    case = case_of(row["model"], int(row["id"]), model.analyte_unit)
    posterior = estimate_map(model.bind(case), case.given_doses, case.used_levels)
    assert posterior.status is FitStatus.CONVERGED
    order = ETAS[row["model"]].split()
    found = dict(zip(model.etas, posterior.eta, strict=True))
    ours = np.array([found[name] for name in order])
    # Where the reference works in ug/L, ln(var) shifts by a constant.
    scale = 1000.0 if model.analyte_unit == "ug/L" else 1.0
    shift = 2.0 * np.log(scale) * len(case.levels)
    assert posterior.objective + shift <= float(row["ofv_ref"]) + 1e-6
    assert np.abs(ours - np.array(json.loads(row["eta_ref"]))).max() <= 1e-4


def test_every_model_of_the_reference_set_that_can_be_expressed_is_tried() -> None:
    assert len(references()) >= 40
