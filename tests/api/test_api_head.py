"""HEAD answers as GET does, without the body: over real HTTP, where a body too many would be seen."""

from __future__ import annotations

import httpx
import pytest
from seeded_course import seeded_course, served

ADDRESSES = (
    "/healthz", "/api/v1/me", "/api/v1/assignments/lab", "/api/v1/assignments/nothing", "/api/v1/nowhere",
    "/api/v1/submissions/{submission_id}/report", "/api/v1/submissions/{submission_id}/log",
    "/api/v1/assignments/lab/grades.csv", "/api/v1/runs/{run_id}/evidence/file", "/static/labmark.css", "/",
)  # fmt: skip
# Of each request, not of what was asked.
OWN = {"date", "x-request-id"}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    with seeded_course(tmp_path_factory.mktemp("head")) as seeded:
        yield seeded


@pytest.fixture(scope="module")
def http(course):
    with served(course.app) as address, httpx.Client(base_url=address, headers=course.headers("root"), timeout=5) as client:
        yield client


def told(answer):
    return {name: value for name, value in answer.headers.items() if name not in OWN}


@pytest.mark.parametrize("address", ADDRESSES)
def test_head_tells_what_get_would(address, course, http):
    path = address.format(**course.names)
    head, get = http.head(path), http.get(path)
    assert (head.status_code, told(head)) == (get.status_code, told(get))
    assert head.content == b""
    # The same connection is good for more: nothing was left in it.
    assert http.get("/healthz").status_code == 200


def test_of_a_stream_of_events_head_tells_that_it_is_one_and_ends(course, http):
    """The submission waits: GET would go on for as long as it does."""
    answer = http.head(f"/api/v1/submissions/{course.names['waiting_submission']}/events")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")


def test_who_is_unknown_is_told_so_by_head_too(course, http):
    assert http.head("/api/v1/me", headers={"Authorization": "Bearer x"}).status_code == 401


def test_what_only_takes_forms_has_no_head(http):
    answer = http.head("/api/v1/assignments/validate")
    assert answer.status_code == http.get("/api/v1/assignments/validate").status_code


def test_requests_by_head_are_counted_by_their_route(course, http):
    http.head("/api/v1/assignments/lab/versions")
    counted = http.get("/metrics", headers=course.headers("the metrics token")).text
    assert any("/api/v1/assignments/{slug}/versions" in line for line in counted.splitlines())
