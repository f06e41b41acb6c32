"""What a claim costs while many wait: who is served next is reckoned over all of them, each time."""

from __future__ import annotations

import statistics
import time
from typing import Any

from sqlalchemy import insert

from graders.labs import LABS
from store import repository
from store.engine import make_engine, transaction
from store.ids import new_id
from store.migrate import upgrade
from store.models import Enrollment, OutboxRow, Run, Submission, User
from store.repository.outbox import PRIORITY_FIRST

LENGTHS = (1_000, 5_000, 20_000)
_LAB = "iris-single-layer"
_CLAIMS = 20


def wait_in_line(url: str, n: int) -> str:
    """n students with one submission each, none begun; the id of one of the runs."""
    engine, now = make_engine(url), time.time()
    with transaction(engine) as session:
        course = repository.course_by_slug(session, "queue")
        if course is None:
            course = repository.create_course(session, slug="queue", title="Queue")
            repository.create_assignment(session, course_id=course.id, spec=LABS[_LAB])
        assignment = repository.assignment_by_slug(session, _LAB)
        assert assignment is not None
    rows: dict[Any, list[dict[str, Any]]] = {
        table: [] for table in (User, Enrollment, Submission, Run, OutboxRow)
    }
    run = ""
    for _ in range(n):
        user, submission, run = new_id(), new_id(), new_id()
        person = {"id": user, "name": user, "display_name": "Student", "is_admin": False, "created_at": now}
        rows[User].append(person)
        rows[Enrollment].append({"user_id": user, "course_id": course.id, "role": "student"})
        rows[Submission].append(
            {"id": submission, "assignment_id": assignment.id, "assignment_version": 1, "user_id": user,
             "filename": "lab.py", "source": "x = 1\n", "source_kind": "py", "created_at": now}
        )  # fmt: skip
        rows[Run].append(
            {"id": run, "submission_id": submission, "kind": "graded", "spec_version": 1, "state": "queued",
             "attempt": 0, "attempts_allowed": 3, "device": "cpu", "created_at": now, "waits_since": now}
        )  # fmt: skip
        rows[OutboxRow].append(
            {"id": new_id(), "run_id": run, "queue": "cpu", "priority": PRIORITY_FIRST,
             "created_at": now, "due_at": now, "sent_at": now, "sends": 1, "ring_again_at": now + 120}
        )  # fmt: skip
    with transaction(engine) as session:
        for table, values in rows.items():
            session.execute(insert(table), values)
    engine.dispose()
    return run


def claim_s(url: str) -> dict[int, float]:
    """Runs that wait -> median seconds of a claim, in an empty database that is filled step by step."""
    upgrade(url)
    found, waiting = {}, 0
    for length in LENGTHS:
        run = wait_in_line(url, length - waiting)
        engine, seconds = make_engine(url), []
        for _ in range(_CLAIMS):
            started = time.perf_counter()
            with transaction(engine) as session:
                claim = repository.claim_next(session, run)
            assert claim is not None
            seconds.append(time.perf_counter() - started)
        engine.dispose()
        waiting = length - _CLAIMS
        found[length] = round(statistics.median(seconds), 4)
        print(f"  {length} wait: a claim takes {found[length] * 1000:.1f} ms", flush=True)
    return found
