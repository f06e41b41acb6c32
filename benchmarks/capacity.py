"""Measures what plans for more students are made with: runs a second and core, memory, database growth.

    python -m benchmarks.capacity [--n N]

For each of the built-in labs a class hands in the reference solutions, in turn those of all four frameworks,
before the service has a worker; then the worker starts, with one jail for each core. The clock runs from the
first claim to the last grade, as the database has them, so all repeats that the lab asks for are in it. Each
lab has a service of its own, on a PostgreSQL of its own where Debian's package has its programs (as in
tests/servers.py), else on SQLite; what that grew by is read before and after, table by table where it is
PostgreSQL. Then claims are timed while many wait. docs/capacity.md reckons with these figures. The last line
printed is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from itertools import cycle
from typing import TYPE_CHECKING

from sqlalchemy import func, select, text

from benchmarks.common import FINAL, ROOT, Service, bench_folder, bench_settings, machine, post, service
from benchmarks.long_queue import claim_s
from benchmarks.postgresql import own_postgresql
from graders.labs import LABS
from store import repository
from store.engine import make_engine, reading
from store.models import ReportRecord, Run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

FRAMEWORKS = ("pytorch", "lightning", "tensorflow", "keras")
MIB = 1024 * 1024
CORES = os.cpu_count() or 1
# A backlog that makes no progress for so long is given up.
PATIENCE_S = 300.0
LOOK_EVERY_S = 0.5


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Of one lab. `cpu_s_per_run`: of the jail, all repeats together. `peak_mib_p95`: of a jail's memory.

    `database_kib_per_run`: what a submission with its run, evidence, report, log and the rest adds.
    """

    lab: str
    runs: int
    runs_per_s: float
    runs_per_core_hour: float
    cpu_s_per_run: float
    peak_mib_p95: float
    database_kib_per_run: float


def sources(lab: str) -> Iterator[str]:
    """The reference solutions of all frameworks, round and round."""
    folder = ROOT / "examples" / lab
    return cycle([(folder / name / "submission.py").read_text() for name in FRAMEWORKS])


def wait_until_ended(engine: Engine, total: int) -> None:
    """Raises RuntimeError when a run ends otherwise than graded, or none ends any more."""
    done, moved_at = 0, time.monotonic()
    while done < total:
        time.sleep(LOOK_EVERY_S)
        with reading(engine) as session:
            found = repository.runs_by_state(session)
        wrong = {state: count for state, count in found.items() if count and state in FINAL - {"graded"}}
        if wrong:
            raise RuntimeError(f"not every run was graded: {found}")
        if found.get("graded", 0) > done:
            done, moved_at = found["graded"], time.monotonic()
        if time.monotonic() - moved_at > PATIENCE_S:
            raise RuntimeError(f"no run ended for {PATIENCE_S:.0f} s: {found}")


def table_bytes(engine: Engine) -> dict[str, int]:
    """With indexes and what is stored apart; SQLite knows only the whole."""
    with reading(engine) as session:
        if engine.dialect.name == "sqlite":
            return {"database": repository.database_bytes(session)}
        rows = session.execute(text("SELECT relname, pg_total_relation_size(relid) FROM pg_stat_user_tables"))
        return {str(name): int(size) for name, size in rows}


def resources(engine: Engine) -> list[dict[str, float]]:
    with reading(engine) as session:
        return [report["resources"] for report in session.scalars(select(ReportRecord.report))]


def first_claim_to_last_grade_s(engine: Engine) -> float:
    with reading(engine) as session:
        first, last = session.execute(select(func.min(Run.started_at), func.max(Run.finished_at))).one()
    return float(last - first)


def measure(running: Service, engine: Engine, lab: str, n: int) -> Measured:
    with running.client() as http:
        before = sum(table_bytes(engine).values())
        for token, source in zip(running.tokens[:n], sources(lab), strict=False):
            post(http, lab, source, token)
    running.start("worker")
    wait_until_ended(engine, n)
    sizes, used = table_bytes(engine), resources(engine)
    seconds = first_claim_to_last_grade_s(engine)
    for name, size in sorted(sizes.items(), key=lambda item: -item[1])[:6]:
        print(f"    {name:<24}{size / 1024:10.0f} KiB")
    peaks = sorted(each["peak_memory_bytes"] for each in used)
    return Measured(
        lab=lab,
        runs=n,
        runs_per_s=round(n / seconds, 3),
        runs_per_core_hour=round(n / seconds * 3600 / CORES),
        cpu_s_per_run=round(statistics.mean(each["cpu_s"] for each in used), 2),
        peak_mib_p95=round(peaks[int(0.95 * (len(peaks) - 1))] / MIB, 1),
        database_kib_per_run=round((sum(sizes.values()) - before) / n / 1024, 1),
    )


def measure_lab(lab: str, n: int) -> Measured:
    with own_postgresql() as url:
        settings = bench_settings()
        if url:
            settings = settings.model_copy(update={"database_url": url})
        engine = make_engine(settings.database_url)
        print(f"{lab}: {n} submissions, {CORES} jails, {engine.dialect.name}", flush=True)
        try:
            with service(settings, [LABS[lab]], workers=CORES, students=n, without=["worker"]) as running:
                found = measure(running, engine, lab, n)
        finally:
            engine.dispose()
    for name, value in asdict(found).items():
        print(f"  {name:<24}{value}", flush=True)
    return found


def run(n: int) -> dict[str, object]:
    print(f"Machine: {machine()}", flush=True)
    labs = [asdict(measure_lab(lab, n)) for lab in sorted(LABS)]
    with own_postgresql() as url:
        print("A claim while many wait:", flush=True)
        claims = claim_s(url or f"sqlite:///{bench_folder()}/queue.sqlite3")
    print(f"Machine: {machine()}")
    return {"cores": CORES, "labs": labs, "claim_s": claims}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--n", type=int, default=40, help="submissions of each lab; a multiple of four")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("needs root: only then have jails user ids of their own")
    print(json.dumps(run(arguments.n)))


if __name__ == "__main__":
    main()
