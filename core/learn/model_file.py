"""The file of a predictor, `*.dwm`, a zip of `model.onnx`, `card.json`, `checksum.txt` and mostly `choice.onnx`.

Loading it runs no code.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from pathlib import Path

from core.atomic_write import write_atomically
from core.errors import InputError
from core.learn.card import Card, read_card, write_card
from core.learn.onnx_gate import check_onnx
from core.learn.predictor import Graphs, Predictor

MOST_BYTES = 16_000_000  # of the file
_MOST_UNPACKED = 64_000_000
_NEEDED = ("card.json", "checksum.txt", "model.onnx")
_CHOICE = "choice.onnx"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same predictor gives the same bytes
_PICKLE_STARTS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"(lp", b"cjoblib", b"csklearn")
_COMPRESSED_STARTS = (
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"x\x01",
    b"x^",
    b"x\x9c",
    b"x\xda",
    b"\x04\x22\x4d\x18",
)  # what joblib writes


def save_predictor(path: Path, graphs: Graphs, card: Card) -> None:
    """Write a predictor's file whole or not at all.

    Raises:
        InputError: it cannot be written.
    """
    parts = {"model.onnx": graphs.dose, "card.json": write_card(card).encode()}
    if graphs.choice:
        parts[_CHOICE] = graphs.choice
    parts["checksum.txt"] = _checksum(parts["card.json"], graphs).encode()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as pack:
        for name in sorted(parts):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            pack.writestr(info, parts[name])
    write_atomically(path, stream.getvalue())


def load_predictor(path: Path) -> Predictor:
    """Read a predictor's file, refuse whatever is not exactly one, and reproduce its golden rows.

    Raises:
        InputError: unreadable, too large, pickled, altered, with operators that are not allowed, or not reproducing
            what its card says.
    """
    field = path.name
    raw = _read(path)
    parts = _unpack(raw, field)
    graphs = Graphs(parts["model.onnx"], parts.get(_CHOICE, b""))
    if parts["checksum.txt"].decode("ascii", "replace") != _checksum(parts["card.json"], graphs):
        raise InputError(field, "predictor_altered")
    check_onnx(graphs.dose, field)
    if graphs.choice:
        check_onnx(graphs.choice, field)
    card = read_card(parts["card.json"].decode("utf-8", "replace"), field)
    if (sha256(graphs.dose), sha256(graphs.choice)) != (card.onnx_hash, card.choice_hash):
        raise InputError(field, "predictor_altered")
    predictor = Predictor.start(card, graphs, hashlib.sha256(raw).hexdigest(), field)
    predictor.reproduce_golden(field)
    return predictor


def graphs_of(path: Path) -> Graphs:
    """The graphs of a predictor's file that `load_predictor` has accepted.

    Raises:
        InputError: it cannot be read.
    """
    parts = _unpack(_read(path), path.name)
    return Graphs(parts["model.onnx"], parts.get(_CHOICE, b""))


def sha256(graph: bytes) -> str:
    """SHA-256 of a graph; empty for none."""
    return hashlib.sha256(graph).hexdigest() if graph else ""


def _checksum(card: bytes, graphs: Graphs) -> str:
    digests = [hashlib.sha256(part).digest() for part in (card, graphs.dose, graphs.choice)]
    return hashlib.sha256(b"".join(digests)).hexdigest() + "\n"


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(path.name, "predictor_too_large", high=f"{MOST_BYTES // 1_000_000} MB")
        raw = path.read_bytes()
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise InputError(path.name, "file_not_read", path=str(path), why=why) from error
    if raw.startswith(_PICKLE_STARTS) or raw.startswith(_COMPRESSED_STARTS):
        raise InputError(path.name, "predictor_pickled")
    return raw


def _unpack(raw: bytes, field: str) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as pack:
            names = [info.filename for info in pack.infolist()]
            if any(name.endswith((".pkl", ".pickle", ".joblib")) for name in names):
                raise InputError(field, "predictor_pickled")
            if sorted(names) not in (sorted(_NEEDED), sorted([*_NEEDED, _CHOICE])):
                raise InputError(field, "predictor_not_one", parts=", ".join(_NEEDED))
            if sum(info.file_size for info in pack.infolist()) > _MOST_UNPACKED:
                raise InputError(field, "predictor_too_large", high=f"{_MOST_UNPACKED // 1_000_000} MB")
            return {name: pack.read(name) for name in names}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise InputError(field, "predictor_not_one", parts=", ".join(_NEEDED)) from error
