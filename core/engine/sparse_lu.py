"""Symbolic sparse LU without pivoting, made once from the graph and used for every patient and step.

The matrices I/(gamma h) - J of compartment systems are (nearly) M-matrices, for which elimination needs no pivoting.
Source: Duff, Erisman & Reid, Direct Methods for Sparse Matrices (1986), minimum-degree ordering after Markowitz.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from core.engine.schedule import Array


@dataclass(frozen=True)
class Factorisation:
    """Lists of operations on slots (positions of nonzero entries, fill-in included).

    `slots` maps (row, column) to slot. Each pivot: (pivot slot, ((row slot, ((target, right), ...)), ...)).
    `forward`: (row, pivot row, slot); `backward`: (row, pivot slot, ((column, slot), ...)).
    """

    size: int
    slots: dict[tuple[int, int], int]
    pivots: tuple[tuple[int, tuple[tuple[int, tuple[tuple[int, int], ...]], ...]], ...]
    forward: tuple[tuple[int, int, int], ...]
    backward: tuple[tuple[int, int, tuple[tuple[int, int], ...]], ...]

    def factorise(self, W: Array) -> None:
        """Replace the entries W (slots, B) by the factors; pivots become their reciprocals."""
        w, product = list(W), np.empty(W.shape[1])  # views made once: indexing costs as much as arithmetic here
        for pivot, rows in self.pivots:
            np.divide(1.0, w[pivot], out=w[pivot])
            for row, updates in rows:
                np.multiply(w[row], w[pivot], out=w[row])
                for target, right in updates:
                    np.subtract(w[target], np.multiply(w[row], w[right], out=product), out=w[target])

    def solve(self, W: Array, b: Array) -> None:
        """Replace b (n, B) by the solution."""
        w, v, product = list(W), list(b), np.empty(b.shape[1])
        for row, pivot_row, slot in self.forward:
            np.subtract(v[row], np.multiply(w[slot], v[pivot_row], out=product), out=v[row])
        for row, pivot, terms in self.backward:
            for column, slot in terms:
                np.subtract(v[row], np.multiply(w[slot], v[column], out=product), out=v[row])
            np.multiply(v[row], w[pivot], out=v[row])

    def encode(self) -> tuple[list[int], list[int], list[int]]:
        """The three lists flattened for the compiled kernel, each block preceded by its count."""
        pivots = [len(self.pivots)]
        for pivot, rows in self.pivots:
            pivots += [pivot, len(rows)]
            for row, updates in rows:
                pivots += [row, len(updates), *(number for update in updates for number in update)]
        forward = [len(self.forward), *(number for step in self.forward for number in step)]
        backward = [len(self.backward)]
        for row, pivot, terms in self.backward:
            backward += [row, pivot, len(terms), *(number for term in terms for number in term)]
        return pivots, forward, backward


def factorisation_of(size: int, entries: Iterable[tuple[int, int]]) -> Factorisation:
    """Plan the elimination of a matrix with these nonzero entries; the diagonal is always present."""
    pattern = {*entries, *((i, i) for i in range(size))}
    slots = {entry: number for number, entry in enumerate(sorted(pattern))}
    left = set(range(size))
    pivots, forward, order = [], [], []
    while left:

        def cost(i: int) -> tuple[int, int]:
            rows = sum(1 for r in left if r != i and (r, i) in slots)
            columns = sum(1 for c in left if c != i and (i, c) in slots)
            return rows * columns, i

        k = min(left, key=cost)
        left.remove(k)
        order.append(k)
        columns = [c for c in sorted(left) if (k, c) in slots]
        eliminated = []
        for row in (r for r in sorted(left) if (r, k) in slots):
            updates = tuple((slots.setdefault((row, c), len(slots)), slots[k, c]) for c in columns)
            eliminated.append((slots[row, k], updates))
            forward.append((row, k, slots[row, k]))
        pivots.append((slots[k, k], tuple(eliminated)))
    rank = {k: position for position, k in enumerate(order)}
    backward = tuple(
        (k, slots[k, k], tuple((c, slots[k, c]) for c in order[rank[k] + 1 :] if (k, c) in slots))
        for k in reversed(order)
    )
    return Factorisation(size, slots, tuple(pivots), tuple(forward), backward)
