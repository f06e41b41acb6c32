"""Many runs on one runner, some of them hostile or abandoned: does it grow, does any honest run fail?

    python -m benchmarks.soak [--n N]

Two at once, straight over the runner's socket: most train the single-layer Iris network in PyTorch, some in
the other frameworks, and every 50th is a crash, an `os._exit`, a memory bomb, a time limit, a leak of
descriptors, or a worker that hangs up in the middle. In between, with nothing running and always the same
two spare jails standing, what the runner and its zygotes hold is counted (see growth.Held). A zygote that is
replaced after its share of forks stays among them.

The last line printed is one JSON object; all figures in it but `runs` and `failed_unexpectedly` are growth
per 1,000 runs. Exit status 1 when a run ended otherwise than it should.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.common import IRIS, ROOT, empty_folder, machine, split_of
from benchmarks.growth import Sample, after_warm_up, cgroup_folders, growth_per_1000, settled
from graders.spec import MIB, Limits
from server import parts
from worker.sandbox import client
from worker.verdict import failure_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AT_ONCE = 2
SAMPLE_EVERY = 250
_FEWEST_SAMPLES = 12
_START_S = 180.0
_LIMITS = Limits(wall_time_s=60)
GROWING = (
    *("descriptors", "threads", "zombies", "processes", "cgroup_folders", "mounts", "temp_files"),
    "client_descriptors",
)


@dataclass(frozen=True, kw_only=True)
class Work:
    """One kind of run and the failure's code that it must end with; None: with scores."""

    name: str
    source: str
    framework: str = "pytorch"
    limits: Limits = _LIMITS
    ends: str | None = None
    hangs_up: bool = False


def _reference(framework: str) -> Work:
    path = ROOT / "examples" / "iris-single-layer" / framework / "submission.py"
    return Work(name=framework, source=path.read_text(), framework=framework)


def _odd(name: str, body: str, *, ends: str | None, limits: Limits = _LIMITS, hangs_up: bool = False) -> Work:
    source = f"import ctypes, os, time\nimport torch\ndef train(lab):\n{body}"
    return Work(name=name, source=source, ends=ends, limits=limits, hangs_up=hangs_up)


PYTORCH, LIGHTNING, TENSORFLOW, KERAS = map(_reference, ("pytorch", "lightning", "tensorflow", "keras"))
ODD = (
    _odd("crash", "    ctypes.string_at(0)\n", ends="killed_by_sandbox"),
    _odd("os._exit", "    os._exit(0)\n", ends="killed_by_sandbox"),
    _odd(
        "memory bomb", "    held = []\n    while True: held.append(bytearray(b'x') * 2**25)\n",
        ends="out_of_memory", limits=_LIMITS.model_copy(update={"memory_bytes": 400 * MIB}),
    ),
    _odd(
        "time limit", "    while True: pass\n",
        ends="time_limit", limits=_LIMITS.model_copy(update={"wall_time_s": 1.0}),
    ),
    _odd(
        "descriptor leak", "    held = []\n    while True: held.append(os.open('/dev/null', 0))\n",
        ends="raised",
    ),
    _odd("worker hangs up", "    time.sleep(30)\n", ends=None, hangs_up=True),
)  # fmt: skip


def work_of(number: int) -> Work:
    """The mix: of 100 runs, 2 are odd, 9 train in another framework, the rest in PyTorch."""
    if number % 50 == 49:
        return ODD[number // 50 % len(ODD)]
    if number % 25 == 12:
        return LIGHTNING
    if number % 25 == 20:
        return TENSORFLOW
    return KERAS if number % 100 == 5 else PYTORCH


class HungUpError(Exception):
    """The worker of this run goes away while its job trains."""


@dataclass
class Soak:
    """Runs what it is told and remembers what ended otherwise than it should."""

    socket: Path
    runs: int = 0
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        split = split_of(IRIS)
        x = np.concatenate([split.train_x, split.validation_x, split.test_x])
        curve = client.Sealed("curve", x[: len(split.train_x) + len(split.validation_x)])
        facts = {
            "n_classes": split.n_classes, "input_shape": list(split.input_shape), "device": "cpu",
            "class_names": list(split.class_names), "feature_names": list(split.feature_names),
        }  # fmt: skip
        self._inputs, self._job = x, client.Job(
            framework="", source=b"", train_x=client.Sealed("x", split.train_x),
            train_y=client.Sealed("y", split.train_y), curve_x=curve, lab=facts, limits={},
        )  # fmt: skip

    def batch(self, numbers: range) -> None:
        """Two at once; returns when all have ended."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            endings = list(pool.map(lambda number: self._ending(work_of(number), seed=number), numbers))
        self._note(endings)

    def same_spares(self) -> None:
        """One run of each zygote, one after the other: it is their spare jails that stand afterwards."""
        self._note([self._ending(work, seed=1) for work in (PYTORCH, TENSORFLOW)])

    def _note(self, endings: list[str]) -> None:
        self.runs += len(endings)
        for told in filter(None, endings):
            self.wrong.append(told)
            print(f"  UNEXPECTED: {told}", flush=True)

    def _ending(self, work: Work, *, seed: int) -> str:
        """Empty when the run ended as it should."""
        job = replace(
            self._job, framework=work.framework, source=work.source.encode(),
            lab={**self._job.lab, "seed": seed}, limits=work.limits.model_dump(),
        )  # fmt: skip

        def on_phase(phase: str) -> None:
            if work.hangs_up:
                raise HungUpError(phase)

        try:
            inputs = self._inputs
            outcome = client.run(self.socket, job, lambda: client.Sealed("e", inputs), on_phase=on_phase)
            failure = failure_of(outcome, work.limits)
        except HungUpError:
            return ""
        except client.SandboxUnavailableError as error:
            return f"{work.name}: no end at all: {error}"
        if (failure.code if failure else None) == work.ends and not work.hangs_up:
            return ""
        return f"{work.name}: {failure}; {outcome.ended}; its log: {outcome.log[-2000:]!r}"


@contextmanager
def runner(folder: Path) -> Iterator[int]:
    """A runner's process id, once it takes jobs; its temporary files lie in `folder`/tmp."""
    socket = folder / "runner.sock"
    (folder / "tmp").mkdir()
    environment = {**parts.runner_environment(), "TMPDIR": str(folder / "tmp")}
    with (folder / "runner.log").open("wb") as out:
        process = subprocess.Popen(
            parts.runner(socket=socket, slots=AT_ONCE), env=environment, cwd=ROOT, stdout=out, stderr=out
        )
    try:
        _wait_ready(process, socket)
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def _wait_ready(process: subprocess.Popen[bytes], socket: Path) -> None:
    """Raises RuntimeError when it ends, refuses jobs, or comes to nothing."""
    until, missing = time.monotonic() + _START_S, {"self_test": "no answer yet"}
    while missing:
        if process.poll() is not None or time.monotonic() > until or "self_test" not in missing:
            raise RuntimeError(f"the runner takes no jobs ({missing}); see {socket.with_suffix('.log')}")
        time.sleep(0.1)
        try:
            missing = client.status(socket)["missing"]
        except client.SandboxUnavailableError:
            continue


def print_sample(sample: Sample, before: Sample | None) -> None:
    held = asdict(sample.held)
    if before is None:
        print("  " + "".join(f"{name.replace('descriptors', 'descr.'):>15}" for name in ("runs", *held)))
    replaced = "  a zygote was replaced" if before and sample.warm_pids != before.warm_pids else ""
    print("  " + "".join(f"{value:>15}" for value in (sample.runs, *held.values())) + replaced, flush=True)


def print_growth(samples: list[Sample]) -> None:
    first, last = after_warm_up(samples)
    spans = [f"{third[0].runs} to {third[-1].runs}" for third in (first, last)]
    print(f"\n  {'medians after these runs':<28}{spans[0]:>16}{spans[1]:>16}{'per 1,000 runs':>18}")
    for name in ("memory_kib", "runner_kib", *GROWING):
        values = [sorted(getattr(s.held, name) for s in third)[len(third) // 2] for third in (first, last)]
        print(f"  {name:<28}{values[0]:>16}{values[1]:>16}{growth_per_1000(samples, name):>18.2f}")


def run(n: int) -> dict[str, float]:
    folder = empty_folder()
    every = max(1, min(SAMPLE_EVERY, n // _FEWEST_SAMPLES))
    print(f"Machine: {machine()}\nStarting the runner.", flush=True)
    with runner(folder) as pid:
        soak, samples = Soak(folder / "runner.sock"), []
        if client.status(soak.socket)["cgroup_version"] and not cgroup_folders(pid):
            raise RuntimeError("the runner has control groups, and none was found to count")
        for start in range(-every, n, every):
            soak.batch(range(max(start, 0), min(start + every, n)))
            soak.same_spares()
            samples.append(settled(pid, folder, runs=soak.runs))
            print_sample(samples[-1], samples[-2] if len(samples) > 1 else None)
    print_growth(samples)
    print(f"  {soak.runs} runs, {len(soak.wrong)} of them ended otherwise than they should")
    print(f"Machine: {machine()}")
    growth = {name: round(growth_per_1000(samples, name), 2) for name in GROWING}
    memory, own = (round(growth_per_1000(samples, name), 1) for name in ("memory_kib", "runner_kib"))
    return {
        "memory_kib_per_1000": memory, "runner_kib_per_1000": own, **growth,
        "runs": soak.runs, "failed_unexpectedly": len(soak.wrong)
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--n", type=int, default=5000, help="runs")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("needs root: only then have jails user ids of their own, by which they are told apart")
    figures = run(arguments.n)
    print(json.dumps(figures))
    sys.exit(1 if figures["failed_unexpectedly"] else 0)


if __name__ == "__main__":
    main()
