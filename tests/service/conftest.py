from __future__ import annotations

import os
from pathlib import Path

import httpx
import pytest
from databases import migrated_database
from running_beside import worker_number

from graders.labs import LABS
from server.demo import create_demo_course, demo_settings, free_port
from server.supervisor import Supervisor
from store import repository
from store.engine import make_engine, transaction
from store.settings import Settings
from worker.datasets.fetch import fetch


class Service:
    """A whole embedded service on free ports, with a short lease so that a lost worker is noticed soon."""

    def __init__(self, supervisor, tokens):
        self.supervisor, self.tokens = supervisor, tokens
        settings = supervisor.settings
        self.url = f"http://{settings.host}:{settings.port}"

    def http(self, name="sam-student"):
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {self.tokens[name]}"}, timeout=30)

    def part(self, name):
        return next(part for part in self.supervisor.parts if part.name == name)


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    """SQLite and Valkey, or the PostgreSQL and Redis that `make test-services` has started."""
    home = tmp_path_factory.mktemp("service")
    with migrated_database(home) as database_url:
        yield from run_service(home, database_url)


def run_service(home, database_url):
    shared = Path("var").resolve()
    fetch(shared)
    patch = pytest.MonkeyPatch()
    patch.setenv("LABMARK_LEASE_S", "8")
    patch.setenv("LABMARK_HEARTBEAT_S", "1")
    patch.setenv("LABMARK_METRICS_TOKEN", "a-token-of-the-monitoring-server")
    patch.setenv("LABMARK_DATA_DIR", str(home))
    (home / "datasets").symlink_to(shared / "datasets")
    settings = demo_settings()
    assert isinstance(settings, Settings)
    # A Redis that tests share has a database for each of those that run side by side.
    redis_url = os.environ.get("LABMARK_TEST_REDIS_URL", "").removesuffix("/0")
    redis_url = f"{redis_url}/{worker_number()}" if redis_url else ""
    settings = settings.model_copy(
        # Another of these may start at the same time, and find the same port free.
        update={"port": free_port(), "database_url": database_url, **({"redis_url": redis_url} if redis_url else {})}
    )
    tokens = create_demo_course(settings)
    supervisor = Supervisor(settings, workers=2, embedded_queue=not redis_url)
    try:
        supervisor.start()
        yield Service(supervisor, tokens)
    finally:
        supervisor.stop()
        patch.undo()


@pytest.fixture(scope="session")
def patient(service):
    """A lab whose time does not run out on a machine that is busy with other tests: a limit is no number."""
    engine = make_engine(service.supervisor.settings.database_url)
    spec = LABS["iris-multi-layer"].model_copy(update={"repeats": 2})
    limits = spec.limits.model_copy(update={"wall_time_s": 300, "evaluation_time_s": 60})
    with transaction(engine) as session:
        course = repository.assignment_by_slug(session, "iris-multi-layer").course_id
        spec = spec.model_copy(update={"slug": "iris-patient", "limits": limits})
        repository.create_assignment(session, course_id=course, spec=spec)
    engine.dispose()
    return "iris-patient"
