"""Looks into an ONNX file before anything runs it: only standard operators, all weights inside.

A small reader of the protobuf wire format, so that the program needs no ONNX package to refuse a file. Field numbers
after onnx.proto of ONNX 1.16 (github.com/onnx/onnx).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from core.errors import InputError

ALLOWED_OPSETS = {"": range(9, 22), "ai.onnx": range(9, 22), "ai.onnx.ml": range(1, 6)}
_MOST_DEPTH = 8
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LOOPS = frozenset({"Loop", "Scan"})  # unbounded work has no place in a predictor


@dataclass(frozen=True)
class _Field:
    number: int
    value: int | bytes


# AttributeProto.floats and .ints, one field a number: a tree has hundreds of thousands, and none can do harm.
_NUMBERS = re.compile(rb"(?:\x3d.{4}|\x40[\x80-\xff]{0,9}[\x00-\x7f])++", re.DOTALL)


def check_onnx(raw: bytes, field: str) -> None:
    """Refuse an ONNX model that could do more than compute.

    Args:
        raw: the file.
        field: what to name in the refusal.

    Raises:
        InputError: not ONNX; an operator set that is not allowed; functions of its own, loops, or weights outside the
            file.
    """
    opsets: dict[str, int] = {}
    graphs = []
    for item in _fields(raw, field):
        if item.number == 7:  # ModelProto.graph
            graphs.append(_message(item, field))
        elif item.number == 8:  # ModelProto.opset_import
            opsets.update([_opset(_message(item, field), field)])
        elif item.number in (20, 25):  # ModelProto.training_info, ModelProto.functions
            raise InputError(field, "predictor_onnx_refused", why="functions of its own")
    if len(graphs) != 1 or not opsets:
        raise InputError(field, "predictor_not_onnx")
    for domain, version in opsets.items():
        if domain not in ALLOWED_OPSETS or version not in ALLOWED_OPSETS[domain]:
            raise InputError(field, "predictor_onnx_refused", why=f"operator set {domain or 'ai.onnx'} {version}")
    _check_graph(graphs[0], field, 0)


def _opset(raw: bytes, field: str) -> tuple[str, int]:
    domain, version = "", 0
    for item in _fields(raw, field):
        if item.number == 1:
            domain = _message(item, field).decode("utf-8", "replace")
        elif item.number == 2 and isinstance(item.value, int):  # OperatorSetIdProto.version
            version = item.value
    return domain, version


def _check_graph(raw: bytes, field: str, depth: int) -> None:
    if depth > _MOST_DEPTH:
        raise InputError(field, "predictor_onnx_refused", why="graphs nested too deep")
    for item in _fields(raw, field):
        match item.number:
            case 1:  # GraphProto.node
                _check_node(_message(item, field), field, depth)
            case 5:  # GraphProto.initializer
                _check_tensor(_message(item, field), field)
            case 15:  # GraphProto.sparse_initializer
                _check_sparse(_message(item, field), field)


def _check_node(raw: bytes, field: str, depth: int) -> None:
    for item in _fields(raw, field):
        text = item.value.decode("utf-8", "replace") if isinstance(item.value, bytes) else ""
        if item.number == 4 and text in _LOOPS:  # NodeProto.op_type
            raise InputError(field, "predictor_onnx_refused", why=f"operator {text}")
        if item.number == 7 and text not in ALLOWED_OPSETS:  # NodeProto.domain
            raise InputError(field, "predictor_onnx_refused", why=f"operators of {text}")
        if item.number == 5:  # NodeProto.attribute
            _check_attribute(_message(item, field), field, depth)


def _check_attribute(raw: bytes, field: str, depth: int) -> None:
    for item in _fields(raw, field, _NUMBERS):
        match item.number:
            case 5 | 10:  # AttributeProto.t, .tensors
                _check_tensor(_message(item, field), field)
            case 6 | 11:  # AttributeProto.g, .graphs
                _check_graph(_message(item, field), field, depth + 1)
            case 22 | 23:  # AttributeProto.sparse_tensor, .sparse_tensors
                _check_sparse(_message(item, field), field)


def _check_sparse(raw: bytes, field: str) -> None:
    for item in _fields(raw, field):
        if item.number in (1, 2):  # SparseTensorProto.values, .indices
            _check_tensor(_message(item, field), field)


def _check_tensor(raw: bytes, field: str) -> None:
    for item in _fields(raw, field):
        if item.number == 13 or (item.number == 14 and item.value != 0):  # TensorProto.external_data, .data_location
            raise InputError(field, "predictor_onnx_refused", why="weights outside the file")


def _message(item: _Field, field: str) -> bytes:
    if not isinstance(item.value, bytes):
        raise InputError(field, "predictor_not_onnx")
    return item.value


def _fields(raw: bytes, field: str, passed_over: re.Pattern[bytes] | None = None) -> Iterator[_Field]:
    """The fields of one protobuf message but whole runs of those passed over."""
    place = 0
    while place < len(raw):
        run = passed_over.match(raw, place) if passed_over is not None else None
        if run is not None:
            place = run.end()
            continue
        key, place = _varint(raw, place, field)
        kind = key & 7
        if kind == _VARINT:
            value, place = _varint(raw, place, field)
            yield _Field(key >> 3, value)
            continue
        if kind == _BYTES:
            size, place = _varint(raw, place, field)
        elif kind in (_FIXED64, _FIXED32):
            size = 8 if kind == _FIXED64 else 4
        else:
            raise InputError(field, "predictor_not_onnx")
        if place + size > len(raw):
            raise InputError(field, "predictor_not_onnx")
        yield _Field(key >> 3, raw[place : place + size])
        place += size


def _varint(raw: bytes, place: int, field: str) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if place >= len(raw):
            break
        byte = raw[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, place
    raise InputError(field, "predictor_not_onnx")
