"""Runs one by one: what each left, who reads it, and once more for one that ended by our fault."""

from __future__ import annotations

import pytest
from test_api_courses import walk
from test_api_submissions import problem

from graders.evidence_format import from_bytes
from graders.report import CriterionResult
from store import repository
from store.engine import reading, transaction
from store.models import Run
from store.queue import RUN_TASK


@pytest.fixture
def graded(world, report):
    """(id of the submission, id of its run), graded."""
    submission_id = world.post().json()["id"]
    world.finish(submission_id, report)
    return submission_id, run_of(world, submission_id)


def run_of(world, submission_id):
    with reading(world.engine) as session:
        return repository.submission_details(session, submission_id).run.id


def error(world, submission_id):
    run_id = run_of(world, submission_id)
    with transaction(world.engine) as session:
        claim = repository.claim(session, run_id)
        assert repository.mark_errored(session, run_id, claim.attempt, "the runner was away")
    return run_id


def add_control(world, submission_id):
    with transaction(world.engine) as session:
        return repository.add_run(
            session, submission_id=submission_id, kind="control", spec_version=1, priority=repository.PRIORITY_REGRADE
        ).id


def test_a_run_says_where_it_stands_and_what_it_left(world, graded):
    submission_id, run_id = graded
    (item,) = world.get(f"/api/v1/submissions/{submission_id}/runs").json()["items"]
    assert item == world.get(f"/api/v1/runs/{run_id}").json()
    assert (item["id"], item["submission"], item["kind"], item["state"]) == (run_id, submission_id, "graded", "graded")
    assert (item["attempt"], item["attempts_allowed"], item["reports"]) == (1, 3, 1)
    assert item["evidence_bytes"] > 0
    assert "evidence" not in item["links"]
    assert world.get(f"/api/v1/runs/{run_id}/log").text == "hello\n"


def test_runs_are_listed_in_pages_and_control_runs_are_for_staff(world, graded):
    submission_id, run_id = graded
    control = add_control(world, submission_id)
    address = f"/api/v1/submissions/{submission_id}/runs?limit=1"
    assert [[run["id"] for run in page] for page in walk(world, address, "grace")] == [[control], [run_id]]
    assert [[run["id"] for run in page] for page in walk(world, address, "ana")] == [[run_id]]
    assert world.get(f"/api/v1/runs/{control}", "grace").json()["kind"] == "control"
    problem(world.get(f"/api/v1/runs/{control}", "ana"), 404, "not_found")
    problem(world.get(f"/api/v1/runs/{control}/log", "ana"), 404, "not_found")


def test_a_submission_is_no_run(world, graded):
    submission_id, _ = graded
    problem(world.get(f"/api/v1/runs/{submission_id}", "root"), 404, "not_found")
    problem(world.client.post(f"/api/v1/runs/{submission_id}/retry", headers=world.headers("root")), 404, "not_found")


def test_each_judgement_is_kept_and_staff_read_the_earlier_ones(world, graded, report):
    _, run_id = graded
    with transaction(world.engine) as session:
        ivan = repository.user_by_name(session, "ivan").id
        repository.add_report(
            session, run_id, report.model_copy(update={"points": 7}), cause="regrade", author_id=ivan
        )
    base = f"/api/v1/runs/{run_id}/reports"
    pages = walk(world, f"{base}?limit=1", "grace")
    assert [(r["version"], r["cause"], r["points"], r["author"]) for page in pages for r in page] == [
        (2, "regrade", 7, "ivan"), (1, "run", 9, None),
    ]  # fmt: skip
    assert world.get(f"{base}/1", "grace").json()["points"] == 9
    (own,) = world.get(base, "ana").json()["items"]
    assert (own["version"], own["points"], own["author"]) == (2, 4, None)
    assert [c["id"] for c in world.get(f"{base}/2", "ana").json()["criteria"]] == ["validation_accuracy"]
    problem(world.get(f"{base}/1", "ana"), 404, "not_found")
    problem(world.get(f"{base}/3", "grace"), 404, "not_found")


def test_what_an_instructor_has_hidden_since_is_not_read_off_an_earlier_report(world, report):
    """The criterion was shown once, and a regrade by a version that hides it took it away."""
    shown = tuple(criterion.model_copy(update={"visibility": "always"}) for criterion in report.criteria)
    submission_id = world.post().json()["id"]
    world.finish(submission_id, report.model_copy(update={"criteria": shown}))
    run_id = run_of(world, submission_id)
    with transaction(world.engine) as session:
        repository.add_report(session, run_id, report, cause="regrade")
    listed = world.get(f"/api/v1/runs/{run_id}/reports").json()["items"]
    readable = [world.get(item["links"]["self"]).json() for item in listed]
    assert {c["id"] for found in readable for c in found["criteria"]} == {"validation_accuracy"}
    assert all(CriterionResult.model_validate(c) for found in readable for c in found["criteria"])


def test_evidence_is_for_staff(world, graded):
    _, run_id = graded
    found = world.get(f"/api/v1/runs/{run_id}/evidence", "grace").json()
    file = world.get(found["links"]["file"], "grace")
    assert file.headers["content-type"] == "application/octet-stream"
    assert file.headers["content-disposition"] == f'attachment; filename="{run_id}.evidence"'
    assert len(file.content) == found["size_bytes"]
    assert from_bytes(file.content).n_classes == 3
    for path in ("evidence", "evidence/file"):
        problem(world.get(f"/api/v1/runs/{run_id}/{path}", "ana"), 403, "forbidden")


def test_a_run_without_evidence_says_so(world):
    run_id = run_of(world, world.post().json()["id"])
    for path in ("evidence", "evidence/file"):
        problem(world.get(f"/api/v1/runs/{run_id}/{path}", "ivan"), 404, "no_evidence")
    assert world.get(f"/api/v1/runs/{run_id}/reports").json() == {"items": [], "next": None}


def test_staff_send_an_errored_run_into_the_queue_again(world):
    submission_id = world.post().json()["id"]
    run_id = error(world, submission_id)
    world.broker.sent.clear()
    answer = world.client.post(f"/api/v1/runs/{run_id}/retry", headers=world.headers("grace"))
    assert answer.status_code == 202
    body = answer.json()
    assert (body["state"], body["attempt"], body["attempts_allowed"]) == ("queued", 1, 4)
    assert [(task[0], task[1]) for task in world.broker.sent] == [(RUN_TASK, [run_id])]
    assert world.get(f"/api/v1/submissions/{submission_id}").json()["state"] == "queued"
    with reading(world.engine) as session:
        (entry,) = [e for e in repository.audit_entries(session, [world.course_id]) if e.action == "run.retried"]
    assert (entry.actor, entry.subject) == ("grace", run_id)


def test_only_an_errored_run_is_retried_and_only_once(world, graded):
    retry = f"/api/v1/runs/{graded[1]}/retry"
    problem(world.client.post(retry, headers=world.headers("ivan")), 409, "not_errored")
    run_id = error(world, world.post().json()["id"])
    again = [world.client.post(f"/api/v1/runs/{run_id}/retry", headers=world.headers("ivan")) for _ in range(2)]
    assert [answer.status_code for answer in again] == [202, 409]
    with reading(world.engine) as session:
        assert session.get(Run, run_id).attempts_allowed == 4
