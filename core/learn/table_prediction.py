"""A predictor on a table of patients, one row each: dose, interval, reasons, or why it stays silent."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.advise.recommendation import Interval
from core.errors import InputError
from core.learn.predictor import Predictor
from core.units import parse_plain_number

Array = NDArray[np.float64]

MOST_ROWS = 1_000_000
_ID = "id"


@dataclass(frozen=True)
class PredictedRow:
    """What a predictor says of one row of a table.

    `dose` is None where it stays silent: `abstains` then names the feature beyond its range, or `combination`.
    """

    line: int
    id: str
    dose: Interval | None
    abstains: str
    reasons: Mapping[str, float]  # contribution of each theme, adding up to the dose less `base`
    base: float


@dataclass(frozen=True)
class RefusedRow:
    """A row that could not be read: its line, its field, and why."""

    line: int
    field: str
    error: InputError


@dataclass(frozen=True)
class TablePrediction:
    """All rows of a table, each once: predicted (or silent), or refused."""

    rows: tuple[PredictedRow, ...]
    refused: tuple[RefusedRow, ...]


def predict_table(predictor: Predictor, path: Path) -> TablePrediction:
    """Predict every row of a CSV file whose columns are the features of the predictor's card, and `id` if there is one.

    A cell may be empty only where the predictor learned to do without it.

    Args:
        predictor: the predictor.
        path: the table, UTF-8, comma separated, its first line the names.

    Raises:
        InputError: the file cannot be read, or columns are missing, unknown or repeated.
    """
    features = predictor.card.features
    rows: list[PredictedRow] = []
    refused: list[RefusedRow] = []
    base = predictor.base()
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            _check_columns(reader.fieldnames or (), features, path)
            for count, row in enumerate(reader):
                if count >= MOST_ROWS:
                    raise InputError(str(path), "table_too_long", high=str(MOST_ROWS))
                try:
                    values = _read(row, features, gaps=predictor.card.imputation is not None)
                except InputError as error:
                    refused.append(RefusedRow(reader.line_num, error.field, error))
                    continue
                rows.append(_predicted(predictor, values, reader.line_num, (row.get(_ID) or "").strip(), base))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise InputError(str(path), "file_not_read", path=path, why=why) from error
    return TablePrediction(tuple(rows), tuple(refused))


def _check_columns(names: object, features: tuple[str, ...], path: Path) -> None:
    found = [str(name) for name in names] if isinstance(names, list | tuple) else []
    missing = [name for name in features if name not in found]
    if missing:
        raise InputError(str(path), "table_columns_missing", columns=", ".join(missing))
    other = [name for name in found if name not in (*features, _ID)]
    other += [name for name in dict.fromkeys(found) if found.count(name) > 1]
    if other:
        raise InputError(str(path), "table_columns_unknown", columns=", ".join(other))


def _read(row: Mapping[str | None, object], features: tuple[str, ...], *, gaps: bool) -> Array:
    if None in row or any(row.get(name) is None for name in features):
        raise InputError("line", "table_row_length")
    values = []
    for name in features:
        text = str(row[name]).strip()
        values.append(math.nan if gaps and not text else parse_plain_number(text, name))
    return np.array(values, dtype=np.float32).astype(np.float64)


def _predicted(predictor: Predictor, values: Array, line: int, name: str, base: float) -> PredictedRow:
    outside = predictor.outside(values)
    if outside is not None:
        return PredictedRow(line, name, None, outside.feature or "combination", {}, base)
    full = values if predictor.card.imputation is None else predictor.card.imputation.fill(values[None])[0]
    return PredictedRow(line, name, predictor.interval(values), "", predictor.reasons(full), base)
