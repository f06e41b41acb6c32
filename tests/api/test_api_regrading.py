"""Regrades, what-ifs and similarity over the API, with the jobs run as a worker runs them."""

from __future__ import annotations

import json

import pytest
from regrade_samples import SPEC, afresh, control_of, hand_in_run, run_of
from sqlalchemy import func, select

from graders.spec_document import write_spec
from store import repository
from store.engine import reading, transaction
from store.models import AuditEntry, ReportRecord, StaffJob
from store.queue import STAFF_TASK
from worker.staff_work import StaffWork

LAB = SPEC.model_copy(update={"slug": "lab", "title": "Lab"})
# All but the thresholds as in LAB: nothing is run anew.
HARDER = LAB.model_copy(
    update={
        "criteria": (
            LAB.criteria[0].model_copy(update={"parameters": {"full_at": 0.99, "zero_at": 0.9}}),
            *LAB.criteria[1:],
        )
    }
)
LONGER = LAB.model_copy(update={"repeats": 3})
EVERYBODY = ("ana", "dan", "grace", "ivan", "olga", "root", None)
STAFF_ONLY = {"ana": 403, "dan": 403, "grace": 200, "ivan": 200, "olga": 404, "root": 200, None: 401}
COPIED = """
import torch

def train(lab):
    model = torch.nn.Linear(lab.train_x.shape[1], lab.n_classes)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    inputs, labels = torch.tensor(lab.train_x), torch.tensor(lab.train_y)
    for epoch in range(100):
        for start in range(0, len(inputs), 16):
            optimizer.zero_grad()
            scores = model(inputs[start:start + 16])
            loss = torch.nn.functional.cross_entropy(scores, labels[start:start + 16])
            loss.backward()
            optimizer.step()
        lab.epoch(model)
    return model
"""


class Lab:
    """The assignment `lab` of the course `ml`: ana has handed in twice, dan once, all graded by version 1."""

    def __init__(self, world, spec=LAB):
        self.world, self.engine, self.spec = world, world.engine, spec
        with transaction(self.engine) as session:
            self.id = repository.create_assignment(session, course_id=world.course_id, spec=spec).id
            self.people = {name: repository.user_by_name(session, name).id for name in ("ana", "dan", "ivan")}
        self.first, self.blob = self.hand_in("ana", run_of(0, 1))
        self.second, self.second_blob = self.hand_in("ana", run_of(3, 4))
        self.dans, self.dans_blob = self.hand_in("dan", run_of(5, 5), way="unmeasured")

    def hand_in(self, who, found, **how):
        return hand_in_run(self.engine, user_id=self.people[who], assignment_id=self.id, found=found, spec=self.spec, **how)

    def publish(self, spec):
        with transaction(self.engine) as session:
            return repository.add_assignment_version(session, assignment_id=self.id, spec=spec)

    def post(self, path, who="ivan", body=None, **kwargs):
        headers = self.world.headers(who) if who else {}
        if body is not None:
            kwargs["json"] = body
        return self.world.client.post(path, headers=headers | kwargs.pop("headers", {}), **kwargs)

    def what_if(self, text, who="ivan", media_type="application/yaml"):
        return self.post("/api/v1/assignments/lab/what-if", who, content=text, headers={"Content-Type": media_type})

    def points(self, submission_id, who="ivan"):
        return self.world.get(f"/api/v1/submissions/{submission_id}/report", who).json()["points"]

    def work(self, job_id):
        StaffWork(engine=self.engine).run(job_id)
        return self.world.get(f"/api/v1/jobs/{job_id}", "ivan").json()

    def count(self, table):
        with reading(self.engine) as session:
            return session.scalar(select(func.count()).select_from(table))

    def audited(self):
        with reading(self.engine) as session:
            entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
            return [(e.action, e.subject, e.actor_id, e.course_id, e.detail) for e in entries]


@pytest.fixture
def lab(world):
    return Lab(world)


def problem(response, status, code):
    body = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert (response.status_code, body["code"]) == (status, code), body
    return body


def status_for(who, success):
    return success if STAFF_ONLY[who] == 200 else STAFF_ONLY[who]


REFUSED = {401: "unauthenticated", 403: "forbidden", 404: "not_found"}


# Who may.


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize(
    ("path", "body", "success"),
    [
        ("/api/v1/submissions/{first}/regrade", None, 200),
        ("/api/v1/assignments/lab/regrade", {}, 202),
        ("/api/v1/courses/ml/regrade", {}, 202),
        ("/api/v1/assignments/lab/similarity", {}, 202),
    ],
)
def test_staff_of_the_course_alone_may(lab, who, path, body, success):
    before = lab.count(AuditEntry), lab.count(StaffJob), lab.count(ReportRecord)
    answer = lab.post(path.format(first=lab.first), who, body)
    expected = status_for(who, success)
    # Another student's submission is not there for a student.
    if who == "dan" and "submissions" in path:
        expected = 404
    if expected in (200, 202):
        assert answer.status_code == expected, answer.text
        assert lab.count(AuditEntry) == before[0] + 1
        return
    problem(answer, expected, REFUSED[expected])
    assert (lab.count(AuditEntry), lab.count(StaffJob), lab.count(ReportRecord)) == before


@pytest.mark.parametrize("who", EVERYBODY)
def test_staff_of_the_course_alone_may_ask_what_if(lab, who):
    answer = lab.what_if(write_spec(HARDER, form="yaml"), who)
    if STAFF_ONLY[who] == 200:
        assert answer.status_code == 200
    else:
        problem(answer, STAFF_ONLY[who], REFUSED[STAFF_ONLY[who]])


@pytest.mark.parametrize("who", EVERYBODY)
def test_staff_of_the_course_alone_read_jobs_and_pairs(lab, who):
    job = lab.post("/api/v1/assignments/lab/similarity", "ivan", {}).json()
    lab.work(job["id"])
    headers = lab.world.headers(who) if who else {}
    found = lab.world.client.get(job["links"]["self"], headers=headers)
    pairs = lab.world.client.get("/api/v1/assignments/lab/similarity", headers=headers)
    if STAFF_ONLY[who] == 200:
        assert (found.status_code, pairs.status_code) == (200, 200)
        return
    problem(found, 401, "unauthenticated") if who is None else problem(found, 404, "not_found")
    problem(pairs, STAFF_ONLY[who], REFUSED[STAFF_ONLY[who]])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/submissions/none/regrade"),
        ("POST", "/api/v1/assignments/none/regrade"),
        ("POST", "/api/v1/courses/none/regrade"),
        ("POST", "/api/v1/assignments/none/similarity"),
        ("GET", "/api/v1/assignments/none/similarity"),
        ("GET", "/api/v1/jobs/none"),
    ],
)
def test_what_is_not_there_is_not_found(lab, method, path):
    body = {"json": {}} if method == "POST" else {}
    problem(lab.world.client.request(method, path, headers=lab.world.headers("ivan"), **body), 404, "not_found")


# One submission, at once.


def test_one_submission_is_judged_by_the_newest_version_at_once(lab):
    version = lab.publish(HARDER)
    before = lab.points(lab.second)
    answer = lab.post(f"/api/v1/submissions/{lab.second}/regrade", "grace").json()
    report = afresh(HARDER, lab.second_blob, "measured", spec_version=version)
    assert answer == {
        "submission": lab.second,
        "points_before": before,
        "points": report.points,
        "max_points": report.max_points,
        "spec_version": 2,
    }
    assert report.points < before
    assert lab.points(lab.second) == report.points
    (entry,) = lab.audited()
    assert entry[:2] == ("submission.regraded", lab.second)
    assert entry[3:] == (lab.world.course_id, {"from": before, "to": report.points, "version": 2})


def test_what_ran_something_else_needs_a_new_run(lab):
    lab.publish(LONGER)
    told = problem(lab.post(f"/api/v1/submissions/{lab.first}/regrade"), 409, "needs_new_run")
    assert told["detail"] == "The submission ran something else than the newest version asks. Ask for a regrade with new runs, on the page of the assignment."
    assert lab.audited() == []


def test_what_was_not_measured_needs_a_run(lab):
    waiting = lab.world.post(slug="lab").json()["id"]
    told = problem(lab.post(f"/api/v1/submissions/{waiting}/regrade"), 409, "needs_new_run")
    assert told["detail"] == "The submission has not been measured yet. Ask for a regrade with new runs, on the page of the assignment."


def test_a_submission_that_waits_for_a_new_run_is_regraded_by_the_last_one(lab):
    with transaction(lab.engine) as session:
        repository.add_run(session, submission_id=lab.first, spec_version=1, priority=9)
    lab.publish(HARDER)
    answer = lab.post(f"/api/v1/submissions/{lab.first}/regrade")
    assert answer.status_code == 200
    assert answer.json()["points"] == afresh(HARDER, lab.blob, "measured", spec_version=2).points


# Many, by a job.


@pytest.mark.parametrize(("scope", "regraded"), [("latest", 2), ("all", 3)])
def test_an_assignment_is_regraded_by_a_job(lab, scope, regraded):
    lab.publish(HARDER)
    before = {i: lab.points(i) for i in (lab.first, lab.second, lab.dans)}
    answer = lab.post("/api/v1/assignments/lab/regrade", "ivan", {"scope": scope})
    assert answer.status_code == 202
    job = answer.json()
    assert (job["kind"], job["state"], job["done"], job["result"]) == ("regrade", "queued", 0, None)
    assert [sent[:2] for sent in lab.world.broker.sent] == [(STAFF_TASK, [job["id"]])]
    done = lab.work(job["id"])
    assert (done["state"], done["done"], done["total"], done["error"]) == ("done", regraded, regraded, None)
    after = {i: lab.points(i) for i in before}
    changed = sum(before[i] != after[i] for i in before)
    assert done["result"] == {"regraded": regraded, "changed": changed, "new_runs": 0, "need_new_runs": 0}
    assert done["finished_at"] >= done["created_at"]
    assert (after[lab.first] == before[lab.first]) == (scope == "latest")
    assert after[lab.dans] == afresh(HARDER, lab.dans_blob, "unmeasured", spec_version=2).points
    (entry,) = lab.audited()
    told = {"job": job["id"], "scope": scope, "version": 2, "new_runs": False}
    assert entry == ("regrade.started", lab.id, lab.people["ivan"], lab.world.course_id, told)


def test_an_older_version_may_be_asked_for(lab):
    lab.publish(HARDER)
    job = lab.post("/api/v1/assignments/lab/regrade", "ivan", {"version": 1}).json()
    assert lab.work(job["id"])["result"]["changed"] == 0


@pytest.mark.parametrize("version", [2, 99])
def test_a_version_that_is_not_there_is_not_found(lab, version):
    told = problem(lab.post("/api/v1/assignments/lab/regrade", "ivan", {"version": version}), 404, "not_found")
    assert told["detail"] == f"'lab' has no version {version}."
    assert (lab.count(StaffJob), lab.audited()) == (0, [])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/assignments/lab/regrade", {"scope": "some"}),
        ("/api/v1/assignments/lab/regrade", {"version": 0}),
        ("/api/v1/assignments/lab/regrade", {"newruns": True}),
        ("/api/v1/courses/ml/regrade", {"version": 1}),
        ("/api/v1/assignments/lab/similarity", {"threshold": 0}),
        ("/api/v1/assignments/lab/similarity", {"boilerplate": ["x"] * 21}),
    ],
)
def test_what_is_asked_wrongly_is_told(lab, path, body):
    problem(lab.post(path, "ivan", body), 422, "validation_failed")


def test_a_course_is_regraded_by_a_job(lab):
    lab.publish(HARDER)
    job = lab.post("/api/v1/courses/ml/regrade", "root", {"scope": "all"}).json()
    assert lab.work(job["id"])["result"]["regraded"] == 3
    assert lab.points(lab.first) == afresh(HARDER, lab.blob, "measured", spec_version=2).points
    (entry,) = lab.audited()
    assert (entry[0], entry[1], entry[4]["scope"]) == ("regrade.started", lab.world.course_id, "all")


def test_new_runs_are_made_where_they_are_asked_for(lab):
    lab.publish(LONGER)
    told = lab.work(lab.post("/api/v1/assignments/lab/regrade", "ivan", {}).json()["id"])
    assert told["result"] == {"regraded": 0, "changed": 0, "new_runs": 0, "need_new_runs": 2}
    made = lab.work(lab.post("/api/v1/assignments/lab/regrade", "ivan", {"new_runs": True}).json()["id"])
    assert made["result"] == {"regraded": 0, "changed": 0, "new_runs": 2, "need_new_runs": 0}
    states = {i: lab.world.get(f"/api/v1/submissions/{i}", "ivan").json()["state"] for i in (lab.first, lab.second)}
    assert states == {lab.first: "graded", lab.second: "queued"}


@pytest.mark.parametrize(("asked", "device"), [("gpu", "gpu"), ("any", "cpu")])
def test_new_runs_are_made_on_the_device_that_the_new_version_asks_for(lab, asked, device):
    lab.publish(LAB.model_copy(update={"device": asked}))
    lab.work(lab.post("/api/v1/assignments/lab/regrade", "ivan", {"new_runs": True}).json()["id"])
    found = lab.world.get(f"/api/v1/submissions/{lab.second}", "ivan").json()
    assert (found["state"], found["device"]) == ("queued", device)


def test_a_job_that_came_to_grief_says_so(lab):
    with transaction(lab.engine) as session:
        job = repository.create_staff_job(
            session, kind="regrade", course_id=lab.world.course_id, assignment_id=lab.id,
            parameters={"scope": "all", "version": 7}, author_id=lab.people["ivan"],
        )  # fmt: skip
    told = lab.work(job.id)
    assert told["state"] == "errored"
    assert "has no version 7" in told["error"]


# What if.


@pytest.mark.parametrize(("form", "media_type"), [("yaml", "application/yaml"), ("json", "application/json")])
def test_what_if_says_whose_grade_would_change_and_saves_nothing(lab, form, media_type):
    before = lab.count(ReportRecord), lab.count(StaffJob), lab.points(lab.second)
    answer = lab.what_if(write_spec(HARDER, form=form), media_type=media_type).json()
    assert (answer["judged"], answer["need_new_runs"]) == (2, 0)
    # Of each student the newest: not ana's first.
    by_submission = {change["submission"]: change for change in answer["changes"]}
    assert set(by_submission) == {lab.second, lab.dans}
    for submission_id, blob, student in ((lab.second, lab.second_blob, "ana"), (lab.dans, lab.dans_blob, "dan")):
        change = by_submission[submission_id]
        after = afresh(HARDER, blob, "measured", spec_version=2)
        was = afresh(LAB, blob, "measured", spec_version=1)
        assert change["student"] == student
        assert (change["points_before"], change["points_after"]) == (was.points, after.points)
        assert change["criteria"] == [
            {"id": old.id, "before": old.verdict, "after": new.verdict}
            for old, new in zip(was.criteria, after.criteria, strict=True)
            if old.verdict != new.verdict
        ]
    assert [criterion["id"] for criterion in by_submission[lab.dans]["criteria"]] == ["accuracy"]
    assert (lab.count(ReportRecord), lab.count(StaffJob), lab.points(lab.second)) == before
    assert lab.audited() == []


def test_what_if_nothing_changes(lab):
    assert lab.what_if(write_spec(LAB, form="yaml")).json() == {"judged": 2, "changes": [], "need_new_runs": 0}


def test_what_if_it_ran_something_else(lab):
    answer = lab.what_if(write_spec(LONGER, form="yaml")).json()
    assert answer == {"judged": 0, "changes": [], "need_new_runs": 2}


def test_a_faulty_document_is_told_with_its_lines(lab):
    text = write_spec(HARDER, form="yaml").replace("full_at: 0.99", "full_at: 1.5").replace("repeats:", "repaets:")
    told = problem(lab.what_if(text), 422, "spec_invalid")
    faults = {fault["location"]: fault for fault in told["errors"]}
    assert {"criteria[0].parameters.full_at", "repaets"} <= set(faults)
    assert all(fault["line"] for fault in faults.values())


@pytest.mark.parametrize(
    ("text", "media_type", "status", "code"),
    [
        ("slug: lab", "text/plain", 415, "unsupported_media_type"),
        ("{", "application/json", 422, "spec_invalid"),
        (b"slug: \xff", "application/yaml", 422, "not_utf8"),
        ("#" * 2_000_000, "application/yaml", 413, "too_large"),
    ],
)
def test_a_body_that_is_no_document_is_refused(lab, text, media_type, status, code):
    answer = lab.what_if(text, media_type=media_type)
    assert (answer.json()["code"], answer.status_code) == (code, status)


# Similarity.


def test_pairs_are_shown_with_names_and_lines(lab):
    problem(lab.world.get("/api/v1/assignments/lab/similarity", "ivan"), 404, "no_similarity_yet")
    renamed = COPIED.replace("model", "net").replace("optimizer", "opt")
    sources = {
        who: lab.world.post(who, source=source, slug="lab").json()["id"]
        for who, source in (("ana", COPIED), ("dan", "# mine\n" + renamed))
    }
    job = lab.post("/api/v1/assignments/lab/similarity", "grace", {"threshold": 0.7}).json()
    problem(lab.world.get("/api/v1/assignments/lab/similarity", "ivan"), 404, "no_similarity_yet")
    done = lab.work(job["id"])
    assert (done["state"], done["total"], done["error"]) == ("done", 2, None)
    found = lab.world.get("/api/v1/assignments/lab/similarity", "ivan").json()
    assert (found["compared"], found["skipped"], found["checked_at"]) == (2, [], done["finished_at"])
    (pair,) = found["pairs"]
    names = {pair["first"]: pair["first_student"], pair["second"]: pair["second_student"]}
    assert names == {sources["ana"]: "ana", sources["dan"]: "dan"}
    assert min(pair["share_first"], pair["share_second"]) > 0.9
    lines = len(COPIED.splitlines())
    assert pair["spans"]
    for span in pair["spans"]:
        assert 1 <= span["first_lines"][0] <= span["first_lines"][1] <= lines + 1
        assert span["second_lines"][0] == span["first_lines"][0] + 1
    (entry,) = lab.audited()
    assert entry[0] == "similarity.started"
    assert entry[4] == {"job": job["id"], "threshold": 0.7}


def test_what_everybody_was_given_is_nobodys_own(lab):
    for who in ("ana", "dan"):
        lab.world.post(who, source=COPIED, slug="lab")
    job = lab.post("/api/v1/assignments/lab/similarity", "ivan", {"boilerplate": [COPIED]}).json()
    assert lab.work(job["id"])["state"] == "done"
    assert lab.world.get("/api/v1/assignments/lab/similarity", "ivan").json()["pairs"] == []
    # The given source may be long, and is not part of what is written down of it.
    assert "boilerplate" not in lab.audited()[0][4]


# What students never see.


@pytest.fixture
def flagged(lab):
    """A submission of ana's whose control run went on giving the original labels."""
    submission_id, _ = lab.hand_in("ana", run_of(1, 1), way="controlled", control=control_of(cheats=True))
    job = lab.post("/api/v1/assignments/lab/regrade", "ivan", {}).json()
    lab.work(job["id"])
    return submission_id


def test_flags_are_for_the_staff(lab, flagged):
    for who in ("grace", "ivan", "root"):
        (flag,) = lab.world.get(f"/api/v1/submissions/{flagged}/report", who).json()["flags"]
        assert flag["code"] == "integrity.ignores_labels"
        assert (flag["parameters"]["original"], flag["parameters"]["permuted"]) == (1.0, 0.0)
    answer = lab.world.get(f"/api/v1/submissions/{flagged}/report", "ana")
    assert answer.json()["flags"] == []
    assert "integrity" not in answer.text


def test_which_board_rows_were_missed_is_for_nobody(lab, flagged):
    with reading(lab.engine) as session:
        stored = repository.submission_details(session, flagged).report
    assert (len(stored.board_misses) > 0, stored.board_rows) == (True, 40)
    for who in ("ana", "grace", "ivan", "root"):
        answer = lab.world.get(f"/api/v1/submissions/{flagged}/report", who)
        assert (answer.json()["board_misses"], answer.json()["board_rows"]) == ("", 0)
        assert stored.board_misses not in answer.text
        assert '"board"' not in json.dumps(answer.json()["parts"])


@pytest.mark.parametrize(("who", "sees"), [("ana", False), ("grace", True), ("ivan", True)])
def test_the_page_shows_flags_to_the_staff_alone(lab, flagged, who, sees):
    lab.world.client.cookies.clear()
    assert lab.world.client.post("/login", data={"token": lab.world.tokens[who]}).status_code == 303
    page = lab.world.client.get(f"/submissions/{flagged}")
    assert page.status_code == 200
    assert ("For review" in page.text) == sees
    assert ("permuted between the classes" in page.text) == sees
    assert ("integrity" in page.text) is False
    with reading(lab.engine) as session:
        stored = repository.submission_details(session, flagged).report
    assert stored.board_misses not in page.text
