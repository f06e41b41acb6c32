"""The class of `classroom.py` on a service of its own: made, graded, dated back over two weeks, acted upon."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
from classroom import INSTRUCTOR, STUDENTS, class_works, login_of
from sqlalchemy import select, update

from graders.labs import LABS
from graders.spec import LeaderboardSpec, Limits, Quota, SplitSizes
from server.demo import free_port, load_examples
from store import repository
from store.engine import make_engine, transaction
from store.models import Assignment, AuditEntry, ReportRecord, Run, Submission
from store.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
COURSE, STAFF, SHOWN = "nn-2026", "ina-dobre", "sofia-ardelean"
DAY_S = 86_400.0
# The machine that takes the pictures may be busy.
_PATIENT = Limits(wall_time_s=240)
# Lab -> (in how many days it is due, what differs from the built-in lab).
ASSIGNMENTS = {
    "iris-single-layer": (-10, {}),
    "iris-multi-layer": (-3, {}),
    "mnist-single-layer": (11, {"limits": _PATIENT, "quota": Quota(per_day=4, burst=6)}),
    "mnist-multi-layer": (
        4,
        {
            "limits": _PATIENT,
            "quota": Quota(per_day=4, burst=6),
            "leaderboard": LeaderboardSpec(names_shown=True),
            "split": SplitSizes(train=48_000, validation=10_000, test=10_000, board=2_000),
        },
    ),
}
SLOW = """
import time

import torch


def train(lab):
    x, y = torch.from_numpy(lab.train_x).flatten(1), torch.from_numpy(lab.train_y)
    model = torch.nn.Sequential(torch.nn.Linear(784, 96), torch.nn.ReLU(), torch.nn.Linear(96, lab.n_classes))
    model = torch.nn.Sequential(torch.nn.Flatten(), *model)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.002)
    for epoch in range(12):
        for rows in torch.randperm(len(x)).split(512):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
            optimizer.step()
        lab.epoch(model)
        time.sleep(1.5)
    return model
"""
FINAL = {"graded", "failed", "errored", "cancelled", "superseded"}


class Class:
    """The running service and its people."""

    def __init__(self, settings):
        self.settings = settings
        self.url = f"http://{settings.host}:{settings.port}"
        self.tokens = {}

    def api(self, who=STAFF):
        signed = {"Authorization": f"Bearer {self.tokens[who]}"}
        return httpx.Client(base_url=f"{self.url}/api/v1", headers=signed, timeout=60)

    def hand_in(self, who, assignment, source):
        with self.api(who) as http:
            answer = http.post(f"/assignments/{assignment}/submissions", json={"filename": "lab.py", "source": source})
            return answer.raise_for_status().json()["id"]

    def wait_for(self, identifiers, *, states=FINAL):
        with self.api() as http:
            for identifier in identifiers:
                deadline = time.monotonic() + 900
                while http.get(f"/submissions/{identifier}").raise_for_status().json()["state"] not in states:
                    if time.monotonic() > deadline:
                        raise TimeoutError(identifier)
                    time.sleep(0.3)


def make_people(settings, tokens):
    engine = make_engine(settings.database_url)
    with transaction(engine) as session:
        course = repository.create_course(session, slug=COURSE, title="Neural networks, autumn 2026")
        for slug, (_, changes) in ASSIGNMENTS.items():
            spec = LABS[slug].model_copy(update=changes)
            repository.create_assignment(session, course_id=course.id, spec=spec, due_at=time.time() + 30 * DAY_S)
        for name in (INSTRUCTOR, *STUDENTS):
            role, login = "instructor" if name == INSTRUCTOR else "student", login_of(name)
            user = repository.create_user(session, name=login, display_name=name, email=f"{login}@example.org")
            repository.enroll(session, user_id=user.id, course_id=course.id, role=role)
            tokens[login] = repository.create_token(session, user_id=user.id, role=role, label="laptop")
    engine.dispose()


def grade_the_class(room):
    """Submission ids, {(login, assignment): id}, of what counts last."""
    examples = {f"{e.assignment}/{e.name}": e.source for e in load_examples(ROOT / "examples")}
    works, done = class_works(examples), []
    for number in range(0, len(works), 12):
        batch = works[number : number + 12]
        ids = [room.hand_in(login_of(work.student), work.assignment, work.source) for work in batch]
        room.wait_for(ids)
        done += zip(batch, ids, strict=True)
        print(f"  {len(done)} of {len(works)} graded", flush=True)
    date_back(room.settings, {identifier: work.days_ago for work, identifier in done})
    return {(login_of(work.student), work.assignment): identifier for work, identifier in done}


def date_back(settings, days_ago):
    """Everything that happened to a submission moves with it; the due dates come to where they shall be."""
    engine, now = make_engine(settings.database_url), time.time()
    with transaction(engine) as session:
        for identifier, days in days_ago.items():
            at = session.scalar(select(Submission.created_at).where(Submission.id == identifier))
            moved = now - days * DAY_S - at
            session.execute(update(Submission).where(Submission.id == identifier).values(created_at=at + moved))
            runs = session.scalars(select(Run).where(Run.submission_id == identifier)).all()
            for run in runs:
                run.created_at, run.waits_since = run.created_at + moved, run.waits_since + moved
                run.started_at, run.finished_at = run.started_at + moved, run.finished_at + moved
                report = update(ReportRecord).where(ReportRecord.run_id == run.id)
                session.execute(report.values(created_at=ReportRecord.created_at + moved))
        for slug, (due_in_days, _) in ASSIGNMENTS.items():
            due = update(Assignment).where(Assignment.slug == slug)
            session.execute(due.values(due_at=now + due_in_days * DAY_S, created_at=now - 20 * DAY_S))
        session.execute(update(AuditEntry).values(at=AuditEntry.at - 2 * DAY_S))
    engine.dispose()


def act(room, ids):
    """What staff have done: points given, time given, a version published, codes compared."""
    overridden = ids["andrei-lungu", "iris-multi-layer"]
    with room.api() as http:
        given = {"points": 80, "reason": "Explained in the lab why waves fit anything"}
        http.post(f"/submissions/{overridden}/override", json=given).raise_for_status()
        longer = {"due_at": time.time() + 9 * DAY_S, "reason": "ill for a week"}
        http.put("/assignments/mnist-multi-layer/extensions/horia-barbu", json=longer).raise_for_status()
        spec = http.get("/assignments/iris-single-layer/spec", headers={"Accept": "application/json"})
        wanted = spec.raise_for_status().json()
        wanted = wanted.get("spec", wanted)
        for criterion in wanted["criteria"]:
            if criterion["id"] == "accuracy":
                criterion["parameters"]["full_at"] = 0.9
        sent = {"json": wanted, "headers": {"If-Match": spec.headers["etag"]}, "params": {"note": "0.90 is reached by all who scale"}}
        http.put("/assignments/iris-single-layer/spec", **sent).raise_for_status()
        job = http.post("/assignments/mnist-single-layer/similarity", json={}).raise_for_status().json()
        while http.get("/assignments/mnist-single-layer/similarity").status_code != 200:
            time.sleep(0.2)
        http.post("/assignments/iris-multi-layer/regrade", json={}).raise_for_status()
    return job["id"]


def settings_in(home):
    return Settings().model_copy(
        update={
            "data_dir": home,
            "port": free_port(),
            "redis_url": f"redis://127.0.0.1:{free_port()}/0",
            "database_url": f"sqlite:///{home}/labmark.sqlite3",
            "runner_socket": home / "runner.sock",
        }
    )
