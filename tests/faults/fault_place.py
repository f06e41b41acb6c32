"""A whole service of real processes that a fault is to hit, and the count of what it made of its runs.

Two pairs of databases under it: SQLite and the embedded Valkey, or a PostgreSQL and a Redis of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import fault_table
import httpx
import redis as redis_client
import servers
from fault_broker import EmbeddedBroker

from graders.labs import LABS
from server.supervisor import Part, Supervisor
from store import repository
from store.engine import make_engine, reading, transaction
from store.events import stream_of
from store.migrate import upgrade
from store.models import EvidenceRecord, ReportRecord, Run, Submission
from store.settings import Settings
from worker.datasets.fetch import fetch

ALL = os.environ.get("LABMARK_FAULTS") == "all"
FINAL = {"graded", "failed", "errored", "cancelled", "superseded"}
SQLITE, POSTGRESQL = "SQLite, Valkey", "PostgreSQL, Redis"
LEASE_S = 3.0
# One training a run, and limits that free a runner's slot soon after the worker that asked has stopped.
LAB = LABS["iris-single-layer"]
SPEC = LAB.model_copy(
    update={
        "slug": "faults", "repeats": 1,
        "limits": LAB.limits.model_copy(update={"wall_time_s": 20, "evaluation_time_s": 5}),
    }
)  # fmt: skip
# Long enough to be hit while it trains.
GOOD = """
import time, torch
def train(lab):
    print("training")
    time.sleep(1.5)
    return torch.nn.Linear(4, 3)
"""
# The student's own fault must stay that: no fault of ours turns it into something else.
BAD = "import time\ndef train(lab):\n    time.sleep(1.5)\n    return 1 / 0\n"


def signed(token):
    return {"Authorization": f"Bearer {token}"}


@dataclass
class Place:
    """`expected`: what must become of every submission that was taken, by its id."""

    pair: str
    supervisor: Supervisor
    token: str
    broker: EmbeddedBroker | servers.Redis
    postgres: servers.Postgres | None
    expected: dict[str, str] = field(default_factory=dict)

    def __post_init__(self):
        self.settings = self.supervisor.settings
        self.engine = make_engine(self.settings.database_url)
        self.url = f"http://{self.settings.host}:{self.settings.port}"
        self.http = httpx.Client(base_url=self.url, headers=signed(self.token), timeout=30)

    # What it is made of

    def part(self, name):
        return next(part for part in self.supervisor.parts if part.name == name)

    def pid(self, name):
        return self.part(name).process.pid

    @contextlib.contextmanager
    def without(self, name, *, stop):
        """The part is away, by `stop(part)`, and nobody starts it anew before the block ends."""
        part = self.part(name)
        self.supervisor.parts = [other for other in self.supervisor.parts if other is not part]
        try:
            stop(part)
            part.process.wait(60)
            yield part
        finally:
            part.start(self.supervisor.log_dir)
            self.supervisor.parts = [*self.supervisor.parts, part]

    @contextlib.contextmanager
    def beside(self, name, command):
        """One more part, for as long as the block lasts."""
        part = Part(name, command, self.part("worker").environment)
        part.start(self.supervisor.log_dir)
        try:
            yield part
        finally:
            part.stop()

    def log_of(self, name):
        return (self.supervisor.log_dir / f"{name}.log").read_text(errors="replace")

    # What is handed in, and what became of it

    def post(self, source, **headers):
        body = {"filename": "submission.py", "source": source}
        return self.http.post(f"/api/v1/assignments/{SPEC.slug}/submissions", json=body, headers=headers)

    def hand_in(self, *, good=3, bad=1):
        """The first two are one of each kind."""
        kinds = [(GOOD, "graded")] * good
        kinds[1:1] = [(BAD, "failed")] * bad
        return [self.accepted(source, ends) for source, ends in kinds]

    def accepted(self, source, ends, **headers):
        answer = self.post(source, **headers)
        assert answer.status_code in {200, 201}, answer.text
        identifier = answer.json()["id"]
        self.expected[identifier] = ends
        return identifier

    def at_work(self):
        """Runs of which two train, while the others wait in the broker. Slow starts are waited for, then tried again."""
        for _ in range(3):
            handed_in = self.hand_in()
            while (states := [self.run_of(identifier).state for identifier in handed_in]).count("training") < 2:
                if set(states) <= FINAL:
                    break
                time.sleep(0.02)
            else:
                return handed_in
        raise AssertionError("never did two runs train at once")

    def run_of(self, identifier):
        with reading(self.engine) as session:
            return session.query(Run).filter_by(submission_id=identifier, kind="graded").one()

    def told_of(self, identifier):
        """Every state that was told of it, in order; its readers stop at the first final one."""
        connection = redis_client.Redis.from_url(self.settings.redis_url, decode_responses=True)
        told = [fields for _, fields in connection.xrange(stream_of(identifier))]
        connection.close()
        return [json.loads(fields["data"])["state"] for fields in told if fields["kind"] == "state"]

    def wait(self, identifiers, seconds=120.0):
        """For all to end. Asked of the database: the API, or Redis, may be away."""
        deadline = time.monotonic() + seconds
        for identifier in identifiers:
            while self.run_of(identifier).state not in FINAL and time.monotonic() < deadline:
                time.sleep(0.02)

    def hit(self, fault, killed):
        """The clock of the recovery starts."""
        return Hit(self, fault, killed)


@dataclass
class Hit:
    """One fault. `began`: when it hit, or, of an outage, when what was away came back."""

    place: Place
    fault: str
    killed: str
    began: float = field(default_factory=time.monotonic)

    def over(self):
        self.began = time.monotonic()

    def settle(self, identifiers, seconds=180.0):
        """Waits for every run to end and notes how long that took; then `check`."""
        self.place.wait(identifiers, seconds)
        recovery_s = time.monotonic() - self.began
        runs, lost, doubled = self._counted(identifiers)
        fault_table.ROWS.append(
            fault_table.Row(
                pair=self.place.pair, fault=self.fault, killed=self.killed, runs=len(runs),
                recovery_s=recovery_s, lost=len(lost), doubled=len(doubled),
                attempts=max(run.attempt for run in runs.values()),
            )
        )  # fmt: skip
        return self.check(identifiers)

    def check(self, identifiers):
        """Zero lost, zero doubled, every final state true, and no student paid. Returns the runs."""
        runs, lost, doubled = self._counted(identifiers)
        told = [(runs[i].state, runs[i].attempt, runs[i].error, self._results(runs[i])) for i in {*lost, *doubled}]
        assert not told, told
        self._nobody_paid(runs)
        return list(runs.values())

    def _counted(self, identifiers):
        runs = {identifier: self.place.run_of(identifier) for identifier in identifiers}
        results = {identifier: self._results(run) for identifier, run in runs.items()}
        lost = [i for i, run in runs.items() if run.state != self.place.expected[i] or min(results[i]) < 1]
        return runs, lost, [i for i in runs if max(results[i]) > 1]

    def _results(self, run):
        """How many reports and how many rows of evidence the run has."""
        with reading(self.place.engine) as session:
            return [session.query(table).filter_by(run_id=run.id).count() for table in (ReportRecord, EvidenceRecord)]

    def _nobody_paid(self, runs):
        """The student has handed in what was taken and no more, and is told of no failure but their own."""
        with reading(self.place.engine) as session:
            handed_in = {row.id for row in session.query(Submission.id)}
        assert handed_in == set(self.place.expected)
        assert all(run.attempt <= run.attempts_allowed for run in runs.values())
        for identifier in runs:
            told = self.place.http.get(f"/api/v1/submissions/{identifier}").raise_for_status().json()
            assert told["state"] == self.place.expected[identifier]
            assert (told["failure"] or {}).get("code") == ("raised" if told["state"] == "failed" else None)


def _settings(home, database_url, redis_url):
    return Settings().model_copy(
        update={
            "data_dir": home, "host": "127.0.0.1", "port": servers.free_port(),
            "redis_url": redis_url or f"redis://127.0.0.1:{servers.free_port()}/0",
            "database_url": database_url or f"sqlite:///{home}/labmark.sqlite3",
            "runner_socket": home / "runner.sock",
        }
    )  # fmt: skip


def create_course(database_url):
    """The token of its only student."""
    upgrade(database_url)
    engine = make_engine(database_url)
    with transaction(engine) as session:
        course = repository.create_course(session, slug="faults", title="Faults")
        repository.create_assignment(session, course_id=course.id, spec=SPEC)
        user = repository.create_user(session, name="sam-student")
        repository.enroll(session, user_id=user.id, course_id=course.id, role="student")
        token = repository.create_token(session, user_id=user.id, role="student")
    engine.dispose()
    return token


def quickened(supervisor, more=()):
    """A lost worker is noticed in seconds. `more`: further variables of every part but the runner and the broker."""
    environment = {"LABMARK_LEASE_S": str(LEASE_S), "LABMARK_HEARTBEAT_S": "0.5", **dict(more)}
    for part in supervisor.parts:
        if part.name not in {"runner", "valkey"}:
            part.environment = {**part.environment, **environment}


@contextlib.contextmanager
def databases_of(pair, folder=None):
    """The PostgreSQL and the Redis of that pair, started in `folder`; (None, None) where the service brings its own."""
    if pair == SQLITE:
        yield None, None
        return
    servers.install_missing()
    # Not under pytest's folder, which only root may enter: PostgreSQL runs as a user of its own.
    base = Path(tempfile.mkdtemp(prefix="labmark-faults-")) if folder is None else folder
    base.chmod(0o755)
    postgres, redis = servers.Postgres(base), servers.Redis(base)
    try:
        postgres.start()
        redis.start()
        yield postgres, redis
    finally:
        with contextlib.suppress(AssertionError):
            redis.kill()
        with contextlib.suppress(AssertionError):
            postgres.stop()
        if folder is None:
            shutil.rmtree(base, ignore_errors=True)


def prepared(home, pair, postgres, redis, *, create=create_course):
    """Settings of a service in `home`, with the data sets there and the database filled; and the student's token."""
    shared = Path("var").resolve()
    fetch(shared)
    (home / "datasets").symlink_to(shared / "datasets")
    settings = _settings(home, postgres and postgres.url, redis and redis.url)
    return settings, create(settings.database_url)


@contextlib.contextmanager
def open_place(home, pair, *, runner_socket=None, variables=(), servers_folder=None, create=create_course):
    """A running service. With `runner_socket`, on that runner; without, on one of its own."""
    with databases_of(pair, servers_folder) as (postgres, redis):
        settings, token = prepared(home, pair, postgres, redis, create=create)
        if runner_socket:
            settings = settings.model_copy(update={"runner_socket": runner_socket})
        supervisor = Supervisor(settings, workers=2, embedded_queue=redis is None)
        if runner_socket:
            supervisor.parts = [part for part in supervisor.parts if part.name != "runner"]
        quickened(supervisor, variables)
        try:
            supervisor.start()
            yield Place(pair, supervisor, token, redis or EmbeddedBroker(supervisor), postgres)
        finally:
            supervisor.stop()


def children(pid, named=""):
    """Those that run now, the ones with `named` in their command line."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if int(parent) == pid and state != "Z" and named in command:
                found.append(int(folder.name))
    return sorted(found)


def is_gone(pid):
    """It has ended; a zombie has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def until(what, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def pairs():
    """`make test-faults`: both. Else the one that is nearer to production and can be started here."""
    if ALL:
        return [SQLITE, POSTGRESQL]
    return [POSTGRESQL if servers.postgres_programs() and shutil.which("redis-server") else SQLITE]
