"""exp and expm1 of large arrays, through the kernel where it was built."""

from __future__ import annotations

import ctypes

import numpy as np

from core.engine import kernel
from core.engine.schedule import Array

_WORTH_A_CALL = 512


def exp(x: Array) -> Array:
    """Exponential of every number; agrees with numpy's to 4e-16 relative."""
    return _apply(x, minus_one=False)


def expm1(x: Array) -> Array:
    """Exponential minus 1 of every number, exact for tiny ones; agrees with numpy's to 6e-16 relative."""
    return _apply(x, minus_one=True)


def _apply(x: Array, *, minus_one: bool) -> Array:
    library = kernel.library()
    if x.size < _WORTH_A_CALL or library is None:
        return np.asarray(np.expm1(x) if minus_one else np.exp(x))
    source = np.ascontiguousarray(x)
    found = np.empty_like(source)
    library.dosewright_exp(
        ctypes.c_void_p(source.__array_interface__["data"][0]),
        ctypes.c_void_p(found.__array_interface__["data"][0]),
        ctypes.c_size_t(source.size),
        ctypes.c_int(minus_one),
    )
    return found
