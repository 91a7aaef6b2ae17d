"""Is the engine as fast as it should be? `python tests/benchmarks/engine_benchmark.py`

CPU time, one thread, each ratio to scipy LSODA in the same run; every task must first reproduce its reference. Exit
status 1 when a goal is missed.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np  # noqa: E402 threads are set before

from core.engine import kernel  # noqa: E402
from core.engine.schedule import Input, Segment  # noqa: E402
from core.engine.solve import simulate  # noqa: E402
from tests.benchmarks.engine_tasks import Task, lsoda, pbpk15, pbpk15_rates, spread, three_oral, two_oral  # noqa: E402
from tests.conftest import SHARED  # noqa: E402


@dataclass(frozen=True)
class Row:
    """One goal: `value` must be at most `limit` (or at least, where `faster` is set)."""

    task: str
    milliseconds: float
    value: float
    limit: float
    faster: bool
    error: float
    allowed: float

    @property
    def passed(self) -> bool:
        """Whether speed and accuracy are both met."""
        fast = self.value >= self.limit if self.faster else self.value <= self.limit
        return fast and self.error <= self.allowed

    def __str__(self) -> str:
        goal = f"{'>=' if self.faster else '<='} {self.limit:g}"
        speed = f"{self.task:48s} {self.milliseconds:9.4f} ms  {self.value:10.4g}  {goal:>10s}"
        return f"{speed}  error {self.error:7.1e} <= {self.allowed:g}  {'pass' if self.passed else 'FAIL'}"


def cpu(work: Callable[[], object], repeats: int) -> float:
    """Median CPU seconds after one run to warm up."""
    work()
    spent = []
    for _ in range(repeats):
        begun = time.process_time()
        work()
        spent.append(time.process_time() - begun)
    return float(np.median(spent))


def measured(task: Task, patients: int, repeats: int, seed: int = 1) -> float:
    """CPU seconds per patient; drawing the rates is part of the work."""
    rng = np.random.default_rng(seed)
    return (
        cpu(
            lambda: simulate(task.graph, task.segments(rng, patients), task.doses, task.times, states=(task.seen,)),
            repeats,
        )
        / patients
    )


def baseline(task: Task, repeats: int) -> float:
    """CPU seconds of LSODA for one patient, median over patients."""
    rng = np.random.default_rng(2)
    draws = iter([task.sample(rng, 1) for _ in range(repeats + 1)])
    return cpu(lambda: lsoda(task, {name: float(np.ravel(v)[0]) for name, v in next(draws).items()}), repeats)


def error(task: Task, patients: int = 40) -> float:
    """Largest difference to LSODA at 1e-10, relative to the largest value of each patient."""
    rng = np.random.default_rng(3)
    rates = task.sample(rng, patients)
    found = simulate(task.graph, [Segment(0.0, rates)], task.doses, task.times, states=(task.seen,)).amounts[:, :, 0]
    worst = 0.0
    for patient in range(3):
        own = {name: float(np.broadcast_to(value, patients)[patient]) for name, value in rates.items()}
        truth = lsoda(task, own, rtol=1e-10)[:, task.graph.index(task.seen)]
        worst = max(worst, float(np.abs(found[patient] - truth).max() / truth.max()))
    return worst


def curve_error(name: str, task: Task, rates: Callable[[list[float]], dict[str, float]]) -> float:
    """Largest difference to the peers' curves (all states, four subjects), relative to the largest of each state."""
    path = SHARED / "science" / "peer_ratios" / "curves" / f"{name}.csv"
    if not path.exists():
        return error(task)
    lines = [line.split(",") for line in path.read_text().splitlines()]
    states = [column.removesuffix("_mg") for column in lines[0] if column.endswith("_mg")]
    first = lines[0].index(f"{states[0]}_mg")
    worst = 0.0
    for subject in ("typical", "A", "B", "C"):
        rows = [line for line in lines[1:] if line[0] == subject]
        truth = np.array([[float(value) for value in row[first : first + len(states)]] for row in rows])
        etas = [float(value) for value in rows[0][1 : lines[0].index("time_h")]]
        found = simulate(task.graph, [Segment(0.0, rates(etas))], task.doses, task.times, states=task.graph.states)
        worst = max(worst, float(np.max(np.abs(found.amounts[0] - truth) / truth.max(axis=0))))
    return worst


def peer_rows() -> Iterator[Row]:
    """The two population tasks compiled peers were measured on; the goals are shares of LSODA's time per patient."""
    task = two_oral()
    slow = baseline(task, 5)
    fast = measured(task, 1000, 7)

    def oral_rates(eta: list[float]) -> dict[str, float]:
        V = 50.0 * np.exp(eta[1])
        return {"ka": np.exp(eta[2]), "ke": 5.0 * np.exp(eta[0]) / V, "out": 8.0 / V, "back": 8.0 / 70.0}

    yield Row(
        "two_oral, 1000 patients, share of LSODA",
        fast * 1e3,
        fast / slow,
        0.0006,
        False,
        curve_error("two_oral", task, oral_rates),
        1e-8,
    )
    task = pbpk15()
    slow = baseline(task, 5)

    def body_rates(eta: list[float]) -> dict[str, float]:
        return dict(pbpk15_rates(60.0 * np.exp(eta[0]), np.exp(eta[1])))

    for label, limit in (("kernel", 0.012), ("numpy", 0.05)):
        with_integrator(label)
        if label == "kernel" and not kernel.available():
            continue
        fast = measured(task, 1000, 3)
        off = curve_error("pbpk15", task, body_rates)
        yield Row(f"pbpk15 ({label}), 1000 patients, share of LSODA", fast * 1e3, fast / slow, limit, False, off, 1e-4)
    with_integrator("kernel")


def with_integrator(label: str) -> None:
    """Choose the compiled or the numpy integrator for what follows."""
    os.environ.pop("DOSEWRIGHT_NO_KERNEL", None)
    if label == "numpy":
        os.environ["DOSEWRIGHT_NO_KERNEL"] = "1"
    kernel.library.cache_clear()


def compartment_rows() -> Iterator[Row]:
    """Three compartments, oral, 14 doses, 504 times: how many times faster than LSODA."""
    regular = three_oral(np.linspace(0.0, 168.0, 505)[1:])
    irregular = three_oral(np.sort(np.random.default_rng(4).uniform(0.0, 168.0, 504)))
    slow = baseline(regular, 5)
    for label, task, patients, limit in (
        ("P1 3-cmt oral, 1 patient", regular, 1, 30),
        ("P1 10,000 patients, regular times", regular, 10_000, 3000),
        ("P1 10,000 patients, irregular times", irregular, 10_000, 700),
    ):
        fast = measured(task, patients, 21 if patients == 1 else 5)
        yield Row(label, fast * 1e3, slow / fast, limit, True, error(task), 1e-8)


def body_rows() -> Iterator[Row]:
    """The reference bodies of 23 (linear) and 26 (saturable, inhibited) states, where they are at hand."""
    if not (SHARED / "science" / "solver_reference").exists():
        return
    from tests.core.engine import test_references as reference

    times = np.linspace(0.0, 168.0, 505)[1:]

    def task_of(graph: object, typical: dict[str, float], doses: tuple[Input, ...]) -> Task:
        def sample(rng: np.random.Generator, patients: int) -> dict[str, np.ndarray]:
            return {name: value * spread(rng, patients, 0.2) for name, value in typical.items()}

        return Task(graph, sample, doses, times, "ven")

    daily = tuple(Input(24.0 * number, 250.0, "stomach") for number in range(7))
    linear = task_of(*reference.whole_body(reference.CASES["c17"]), daily)
    slow, off = baseline(linear, 3), error(linear)
    for label, patients, limit in (("P2 23-state body, 1 patient", 1, 100), ("P2 1000 patients", 1000, 500)):
        fast = measured(linear, patients, 21 if patients == 1 else 3)
        yield Row(label, fast * 1e3, slow / fast, limit, True, off, 1e-7)
    inhibitor = tuple(Input(24.0 + 12.0 * number, 200.0, "depotI") for number in range(10))
    saturable = task_of(*reference.saturable_body(reference.CASES["c22"]), (*daily, *inhibitor))
    slow = baseline(saturable, 3)
    for label, patients, limit in (("kernel", 1, 40), ("kernel", 1000, 100), ("numpy", 1000, 20)):
        with_integrator(label)
        if label == "kernel" and not kernel.available():
            continue
        fast, off = measured(saturable, patients, 15 if patients == 1 else 2), error(saturable)
        yield Row(f"P3 26-state inhibited body ({label}), {patients}", fast * 1e3, slow / fast, limit, True, off, 1e-4)
    with_integrator("kernel")


def regimen_row() -> Row:
    """10 doses x 8 intervals x 5 infusion times x 200 patients at steady state, 49 points each (P5), ms for all."""
    task = two_oral()
    rng = np.random.default_rng(5)
    patients = 200
    rates = task.sample(rng, patients)
    durations = (0.5, 1.0, 2.0, 3.0, 4.0)
    doses = np.linspace(250.0, 2500.0, 10)

    def screen() -> float:
        best = 0.0
        for interval in (4.0, 6.0, 8.0, 12.0, 16.0, 18.0, 24.0, 36.0):
            points = np.linspace(0.0, interval, 49)
            for duration in durations:
                unit = [Input(0.0, 1.0, "central", duration, steady_state_every=interval)]
                curve = simulate(task.graph, [Segment(0.0, rates)], unit, points, states=("central",)).amounts[:, :, 0]
                for dose in doses:
                    best = max(best, float(np.mean(curve > 100.0 / dose)))
        return best

    spent = cpu(screen, 3) * 1e3
    return Row("P5 400 regimens x 200 patients, ms", spent, spent, 50.0, False, 0.0, 1.0)


def main() -> int:
    """Print the table; 0 when every goal is met."""
    print(f"kernel: {'yes' if kernel.available() else 'no'}; load {os.getloadavg()[0]:.1f}; times per patient")
    rows = []
    for group in (compartment_rows(), body_rows(), peer_rows(), iter([regimen_row()])):
        for row in group:
            print(row, flush=True)
            rows.append(row)
    return 0 if all(row.passed for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
