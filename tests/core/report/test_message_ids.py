"""Every message id the program can utter has a text."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from core.clinic.alert import Severity
from core.clinic.case import TargetKind
from core.clinic.covariate import CATALOGUE
from core.clinic.patient import Ethnicity, Sex
from core.clinic.regimen import DoseStatus, Route
from core.drugs.covariates import DERIVED_UNITS
from core.drugs.model import Evidence
from core.infer.posterior import FitStatus
from core.infer.prediction import PredictionSource
from core.report.decision import DecisionKind
from core.report.wording import LANGUAGES, Wording

ROOT = Path(__file__).resolve().parents[3]
WORDING = Wording("en")

# callable -> place of the message id among its arguments, and its name when given by keyword
CALLS = {
    "InputError": (1, "reason"),
    "Alert": (1, "id"),
    "Suspicion": (0, "id"),
    "Problem": (1, "reason"),
    "FeatureKind": (1, "group"),
    "Phrase": (0, "id"),
    "say": (0, "message"),
    "step": (1, "message"),
    "text": (0, "message"),
}
NODE_ERRORS = ROOT / "core/clinic"  # where `node.error("id")` belongs to a JSON Node; drug files' entries speak English


FILLED = {"field", "covariate", "unit"}  # by Wording itself, from what the message is about


def sources() -> list[Path]:
    return sorted((ROOT / "core").rglob("*.py")) + sorted((ROOT / "desktop").rglob("*.py"))


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def message_argument(call: ast.Call) -> ast.expr | None:
    place, keyword = CALLS[name_of(call)]
    if len(call.args) > place:
        return call.args[place]
    return next((item.value for item in call.keywords if item.arg == keyword), None)


def constants(node: ast.expr | None, scope: ast.AST) -> Iterator[str]:
    """The texts an expression can be: itself, both arms of a choice, or what its variable was given in the function."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from constants(node.body, scope)
        yield from constants(node.orelse, scope)
    elif isinstance(node, ast.Name):
        for place in ast.walk(scope):
            if isinstance(place, ast.Assign) and any(is_name(target, node.id) for target in place.targets):
                yield from constants(place.value, ast.Module([], []))
            if isinstance(place, ast.For | ast.comprehension):
                yield from looped(place, node.id)


def is_name(target: ast.expr, name: str) -> bool:
    return isinstance(target, ast.Name) and target.id == name


def looped(loop: ast.For | ast.comprehension, name: str) -> Iterator[str]:
    if not isinstance(loop.iter, ast.Tuple | ast.List):
        return
    for row in loop.iter.elts:
        if is_name(loop.target, name):
            yield from constants(row, ast.Module([], []))
        elif isinstance(loop.target, ast.Tuple) and isinstance(row, ast.Tuple):
            for target, value in zip(loop.target.elts, row.elts, strict=False):
                if is_name(target, name):
                    yield from constants(value, ast.Module([], []))


def reasons_in(tree: ast.Module) -> set[str]:
    """Reasons are collected as pairs of message id and values in many shapes; their ids say what they are."""
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {text for text in texts if re.fullmatch(r"(why|predictor|cli|progress|report)_[a-z0-9_]+", text)}


def functions(tree: ast.Module) -> Iterator[ast.AST]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    yield tree


def ids_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    found = reasons_in(tree)
    for scope in functions(tree):
        for call in (node for node in ast.walk(scope) if isinstance(node, ast.Call)):
            if name_of(call) in CALLS:
                found |= set(constants(message_argument(call), scope))
            elif name_of(call) == "error" and path.is_relative_to(NODE_ERRORS) and path.name != "strict_yaml.py":
                found |= set(constants(call.args[0] if call.args else None, scope))
    return {text for text in found if text}


def given_values(call: ast.Call, scope: ast.AST) -> set[str] | None:
    """Names of the values a call hands over, None where they cannot be told from the source."""
    if name_of(call) == "InputError":
        names = {item.arg for item in call.keywords}
        return None if None in names else {name for name in names if name}
    values = call.args[2] if name_of(call) in {"Alert", "Problem"} and len(call.args) > 2 else ast.Dict([], [])
    if isinstance(values, ast.Name):
        given = [
            node.value
            for node in ast.walk(scope)
            if isinstance(node, ast.Assign) and is_name(node.targets[0], values.id)
        ]
        changed = any(isinstance(node, ast.AugAssign) and is_name(node.target, values.id) for node in ast.walk(scope))
        if len(given) != 1 or changed:
            return None
        values = given[0]
    if not isinstance(values, ast.Dict) or None in values.keys:
        return None
    return {key.value for key in values.keys if isinstance(key, ast.Constant)}


def poor_calls(path: Path) -> dict[str, set[str]]:
    """Messages that are handed over with too few values for their gaps, and what is missing."""
    found = {}
    for scope in functions(ast.parse(path.read_text("utf-8"))):
        for call in (node for node in ast.walk(scope) if isinstance(node, ast.Call)):
            if name_of(call) not in {"InputError", "Alert", "Problem"}:
                continue
            given = given_values(call, scope)
            for text in constants(message_argument(call), scope):
                if given is not None and WORDING.has(text) and (lacking := WORDING.gaps(text) - given - FILLED):
                    found[text] = lacking
    return found


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_message_is_handed_over_with_the_values_it_needs(path: Path) -> None:
    assert poor_calls(path) == {}


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_id_in_the_sources_has_a_text(path: Path) -> None:
    assert {text for text in ids_in(path) if not WORDING.has(text)} == set()


def test_the_search_finds_ids_however_they_are_handed_over() -> None:
    assert {"unit_unknown", "number_empty", "number_ambiguous"} <= ids_in(ROOT / "core/units.py")
    assert {"key_unknown", "choice_unknown"} <= ids_in(ROOT / "core/clinic/strict_json.py")
    advice = set().union(*(ids_in(path) for path in (ROOT / "core/advise").glob("*.py")))
    assert {"why_clearance", "why_prior_only", "why_best_chance"} <= advice
    assert {"weight_leap"} <= ids_in(ROOT / "core/clinic/plausibility.py")


def test_every_reason_of_the_number_parser_has_a_text() -> None:
    from core.units import _TYPED_FAULTS

    assert {reason for _, reason in _TYPED_FAULTS if not WORDING.has(reason)} == set()


def test_every_id_in_the_drug_and_effect_files_has_a_text() -> None:
    needed = set()
    for path in [*(ROOT / "resources/drugs").glob("*.yaml"), *(ROOT / "resources/compounds").glob("*.yaml")]:
        document = yaml.load(path.read_text("utf-8"), yaml.BaseLoader)
        needed |= {target["meaning"] for target in document.get("targets", [])}
        needed |= {harm["name"] for harm in document.get("harms", [])}
    for path in (ROOT / "resources/effects").glob("*.yaml"):
        effect = yaml.load(path.read_text("utf-8"), yaml.BaseLoader)["id"]
        needed |= {f"effect_name_{effect}", f"effect_note_{effect}"}
    assert {message for message in needed if not WORDING.has(message)} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_programs_own_lists_has_a_text(language: str) -> None:
    sections = {
        "severity": Severity,
        "route": Route,
        "status": DoseStatus,
        "sex": Sex,
        "ethnicity": Ethnicity,
        "target_kind": TargetKind,
        "evidence": [*Evidence, "ours"],
        "fit": FitStatus,
        "curve": PredictionSource,
        "decision": DecisionKind,
        "covariate": [*CATALOGUE, *DERIVED_UNITS],
        "choice": {choice for kind in CATALOGUE.values() for choice in kind.choices if choice.islower()},
        "parameter": parameters(),
        "output": ["plasma", *tissues()],
        "drug": drugs(),
    }
    wording = Wording(language)
    missing = {f"{section}.{name}" for section, names in sections.items() for name in names}
    assert {key for key in missing if not wording.has(key) and not key.startswith("choice.GG")} == set()


def parameters() -> set[str]:
    from core.pbpk.compound import ETAS
    from core.pk.parameters import PARAMETER_UNITS, PART_UNITS

    return {*PARAMETER_UNITS, *PART_UNITS, *ETAS}


def tissues() -> list[str]:
    document = yaml.load((ROOT / "resources/physiology/reference_bodies.yaml").read_text("utf-8"), yaml.BaseLoader)
    return [tissue for tissue in document["mass"] if tissue != "blood"]


def drugs() -> set[str]:
    found = set()
    for path in [*(ROOT / "resources/drugs").glob("*.yaml"), *(ROOT / "resources/compounds").glob("*.yaml")]:
        document = yaml.load(path.read_text("utf-8"), yaml.BaseLoader)
        found.add(document["drug"]["name"])
        found |= {item["with"] for item in document.get("interactions", [])}
    return found
