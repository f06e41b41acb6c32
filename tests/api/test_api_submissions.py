import gzip
import json

import pytest

from store.queue import QUEUES, RUN_TASK

ALL = ("", "/report", "/log")


def problem(response, status, code):
    body = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert set(body) >= {"type", "title", "status", "detail", "instance", "code"}
    assert (response.status_code, body["status"], body["code"]) == (status, status, code)


def test_a_submission_is_taken_and_its_doorbell_rung(world):
    answer = world.post()
    assert answer.status_code == 201
    body = answer.json()
    assert (body["state"], answer.headers["location"]) == ("queued", body["links"]["self"])
    assert [(task[0], task[2]) for task in world.broker.sent] == [(RUN_TASK, QUEUES["cpu"])]
    found = world.get(body["links"]["self"]).json()
    assert (found["assignment"], found["user"], found["points"]) == ("iris", "ana", None)
    assert (found["max_points"], found["queue_position"]) == (10, 1)
    problem(world.get(body["links"]["report"]), 404, "no_report_yet")


def test_multipart_is_taken_like_json(world):
    answer = world.client.post(
        "/api/v1/assignments/iris/submissions",
        files={"file": ("../../etc/lab.py", b"\xef\xbb\xbfx = 1\n")},
        headers=world.headers(),
    )
    assert answer.status_code == 201
    assert world.get(answer.json()["links"]["self"]).json()["filename"] == "lab.py"


def test_a_replay_gives_the_same_submission_and_another_source_a_conflict(world):
    first, again = world.post(key="k"), world.post(key="k")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert len(world.broker.sent) == 1
    problem(world.post(key="k", source="y = 2\n"), 409, "idempotency_conflict")
    assert world.post("dan", key="k").status_code == 201


@pytest.mark.parametrize(
    ("filename", "content", "status", "code"),
    [
        ("a.py", b"\xff\xfe", 422, "not_utf8"),
        ("a.py", b"a\x00b", 422, "not_utf8"),
        ("a.ipynb", b"{", 422, "bad_notebook"),
        ("a.ipynb", b"[]", 422, "bad_notebook"),
        ("a.ipynb", b'{"cells": [{"cell_type": "code", "source": 3}]}', 422, "bad_notebook"),
        ("a.txt", b"", 422, "unsupported_file"),
        ("a.py", b"#" * (1024 * 1024 + 1), 413, "too_large"),
        ("a.py", b"#" * (4 * 1024 * 1024), 413, "too_large"),
        ("a.ipynb", b"#" * (9 * 1024 * 1024), 413, "too_large"),
        ("a.ipynb", b"#" * (40 * 1024 * 1024), 413, "too_large"),
        # Compressed, it is no text; nothing is ever unpacked.
        ("a.ipynb", gzip.compress(b'{"cells": []}' + b" " * 10_000_000), 422, "not_utf8"),
        ("a.ipynb", b'{"cells": [' + b"[]," * 400_000 + b"[]]}", 422, "bad_notebook"),
        ("a.ipynb", b'{"cells": [{"cell_type": "code", "source": "' + b"x" * 1_200_000 + b'"}]}', 413, "too_large"),
    ],
)
def test_files_that_cannot_be_taken(world, filename, content, status, code):
    answer = world.client.post(
        "/api/v1/assignments/iris/submissions", files={"file": (filename, content)}, headers=world.headers()
    )
    problem(answer, status, code)
    assert world.broker.sent == []


def test_a_body_of_undeclared_length_is_cut_off(world):
    chunks = (b"x" * 65536 for _ in range(400))
    headers = world.headers() | {"Content-Type": "application/json"}
    answer = world.client.post("/api/v1/assignments/iris/submissions", content=chunks, headers=headers)
    problem(answer, 413, "too_large")


def test_every_error_is_a_problem(world):
    problem(world.client.get("/api/v1/assignments"), 401, "unauthenticated")
    problem(
        world.client.get("/api/v1/assignments", headers={"Authorization": "Bearer x"}), 401, "unauthenticated"
    )
    problem(world.client.get("/api/v1/nowhere"), 404, "not_found")
    problem(world.client.delete("/api/v1/assignments"), 405, "method_not_allowed")
    problem(world.post(slug="nothing"), 404, "not_found")
    problem(world.post("olga"), 404, "not_found")
    problem(world.post(key="k" * 201), 422, "validation_failed")
    url = "/api/v1/assignments/iris/submissions"
    problem(world.client.post(url, json={"a": 1}, headers=world.headers()), 422, "validation_failed")
    problem(world.client.post(url, content=b"x", headers=world.headers()), 415, "unsupported_media_type")
    json_headers = world.headers() | {"Content-Type": "application/json"}
    problem(world.client.post(url, content=b"{", headers=json_headers), 400, "bad_request")
    lone = b'{"filename": "a.py", "source": "\\ud800"}'
    problem(world.client.post(url, content=lone, headers=json_headers), 422, "not_utf8")


def test_a_student_reaches_only_their_own_and_staff_those_of_their_course(world, report):
    submission_id = world.post("ana").json()["id"]
    world.finish(submission_id, report)
    base = f"/api/v1/submissions/{submission_id}"
    for path in ALL:
        for who in ("ana", "grace", "ivan", "root"):
            assert world.get(base + path, who).status_code == 200
        for who in ("dan", "olga"):
            problem(world.get(base + path, who), 404, "not_found")
    for who in ("dan", "olga"):
        assert world.get(f"/submissions/{submission_id}", who).status_code == 404
    problem(world.get("/api/v1/assignments/iris", "olga"), 404, "not_found")
    assert world.get("/api/v1/assignments", "olga").json() == {"items": [], "next": None}


def test_hidden_criteria_and_their_part_stay_with_the_staff(world, report):
    submission_id = world.post().json()["id"]
    world.finish(submission_id, report)
    own = world.get(f"/api/v1/submissions/{submission_id}/report").json()
    assert [c["id"] for c in own["criteria"]] == ["validation_accuracy"]
    assert (own["points"], own["max_points"], set(own["parts"])) == (4, 4, {"train", "validation"})
    full = world.get(f"/api/v1/submissions/{submission_id}/report", "ivan").json()
    assert (len(full["criteria"]), full["points"], "test" in full["parts"]) == (2, 9, True)
    assert len(world.get("/api/v1/assignments/iris").json()["criteria"]) == 1


def test_health_says_what_is_missing(world):
    assert world.client.get("/healthz").json()["status"] == "ok"
    answer = world.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": "ok", "redis": "unreachable", "worker": "unknown", "runner": "unknown", "beat": "unknown"}


def test_openapi_resolves(world):
    document = world.client.get("/openapi.json").json()
    text = json.dumps(document)
    names = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert names <= set(document["components"]["schemas"])


def test_a_notebook_with_its_plots_is_taken_for_its_code(world):
    picture = {"output_type": "display_data", "data": {"image/png": "A" * 3_000_000}, "metadata": {}}
    cell = {"cell_type": "code", "source": "def train(lab):\n    return 1\n", "outputs": [picture], "metadata": {}}
    content = json.dumps({"cells": [cell], "nbformat": 4}).encode()
    sent = world.client.post(
        "/api/v1/assignments/iris/submissions", files={"file": ("lab.ipynb", content)}, headers=world.headers()
    )
    assert sent.status_code == 201, sent.text
