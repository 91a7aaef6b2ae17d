"""The same work on many pieces: in one process, in several, or on a cluster; kept, so that a stopped run goes on."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from core.atomic_write import write_atomically
from core.errors import InputError

_Piece = TypeVar("_Piece")
_Result = TypeVar("_Result")
_PATIENCE = 20  # s in which a cluster must answer


@dataclass(frozen=True)
class Crew:
    """Who works: processes of this computer, or the Dask cluster at an address; `keep` holds what is finished."""

    jobs: int = 1
    cluster: str = ""
    keep: Path | None = None
    damaged: Callable[[Path], None] = lambda _: None  # told of a kept piece that cannot be used and is done again


@dataclass(frozen=True)
class Written(Generic[_Result]):
    """How a result is written as JSON values, and read back to an equal one."""

    write: Callable[[_Result], Any]
    read: Callable[[Any], _Result]


def spread(
    work: Callable[[_Piece], _Result],
    pieces: Sequence[_Piece],
    crew: Crew,
    key: Callable[[_Piece], str],
    written: Written[_Result],
) -> Iterator[_Result]:
    """Results in the order of the pieces, whoever works on them.

    Args:
        work: a function of a module, whose result depends on its piece alone.
        pieces: what it is called with.
        crew: who works, and where finished pieces are kept.
        key: tells pieces apart, and from those of other inputs; a kept result is used again only under the same key.
        written: how results are kept.

    Raises:
        InputError: the cluster cannot be used.
    """
    kept = [_kept(crew, key(piece), written) for piece in pieces]
    todo = [piece for piece, result in zip(pieces, kept, strict=True) if result is None]
    with contextlib.closing(_done(work, todo, crew)) as fresh:
        for piece, result in zip(pieces, kept, strict=True):
            if result is not None:
                yield result[0]
                continue
            found = next(fresh)
            if crew.keep is not None:
                _keep(_place(crew.keep, key(piece)), key(piece), written.write(found))
            yield found


def _done(work: Callable[[_Piece], _Result], todo: Sequence[_Piece], crew: Crew) -> Generator[_Result]:
    from joblib import Parallel, delayed

    with _cluster(crew.cluster):
        jobs = -1 if crew.cluster else crew.jobs
        yield from Parallel(n_jobs=jobs, return_as="generator")(delayed(work)(piece) for piece in todo)


@contextlib.contextmanager
def _cluster(address: str) -> Iterator[None]:
    """Send what joblib does to the Dask cluster at an address; nothing is changed without one."""
    if not address:
        yield
        return
    try:
        import distributed
    except ImportError as error:
        raise InputError("--cluster", "cluster_not_installed") from error
    from joblib import parallel_config

    connect: Any = distributed.Client
    try:
        client = connect(address, timeout=_PATIENCE)
    except (OSError, ValueError) as error:
        raise InputError("--cluster", "cluster_not_reached", address=address) from error
    with client, parallel_config(backend="dask", wait_for_workers_timeout=_PATIENCE):
        yield


def _place(folder: Path, key: str) -> Path:
    return folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"


def _keep(place: Path, key: str, values: Any) -> None:
    text = json.dumps(values)
    document = {"key": key, "sha256": hashlib.sha256(text.encode()).hexdigest(), "result": text}
    place.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(place, json.dumps(document).encode())


def _kept(crew: Crew, key: str, written: Written[_Result]) -> tuple[_Result] | None:
    """A finished piece; one that is damaged is done again, and said."""
    if crew.keep is None or not (place := _place(crew.keep, key)).is_file():
        return None
    try:
        document = json.loads(place.read_text(encoding="utf-8"))
        text = document["result"]
        if document["key"] == key and hashlib.sha256(text.encode()).hexdigest() == document["sha256"]:
            return (written.read(json.loads(text)),)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass  # said below, like a piece whose sum differs
    crew.damaged(place)
    return None
