"""Measures the time from POST to grade on an idle service, against a cold python and against bare training.

    python -m benchmarks.latency [--n N] [--rounds N]

A service of its own is started under `<data folder>/bench` with an empty database, and stopped at the end.
The last line printed is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import statistics
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.bare import MNIST, SOURCES, Bare
from benchmarks.common import (
    FINAL,
    IRIS,
    SUBMISSION,
    bench_settings,
    cold_command,
    machine,
    one_thread,
    paired_ratio,
    post,
    service,
)

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

COLD_RUNS = 3
# Asking costs the api some milliseconds on a core that training could use, so a run that trains for seconds
# is asked about less often until its training has ended.
POLL_S = 0.005
TRAINING_POLL_S = {"bench-iris": 0.005, "bench-mnist": 0.05}
DEADLINE_S = 180.0


@dataclass(frozen=True, kw_only=True)
class Timing:
    """One submission. Seconds; `total` is from before the POST to the first answer that says `graded`.

    `cpu` is that of the whole jail.
    """

    total: float
    train: float
    cpu: float
    stages: dict[str, float]


def wait_graded(http: httpx.Client, identifier: str, training_poll_s: float) -> dict[str, float]:
    """Poll until the grade is there; the wall-clock time at which each state was first seen.

    Raises RuntimeError where the run ends otherwise or not at all.
    """
    seen: dict[str, float] = {}
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        submission = http.get(f"/api/v1/submissions/{identifier}").raise_for_status().json()
        state = submission["state"]
        seen.setdefault(state, time.time())
        if state == "graded":
            return seen
        if state in FINAL:
            raise RuntimeError(f"submission {identifier} ended {state}: {submission['failure']}")
        time.sleep(training_poll_s if state == "training" else POLL_S)
    raise RuntimeError(f"submission {identifier} did not end in {DEADLINE_S:.0f} s")


def measure(http: httpx.Client, database: Path, slug: str, source: str) -> Timing:
    started, began = time.time(), time.perf_counter()
    identifier = post(http, slug, source)
    posted = time.perf_counter() - began
    seen = wait_graded(http, identifier, TRAINING_POLL_S[slug])
    total = time.perf_counter() - began
    report = http.get(f"/api/v1/submissions/{identifier}/report").raise_for_status().json()
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        claimed, finished = connection.execute(
            "SELECT started_at, finished_at FROM runs WHERE submission_id = ?", (identifier,)
        ).fetchone()
    train, evaluation = report["resources"]["train_wall_s"], report["resources"]["evaluation_wall_s"]
    stages = {
        "POST to its answer": posted,
        "POST to the claim": claimed - started,
        "training, as the runner saw it": train,
        "evaluation, as the runner saw it": evaluation,
        "claim to record, the rest": finished - claimed - train - evaluation,
        "record to the answer that says so": seen["graded"] - finished,
    }
    return Timing(total=total, train=train, cpu=report["resources"]["cpu_s"], stages=stages)


def warm_up(http: httpx.Client, slug: str, source: str, workers: int) -> None:
    """As many at once as there are workers: each keeps the splits that it has drawn."""
    started = time.perf_counter()
    for identifier in [post(http, slug, source) for _ in range(workers)]:
        wait_graded(http, identifier, TRAINING_POLL_S[slug])
    seconds = time.perf_counter() - started
    print(f"  first {workers} on {slug}, at once: {seconds:.2f} s (not counted)", flush=True)


def cold_python_s() -> list[float]:
    """Whole processes, from start to end."""
    command = cold_command()
    found = []
    for number in range(COLD_RUNS):
        started = time.perf_counter()
        subprocess.run(command, check=True, env=one_thread())
        found.append(time.perf_counter() - started)
        print(f"  cold python {number + 1}/{COLD_RUNS}: {found[-1]:.3f} s", flush=True)
    return found


def interleaved(
    http: httpx.Client, database: Path, family: str, rounds: int
) -> tuple[list[float], list[Timing]]:
    """Bare and service in turn, so that a slow minute of the machine meets both; the bare seconds first."""
    bare = Bare(family)
    times, timings = [], []
    try:
        for number in range(rounds):
            taken = bare.train()
            times.append(taken["wall_s"])
            timings.append(measure(http, database, "bench-mnist", SOURCES[family]))
            print(
                f"  mnist {family} {number + 1}/{rounds}: bare {times[-1]:.3f} s (CPU {taken['cpu_s']:.3f}), "
                f"POST to grade {timings[-1].total:.3f} s, of which training {timings[-1].train:.3f} s "
                f"(CPU of the jail {timings[-1].cpu:.3f})",
                flush=True,
            )
    finally:
        bare.stop()
    return times, timings


def median_total(timings: list[Timing]) -> float:
    return statistics.median(timing.total for timing in timings)


def mean_total(timings: list[Timing]) -> float:
    return statistics.mean(timing.total for timing in timings)


def print_stages(title: str, timings: list[Timing]) -> None:
    print(f"\n{title}, medians of {len(timings)}")
    for stage in timings[0].stages:
        print(f"  {stage:<36}{statistics.median(timing.stages[stage] for timing in timings):8.3f} s")
    print(f"  {'POST to grade':<36}{median_total(timings):8.3f} s")


def run(n: int, rounds: int) -> dict[str, float]:
    settings, workers = bench_settings(), max(1, os.cpu_count() or 1)
    database, source = settings.data_dir / "labmark.sqlite3", SUBMISSION.read_text()
    print(f"Machine: {machine()}", flush=True)
    # Before the service is up: nothing else of ours runs then.
    cold = statistics.median(cold_python_s())
    print("Starting the service.", flush=True)
    with service(settings, (IRIS, MNIST), workers=workers) as running, running.client() as http:
        warm_up(http, "bench-iris", source, workers)
        iris = []
        for number in range(n):
            iris.append(measure(http, database, "bench-iris", source))
            total, train = iris[-1].total, iris[-1].train
            print(f"  iris {number + 1}/{n}: {total:.3f} s, training {train:.3f} s", flush=True)
        warm_up(http, "bench-mnist", SOURCES["torch"], workers)
        torch_bare, torch_timings = interleaved(http, database, "torch", rounds)
        keras_bare, keras_timings = interleaved(http, database, "tensorflow", rounds)
    print_stages("Iris, PyTorch", iris)
    print_stages("MNIST, PyTorch", torch_timings)
    print_stages("MNIST, Keras", keras_timings)
    iris_p50 = median_total(iris)
    figures = {
        "iris_torch_p50_s": iris_p50,
        "cold_python_p50_s": cold,
        "ratio_cold": iris_p50 / cold,
        "overhead_p50_s": statistics.median(timing.total - timing.train for timing in iris),
        "mnist_ratio_bare": paired_ratio([timing.total for timing in torch_timings], torch_bare),
        # Means, not medians: Keras's times fall into two groups 0.28 s apart, at random and without a jail as
        # well (the end of `fit` waits for an iterator's threads): a median jumps from the one to the other.
        "mnist_keras_ratio_bare": mean_total(keras_timings) / statistics.mean(keras_bare),
    }
    means = [statistics.mean(bare) for bare in (torch_bare, keras_bare)]
    print(f"\nBare training, means of {rounds}: PyTorch {means[0]:.3f} s, Keras {means[1]:.3f} s")
    for name, value in figures.items():
        print(f"  {name:<26}{value:8.3f}")
    print(f"Machine: {machine()}")
    return {**{name: round(value, 4) for name, value in figures.items()}, "n": n}


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the time from POST to grade.")
    parser.add_argument("--n", type=int, default=15, help="iris submissions, one after another")
    parser.add_argument("--rounds", type=int, default=9, help="MNIST trainings of each kind")
    arguments = parser.parse_args()
    print(json.dumps(run(arguments.n, arguments.rounds)))


if __name__ == "__main__":
    main()
