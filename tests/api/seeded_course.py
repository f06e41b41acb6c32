"""A course in which everything has happened once, and somebody of every kind with a token: for tests of the whole API."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn
from databases import migrated_database
from recording_broker import Broker
from regrade_samples import SPEC, hand_in_run, run_of
from sqlalchemy import delete, insert, select

from api.app import create_app
from graders.spec import LeaderboardSpec, Quota
from store import repository
from store.dataset_files import read_dataset, to_archive
from store.engine import make_engine, reading, transaction
from store.models import Base
from store.settings import Settings

LAB = SPEC.model_copy(
    update={
        "slug": "lab", "title": "Lab", "counting": "chosen", "leaderboard": LeaderboardSpec(),
        # Of what Iris has.
        "split": SPEC.split.model_copy(update={"train": 70}),
        "quota": Quota(per_day=1000, burst=1000, failed_per_day=1000, failed_burst=1000),
    }
)  # fmt: skip
DAY_S = 86_400.0
CSV = b"height,width,kind\n" + b"".join(b"%d,%d,%s\n" % (n, n * n % 7, b"ab"[n % 2 : n % 2 + 1]) for n in range(40))
METRICS_TOKEN = "a-token-for-the-metrics"
# Name -> (role in the course, role in the other course, whether an admin).
PEOPLE = {
    "ana": ("student", None, False),
    "dan": ("student", None, False),
    "grace": ("grader", None, False),
    "ivan": ("instructor", None, False),
    "olga": (None, "instructor", False),
    "otto": (None, "student", False),
    "root": (None, None, True),
}
# Who asks -> (whose token, its role). A token may say less than its owner may do, and never more.
TOKENS = {
    **{name: (name, enrolled or elsewhere or "admin") for name, (enrolled, elsewhere, _) in PEOPLE.items()},
    "ana with an admin's token": ("ana", "admin"),
    "ivan with a student's token": ("ivan", "student"),
    "ivan with a grader's token": ("ivan", "grader"),
    "root with an instructor's token": ("root", "instructor"),
}


@dataclass
class Seeded:
    settings: Settings
    engine: object
    app: object
    broker: Broker
    tokens: dict = field(default_factory=dict)
    # What stands for the parts of addresses: {"slug": "lab", "submission_id": ...}.
    names: dict = field(default_factory=dict)

    def headers(self, who):
        return {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}


@contextmanager
def seeded_course(folder, **settings):
    with migrated_database(folder) as url:
        # Nothing listens on port 1.
        settings = Settings(database_url=url, redis_url="redis://127.0.0.1:1/0", metrics_token=METRICS_TOKEN, **settings)
        engine, app, broker = make_engine(url), create_app(settings), Broker()
        object.__setattr__(app.state.services, "celery", broker)
        seeded = Seeded(settings, engine, app, broker)
        with transaction(engine) as session:
            _people(session, seeded)
        _work(seeded)
        with transaction(engine) as session:
            _decisions(session, seeded)
        yield seeded
        engine.dispose()


def _people(session, seeded):
    course = repository.create_course(session, slug="ml", title="Machine learning")
    other = repository.create_course(session, slug="other", title="Another course")
    ids = {}
    for name, (enrolled, elsewhere, is_admin) in PEOPLE.items():
        ids[name] = repository.create_user(session, name=name, is_admin=is_admin).id
        for where, role in ((course, enrolled), (other, elsewhere)):
            if role:
                repository.enroll(session, user_id=ids[name], course_id=where.id, role=role)
    for who, (name, role) in TOKENS.items():
        seeded.tokens[who] = repository.create_token(session, user_id=ids[name], role=role)
    seeded.tokens["an expired token"] = repository.create_token(session, user_id=ids["root"], role="admin", expires_at=1.0)
    seeded.tokens["a revoked token"] = repository.create_token(session, user_id=ids["root"], role="admin")
    repository.revoke_token(session, seeded.tokens["a revoked token"])
    seeded.tokens["the metrics token"] = METRICS_TOKEN
    assignment = repository.create_assignment(session, course_id=course.id, spec=LAB, due_at=time.time() + 10 * DAY_S)
    read = read_dataset(filename="kinds.csv", content=CSV, label_column="kind")
    new = repository.NewDataset(name="kinds", sha256=read.sha256, facts=read.facts(), archive=to_archive(read))
    repository.create_dataset(session, course_id=course.id, author_id=ids["ivan"], new=new)
    seeded.names = {
        "slug": "lab", "course": "ml", "name": "kinds", "user": "ana", "framework": "pytorch", "ids": ids,
        "assignment_id": assignment.id, "course_id": course.id,
    }  # fmt: skip


def _work(seeded):
    """ana: one graded, one errored, one that waits; dan: one graded."""
    names, engine = seeded.names, seeded.engine
    for who in ("ana", "dan"):
        graded, _ = hand_in_run(
            engine, user_id=names["ids"][who], assignment_id=names["assignment_id"], found=run_of(0, 1), spec=LAB
        )
        names["submission_id" if who == "ana" else "dans_submission"] = graded
    with transaction(engine) as session:
        for kind in ("errored", "waiting"):
            done = repository.submit(
                session, user_id=names["ids"]["ana"], assignment_id=names["assignment_id"],
                new=repository.NewSubmission(filename="lab.py", source="x = 1\n"),
            )  # fmt: skip
            names[f"{kind}_submission"], names[f"{kind}_run"] = done.submission_id, done.run_id
            if kind == "errored":
                claim = repository.claim(session, done.run_id)
                assert repository.mark_errored(session, done.run_id, claim.attempt, "the runner was away")
        names["run_id"] = repository.submission_details(session, names["submission_id"]).run.id


def _decisions(session, seeded):
    names = seeded.names
    common = {"assignment_id": names["assignment_id"], "user_id": names["ids"]["ana"]}
    author = {"author_id": names["ids"]["ivan"], "reason": "Was ill"}
    repository.set_extension(session, **common, due_at=time.time() + 20 * DAY_S, **author)
    repository.grant_quota(session, **common, per_day=None, burst=None, extra=2, **author)
    repository.give_override(
        session, submission_id=names["submission_id"], points=1, computed_points=1, **author
    )
    job = repository.create_staff_job(
        session, kind="similarity", course_id=names["course_id"], assignment_id=names["assignment_id"],
        parameters={"threshold": 0.8}, author_id=names["ids"]["ivan"],
    )  # fmt: skip
    claimed = repository.claim_staff_job(session, job.id)
    assert repository.progress_staff_job(
        session, job.id, claimed.attempt, done_before=0, done=2, total=2, finished=True,
        result={"compared": 2, "skipped": [], "pairs": []},
    )  # fmt: skip
    names["job_id"] = job.id
    for name in ("newcomer", "another-newcomer"):
        user = repository.create_user(session, name=name)
        repository.enroll(session, user_id=user.id, course_id=names["course_id"], role="grader")
        repository.invite(
            session, user_id=user.id, course_id=names["course_id"], author_id=names["ids"]["ivan"], purpose="invitation",
            lifetime_s=DAY_S,
        )  # fmt: skip
    names["invitation_id"] = repository.invitations_of(session, names["course_id"], now=time.time())[0].id
    repository.create_token(session, user_id=names["ids"]["ana"], label="to be revoked")
    names["token_id"] = repository.tokens_of(session, names["ids"]["ana"])[0].id


@contextmanager
def served(app):
    """Over real HTTP, in a thread; gives the address."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


def snapshot(engine):
    """Every row of every table."""
    with reading(engine) as session:
        return {
            table.name: sorted((tuple(row) for row in session.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
        }


def restore(engine, rows):
    with transaction(engine) as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(delete(table))
        for table in Base.metadata.sorted_tables:
            names = [column.name for column in table.columns]
            if rows[table.name]:
                session.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows[table.name]])
