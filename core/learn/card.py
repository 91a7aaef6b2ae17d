"""The card of a predictor: what it was trained on, how good it is, for whom; all the program needs to use it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.learn.conformal import Margins
from core.learn.domain import Region
from core.learn.outlook import OUTLOOK
from core.learn.patient_table import Imputation

Array = NDArray[np.float64]

SCHEMA = "dosewright.predictor/1"
GOLDEN_CHOICE = 4 + len(OUTLOOK)  # numbers of a golden regimen
_MOST_POINTS = 4096


class Scale(StrEnum):
    """On which scale a predictor's graph gives the dose."""

    LOG = "log"
    SQRT = "sqrt"

    def to_dose(self, raw: Array) -> Array:
        """Dose of what the graph gives, same shape; below zero on the square-root scale there is no dose."""
        return np.asarray(np.exp(raw) if self is Scale.LOG else np.square(np.maximum(raw, 0.0)))

    def of_dose(self, dose: Array) -> Array:
        """What the graph would give for a dose, same shape."""
        return np.asarray(np.log(dose) if self is Scale.LOG else np.sqrt(dose))


@dataclass(frozen=True, eq=False)
class Card:
    """A predictor's card.

    The network or forest gives the dose in `unit` on a `scale`: the logarithm of the daily dose when given every
    `every` hours, or the square root of a weekly dose. `group_by` names the features whose weighted sum is the number
    of a patient's group (levels known, ancestry). `equivalence` turns a daily dose at another interval into one at
    `every`. `background` (K, F) are the patients contributions are counted from, `golden` (G, F) and `golden_dose` (G,)
    what must be reproduced. `report` is for people: metrics, subgroups, seeds.
    """

    id: str
    drug: str
    models: tuple[tuple[str, str], ...]  # id and hash of the files of the mechanistic models it learned from
    probe_cases: tuple[str, ...]  # patients by whom the models are recognised, as case files
    probe: Mapping[str, tuple[float, ...]]  # what each model said of them
    target: tuple[str, str, str]  # kind, low end, high end, as written
    features: tuple[str, ...]
    themes: tuple[str, ...]  # of each feature, the message id under which it is explained
    scale: Scale
    unit: str
    group_by: Mapping[str, int]
    every: float
    coverage: float
    margins: Mapping[int, Margins]
    agreement: Mapping[int, float]
    regions: Mapping[int, Region]
    equivalence: Mapping[float, float]
    background: Array
    golden: Array
    golden_dose: Array
    onnx_hash: str
    report: Mapping[str, Any]
    imputation: Imputation | None = None
    choice_hash: str = ""  # SHA-256 of the graph that judges regimens; empty: there is none
    golden_choice: tuple[tuple[float, ...], ...] = ()  # of each: a dose, interval, wait, utility and the outlook
    points: int = 0  # of each model's prior, from which the outlook of a regimen is made
    seed: int = 0  # of those points


def write_card(card: Card) -> str:
    """The card as JSON text; the same card always gives the same text."""
    document = {
        "schema": SCHEMA,
        "id": card.id,
        "drug": card.drug,
        "models": [{"id": name, "file_hash": digest} for name, digest in card.models],
        "probe": {"cases": list(card.probe_cases), "said": {name: list(said) for name, said in card.probe.items()}},
        "target": dict(zip(("kind", "low", "high"), card.target, strict=True)),
        "report": card.report,
        "features": [{"name": name, "theme": theme} for name, theme in zip(card.features, card.themes, strict=True)],
        "scale": card.scale.value,
        "unit": card.unit,
        "group_by": dict(card.group_by),
        "every": card.every,
        "coverage": card.coverage,
        "margins": {str(group): [item.low, item.high] for group, item in card.margins.items()},
        "agreement": {str(group): value for group, value in card.agreement.items()},
        "regions": {str(group): _region(item) for group, item in card.regions.items()},
        "equivalence": {f"{every:g}": factor for every, factor in card.equivalence.items()},
        "background": card.background.tolist(),
        "golden": {"features": card.golden.tolist(), "dose": card.golden_dose.tolist()},
        "onnx_sha256": card.onnx_hash,
        "choice_sha256": card.choice_hash,
        "golden_choice": [list(item) for item in card.golden_choice],
        "outlook": {"points": card.points, "seed": card.seed},
        "imputation": None if card.imputation is None else _imputation(card.imputation),
    }
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _imputation(item: Imputation) -> dict[str, Any]:
    return {"key_columns": list(item.key_columns), "means": item.means.tolist()}


def _region(item: Region) -> dict[str, Any]:
    return {
        "low": item.low.tolist(),
        "high": item.high.tolist(),
        "centre": item.centre.tolist(),
        "spread": item.spread.tolist(),
        "inverse": item.inverse.tolist(),
        "limit": item.limit,
    }


def read_card(text: str, field: str) -> Card:
    """Read a card; shapes must fit each other.

    Args:
        text: JSON.
        field: what to name in a refusal.

    Raises:
        InputError: no card, another version of it, or parts that do not fit.
    """
    try:
        document = json.loads(text, parse_constant=_no_constant)
        if document["schema"] != SCHEMA:
            raise InputError(field, "schema_unknown", value=str(document["schema"]), wanted=SCHEMA)
        card = _card(document)
        _check_shapes(card)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise InputError(field, "predictor_card_broken", why=f"{type(error).__name__}: {error}") from error
    return card


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _card(document: Mapping[str, Any]) -> Card:
    features = tuple(str(item["name"]) for item in document["features"])
    golden = document["golden"]
    return Card(
        id=str(document["id"]),
        drug=str(document["drug"]),
        models=tuple((str(item["id"]), str(item["file_hash"])) for item in document["models"]),
        probe_cases=tuple(str(text) for text in document["probe"]["cases"]),
        probe={str(name): tuple(map(float, said)) for name, said in document["probe"]["said"].items()},
        target=(str(document["target"]["kind"]), str(document["target"]["low"]), str(document["target"]["high"])),
        features=features,
        themes=tuple(str(item["theme"]) for item in document["features"]),
        scale=Scale(document["scale"]),
        unit=str(document["unit"]),
        group_by={str(name): int(weight) for name, weight in document["group_by"].items()},
        every=float(document["every"]),
        coverage=float(document["coverage"]),
        margins={int(group): Margins(float(ends[0]), float(ends[1])) for group, ends in document["margins"].items()},
        agreement={int(group): float(value) for group, value in document["agreement"].items()},
        regions={int(group): _read_region(item) for group, item in document["regions"].items()},
        equivalence={float(every): float(factor) for every, factor in document["equivalence"].items()},
        background=_array(document["background"]),
        golden=_array(golden["features"]),
        golden_dose=_array(golden["dose"]),
        onnx_hash=str(document["onnx_sha256"]),
        report=dict(document["report"]),
        imputation=_read_imputation(document["imputation"]),
        choice_hash=str(document["choice_sha256"]),
        golden_choice=tuple(tuple(map(float, item)) for item in document["golden_choice"]),
        points=int(document.get("outlook", {}).get("points", 0)),
        seed=int(document.get("outlook", {}).get("seed", 0)),
    )


def _read_imputation(item: Mapping[str, Any] | None) -> Imputation | None:
    if item is None:
        return None
    return Imputation(tuple(int(column) for column in item["key_columns"]), _array(item["means"]))


def _read_region(item: Mapping[str, Any]) -> Region:
    low, high, centre, spread, inverse = (_array(item[name]) for name in ("low", "high", "centre", "spread", "inverse"))
    return Region(low, high, centre, spread, inverse, float(item["limit"]))


def _array(values: Sequence[Any]) -> Array:
    return np.array(values, dtype=float)


def _check_shapes(card: Card) -> None:
    count = len(card.features)
    wanted: list[tuple[Array, tuple[int, ...]]] = [
        (card.background, (len(card.background), count)),
        (card.golden, (len(card.golden_dose), count)),
    ]
    for region in card.regions.values():
        wanted += [(item, (count,)) for item in (region.low, region.high, region.centre, region.spread)]
        wanted.append((region.inverse, (count, count)))
    if any(item.shape != shape for item, shape in wanted):
        raise ValueError("the sizes of its parts do not fit")
    if card.imputation is not None:
        keys = len(card.imputation.key_columns)
        wanted.append((card.imputation.means, (1 << keys, count)))
    if card.golden_choice and len(card.golden_choice) != len(card.golden):
        raise ValueError("its golden regimens are not one a patient")
    if any(len(item) != GOLDEN_CHOICE for item in card.golden_choice):
        raise ValueError("its golden regimens are not of the numbers expected")
    if card.choice_hash and (card.points < 2 or card.points & (card.points - 1) or card.points > _MOST_POINTS):
        raise ValueError("the points of its outlook are no power of two")
    if not set(card.group_by) <= set(card.features):
        raise ValueError("its groups are of no feature")
    if set(card.margins) != set(card.regions) or not set(card.agreement) <= set(card.margins):
        raise ValueError("its groups do not fit")
    if not 0.0 < card.coverage < 1.0 or card.every <= 0 or min(card.equivalence.values(), default=1.0) <= 0:
        raise ValueError("a number is out of range")
