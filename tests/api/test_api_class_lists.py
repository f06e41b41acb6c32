"""Submissions of a class: filtered, in pages, and for its staff alone."""

from __future__ import annotations

import time

import pytest
from test_api_courses import walk
from test_api_submissions import problem

from graders.report import Message
from store import repository
from store.engine import transaction

CLASS = "/api/v1/assignments/iris/submissions"
COURSE = "/api/v1/courses/ml/submissions"


@pytest.fixture
def handed_in(world, report):
    """ana: graded and flagged, then one that waits; dan: graded; errored. By name."""
    found = {"flagged": world.post("ana").json()["id"]}
    world.finish(found["flagged"], report.model_copy(update={"flags": (Message(code="integrity.labels_known"),)}))
    found["graded"] = world.post("dan").json()["id"]
    world.finish(found["graded"], report)
    found["errored"] = world.post("dan").json()["id"]
    with transaction(world.engine) as session:
        run_id = repository.submission_details(session, found["errored"]).run.id
        claim = repository.claim(session, run_id)
        assert repository.mark_errored(session, run_id, claim.attempt, "the runner was away")
    found["waiting"] = world.post("ana").json()["id"]
    return found


def ids(world, address, who="grace"):
    return [item["id"] for page in walk(world, address, who) for item in page]


@pytest.mark.parametrize("address", [CLASS, COURSE])
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["waiting", "errored", "graded", "flagged"]),
        ("student=ana", ["waiting", "flagged"]),
        ("student=nobody", []),
        ("state=graded", ["graded", "flagged"]),
        ("state=errored&state=queued", ["waiting", "errored"]),
        ("flagged=true", ["flagged"]),
        ("flagged=false", ["waiting", "errored", "graded"]),
        ("flagged=true&student=dan", []),
        ("limit=1", ["waiting", "errored", "graded", "flagged"]),
        ("limit=1&state=graded&student=dan", ["graded"]),
        ("limit=2&flagged=false", ["waiting", "errored", "graded"]),
    ],
)
def test_filters_hold_through_all_pages(address, query, expected, world, handed_in):
    assert ids(world, f"{address}?{query}") == [handed_in[name] for name in expected]


def test_what_was_handed_in_since_a_moment(world, handed_in):
    at = world.get(f"/api/v1/submissions/{handed_in['errored']}", "grace").json()["created_at"]
    assert ids(world, f"{CLASS}?since={at}") == [handed_in["waiting"], handed_in["errored"]]
    assert ids(world, f"{CLASS}?since={time.time() + 60}") == []


def test_a_course_is_narrowed_to_an_assignment(world, handed_in):
    assert len(ids(world, f"{COURSE}?assignment=iris")) == 4
    problem(world.get(f"{COURSE}?assignment=nothing", "grace"), 404, "not_found")


@pytest.mark.parametrize("address", [CLASS, COURSE])
def test_students_filter_their_own_and_read_no_flags(address, world, handed_in):
    assert ids(world, f"{address}?state=graded", "ana") == [handed_in["flagged"]]
    assert ids(world, f"{address}?student=ana", "ana") == [handed_in["waiting"], handed_in["flagged"]]
    assert {item["flagged"] for item in world.get(address, "ana").json()["items"]} == {None}
    for query in ("flagged=true", "flagged=false", "student=dan"):
        problem(world.get(f"{address}?{query}", "ana"), 403, "forbidden")


def test_staff_see_who_and_whether_to_look(world, handed_in):
    found = {item["id"]: item for item in world.get(CLASS, "grace").json()["items"]}
    assert found[handed_in["flagged"]]["flagged"] is True
    assert found[handed_in["graded"]]["flagged"] is False
    assert found[handed_in["graded"]]["display_name"] == "dan"


@pytest.mark.parametrize("query", ["state=done", "since=-1", "since=nan", "since=1e300", "limit=0", "limit=101", "before=x", "flagged=perhaps"])
def test_a_filter_that_means_nothing_is_refused(query, world):
    problem(world.get(f"{CLASS}?{query}", "grace"), 422, "validation_failed")


def test_ones_own_are_filtered_too(world, handed_in):
    assert ids(world, "/api/v1/submissions?state=graded", "ana") == [handed_in["flagged"]]
