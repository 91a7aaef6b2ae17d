"""Closed-form modes of one to three compartments with or without a first-order depot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.engine.graph import Mammillary
from core.engine.schedule import Array

# Closer than this, relative to the rate, two modes lose digits to cancellation (about machine epsilon / gap).
CLOSE = 1e-4


@dataclass(frozen=True)
class Modes:
    """Central amount = sum of M modes; each decays on its own and is fed by the depot and by inputs.

    M modes, P peripherals, B patients. `decay` (M, B) 1/h; `share` (M, B): what each mode takes of an input into the
    central state; `absorption` (B,) 1/h or None. Peripheral amounts = `outer` (P, M, B) times the modes; the modes
    take `back` (P, M, B) of an amount in a peripheral.
    """

    decay: Array
    share: Array
    absorption: Array | None
    outer: Array
    back: Array

    @property
    def apart(self) -> NDArray[np.bool_]:
        """Which patients' absorption rate is clear of every mode, (B,); True where there is no depot."""
        if self.absorption is None:
            return np.ones(self.decay.shape[1], dtype=bool)
        return np.asarray(np.all(np.abs(self.absorption - self.decay) > CLOSE * self.decay, axis=0))


def decay_rates(structure: Mammillary, k: dict[str, Array]) -> tuple[Array, Array, Array, Array | None]:
    """Decay rates (M, B) of the central block, outward and return rates (P, B), absorption rate (B,) or None."""

    def total(names: tuple[str, ...]) -> Array:
        return np.asarray(sum((k[name] for name in names[1:]), start=k[names[0]]))

    size = next(iter(k.values())).shape
    leave = total(structure.elimination) if structure.elimination else np.zeros(size)
    outward = np.array([total(names) for _, names, _ in structure.peripherals]).reshape(-1, *size)
    back = np.array([total(names) for _, _, names in structure.peripherals]).reshape(-1, *size)
    absorption = total(structure.absorption) if structure.depot else None
    if len(back) == 0:
        return leave[None], outward, back, absorption
    if len(back) == 1:
        return _quadratic(leave, outward[0], back[0]), outward, back, absorption
    return _cubic(leave, outward, back), outward, back, absorption


def _quadratic(leave: Array, out: Array, back: Array) -> Array:
    trace = leave + out + back
    # (k10+k12-k21)^2 + 4 k12 k21 has no cancellation, unlike trace^2 - 4 k10 k21.
    large = 0.5 * (trace + np.sqrt((leave + out - back) ** 2 + 4.0 * out * back))
    safe = np.where(large > 0, large, 1.0)
    return np.stack([large, leave * back / safe])


def _cubic(leave: Array, out: Array, back: Array) -> Array:
    """Roots of the three-compartment characteristic polynomial: trigonometric, polished, smallest from the product."""
    a2 = leave + out[0] + out[1] + back[0] + back[1]
    a1 = leave * (back[0] + back[1]) + out[0] * back[1] + out[1] * back[0] + back[0] * back[1]
    a0 = leave * back[0] * back[1]
    third = a2 / 3.0
    p = np.maximum(third * third - a1 / 3.0, 1e-150)
    q = third**3 - third * a1 / 2.0 + a0 / 2.0
    angle = np.arccos(np.clip(q / p**1.5, -1.0, 1.0)) / 3.0
    roots = np.stack([third + 2.0 * np.sqrt(p) * np.cos(angle + turn) for turn in (0.0, -2 * np.pi / 3, 2 * np.pi / 3)])
    roots = np.sort(roots, axis=0)[::-1]
    for _ in range(2):
        value = ((a2 - roots) * roots - a1) * roots + a0
        slope = (2.0 * a2 - 3.0 * roots) * roots - a1
        roots = roots + np.where(slope == 0, 0.0, -value / np.where(slope == 0, 1.0, slope))
    largest = roots[0] * roots[1]
    roots[2] = np.where(largest > 0, a0 / np.where(largest > 0, largest, 1.0), roots[2])
    return np.asarray(roots)


def modes_of(structure: Mammillary, k: dict[str, Array]) -> tuple[Modes, NDArray[np.bool_]]:
    """Diagonalise the structure for every patient.

    Args:
        structure: the recognised graph.
        k: rates in 1/h, each (B,).

    Returns:
        The modes, and a mask (B,) of patients for whom they are well conditioned. The others (a peripheral that hardly
        exchanges) need the matrix exponential, which does not mind.

    Source: Bonate, Pharmacokinetic-Pharmacodynamic Modeling and Simulation (2011); residues of a symmetrisable matrix.
    """
    lam, outward, back, absorption = decay_rates(structure, k)
    count, batch = lam.shape
    rates = np.sort(np.concatenate([lam, back]), axis=0)
    fine = np.all(np.diff(rates, axis=0) > CLOSE * rates[1:], axis=0) & np.all(outward > 0, axis=0)
    if not fine.all():  # keep the arithmetic finite; the caller discards these patients
        steps = 1.0 + np.arange(count + len(back), dtype=float)[:, None]
        lam, back = np.where(fine, lam, steps[:count]), np.where(fine, back, steps[count:])
    share = np.ones((count, batch))
    for i in range(count):
        for p in range(len(back)):
            share[i] *= back[p] - lam[i]
        for j in range(count):
            if j != i:
                share[i] /= lam[j] - lam[i]
    gap = back[:, None] - lam
    return Modes(lam, share, absorption, outward[:, None] / gap, share * back[:, None] / gap), fine
