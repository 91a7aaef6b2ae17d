"""Real patients as a predictor learns from them: features with gaps, the dose found right, the published formula."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PatientTable:
    """Patients in the order of the file.

    `features` (N, F) with NaN where nothing was recorded; `dose` (N,) in `unit`; `published` (N,) what the published
    formula gives; `group` (N,) a code of `group_names`, for intervals and subgroups; `site` (N,) where treated.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    features: Array
    dose: Array
    unit: str
    published: Array
    group: NDArray[np.int64]
    group_names: tuple[str, ...]
    group_by: dict[str, int]  # features whose weighted sum is the code
    themes: tuple[str, ...]  # of each feature, the message id under which it is explained
    key_columns: tuple[int, ...]  # 0/1 features within whose combinations gaps are filled by the mean
    site: NDArray[np.int64]
    rejected: tuple[tuple[str, str], ...] = ()  # patient and why it was left out

    def rows(self, chosen: NDArray[np.intp]) -> PatientTable:
        """Some of the patients."""
        return replace(
            self,
            ids=tuple(self.ids[place] for place in chosen),
            features=self.features[chosen],
            dose=self.dose[chosen],
            published=self.published[chosen],
            group=self.group[chosen],
            site=self.site[chosen],
        )

    @property
    def hash(self) -> str:
        """SHA-256 of all that is learned from."""
        digest = hashlib.sha256("\n".join(self.ids).encode())
        for part in (self.features, self.dose, self.group, self.site):
            digest.update(np.ascontiguousarray(part).tobytes())
        return digest.hexdigest()


def split_in_strata(table: PatientTable, salt: str, shares: tuple[float, ...]) -> list[NDArray[np.intp]]:
    """Cut the patients into parts of given shares within each site and group, ordered by the hash of salt and id.

    The same patient always lands in the same place of its stratum; no random numbers are drawn.

    Args:
        table: the patients.
        salt: another salt, another order.
        shares: adding up to one.
    """
    keys = np.array([hashlib.sha256(f"{salt}:{name}".encode()).hexdigest() for name in table.ids])
    parts: list[list[int]] = [[] for _ in shares]
    strata = np.stack([table.site, table.group], axis=1)
    for stratum in np.unique(strata, axis=0):
        members = np.flatnonzero((strata == stratum).all(axis=1))
        ordered = members[np.argsort(keys[members])]
        edges = np.round(np.cumsum([0.0, *shares]) * len(ordered)).astype(int)
        for place in range(len(parts)):
            parts[place] += ordered[edges[place] : edges[place + 1]].tolist()
    return [np.array(sorted(part), dtype=np.intp) for part in parts]


@dataclass(frozen=True, eq=False)
class Imputation:
    """What stands in where nothing was recorded: the mean of the patients of the same group and sex, else of all.

    `means` (G, F) by the code of group and sex together, learned from training patients only.
    """

    key_columns: tuple[int, ...]  # 0/1 features that make the code
    means: Array

    def fill(self, features: Array) -> Array:
        """Features (N, F) without gaps, rounded to single precision."""
        code = self._code(features)
        filled = np.where(np.isnan(features), self.means[code], features)
        return np.asarray(filled, dtype=np.float32).astype(np.float64)

    def _code(self, features: Array) -> NDArray[np.intp]:
        bits = np.nan_to_num(features[:, list(self.key_columns)]) > 0
        return np.asarray(bits @ (1 << np.arange(len(self.key_columns))), dtype=np.intp)


def learn_imputation(features: Array, key_columns: tuple[int, ...]) -> Imputation:
    """Learn what stands in for gaps from training features (N, F)."""
    count = 1 << len(key_columns)
    bare = Imputation(key_columns, np.zeros((count, features.shape[1])))
    code = bare._code(features)
    overall = np.nan_to_num(_mean(features))
    means = np.tile(overall, (count, 1))
    for value in np.unique(code):
        own = _mean(features[code == value])
        means[value] = np.where(np.isnan(own), overall, own)
    return Imputation(key_columns, means)


def _mean(features: Array) -> Array:
    known = ~np.isnan(features)
    count = known.sum(axis=0)
    total = np.where(known, features, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
