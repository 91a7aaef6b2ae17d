"""A drug file written anew with other population numbers; everything else stays as its author wrote it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from core.drugs.loader import load_population_model
from core.drugs.parameter import Parameter
from core.drugs.population_model import PopulationModel
from core.errors import ModelError

_SPREADS = ("between_subject_sd", "between_subject_variance", "between_subject_cv")
_DIGITS = 10
_SAME = 1e-7


def rewritten(source: Path, model: PopulationModel, identifier: str, note: str) -> str:
    """Give the text of a drug file with a model's numbers, under another id.

    Args:
        source: the file the model was read from before its numbers changed.
        model: the same model with other typical values, omega and residual error.
        identifier: id of the new file.
        note: where the numbers come from; replaces the source's own note.

    Raises:
        ModelError: the text, read again, would not give the model's numbers.
    """
    root = yaml.compose(source.read_text(encoding="utf-8"))
    assert isinstance(root, yaml.MappingNode)
    _set(root, "id", _scalar(identifier))
    _set(root, "replaces", _scalar(model.id))
    _set(_at(root, "source"), "note", _scalar(note, style=">"))
    parameters = _at(root, "parameters")
    for parameter in model.parameters:
        entry = _at(parameters, parameter.name)
        if not parameter.sum_of:
            _set(entry, "typical", _scalar(_quantity(parameter)))
        own = [name for name in _SPREADS if _find(entry, name) is not None]
        if own:
            _drop(entry, own[0])
            place = model.etas.index(parameter.name)
            _set(entry, "between_subject_variance", _scalar(_number(model.omega[place, place])))
    _drop(root, "checks")  # values of the publication
    _drop(root, "correlations")
    pairs = _pairs(model)
    if pairs:
        written = yaml.compose(yaml.safe_dump(pairs, default_flow_style=None))
        assert written is not None
        _set(root, "correlations", written)
    _residual(_at(root, "residual"), model)
    text = str(yaml.serialize(root, allow_unicode=True, width=160))
    _check(text, source, model, to_dose=bool(model.given_as))
    return text


def _residual(entry: yaml.MappingNode, model: PopulationModel) -> None:
    residual = model.residual
    for name, value, unit in (
        ("proportional", residual.proportional, ""),
        ("additive", residual.additive, " mg/L"),
        ("log_additive", residual.log_additive, ""),
    ):
        if _find(entry, name) is not None and value is not None:
            _set(entry, name, _scalar(f"{_number(value)}{unit}"))


def _pairs(model: PopulationModel) -> list[dict[str, Any]]:
    found = []
    for i, one in enumerate(model.etas):
        for j, other in enumerate(model.etas[:i]):
            if model.omega[i, j] != 0.0:
                found.append({"between": [other, one], "covariance": float(_number(model.omega[i, j]))})
    return found


def _quantity(parameter: Parameter) -> str:
    number = _number(parameter.typical)
    return number if parameter.unit == "1" else f"{number} {parameter.unit}"


def _number(value: float) -> str:
    return np.format_float_positional(float(value), precision=_DIGITS, unique=False, fractional=False, trim="-")


def _check(text: str, source: Path, model: PopulationModel, *, to_dose: bool) -> None:
    """Read the text as the library would and compare every number."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.yaml"
        path.write_text(text, encoding="utf-8")
        again = load_population_model(path, shipped_facts=source.parent, local=True, to_dose=to_dose)
    pairs = zip(again.parameters, model.parameters, strict=True)
    alike = (
        all(abs(one.typical - other.typical) <= _SAME * abs(other.typical) for one, other in pairs)
        and np.allclose(again.omega, model.omega, rtol=_SAME, atol=1e-12)
        and np.isclose(again.residual.proportional, model.residual.proportional, rtol=_SAME)
        and np.isclose(again.residual.additive, model.residual.additive, rtol=_SAME)
    )
    if not alike:
        raise ModelError(f"the rewritten file of {model.id} does not give its numbers back")


def _scalar(text: str, style: str | None = None) -> yaml.ScalarNode:
    return yaml.ScalarNode("tag:yaml.org,2002:str", text, style=style)


def _find(node: yaml.MappingNode, key: str) -> yaml.Node | None:
    return next((value for name, value in node.value if name.value == key), None)


def _at(node: yaml.MappingNode, key: str) -> yaml.MappingNode:
    found = _find(node, key)
    assert isinstance(found, yaml.MappingNode), key
    return found


def _set(node: yaml.MappingNode, key: str, value: yaml.Node) -> None:
    for index, (name, _) in enumerate(node.value):
        if name.value == key:
            node.value[index] = (name, value)
            return
    node.value.append((_scalar(key), value))


def _drop(node: yaml.MappingNode, key: str) -> None:
    node.value = [(name, value) for name, value in node.value if name.value != key]
