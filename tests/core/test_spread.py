"""Pieces of work in one process, several, and on a local Dask cluster: equal results, and a stopped run goes on."""

import json
import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import InputError
from core.qualify.retrospective import evaluate, read_study, study_files
from core.spread import Crew, Written, spread
from core.task import Task
from tests.conftest import SHARED

AS_IS: Written[float] = Written(lambda value: value, float)
DATA = SHARED / "data" / "individual_pk"


def root_of(number: int) -> float:
    if number < 0:
        raise ZeroDivisionError
    return math.sqrt(number)


def roots(numbers: list[int], crew: Crew) -> list[float]:
    return list(spread(root_of, numbers, crew, str, AS_IS))


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as local:
        local.wait_for_workers(2, timeout=60)
        yield local.scheduler_address


def test_results_come_in_order_whoever_works() -> None:
    numbers = [9, 2, 5, 7]
    assert roots(numbers, Crew()) == roots(numbers, Crew(jobs=2)) == [math.sqrt(number) for number in numbers]


def test_a_stopped_run_goes_on_from_what_is_kept(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        roots([4, 9, -1], Crew(keep=tmp_path))
    assert len(list(tmp_path.iterdir())) == 2
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert roots([4, 9, 16], Crew(keep=tmp_path)) == [2.0, 3.0, 4.0]
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize("harm", ["cut", "changed", "other"])
def test_a_damaged_piece_is_done_again_and_said(tmp_path: Path, harm: str) -> None:
    roots([4], Crew(keep=tmp_path))
    (place,) = tmp_path.iterdir()
    document = json.loads(place.read_text())
    if harm == "changed":
        document["result"] = "3.0"
    if harm == "other":
        document["key"] = "5"
    place.write_text(json.dumps(document)[: 20 if harm == "cut" else None])
    told: list[Path] = []
    assert roots([4], Crew(keep=tmp_path, damaged=told.append)) == [2.0]
    assert told == [place]
    assert roots([4], Crew(keep=tmp_path, damaged=told.append)) == [2.0]
    assert told == [place]


def test_a_cluster_that_does_not_answer_is_named() -> None:
    pytest.importorskip("distributed")
    with pytest.raises(InputError) as refusal:
        roots([4], Crew(cluster="nonsense"))
    assert (refusal.value.field, refusal.value.reason) == ("--cluster", "cluster_not_reached")


@pytest.mark.slow
def test_a_cluster_of_two_workers_gives_the_same(cluster: str, tmp_path: Path) -> None:
    numbers = list(range(40))
    assert roots(numbers, Crew(cluster=cluster, keep=tmp_path)) == roots(numbers, Crew())
    assert roots(numbers, Crew(keep=tmp_path)) == roots(numbers, Crew())


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason="needs the gathered patients")
def test_real_patients_are_foretold_alike_by_one_process_two_a_cluster_and_from_what_was_kept(
    cluster: str, tmp_path: Path
) -> None:
    (study,) = [read_study(path) for path in study_files() if path.name.startswith("theophylline")]
    crews = (Crew(), Crew(jobs=2), Crew(cluster=cluster, keep=tmp_path), Crew(keep=tmp_path))
    found = [evaluate(study, DATA, Task(), crew).foretold for crew in crews]
    assert found[0]
    assert all(one == found[0] for one in found[1:])
