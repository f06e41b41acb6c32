"""A whole service that holds secrets worth stealing, and a neighbour who hands in honest work all the while."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import attack
import httpx
import pytest
from assignments import SPECS
from canary import CANARY
from databases import migrated_database
from sqlalchemy import select

from server.demo import demo_settings
from server.demo_course import INSTRUCTOR, STUDENT, create_demo_course
from server.supervisor import Supervisor
from store import repository
from store.engine import make_engine, transaction
from store.models import Run
from worker.datasets.fetch import fetch

FINAL = {"graded", "failed", "errored", "cancelled", "superseded"}
HONEST = Path("examples/iris-single-layer/pytorch/submission.py").read_text()


@dataclass
class Place:
    """The service that is attacked. `student` hands in, `staff` reads flags."""

    supervisor: Supervisor
    student: httpx.Client
    neighbour: httpx.Client
    staff: httpx.Client
    bystanders: list[dict] = field(default_factory=list)

    @property
    def runner_pid(self):
        return next(part for part in self.supervisor.parts if part.name == "runner").process.pid

    def submit(self, http, slug, source):
        while True:
            answer = http.post(f"/api/v1/assignments/{slug}/submissions", json={"filename": "lab.py", "source": source})
            if answer.status_code != 429:
                assert answer.status_code == 201, answer.text
                return answer.json()["id"]
            time.sleep(float(answer.headers["Retry-After"]))

    def _control_has_ended(self, identifier):
        engine = make_engine(self.supervisor.settings.database_url)
        with transaction(engine) as session:
            asked = select(Run.state).where(Run.submission_id == identifier, Run.kind == "control")
            states = list(session.scalars(asked))
        engine.dispose()
        return bool(states) and set(states) <= FINAL

    def wait(self, identifier, seconds=600):
        """Its last state, which is none of FINAL where it never ends."""
        deadline = time.monotonic() + seconds
        while True:
            found = self.staff.get(f"/api/v1/submissions/{identifier}").json()
            if found["state"] in FINAL or time.monotonic() > deadline:
                return found
            time.sleep(0.1)

    def ending(self, identifier, *, flags=(), controlled=False):
        """Flags come after the grade, when the control run has ended; where none come, `controlled` waits for its end."""
        submission = self.wait(identifier)
        while controlled and not self._control_has_ended(identifier):
            time.sleep(0.2)
        deadline = time.monotonic() + 300
        while True:
            answer = self.staff.get(f"/api/v1/submissions/{identifier}/report")
            report = answer.json() if answer.is_success else None
            seen = {flag["code"] for flag in (report or {}).get("flags", ())}
            if set(flags) <= seen or time.monotonic() > deadline:
                break
            time.sleep(0.2)
        log = self.staff.get(f"/api/v1/submissions/{identifier}/log").text
        page = self.staff.get(f"/submissions/{identifier}", headers={"Accept": "text/html"})
        return attack.Ending(submission, report, log, page.text if page.is_success else "")


@pytest.fixture(scope="session")
def place(tmp_path_factory):
    home = tmp_path_factory.mktemp("attacked")
    shared = Path("var").resolve()
    fetch(shared)
    patch = pytest.MonkeyPatch()
    patch.setenv("LABMARK_DATA_DIR", str(home))
    patch.setenv("LABMARK_CANARY", CANARY)
    (home / "datasets").symlink_to(shared / "datasets")
    (home / "secret.txt").write_text(CANARY)
    with migrated_database(home) as database_url:
        settings = demo_settings().model_copy(update={"database_url": database_url})
        redis_url = os.environ.get("LABMARK_TEST_REDIS_URL", "")
        if redis_url:
            settings = settings.model_copy(update={"redis_url": redis_url})
        tokens = create_demo_course(settings)
        _add_assignments(settings)
        supervisor = Supervisor(settings, workers=2, embedded_queue=not redis_url)
        try:
            supervisor.start()
            yield _place(supervisor, tokens)
        finally:
            supervisor.stop()
            patch.undo()


def _add_assignments(settings):
    engine = make_engine(settings.database_url)
    with transaction(engine) as session:
        course = repository.course_by_slug(session, "demo")
        for spec in SPECS:
            repository.create_assignment(session, course_id=course.id, spec=spec)
    engine.dispose()


def _place(supervisor, tokens):
    url = f"http://{supervisor.settings.host}:{supervisor.settings.port}"

    def http(login):
        return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {tokens[login]}"}, timeout=30)

    return Place(supervisor, student=http(STUDENT), neighbour=http("ana-popescu"), staff=http(INSTRUCTOR))


@pytest.fixture(scope="session")
def neighbour(place):
    """Hands in the honest reference again and again, until stopped; what became of it is in place.bystanders."""
    stop = threading.Event()

    def work():
        while not stop.is_set():
            identifier = place.submit(place.neighbour, "bystander", HONEST)
            place.bystanders.append(place.wait(identifier))
            stop.wait(1.0)

    thread = threading.Thread(target=work)
    thread.start()
    yield place
    stop.set()
    thread.join(120)
