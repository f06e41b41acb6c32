"""The hour of a deadline: students hand in and watch, while a worker and the broker are killed.

    python -m benchmarks.load [--students N] [--each N] [--over S]

200 students hand in 5 times each, at moments drawn from one minute: more than twice as much as two jails
train in that time. Each is the single-layer Iris network in PyTorch. Every student has a page open on the
newest submission, which follows it live, and looks at the assignment's page now and then (locust, in a
process on the same cores; see load_users). When a third is graded the whole worker is killed, when two
thirds are, the broker; the supervisor starts them anew. Settings are those that are shipped.

What was seen is counted against the database. `sse_p95_s`: from `runs.finished_at`, which is taken in the
transaction that writes the grade, to the reader's event `end`; of readers that were there before.
`estimate_within_factor_two`: the share of runs whose wait, to the first claim, was between half and twice
what the student was told when handing in; waits below a second count as one, and whoever was told nothing
was told wrong. The last line printed is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.common import FINAL, IRIS, ROOT, SUBMISSION, bench_settings, machine, percentile, service
from benchmarks.throughput import Target

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.common import Service

JAILS = 2
LOOK_EVERY_S = 20.0
# Long enough for locust to start and every student to sign in.
_BEGINS_IN_S = 15.0
# Without any run that ends for so long, the rest is lost.
PATIENCE_S = 150.0

TARGETS = (
    Target("lost", "accepted and not graded", "runs", at_most=0),
    Target("doubled", "graded more than once", "runs", at_most=0),
    Target("errors_5xx", "answers of 500 and above", "", at_most=0),
    Target("post_p95_s", "POST of a submission, p95", "s", at_most=0.5),
    Target("estimate_within_factor_two", "starts within a factor of two", "", at_least=0.8),
)


@dataclass(frozen=True, kw_only=True)
class Load:
    students: int
    each: int
    over_s: float

    @property
    def submissions(self) -> int:
        return self.students * self.each


def rows(database: Path, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30) as connection:
        return connection.execute(query).fetchall()


def states(database: Path) -> Counter[str]:
    return Counter(dict(rows(database, "SELECT state, count(*) FROM runs GROUP BY state")))


def begin(running: Service, load: Load, folder: Path) -> subprocess.Popen[bytes]:
    plan = {
        "tokens": running.tokens, "slug": IRIS.slug, "source": SUBMISSION.read_text(), "each": load.each,
        "over_s": load.over_s, "look_every_s": LOOK_EVERY_S, "patience_s": PATIENCE_S,
        "begins_at": time.time() + _BEGINS_IN_S,
    }  # fmt: skip
    (folder / "plan.json").write_text(json.dumps(plan))
    settings = running.supervisor.settings
    command = [
        *(sys.executable, "-m", "locust", "-f", "benchmarks/load_users.py", "--headless", "--only-summary"),
        *("--host", f"http://{settings.host}:{settings.port}", "--users", str(load.students)),
        *("--spawn-rate", str(load.students), "--stop-timeout", "10", "--exit-code-on-error", "0"),
    ]
    environment = {**os.environ, "LABMARK_LOAD_PLAN": str(folder / "plan.json")}
    with (folder / "locust.log").open("wb") as out:
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)


def kill_in_the_middle(running: Service, load: Load, locust: subprocess.Popen[bytes]) -> None:
    """Returns when every run has ended, or when none has for PATIENCE_S."""
    database = running.supervisor.settings.data_dir / "labmark.sqlite3"
    parts = {part.name: part for part in running.supervisor.parts}
    kills = {load.submissions // 3: "worker", load.submissions * 2 // 3: "valkey"}
    done, moved_at, began = 0, time.monotonic(), time.monotonic()
    while done < load.submissions and time.monotonic() - moved_at < PATIENCE_S:
        time.sleep(0.5)
        found = states(database)
        ended = sum(found[state] for state in FINAL)
        if ended == done:
            continue
        if ended * 10 // load.submissions > done * 10 // load.submissions:
            taken = sum(found.values())
            print(f"  {time.monotonic() - began:5.0f} s: {taken} taken, {ended} ended", flush=True)
        done, moved_at = ended, time.monotonic()
        for due in [due for due in kills if ended >= due]:
            name = kills.pop(due)
            process = parts[name].process
            assert process is not None
            os.killpg(process.pid, signal.SIGKILL)
            print(f"  {time.monotonic() - began:5.0f} s: kill -9 of the {name}", flush=True)
    locust.wait(PATIENCE_S)


def counted(database: Path, seen: dict[str, list[Any]]) -> dict[str, float]:
    """The database against what the students were told."""
    found = rows(
        database,
        "SELECT submission_id, state, created_at, started_at, finished_at, attempt,"
        " (SELECT count(*) FROM reports WHERE run_id = runs.id),"
        " (SELECT count(*) FROM evidence WHERE run_id = runs.id) FROM runs WHERE kind = 'graded'",
    )
    runs = {row[0]: row for row in found}
    accepted = {post["id"] for post in seen["posted"]}
    graded = {name for name, row in runs.items() if row[1] == "graded"}
    # Those that nobody was told of, and second runs of one submission, are doubled too.
    doubled = [row for row in found if row[6] > 1 or row[7] > 1 or row[0] not in accepted]
    posts = [ms / 1000 for name, ms, status in seen["requests"] if name == "POST submissions" and status]
    lags = [
        end["at"] - runs[end["id"]][4]
        for end in seen["ends"]
        if end["id"] in graded and end["opened"] < runs[end["id"]][4]
    ]
    waits = [
        (told_wait_s(post), max(1.0, runs[post["id"]][3] - runs[post["id"]][2]))
        for post in seen["posted"]
        if post["id"] in graded
    ]
    close = [told for told, waited in waits if waited / 2 <= told <= waited * 2]
    retaken = sum(row[5] > 1 for row in found)
    print(f"  {retaken} runs needed a second attempt; {len(lags)} ends were watched for", flush=True)
    return {
        "submissions": len(accepted),
        "graded": len(graded & accepted),
        "lost": len(accepted - graded),
        "doubled": len(doubled) + len(found) - len(runs),
        "post_p95_s": percentile(posts, 95),
        "sse_p95_s": percentile(lags, 95),
        "errors_5xx": sum(status >= 500 for _, _, status in seen["requests"]),
        "estimate_within_factor_two": len(close) / len(waits) if waits else 0.0,
    }


def told_wait_s(post: dict[str, Any]) -> float:
    """Infinite: the student was told nothing."""
    start_at = post["start_at"]
    return math.inf if start_at is None else max(1.0, start_at - post["at"])


def print_requests(seen: dict[str, list[Any]]) -> None:
    for name in sorted({name for name, _, _ in seen["requests"]}):
        times = [ms for asked, ms, _ in seen["requests"] if asked == name]
        statuses = Counter(status for asked, _, status in seen["requests"] if asked == name)
        told = ", ".join(f"{status or 'cut off'}: {number}" for status, number in sorted(statuses.items()))
        middle, late = percentile(times, 50), percentile(times, 95)
        print(f"  {name:<20}{len(times):6} times, p50 {middle:6.0f} ms, p95 {late:6.0f} ms; {told}")


def print_table(figures: dict[str, float]) -> None:
    for target in TARGETS:
        value = figures[target.figure]
        met = "yes" if target.met(value) else "NO"
        print(f"  {target.what:<36}{value:10.3f} {target.unit:<7} {target.words():<14} {met}")


def run(load: Load) -> dict[str, float]:
    settings = bench_settings()
    print(f"Machine: {machine()}", flush=True)
    print("Starting the service.", flush=True)
    with service(settings, [IRIS], workers=JAILS, students=load.students) as running:
        locust = begin(running, load, settings.data_dir)
        try:
            kill_in_the_middle(running, load, locust)
        finally:
            locust.terminate()
            locust.wait(60)
        print(f"  restarted: { {part.name: part.restarts for part in running.supervisor.parts} }")
    seen = json.loads((settings.data_dir / "seen.json").read_text())
    figures = counted(settings.data_dir / "labmark.sqlite3", seen)
    print_requests(seen)
    print_table(figures)
    print(f"Machine: {machine()}")
    return {name: round(value, 3) for name, value in figures.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--students", type=int, default=200)
    parser.add_argument("--each", type=int, default=5, help="submissions of each student")
    parser.add_argument("--over", type=float, default=60.0, help="seconds in which all of them are handed in")
    arguments = parser.parse_args()
    load = Load(students=arguments.students, each=arguments.each, over_s=arguments.over)
    print(json.dumps(run(load)))


if __name__ == "__main__":
    main()
