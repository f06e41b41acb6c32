"""Has the same submissions graded by Labmark and by its peers, side by side on this machine.

    python -m benchmarks.peers [--rounds N] [--backlog N] [--results FILE]

Everybody takes a turn in every round, so that a slow minute of the machine meets all. Labmark is an idle
service, asked over HTTP; its peers are commands. Then each works off many submissions, two at a time. Writes
FILE (benchmarks/RESULTS.md) with the tables. The last line printed is one JSON object of ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import processes
from benchmarks.bare import Bare
from benchmarks.common import ROOT, bench_settings, machine, service
from benchmarks.latency import measure, warm_up
from benchmarks.peers import environments
from benchmarks.peers.report import BUSY_LOAD, Measured, Times, ratios, write
from benchmarks.peers.ways import WAYS, Way, seconds_of
from benchmarks.peers.work import IRIS_WORK, MNIST_WORK, WORKS, Work
from benchmarks.throughput import JAILS, side_by_side_s, work_off

if TYPE_CHECKING:
    import httpx

    from benchmarks.common import Service

RESULTS = ROOT / "benchmarks" / "RESULTS.md"
# A submission to Labmark takes a quarter of a second, and a peer many: more of them make one round.
LABMARK_A_ROUND = {"iris": 5, "mnist": 4}
STUDENTS = 3


class Rounds:
    """The latencies, as they grow round by round."""

    def __init__(self, running: Service, http: httpx.Client, bare: Bare) -> None:
        self._running, self._http, self._bare = running, http, bare
        self._database = running.supervisor.settings.data_dir / "labmark.sqlite3"
        self.times: Times = {work.name: {} for work in WORKS}
        self.idle_cpu_s = self.peers_s = 0.0

    def one(self, work: Work) -> None:
        for _ in range(LABMARK_A_ROUND[work.name]):
            if work is MNIST_WORK:
                self._note(work, "bare training", self._bare.train()["wall_s"])
            timing = measure(self._http, self._database, work.spec.slug, work.submission.read_text())
            self._note(work, "Labmark", timing.total)
        began, idle = time.perf_counter(), self._service_cpu_s()
        for way in WAYS:
            self._note(work, way.name, seconds_of(way, work))
        self.peers_s += time.perf_counter() - began
        self.idle_cpu_s += self._service_cpu_s() - idle

    def _note(self, work: Work, who: str, seconds: float) -> None:
        self.times[work.name].setdefault(who, []).append(seconds)

    def _service_cpu_s(self) -> float:
        """What the idle service takes while the peers are timed is the peers' loss, so it is told."""
        running = [part.process for part in self._running.supervisor.parts]
        return sum(processes.cpu_s(process.pid) for process in running if process is not None)


def latencies(rounds: int) -> tuple[Times, float]:
    """Seconds by work and way, and the share of one core that the idle service took from the peers."""
    with service(
        bench_settings("service"), [work.spec for work in WORKS], workers=os.cpu_count() or 1
    ) as running, running.client() as http:
        bare = Bare("torch")
        try:
            for work in WORKS:
                warm_up(http, work.spec.slug, work.submission.read_text(), os.cpu_count() or 1)
            bare.train()
            found = Rounds(running, http, bare)
            for number in range(rounds):
                # MNIST's trainings are long, and alike: every second round is enough for the peers.
                for work in WORKS if number % 2 == 0 else (IRIS_WORK,):
                    found.one(work)
                    last = {who: f"{taken[-1]:.2f}" for who, taken in found.times[work.name].items()}
                    print(f"  {work.name} {number + 1}/{rounds}, s: {last}", flush=True)
        finally:
            bare.stop()
    return found.times, found.idle_cpu_s / found.peers_s


def throughputs(rounds: int, backlog: int) -> dict[str, float]:
    """Graded a second by each, two at a time. Labmark's backlog is worked off before and after the peers'."""
    labmark_s, taken = 0.0, {way.name: list[float]() for way in WAYS}
    counts = dict.fromkeys(taken, 0)
    for half in range(2):
        labmark_s += work_off(bench_settings(f"backlog-{half}"), backlog // 2, sample_memory=False)[0]
        for number in range(rounds if half == 0 else 0):
            for way in WAYS:

                def several(slot: int, way: Way = way) -> None:
                    counts[way.name] = way.grade_several(IRIS_WORK, slot)

                taken[way.name] += side_by_side_s(several)
            told = ", ".join(f"{who} {times[-1]:.1f} s for {counts[who]}" for who, times in taken.items())
            print(f"  two at a time {number + 1}/{rounds}: {told}", flush=True)
    peers = {who: JAILS * counts[who] / statistics.median(times) for who, times in taken.items()}
    return {"Labmark": backlog // 2 * 2 / labmark_s, **peers}


def run(rounds: int, backlog: int, results: Path) -> dict[str, float]:
    load_before = os.getloadavg()[0]
    if load_before >= BUSY_LOAD:
        print(f"The machine is busy (load average {load_before:.2f}): the figures will not be reliable.")
    bench_settings()  # empties the folder
    print(f"Machine: {machine()}", flush=True)
    versions = {}
    for peer in environments.PINNED:
        environments.make(peer)
        versions[peer] = environments.versions(peer)
        print(f"  {peer}: " + ", ".join(f"{name} {number}" for name, number in versions[peer].items()))
    for way in WAYS:
        way.prepare(WORKS, slots=JAILS, students=STUDENTS)
        print(f"  {way.name}, from the disk (not counted): {seconds_of(way, IRIS_WORK):.2f} s", flush=True)
    times, idle_share = latencies(rounds)
    rates = throughputs(max(1, rounds // 4), backlog)
    measured = Measured(
        machine=machine(), load_before=load_before, versions=versions, times=times, rates=rates,
        idle_share=idle_share, backlog=backlog,
    )  # fmt: skip
    write(results, measured)
    print(f"\n{results.read_text()}\nWritten to {results}")
    return ratios(measured)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=4, help="in each, everybody takes a turn")
    parser.add_argument("--backlog", type=int, default=300, help="submissions that wait for Labmark")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file that is written")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("needs root: only then have jails user ids of their own, as in a service for a class")
    print(json.dumps(run(arguments.rounds, arguments.backlog, arguments.results)))


if __name__ == "__main__":
    main()
