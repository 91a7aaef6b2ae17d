"""The card of a predictor: what it was trained on, how good it is, for whom; all the program needs to use it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.learn.conformal import Margins
from core.learn.domain import Region
from core.learn.features import feature_kind

Array = NDArray[np.float64]

SCHEMA = "dosewright.predictor/1"


@dataclass(frozen=True, eq=False)
class Card:
    """A predictor's card; group numbers are numbers of levels known.

    The network or forest gives the logarithm of the daily dose (mg) when given every `every` hours. `equivalence`
    turns a daily dose at another interval into one at `every`. `background` (K, F) are the patients contributions are
    counted from, `golden` (G, F) and `golden_daily` (G,) what must be reproduced. `report` is for people: metrics,
    subgroups, seeds.
    """

    id: str
    drug: str
    models: tuple[tuple[str, str], ...]  # id and hash of the files of the mechanistic models it learned from
    probe_cases: tuple[str, ...]  # patients by whom the models are recognised, as case files
    probe: Mapping[str, tuple[float, ...]]  # what each model said of them
    target: tuple[str, str, str]  # kind, low end, high end, as written
    features: tuple[str, ...]
    every: float
    coverage: float
    margins: Mapping[int, Margins]
    agreement: Mapping[int, float]
    regions: Mapping[int, Region]
    equivalence: Mapping[float, float]
    background: Array
    golden: Array
    golden_daily: Array
    onnx_hash: str
    report: Mapping[str, Any]


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
        "features": [
            {"name": name, "unit": feature_kind(name).unit, "group": feature_kind(name).group} for name in card.features
        ],
        "every": card.every,
        "coverage": card.coverage,
        "margins": {str(group): [item.low, item.high] for group, item in card.margins.items()},
        "agreement": {str(group): value for group, value in card.agreement.items()},
        "regions": {str(group): _region(item) for group, item in card.regions.items()},
        "equivalence": {f"{every:g}": factor for every, factor in card.equivalence.items()},
        "background": card.background.tolist(),
        "golden": {"features": card.golden.tolist(), "daily": card.golden_daily.tolist()},
        "onnx_sha256": card.onnx_hash,
    }
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


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
    for name in features:
        feature_kind(name)
    golden = document["golden"]
    return Card(
        id=str(document["id"]),
        drug=str(document["drug"]),
        models=tuple((str(item["id"]), str(item["file_hash"])) for item in document["models"]),
        probe_cases=tuple(str(text) for text in document["probe"]["cases"]),
        probe={str(name): tuple(map(float, said)) for name, said in document["probe"]["said"].items()},
        target=(str(document["target"]["kind"]), str(document["target"]["low"]), str(document["target"]["high"])),
        features=features,
        every=float(document["every"]),
        coverage=float(document["coverage"]),
        margins={int(group): Margins(float(ends[0]), float(ends[1])) for group, ends in document["margins"].items()},
        agreement={int(group): float(value) for group, value in document["agreement"].items()},
        regions={int(group): _read_region(item) for group, item in document["regions"].items()},
        equivalence={float(every): float(factor) for every, factor in document["equivalence"].items()},
        background=_array(document["background"]),
        golden=_array(golden["features"]),
        golden_daily=_array(golden["daily"]),
        onnx_hash=str(document["onnx_sha256"]),
        report=dict(document["report"]),
    )


def _read_region(item: Mapping[str, Any]) -> Region:
    low, high, centre, spread, inverse = (_array(item[name]) for name in ("low", "high", "centre", "spread", "inverse"))
    return Region(low, high, centre, spread, inverse, float(item["limit"]))


def _array(values: Sequence[Any]) -> Array:
    return np.array(values, dtype=float)


def _check_shapes(card: Card) -> None:
    count = len(card.features)
    wanted: list[tuple[Array, tuple[int, ...]]] = [
        (card.background, (len(card.background), count)),
        (card.golden, (len(card.golden_daily), count)),
    ]
    for region in card.regions.values():
        wanted += [(item, (count,)) for item in (region.low, region.high, region.centre, region.spread)]
        wanted.append((region.inverse, (count, count)))
    if any(item.shape != shape for item, shape in wanted):
        raise ValueError("the sizes of its parts do not fit")
    if set(card.margins) != set(card.regions) or set(card.margins) != set(card.agreement):
        raise ValueError("its groups do not fit")
    if not 0.0 < card.coverage < 1.0 or card.every <= 0 or min(card.equivalence.values()) <= 0:
        raise ValueError("a number is out of range")
