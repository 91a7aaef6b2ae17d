"""Formulas between plain text and MathML: arithmetic, powers, exp, ln, comparisons."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from xml.etree.ElementTree import Element, SubElement

from core.errors import InputError

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
TIME = "http://www.sbml.org/sbml/symbols/time"
TIME_NAME = "time"
_OPERATORS: Mapping[type[ast.operator], str] = {
    ast.Add: "plus", ast.Sub: "minus", ast.Mult: "times", ast.Div: "divide", ast.Pow: "power",
}  # fmt: skip
_FUNCTIONS = {"exp": "exp", "ln": "ln"}
_DEEPEST = 60

Values = Mapping[str, float]
Function = Callable[[Values], float]


def mathml(formula: str) -> Element:
    """A formula in plain text, such as `vmax * C / (km + C)`, as a MathML `math` element; `time` is SBML's time."""
    root = Element("math", {"xmlns": NAMESPACE})
    _write(ast.parse(formula, mode="eval").body, root)
    return root


def _write(node: ast.expr, parent: Element) -> None:
    if isinstance(node, ast.BinOp):
        apply = SubElement(parent, "apply")
        SubElement(apply, _OPERATORS[type(node.op)])
        _write(node.left, apply)
        _write(node.right, apply)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        apply = SubElement(parent, "apply")
        SubElement(apply, "minus")
        _write(node.operand, apply)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        apply = SubElement(parent, "apply")
        SubElement(apply, _FUNCTIONS[node.func.id])
        _write(node.args[0], apply)
    elif isinstance(node, ast.Compare):
        apply = SubElement(parent, "apply")
        SubElement(apply, "geq")
        _write(node.left, apply)
        _write(node.comparators[0], apply)
    elif isinstance(node, ast.Name):
        if node.id == TIME_NAME:
            symbol = SubElement(parent, "csymbol", {"encoding": "text", "definitionURL": TIME})
            symbol.text = "time"
        else:
            SubElement(parent, "ci").text = node.id
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        SubElement(parent, "cn").text = repr(float(node.value))
    else:
        raise TypeError(f"no formula: {ast.dump(node)}")


def function_of(math_element: Element, where: str) -> Function:
    """A MathML formula as a function of named values.

    Args:
        math_element: the `math` element, names without namespace.
        where: what it belongs to, for messages.

    Raises:
        InputError: an operator, function or number outside the closed set, or nesting without end.
    """
    children = list(math_element)
    if len(children) != 1:
        raise InputError(where, "sbml_formula", what="math", where=where)
    return _read(children[0], where, 0)


def _read(node: Element, where: str, depth: int) -> Function:
    if depth > _DEEPEST:
        raise InputError(where, "sbml_formula", what="nesting", where=where)
    match node.tag:
        case "cn":
            number = _number(node, where)
            return lambda values: number
        case "ci":
            name = (node.text or "").strip()
            return lambda values: _value(values, name, where)
        case "csymbol" if node.get("definitionURL", "").endswith("/time"):
            return lambda values: _value(values, TIME_NAME, where)
        case "apply" if len(node):
            parts = [_read(child, where, depth + 1) for child in list(node)[1:]]
            return _applied(node[0].tag, parts, where)
    raise InputError(where, "sbml_formula", what=node.tag, where=where)


def _value(values: Values, name: str, where: str) -> float:
    if name not in values:
        raise InputError(where, "sbml_unknown_name", name=name, where=where)
    return values[name]


def _number(node: Element, where: str) -> float:
    kind = node.get("type", "real")
    try:
        if kind == "e-notation" and len(node) == 1:
            return float(f"{(node.text or '').strip()}e{(node[0].tail or '').strip()}")
        if kind == "rational" and len(node) == 1:
            return float(node.text or "") / float(node[0].tail or "")
        value = float(node.text or "")
    except (ValueError, ZeroDivisionError):
        raise InputError(where, "sbml_formula", what=(node.text or "cn")[:40], where=where) from None
    if not math.isfinite(value):
        raise InputError(where, "sbml_formula", what=(node.text or "cn")[:40], where=where)
    return value


def _applied(name: str, parts: list[Function], where: str) -> Function:
    match name, len(parts):
        case "plus", _:
            return lambda values: math.fsum(part(values) for part in parts)
        case "times", _:
            return lambda values: math.prod(part(values) for part in parts)
        case "minus", 1:
            return lambda values: -parts[0](values)
        case "minus", 2:
            return lambda values: parts[0](values) - parts[1](values)
        case "divide", 2:
            return lambda values: parts[0](values) / parts[1](values)
        case "power", 2:
            return lambda values: float(parts[0](values) ** parts[1](values))
        case "exp", 1:
            return lambda values: math.exp(parts[0](values))
        case "ln", 1:
            return lambda values: math.log(parts[0](values))
        case (("geq" | "gt"), 2):
            return lambda values: float(parts[0](values) >= parts[1](values))
    raise InputError(where, "sbml_formula", what=name, where=where)
