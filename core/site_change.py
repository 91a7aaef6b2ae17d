"""What a site does with its own models and predictors: compare under a plan, sign into use, take back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from core import session
from core.clinic.case import Case
from core.clinic.case_file import load_case
from core.drugs.library import model_file
from core.drugs.model import DrugModel
from core.drugs.population_model import PopulationModel
from core.errors import InputError
from core.learn import site_models, site_predictors
from core.learn.change_plan import read_plan
from core.learn.model_file import load_predictor
from core.learn.predictor_change import calibrate, propose
from core.learn.predictor_plan import read_predictor_plan
from core.learn.recalibrate import recalibrate
from core.task import Task

_CASES = "*.case.json"
_MODEL = ("recalibration_data", "recalibration_before", "recalibration_after")
_PREDICTOR = ("predictor_change_data", "predictor_change_before", "predictor_change_after")
Sentence = tuple[str, Mapping[str, str]]  # message id and what fills its gaps


class Change(StrEnum):
    """What may change."""

    RECALIBRATE = "recalibrate"  # a model's numbers
    CALIBRATE = "calibrate"  # the interval of the predictor in use
    PROPOSE = "propose"  # the predictor in use, for another


def compare(
    change: Change, plan: Path, learned: Path, test: Path, out: Path, task: Task | None = None
) -> dict[str, Any]:
    """Compare under a plan and write the proposal into a new folder.

    Args:
        change: what may change.
        plan: the plan's file, made beforehand.
        learned: folder of cases to learn from; for `Change.PROPOSE` the file of the other predictor.
        test: folder of other cases, the same at every change.
        out: new folder of the proposal.
        task: progress and cancel.

    Returns:
        The proposal as a document; its `accepted` says whether it may be signed.

    Raises:
        InputError: no cases, a case that cannot be used, a plan of another kind, or `out` is not empty.
        DrugFileError: the plan cannot be read.
    """
    made = dt.datetime.now().astimezone()
    if change is Change.RECALIBRATE:
        return _recalibrate(plan, learned, test, out, made, task)
    agreed = read_predictor_plan(plan)
    source = site_predictors.predictor_file(agreed.drug)
    used, models = load_predictor(source), session.library().models(agreed.drug)
    cases = cases_of(test, "TEST", models[0])
    if change is Change.CALIBRATE:
        found = calibrate(agreed, used, models, cases_of(learned, "CASES", models[0]), cases)
        return site_predictors.save_predictor_proposal(found, used, source, out, made)
    found = propose(agreed, used, load_predictor(learned), models, cases)
    return site_predictors.save_predictor_proposal(found, used, learned, out, made)


def _recalibrate(
    plan: Path, learned: Path, test: Path, out: Path, made: dt.datetime, task: Task | None
) -> dict[str, Any]:
    agreed = read_plan(plan)
    model = session.library().model(agreed.model)
    if not isinstance(model, PopulationModel):
        raise InputError("PLAN", "recalibration_no_population", name=agreed.model)
    found = recalibrate(agreed, model, cases_of(learned, "CASES", model), cases_of(test, "TEST", model), task)
    new = site_models.save_proposal(found, model_file(agreed.model), model, out, made)
    return site_models.proposal_document(found, new, made)


def cases_of(folder: Path, field: str, model: DrugModel) -> list[Case]:
    """Every case of a folder.

    Raises:
        InputError: there is none, or one cannot be used; with its file.
    """
    files = sorted(folder.glob(_CASES)) if folder.is_dir() else []
    if not files:
        raise InputError(field, "recalibration_no_cases", path=folder)
    found = []
    for path in files:
        try:
            case = load_case(path)
        except InputError as error:
            raise InputError(f"{path.name}: {error.field}", error.reason, **error.values) from None
        if case.drug != model.drug.name:
            raise InputError(path.name, "model_of_other_drug", name=model.id, drug=case.drug)
        found.append(case)
    return found


def sentences(document: Mapping[str, Any]) -> list[Sentence]:
    """A proposal in sentences: data, both sides, gain, what stands against it, the verdict."""
    of_predictor = document.get("of") == "predictor"
    data, *sides = _PREDICTOR if of_predictor else _MODEL
    sizes = {"patients": document["patients"], "test": document["test_patients"], "levels": document.get("levels", "")}
    found: list[Sentence] = [(data, {name: str(value) for name, value in sizes.items()})]
    for said, name in zip(sides, ("before", "after"), strict=True):
        side = document[name]
        if side is not None:
            found.append((said, _predictor_side(side, document) if of_predictor else _model_side(side)))
    if document["gain"] is not None and not of_predictor:
        names = ("gain", "low", "high")
        gain = {name: f"{100 * value:.1f}" for name, value in zip(names, document["gain"], strict=True)}
        found.append(("recalibration_gain", gain))
    found += [
        (item["id"], {name: str(value) for name, value in item.items() if name != "id"})
        for item in document["objections"]
    ]
    last = {"name": str(document["new_model"]), "role": str(document["plan"]["role"])}
    return [*found, ("recalibration_accepted" if document["accepted"] else "recalibration_refused", last)]


def _model_side(side: Mapping[str, Any]) -> dict[str, str]:
    return {
        "first": f"{side['before_levels']['within_30']:.0f}",
        "later": f"{side['after_levels']['within_30']:.0f}",
        "rmse": f"{side['every']['rmse']:.1f}",
        "bias": f"{side['every']['bias']:+.1f}",
    }


def _predictor_side(side: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, str]:
    return {
        "covered": f"{100 * side['coverage']:.1f}",
        "wanted": f"{100 * document['nominal']:g}",
        "ratio": f"{side['median_ratio']:.2f}",
        "error": f"{side['log_error']:.3f}",
        "score": f"{side['interval_score']:.3f}",
    }


def sign(folder: Path, name: str, role: str) -> str:
    """Put a proposal into use under a person's name, now; the id of what is in use then.

    Raises:
        InputError: the proposal was refused, altered or is of a model no longer in use, the role is not the plan's, or
            the name is missing.
    """
    put = site_predictors.sign_predictor if site_predictors.is_predictor_proposal(folder) else site_models.sign
    return put(folder, name, role, dt.datetime.now().astimezone())


def take_back(identifier: str, name: str) -> str:
    """Take a site's model or predictor out of use, now; the id of what is in use again.

    Raises:
        InputError: it is not in use, or the name is missing.
    """
    of_predictor = site_predictors.is_site_predictor(identifier)
    take = site_predictors.roll_back_predictor if of_predictor else site_models.roll_back
    return take(identifier, name, dt.datetime.now().astimezone())


def can_be_taken_back(identifier: str) -> bool:
    """Whether a model or predictor of the site is in use.

    Raises:
        InputError: the log cannot be read.
    """
    return site_predictors.is_site_predictor(identifier) or site_models.is_site_model(identifier)
