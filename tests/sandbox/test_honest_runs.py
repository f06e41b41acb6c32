"""Honest runs, one after another, never fail by chance: the sandbox lets everything through that they need.

The reference solutions of both Iris labs, and what students write besides: threads, loaders with workers, callbacks,
checkpoints, pipelines (tests/sandbox/honest). LABMARK_HONEST_RUNS says how many runs are made in all, two at once
(make test-honest: 1,000); without it each solution runs once. Each time all have run, the seed changes, and the
students' own solutions get the other number of threads; of a reference, the same seed gives the same scores, whenever
it runs.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from graders.spec import MIB, Limits
from worker.sandbox import client
from worker.verdict import failure_of

ROOT = Path(__file__).resolve().parents[2]
FRAMEWORKS = ("pytorch", "lightning", "tensorflow", "keras")
# Much time: how fast a busy machine is, is not asked here.
LIMITS = Limits(wall_time_s=300, evaluation_time_s=120, memory_bytes=1500 * MIB)
SEEDS = 5
# On the rows that they were trained on: who gets fewer right has not been trained as its code says.
LEAST_ACCURACY = 0.7


@dataclass(frozen=True)
class Solution:
    name: str
    framework: str
    source: str
    is_reference: bool

    def __str__(self):
        return self.name


def solutions():
    references = [
        Solution(f"{lab}/{framework}", framework, (ROOT / "examples" / lab / framework / "submission.py").read_text(), True)
        for lab in ("iris-single-layer", "iris-multi-layer")
        for framework in FRAMEWORKS
    ]
    variants = [
        Solution(path.stem, path.stem.split("_")[0], path.read_text(), False)
        for path in sorted((Path(__file__).parent / "honest").glob("*.py"))
    ]
    # By the end of the name, so that what runs side by side comes from both zygotes.
    return sorted([*references, *variants], key=lambda solution: solution.name[::-1])


SOLUTIONS = solutions()
RUNS = int(os.environ.get("LABMARK_HONEST_RUNS", len(SOLUTIONS)))


@dataclass(frozen=True)
class Ran:
    number: int
    solution: Solution
    seed: int
    outcome: client.Outcome
    failure: object
    accuracy: float

    @property
    def told(self):
        log = self.outcome.log.decode("utf-8", "replace")
        if self.outcome.ended["log_tail"]:
            log += f"\n[...]\n{self.outcome.ended['log_tail']}"
        ended = {name: value for name, value in self.outcome.ended.items() if name != "log_tail"}
        return (
            f"--- run {self.number}, {self.solution}, seed {self.seed}: {self.failure or f'accuracy {self.accuracy:.2f}'}\n"
            f"ended {ended}\nits log:\n{log}"
        )


def run_one(jail, number):
    solution, past = SOLUTIONS[number % len(SOLUTIONS)], number // len(SOLUTIONS)
    seed, threads = 100 + past % SEEDS, 1 if solution.is_reference else 1 + past % 2
    limits = LIMITS.model_copy(update={"threads": threads})
    job = jail.job(solution.source, solution.framework, limits)
    job = replace(job, lab={**job.lab, "seed": seed})
    outcome = client.run(jail.socket_path, job, lambda: client.Sealed("e", jail.x))
    failure = failure_of(outcome, limits)
    accuracy = 0.0 if failure else float((outcome.scores.argmax(axis=1) == jail.y).mean())
    return Ran(number, solution, seed, outcome, failure, accuracy)


@pytest.fixture(scope="module")
def ran(jail):
    """A run that our own fault ends raises SandboxUnavailableError, and that fails the test as well."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda number: run_one(jail, number), range(RUNS)))


def print_summary(ran):
    print(f"\n{len(ran)} honest runs: solution, runs, failed, least accuracy, most seconds of training")
    for solution in sorted(SOLUTIONS, key=str):
        own = [run for run in ran if run.solution is solution]
        if own:
            failed, seconds = sum(bool(run.failure) for run in own), max(run.outcome.ended["train_wall_s"] for run in own)
            least = min(run.accuracy for run in own)
            print(f"  {solution.name:<30}{len(own):>5}{failed:>5}{least:>7.2f}{seconds:>7.1f}")


def test_honest_runs_never_fail(ran):
    print_summary(ran)
    wrong = [run.told for run in ran if run.failure or run.accuracy < LEAST_ACCURACY]
    for told in wrong:
        print(told)
    assert len(ran) == RUNS
    assert len(wrong) == 0, f"{len(wrong)} of {RUNS} honest runs did not end well; they are printed"


def test_the_same_seed_gives_the_same_scores_whenever_it_runs(ran):
    """Only the references are asked for that: threads of a student's own draw in an order of chance."""
    seen: dict[tuple[str, int], bytes] = {}
    for run in ran:
        if not run.solution.is_reference or run.failure:
            continue
        scores = run.outcome.scores.tobytes()
        first = seen.setdefault((run.solution.name, run.seed), scores)
        assert scores == first, run.told
    assert seen


def test_every_framework_is_among_them():
    assert {solution.framework for solution in SOLUTIONS} == set(FRAMEWORKS)
