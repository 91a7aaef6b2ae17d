"""Times the fit of one patient against one-start BFGS in numpy and scipy, in one run; figures are CPU time.

Run `python tests/benchmarks/fit.py` from the repository. Ours starts from doses and levels in memory, binds the model,
descends from eight starts and gives the covariance; the baseline gives the optimum only. Draws from the posterior, made
when first asked for, are timed apart. Ends with status 1 where a bar is missed.
"""

import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from core import session
from core.clinic.case import Case
from core.clinic.case_file import load_case
from core.drugs.library import resources_folder
from core.drugs.loader import load_population_model
from core.drugs.model import DrugModel
from core.drugs.pbpk_model import PbpkModel
from core.infer.map_estimate import estimate_map
from core.infer.posterior import Posterior

ROOT = Path(__file__).resolve().parents[2]
BASELINE = ROOT.parent / "shared" / "science" / "peer_ratios" / "baseline_scipy.py"
BARS = {"vanco_goti2018": 0.5, "oral1_combined": 0.5, "oral2_corr": 0.5, "phenytoin_mm": 0.03}
REPEATS = {"closed": 5, "LSODA": 1}
PBPK_BAR = 200.0  # ms


def cpu_ms(run: Callable[[], object]) -> float:
    begun = time.process_time()
    run()
    return 1000.0 * (time.process_time() - begun)


def module_at(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def against_baseline() -> bool:
    """Each model's patients, baseline and ours in turn."""
    baseline = module_at(BASELINE)
    reference = module_at(ROOT / "tests" / "core" / "infer" / "test_reference_map.py")
    fast = True
    for name, bar in BARS.items():
        how = "LSODA" if name == "phenytoin_mm" else "closed"
        model = load_population_model(reference.MODELS / f"{name}.yaml")
        patients = json.loads((BASELINE.parent / "map_inputs" / f"{name}.json").read_text())["patients"]
        cases = [reference.case_of(name, patient["id"], model.analyte_unit) for patient in patients]
        theirs: list[float] = []
        ours: list[float] = []
        draws: list[float] = []
        for patient, case in zip(patients, cases, strict=True):
            base = partial(baseline.map_fit, name, patient, how)
            posterior = fit(model, case)
            pairs = [(cpu_ms(base), cpu_ms(partial(fit, model, case))) for _ in range(REPEATS[how])]
            theirs.append(float(np.median([pair[0] for pair in pairs])))
            ours.append(float(np.median([pair[1] for pair in pairs])))
            draws.append(cpu_ms(partial(draws_of, posterior)))
        ratio = float(np.median(ours) / np.median(theirs))
        fast &= ratio <= bar
        print(told(name, ours, draws) + f", baseline {how} {np.median(theirs):.2f} ms, ratio {ratio:.3f} (bar {bar})")
    return fast


def fit(model: DrugModel, case: Case) -> Posterior:
    return estimate_map(model.bind(case), case.given_doses, case.used_levels)


def draws_of(posterior: Posterior) -> object:
    return posterior.draws


def told(name: str, fits: Sequence[float], draws: Sequence[float]) -> str:
    return f"{name}: fit {np.median(fits):.2f} ms ({min(fits):.2f}-{max(fits):.2f}), draws {np.median(draws):.1f} ms"


def whole_body() -> bool:
    """The whole-body model on the worked case, with its three etas and one more on the emptying of the stomach."""
    case = load_case(resources_folder() / "examples" / "gefitinib_itraconazole.case.json")
    model = session.library().model("gefitinib.pbpk")
    assert isinstance(model, PbpkModel)
    compound = model.compound
    etas = (*compound.etas, "gastric_emptying")
    omega = np.diag([*np.diag(compound.omega), 0.3**2])
    wider = replace(compound, etas=etas, omega=omega)
    bound = replace(model, compound=wider, body=replace(model.body, compound=wider)).bind(case)
    posterior = estimate_map(bound, case.given_doses, case.used_levels)
    fits = [cpu_ms(lambda: estimate_map(bound, case.given_doses, case.used_levels)) for _ in range(5)]
    print(told(f"{bound.model.id} ({len(bound.model.etas)} etas)", fits, [cpu_ms(lambda: posterior.draws)]))
    return float(np.median(fits)) <= PBPK_BAR


def main() -> int:
    fast = whole_body()
    if BASELINE.exists():
        fast &= against_baseline()
    else:
        print("the baseline is not at hand: ratios left out")
    return 0 if fast else 1


if __name__ == "__main__":
    sys.exit(main())
