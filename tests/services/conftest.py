"""A whole service on a PostgreSQL and a Redis of its own, which the tests stop, kill and empty."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest
from servers import servers

from server.demo import create_demo_course, demo_settings
from server.supervisor import Supervisor
from store.engine import make_engine, reading
from store.migrate import upgrade
from store.models import EvidenceRecord, ReportRecord, Run
from worker.datasets.fetch import fetch

FINAL = {"graded", "failed", "errored", "cancelled", "superseded"}


class Service:
    def __init__(self, supervisor, tokens, postgres, redis):
        self.supervisor, self.postgres, self.redis = supervisor, postgres, redis
        settings = supervisor.settings
        self.engine = make_engine(settings.database_url)
        self.http = httpx.Client(
            base_url=f"http://{settings.host}:{settings.port}",
            headers={"Authorization": f"Bearer {tokens['sam-student']}"}, timeout=30,
        )  # fmt: skip

    def part(self, name):
        return next(part for part in self.supervisor.parts if part.name == name)

    def submit(self, source):
        body = {"filename": "submission.py", "source": source}
        answer = self.http.post("/api/v1/assignments/iris-single-layer/submissions", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def run_of(self, identifier):
        with reading(self.engine) as session:
            return session.query(Run).filter_by(submission_id=identifier).one()

    def wait_for(self, identifier, states=FINAL, seconds=120):
        """Asked of the database: Redis, and the API with it, may be away."""
        deadline = time.monotonic() + seconds
        while (run := self.run_of(identifier)).state not in states:
            assert time.monotonic() < deadline, (run.state, run.attempt, run.error)
            time.sleep(0.1)
        return run

    def assert_graded_once(self, identifiers, seconds=120):
        for identifier in identifiers:
            run = self.wait_for(identifier, seconds=seconds)
            assert run.state == "graded", (run.state, run.error)
            with reading(self.engine) as session:
                for table in (ReportRecord, EvidenceRecord):
                    assert session.query(table).filter_by(run_id=run.id).count() == 1


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    home, shared = tmp_path_factory.mktemp("service"), Path("var").resolve()
    fetch(shared)
    (home / "datasets").symlink_to(shared / "datasets")
    with pytest.MonkeyPatch.context() as patch, servers() as (postgres, redis):
        patch.setenv("LABMARK_LEASE_S", "4")
        patch.setenv("LABMARK_HEARTBEAT_S", "1")
        patch.setenv("LABMARK_DATA_DIR", str(home))
        settings = demo_settings().model_copy(update={"database_url": postgres.url, "redis_url": redis.url})
        upgrade(settings.database_url)
        tokens = create_demo_course(settings)
        supervisor = Supervisor(settings, workers=2, embedded_queue=False)
        try:
            supervisor.start()
            yield Service(supervisor, tokens, postgres, redis)
        finally:
            supervisor.stop()
