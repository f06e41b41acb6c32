"""Measures a regrade of many stored submissions after a threshold has changed; nothing is trained again.

    python -m benchmarks.regrade [--n N] [--database-url URL]

The evidence is real: every example of the Iris multi-layer lab that gives a model is trained once, in the
real jail, with all repeats. Each is then stored as the submission of many students, and one staff job
regrades them all through the code of a worker: on an SQLite file in the data folder, then on PostgreSQL, at
the URL given or on a server of our own where Debian's package has its programs (as in tests/servers.py).
The last line printed is one JSON object; `postgresql_seconds` is null where there is no PostgreSQL.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text

from benchmarks.postgresql import own_postgresql
from graders import evidence_format
from graders.grade import judge
from graders.labs import LABS
from graders.measures import MEASURES_VERSION, measure
from store import repository
from store.engine import make_engine, reading, transaction
from store.ids import new_id
from store.migrate import upgrade
from store.models import Enrollment, EvidenceRecord, ReportRecord, Run, Submission, User
from store.repository import Job
from store.settings import Settings
from worker.material import Materials
from worker.provenance import provenance
from worker.sandbox.pool import Pool
from worker.sandbox.runner import Runner, listen, serve
from worker.staff_work import StaffWork
from worker.training import Training

ROOT = Path(__file__).resolve().parents[1]
LAB = "iris-multi-layer"
SECRET = b"benchmarks/regrade"
_INSERTED_AT_ONCE = 500


@dataclass(frozen=True)
class Trained:
    source: str
    evidence: bytes
    measures: dict[str, Any]
    report: dict[str, Any]


def train_all(settings: Settings) -> list[Trained]:
    """Every example of the lab that gives a model, as a worker trains it."""
    home = settings.data_dir.resolve() / "bench"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    runner = Runner(slots=2, name="bench-regrade")
    runner.warm_up()
    socket = home / "runner.sock"
    server = listen(socket)
    threading.Thread(target=serve, args=(runner, server), daemon=True).start()
    runner.self_test(socket)
    found = []
    for folder in sorted((ROOT / "examples" / LAB).iterdir()):
        source = (folder / "submission.py").read_text()
        job = Job(
            run_id="", kind="graded", submission_id=folder.name, assignment_id="", source=source,
            filename="submission.py", source_kind="py", spec=LABS[LAB], spec_version=1, secret_seed=SECRET,
        )  # fmt: skip
        training = Training(
            job=job, attempt=1, materials=Materials(settings.data_dir), runner=Pool(socket),
            side_by_side=2, provenance=provenance(),
        )  # fmt: skip
        evidence = training.repeats(lambda _phase: None)
        measures = measure(evidence)
        report = judge(job.spec, measures)
        if report.outcome == "graded":
            stored = evidence_format.to_bytes(evidence)
            kept, told = measures.model_dump(mode="json"), report.model_dump(mode="json")
            found.append(Trained(source, stored, kept, told))
            print(f"  trained {folder.name}: {report.points} points, {len(stored)} bytes", flush=True)
    server.close()
    runner.stop()
    return found


def fill(engine: Any, trained: list[Trained], n: int, *, measured: bool) -> tuple[str, str, str]:
    """One submission for each of n students; returns the ids of course, assignment and instructor."""
    with transaction(engine) as session:
        course = repository.create_course(session, slug="bench", title="Benchmark")
        assignment = repository.create_assignment(session, course_id=course.id, spec=LABS[LAB])
        author = repository.create_user(session, name="ina")
    now = time.time()
    for start in range(0, n, _INSERTED_AT_ONCE):
        rows: dict[Any, list[dict[str, Any]]] = {
            table: [] for table in (User, Enrollment, Submission, Run, EvidenceRecord, ReportRecord)
        }
        for number in range(start, min(start + _INSERTED_AT_ONCE, n)):
            one, user, submission, run = trained[number % len(trained)], new_id(), new_id(), new_id()
            rows[User].append(
                {"id": user, "name": f"s{number}", "display_name": f"Student {number}", "is_admin": False,
                 "created_at": now}
            )  # fmt: skip
            rows[Enrollment].append({"user_id": user, "course_id": course.id, "role": "student"})
            rows[Submission].append(
                {"id": submission, "assignment_id": assignment.id, "assignment_version": 1, "user_id": user,
                 "filename": "lab.py", "source": one.source, "source_kind": "py", "created_at": now}
            )  # fmt: skip
            rows[Run].append(
                {"id": run, "submission_id": submission, "kind": "graded", "spec_version": 1,
                 "state": "graded",
                 "attempt": 1, "attempts_allowed": 3, "device": "cpu", "created_at": now,
                 "finished_at": now}
            )  # fmt: skip
            rows[EvidenceRecord].append(
                {"run_id": run, "version": 2, "blob": one.evidence,
                 "measures": one.measures if measured else None,
                 "measures_version": MEASURES_VERSION if measured else None}
            )  # fmt: skip
            rows[ReportRecord].append(
                {"run_id": run, "version": 1, "report": one.report, "spec_version": 1, "cause": "run",
                 "created_at": now}
            )  # fmt: skip
        with transaction(engine) as session:
            for table, values in rows.items():
                session.execute(insert(table), values)
    return course.id, assignment.id, author.id


def regrade(url: str, trained: list[Trained], n: int, *, measured: bool) -> float:
    """Seconds from the staff job's claim to its end. Raises AssertionError when it did not do its work."""
    engine = make_engine(url)
    course_id, assignment_id, author_id = fill(engine, trained, n, measured=measured)
    harder = LABS[LAB].model_copy(
        update={
            "criteria": tuple(
                criterion.model_copy(update={"parameters": {**criterion.parameters, "full_at": 0.97}})
                if criterion.grader == "accuracy"
                else criterion
                for criterion in LABS[LAB].criteria
            )
        }
    )
    with transaction(engine) as session:
        version = repository.add_assignment_version(session, assignment_id=assignment_id, spec=harder)
        job = repository.create_staff_job(
            session, kind="regrade", course_id=course_id, assignment_id=assignment_id,
            parameters={"scope": "all", "version": version}, author_id=author_id,
        )  # fmt: skip
    started = time.perf_counter()
    StaffWork(engine=engine).run(job.id)
    seconds = time.perf_counter() - started
    with reading(engine) as session:
        done = repository.staff_job(session, job.id)
        assert done is not None
        assert (done.state, done.done, (done.result or {})["regraded"]) == ("done", n, n), done.error
        reports = session.execute(text("SELECT count(*) FROM reports WHERE spec_version = 2")).scalar()
        assert reports == n
        print(f"  {n} regraded in {seconds:.2f} s, {(done.result or {})['changed']} changed", flush=True)
    engine.dispose()
    return seconds


def sqlite_url(settings: Settings) -> str:
    path = settings.data_dir.resolve() / "bench" / "regrade.sqlite3"
    for old in path.parent.glob("regrade.sqlite3*"):
        old.unlink()
    return f"sqlite:///{path}"


def measured_regrade(url: str, trained: list[Trained], n: int, *, name: str) -> float:
    upgrade(url)
    print(f"From stored measures, {name}:", flush=True)
    return round(regrade(url, trained, n, measured=True), 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--n", type=int, default=10_000, help="submissions to regrade")
    parser.add_argument("--database-url", default="", help="an empty PostgreSQL database, or a server starts")
    parser.add_argument("--unmeasured", type=int, default=200, help="so many measured from evidence too")
    arguments = parser.parse_args()
    settings = Settings()
    print(f"Machine: {platform.machine()}, Python {platform.python_version()}", flush=True)
    trained = train_all(settings)
    from_evidence_url = sqlite_url(settings)
    upgrade(from_evidence_url)
    print("Measured anew from the evidence, as after a change of what is measured:", flush=True)
    anew = regrade(from_evidence_url, trained, arguments.unmeasured, measured=False) / arguments.unmeasured
    seconds = measured_regrade(sqlite_url(settings), trained, arguments.n, name="SQLite")
    with own_postgresql(arguments.database_url) as url:
        on_postgresql = measured_regrade(url, trained, arguments.n, name="PostgreSQL") if url else None
    figures = {
        "n": arguments.n,
        "seconds": seconds,
        "postgresql_seconds": on_postgresql,
        "from_evidence_ms_each": round(1000 * anew, 2),
    }
    print(json.dumps(figures))
    sys.exit(0)


if __name__ == "__main__":
    main()
