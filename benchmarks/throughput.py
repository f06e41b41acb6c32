"""Measures how many runs a second a service makes of a backlog, and what memory its jails take.

    python -m benchmarks.throughput [--n N] [--rounds N]

A class hands in: n students, each the single-layer Iris network in PyTorch, all of it over HTTP before the
service has a worker. Then the worker starts, with two jails. The clock runs from the first claim to the last
grade, as the database has them. Compared with two cold `python submission.py` side by side, over and over.
While the backlog runs, what each jail has written that nobody shares is sampled (see JailMemory); that takes
time from the same cores. The last line printed is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.common import (
    FINAL,
    IRIS,
    SUBMISSION,
    bench_settings,
    cold_command,
    machine,
    one_thread,
    percentile,
    post,
    service,
)
from benchmarks.processes import JailMemory

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import httpx

    from store.settings import Settings

JAILS = 2
# A sample takes 5 ms of a core, and a jail lives for 100.
SAMPLE_EVERY_S = 0.025
LOOK_EVERY_S = 1.0
# A backlog that makes no progress for so long is given up.
PATIENCE_S = 120.0


@dataclass(frozen=True)
class Target:
    """What a figure must be, and how it reads."""

    figure: str
    what: str
    unit: str
    at_least: float | None = None
    at_most: float | None = None

    def met(self, value: float) -> bool:
        return (self.at_least is None or value >= self.at_least) and (
            self.at_most is None or value <= self.at_most
        )

    def words(self) -> str:
        return f"at least {self.at_least:.4g}" if self.at_least is not None else f"at most {self.at_most:.4g}"


TARGETS = (
    Target("runs_per_s", "a backlog, two jails", "runs/s", at_least=5),
    Target("ratio", "over two cold pythons, side by side", "times", at_least=10),
    Target("private_dirty_mib_p95", "private dirty memory of a jail, p95", "MiB", at_most=40),
)


def side_by_side_s(run_one: Callable[[int], None]) -> list[float]:
    """Seconds of each of JAILS calls of `run_one`, started together, with the numbers from 0 on."""

    def taken_s(number: int) -> float:
        started = time.perf_counter()
        run_one(number)
        return time.perf_counter() - started

    with ThreadPoolExecutor(JAILS) as pool:
        return list(pool.map(taken_s, range(JAILS)))


def cold_in_parallel_s(rounds: int) -> list[float]:
    """Seconds of each of the processes, two of which are started together, round after round."""
    command, found = cold_command(), []

    def cold(_: int) -> None:
        subprocess.run(command, check=True, env=one_thread())

    for number in range(rounds + 1):
        seconds = side_by_side_s(cold)
        found += seconds if number else []
        told = ", ".join(f"{each:.3f} s" for each in seconds)
        note = "" if number else " (from the disk, not counted)"
        print(f"  two cold pythons {number}/{rounds}: {told}{note}", flush=True)
    return found


def hand_in(http: httpx.Client, tokens: list[str]) -> None:
    started, source = time.perf_counter(), SUBMISSION.read_text()
    for token in tokens:
        post(http, IRIS.slug, source, token)
    seconds = time.perf_counter() - started
    print(f"  {len(tokens)} handed in over HTTP in {seconds:.1f} s, nothing started", flush=True)


def states(database: Path) -> dict[str, int]:
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30) as connection:
        return dict(connection.execute("SELECT state, count(*) FROM runs GROUP BY state"))


def wait_all(database: Path, n: int) -> None:
    """Raises RuntimeError when a run ends otherwise than graded, or none ends any more."""
    done, moved_at = 0, time.monotonic()
    while done < n:
        time.sleep(LOOK_EVERY_S)
        found = states(database)
        wrong = {state: count for state, count in found.items() if state in FINAL - {"graded"}}
        if wrong:
            raise RuntimeError(f"not every run was graded: {found}")
        if found.get("graded", 0) > done:
            if found["graded"] * 5 // n > done * 5 // n:
                print(f"  {found['graded']} of {n} graded", flush=True)
            done, moved_at = found["graded"], time.monotonic()
        if time.monotonic() - moved_at > PATIENCE_S:
            raise RuntimeError(f"no run ended for {PATIENCE_S:.0f} s: {found}")


def first_claim_to_last_grade_s(database: Path) -> float:
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        claimed, graded, attempts = connection.execute(
            "SELECT min(started_at), max(finished_at), max(attempt) FROM runs"
        ).fetchone()
    if attempts != 1:
        raise RuntimeError(f"a run needed {attempts} attempts; the worker's log says why")
    return float(graded - claimed)


def kernel_peaks_kib(database: Path) -> list[int]:
    """Each jail's control group at its largest, by the kernel's count: with scratch files and page tables."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        rows = connection.execute("SELECT json_extract(report, '$.resources.peak_memory_bytes') FROM reports")
        return [int(peak) // 1024 for (peak,) in rows]


def print_memory(memory: JailMemory, kernel_kib: list[int], *, share: float) -> None:
    peaks, samples = memory.peaks_kib, statistics.mean(map(len, memory.job_kib.values()))
    middle, most = statistics.median(peaks) / 1024, max(peaks) / 1024
    print(
        f"  {len(peaks)} jails seen, {samples:.1f} samples of each: median {middle:.1f} MiB, "
        f"most {most:.1f} MiB; sampling took {share:.0%} of a core\n"
        f"  the kernel's count of whole control groups, for comparison: p95 "
        f"{percentile(kernel_kib, 95) / 1024:.1f} MiB"
    )


def print_table(figures: dict[str, float]) -> None:
    print(f"\n  {'what':<36}{'figure':>10} {'':<7} {'target':<14} met")
    for target in TARGETS:
        value = figures[target.figure]
        met = "yes" if target.met(value) else "NO"
        print(f"  {target.what:<36}{value:10.2f} {target.unit:<7} {target.words():<14} {met}")
    cold = figures["cold_parallel_runs_per_s"]
    print(f"  {'two cold pythons, side by side':<36}{cold:10.2f} runs/s  (for comparison)")


def work_off(settings: Settings, n: int, *, sample_memory: bool) -> tuple[float, JailMemory | None]:
    """Seconds from the first claim to the last grade of n submissions that waited, on a service of its own.

    Raises RuntimeError where one is not graded at its first attempt, or a part died.
    """
    database = settings.data_dir / "labmark.sqlite3"
    print("Starting the service without its worker.", flush=True)
    with service(settings, [IRIS], workers=JAILS, students=n, without=["worker"]) as running:
        with running.client() as http:
            hand_in(http, running.tokens)
        waiting = states(database)
        if waiting != {"queued": n}:
            raise RuntimeError(f"the backlog should wait for a worker: {waiting}")
        runner = next(part.process for part in running.supervisor.parts if part.name == "runner")
        assert runner is not None
        memory = JailMemory(runner.pid, every_s=SAMPLE_EVERY_S) if sample_memory else None
        with memory or nullcontext():
            running.start("worker")
            wait_all(database, n)
        restarted = {part.name: part.restarts for part in running.supervisor.parts if part.restarts}
    if restarted:
        raise RuntimeError(f"parts died and were restarted: {restarted}; see {settings.data_dir}/log")
    seconds = first_claim_to_last_grade_s(database)
    print(f"  {n} graded in {seconds:.1f} s", flush=True)
    return seconds, memory


def run(n: int, rounds: int) -> dict[str, float]:
    settings = bench_settings()
    print(f"Machine: {machine()}", flush=True)
    # Before the service is up: nothing else of ours runs then.
    cold_s = statistics.median(cold_in_parallel_s(rounds))
    seconds, memory = work_off(settings, n, sample_memory=True)
    assert memory is not None
    database = settings.data_dir / "labmark.sqlite3"
    print_memory(memory, kernel_peaks_kib(database), share=memory.cpu_s / seconds)
    figures = {
        "runs_per_s": n / seconds,
        "cold_parallel_runs_per_s": JAILS / cold_s,
        "ratio": n / seconds * cold_s / JAILS,
        "private_dirty_mib_p95": percentile(memory.peaks_kib, 95) / 1024,
    }
    print_table(figures)
    print(f"Machine: {machine()}")
    return {name: round(value, 3) for name, value in figures.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--n", type=int, default=500, help="submissions in the backlog")
    parser.add_argument("--rounds", type=int, default=7, help="of two cold pythons")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("needs root: only then have jails user ids of their own, by which they are told apart")
    print(json.dumps({**run(arguments.n, arguments.rounds), "n": arguments.n}))


if __name__ == "__main__":
    main()
