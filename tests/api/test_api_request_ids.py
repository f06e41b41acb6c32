"""Every answer names its request, and every line that was logged for it too."""

from __future__ import annotations

import pytest
import structlog
from fastapi.testclient import TestClient

from api.observing import REQUEST_ID_HEADER


@pytest.fixture
def lines():
    """What is logged, with what was bound meanwhile. The processors are the service's own but for the last."""
    before = structlog.get_config()["processors"]
    capture = structlog.testing.LogCapture()
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, capture])
    yield capture.entries
    structlog.configure(processors=before)


def events(lines, name):
    return [line for line in lines if line["event"] == name]


def test_a_request_gets_an_id_and_its_lines_carry_it(world, lines):
    answer = world.post()
    request_id = answer.headers[REQUEST_ID_HEADER]
    (accepted,) = events(lines, "submission.accepted")
    (request,) = events(lines, "http.request")
    assert accepted["request_id"] == request["request_id"] == request_id
    assert accepted["submission_id"] == answer.json()["id"]
    assert accepted["run_id"]
    assert (request["method"], request["status"], request["slug"]) == ("POST", 201, "iris")
    assert request["route"] == "/api/v1/assignments/{slug}/submissions"
    other = world.get("/healthz").headers[REQUEST_ID_HEADER]
    assert other != request_id
    # Who only reads, and is answered, leaves no line.
    assert len(events(lines, "http.request")) == 1


def test_an_id_that_a_proxy_gave_is_kept(world, lines):
    answer = world.get("/api/v1/submissions/none", headers={REQUEST_ID_HEADER: "proxy-7.a_B"})
    assert answer.status_code == 404
    assert answer.headers[REQUEST_ID_HEADER] == "proxy-7.a_B"
    (refused,) = events(lines, "http.request")
    assert (refused["request_id"], refused["submission_id"]) == ("proxy-7.a_B", "none")


@pytest.mark.parametrize("given", ["", "a" * 65, 'a"b', "a b", "<script>"])
def test_what_is_no_id_is_replaced(world, given):
    answer = world.get("/healthz", headers={REQUEST_ID_HEADER: given})
    assert answer.headers[REQUEST_ID_HEADER] != given
    assert len(answer.headers[REQUEST_ID_HEADER]) == 36


def test_an_unexpected_error_is_logged_and_answered_with_the_id(world, lines):
    app = world.client.app
    engine = app.state.services.engine
    object.__setattr__(app.state.services, "engine", None)
    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.get("/api/v1/assignments", headers=world.headers() | {REQUEST_ID_HEADER: "broken-1"})
        object.__setattr__(app.state.services, "engine", engine)
    assert answer.status_code == 500
    assert answer.headers[REQUEST_ID_HEADER] == "broken-1"
    (logged,) = events(lines, "api.unexpected_error")
    assert logged["request_id"] == "broken-1"
