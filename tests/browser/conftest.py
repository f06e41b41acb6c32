"""A whole service, and Debian's chromium. Every page that a test opens is watched for errors in its console."""

from __future__ import annotations

import os
import time
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect, sync_playwright

from graders.labs import LABS
from graders.spec import Limits
from server.demo import demo_settings, load_examples
from server.demo_course import author_of, create_demo_course
from server.supervisor import Supervisor
from store import repository
from store.engine import make_engine, transaction
from store.migrate import upgrade
from worker.datasets.fetch import fetch

CHROMIUM = "/usr/bin/chromium"
EXAMPLES = {f"{e.assignment}/{e.name}": e for e in load_examples(Path("examples"))}
SEEDED = [f"mnist-multi-layer/{name}" for name in ("overfits", "underfits", "pytorch", "keras", "linear-stack", "crashes")]
# A busy machine is slow, and no fault of a page.
expect.set_options(timeout=20_000)
FINAL = {"graded", "failed", "errored", "cancelled", "superseded"}


class Service:
    def __init__(self, settings, tokens):
        self.url, self.tokens = f"http://{settings.host}:{settings.port}", tokens

    def api(self, who):
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {self.tokens[who]}"}, timeout=30)

    def hand_in(self, slug, source, who="sam-student"):
        with self.api(who) as http:
            answer = http.post(f"/api/v1/assignments/{slug}/submissions", json={"filename": "lab.py", "source": source})
            return answer.raise_for_status().json()["id"]

    def wait_for(self, identifier, who="ina-instructor", seconds=300):
        deadline = time.monotonic() + seconds
        with self.api(who) as http:
            while (found := http.get(f"/api/v1/submissions/{identifier}").json())["state"] not in FINAL:
                assert time.monotonic() < deadline, found
                time.sleep(0.2)
        return found


def create_admin(settings):
    """A token of somebody who administers the service and is in no course."""
    engine = make_engine(settings.database_url)
    with transaction(engine) as session:
        user = repository.create_user(session, name="adela-admin", display_name="Adela Nistor", is_admin=True)
        token = repository.create_token(session, user_id=user.id, role="admin", label="tests")
    engine.dispose()
    return token


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    home, shared = tmp_path_factory.mktemp("service"), Path("var").resolve()
    fetch(shared)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABMARK_DATA_DIR", str(home))
        (home / "datasets").symlink_to(shared / "datasets")
        settings = demo_settings()
        upgrade(settings.database_url)
        tokens = create_demo_course(settings) | {"adela-admin": create_admin(settings)}
        supervisor = Supervisor(settings, workers=2)
        try:
            supervisor.start()
            yield Service(settings, tokens)
        finally:
            supervisor.stop()


@pytest.fixture(scope="session")
def seeded(service):
    """Graded examples of six students; {example: submission id}. On a busy machine training takes its time."""
    patient = LABS["mnist-multi-layer"].model_copy(update={"limits": Limits(wall_time_s=300)})
    with service.api("ina-instructor") as http:
        published = http.put(
            "/api/v1/assignments/mnist-multi-layer/spec", json=patient.model_dump(mode="json"), headers={"If-Match": '"1"'}
        )
        published.raise_for_status()
    ids = {
        name: service.hand_in(EXAMPLES[name].assignment, EXAMPLES[name].source, author_of(EXAMPLES[name].name))
        for name in SEEDED
    }
    for identifier in ids.values():
        service.wait_for(identifier)
    return ids


@pytest.fixture(scope="session")
def chromium():
    if not Path(CHROMIUM).exists():
        pytest.exit("chromium is missing: apt-get install chromium", 1)
    # Chromium refuses to start its own sandbox as root.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


class Visit:
    """A browser of one person. `complaints`: errors in the console, and what the security policy refused."""

    def __init__(self, browser, service, who, locale="en"):
        self.service = service
        self.context = browser.new_context(
            base_url=service.url, viewport={"width": 1440, "height": 900}, locale=locale
        )
        self.page = self.context.new_page()
        self.complaints = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._console)
        if who:
            self.page.goto("/")
            self.page.locator("#token").fill(service.tokens[who])
            self.page.locator("#token").press("Enter")
            self.page.wait_for_url("/")

    def _console(self, message):
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type}: {message.text}")


@pytest.fixture
def visit(chromium, service):
    visits = []

    def open_as(who=None):
        visits.append(Visit(chromium, service, who))
        return visits[-1]

    yield open_as
    for made in visits:
        made.context.close()
        assert made.complaints == []
