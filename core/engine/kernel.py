"""The compiled integrator, where one was built; the program works without it."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.engine.rodas import Course
from core.engine.schedule import Array
from core.engine.system import System, Values
from core.errors import ModelError


def library_path() -> Path:
    """Where `core.engine.build_kernel` puts the shared library, whether or not it is there."""
    ending = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
    return Path(__file__).with_name("_kernel" + ending)


@lru_cache(maxsize=1)
def library() -> ctypes.CDLL | None:
    """The shared library beside this file, or None where none was built or DOSEWRIGHT_NO_KERNEL is set."""
    if os.environ.get("DOSEWRIGHT_NO_KERNEL"):
        return None
    path = library_path()
    if not path.exists():
        return None
    try:
        loaded = ctypes.CDLL(str(path))
        _ = [loaded[f"dosewright_{name}"] for name in ("rodas", "linear", "exp", "superpose")]
    except (OSError, AttributeError):
        return None
    return loaded


def available() -> bool:
    """Whether the compiled integrator can be used."""
    return library() is not None


def call(name: str, arrays: Sequence[NDArray[Any]], *leading: float) -> int:
    """Call a function of the library with contiguous arrays, after leading floats.

    Raises:
        ModelError: no library was built.
    """
    compiled = library()
    if compiled is None:
        raise ModelError("the compiled kernel was not built")
    numbers = [ctypes.c_double(number) for number in leading]
    return int(compiled[name](*numbers, *(ctypes.c_void_p(array.__array_interface__["data"][0]) for array in arrays)))


def run(system: System, values: Values, course: Course, start: Array, out: Array) -> Array:
    """As `rodas.run`, compiled.

    Raises:
        ModelError: the step became too small to go on, or no library was built.
    """
    batch = start.shape[1]
    x = np.array(start, dtype=float, order="C")
    constants = [np.broadcast_to(rows, (len(rows), batch)) for rows in (values.linear, *values.constants)]
    numbers = np.ascontiguousarray(np.concatenate(constants), dtype=float)
    shape = np.array(
        [
            batch,
            len(course.edges) - 1,
            course.edges.shape[1],
            len(course.ports),
            course.bolus.shape[2],
            len(course.times),
            course.index.shape[1],
            len(course.wanted),
        ],
        dtype=np.int32,
    )
    written = out if out.flags.c_contiguous else np.ascontiguousarray(out)
    arrays = [
        shape,
        system.program,
        numbers,
        np.ascontiguousarray(course.edges, dtype=float),
        np.ascontiguousarray(course.bolus, dtype=float),
        np.ascontiguousarray(course.rate, dtype=float),
        course.ports.astype(np.int32),
        np.ascontiguousarray(course.times, dtype=float),
        np.ascontiguousarray(course.index, dtype=np.int32),
        course.wanted.astype(np.int32),
        np.ascontiguousarray(np.broadcast_to(course.absolute, x.shape), dtype=float),
        x,
        written,
    ]
    if call("dosewright_rodas", arrays, course.relative) != 0:
        raise ModelError("the integration cannot go on: rates are too extreme for the tolerance asked for")
    if written is not out:
        out[:] = written
    return x
