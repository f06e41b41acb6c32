"""Following a run over server-sent events, from real Redis streams that a real worker fills."""

from __future__ import annotations

import json
from pathlib import Path

SOURCE = Path("examples/mnist-multi-layer/pytorch/submission.py").read_text()


def listen(http, identifier, last_event_id=None):
    headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
    told, event = [], {}
    with http.stream("GET", f"/api/v1/submissions/{identifier}/events", headers=headers, timeout=90) as answer:
        assert answer.status_code == 200, answer.read()
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            if line:
                event[name] = value
            elif event:
                told.append((event.get("event"), event.get("id"), json.loads(event.get("data") or "{}")))
                event = {}
    return [entry for entry in told if entry[0]]


def hand_in(http):
    body = {"filename": "submission.py", "source": SOURCE}
    return http.post("/api/v1/assignments/mnist-multi-layer/submissions", json=body).json()["id"]


def test_a_listener_hears_states_and_curve_and_the_end(service):
    with service.http() as http:
        identifier = hand_in(http)
        told = listen(http, identifier)
        # A place is of the moment: it has no id, and who comes later is told of another, or of none.
        waited = [entry for entry in told if entry[0] == "queue"]
        assert [(identifier, data["position"]) for _, identifier, data in waited] in ([], [(None, 1)])
        told = [entry for entry in told if entry[0] != "queue"]
        states = [data["state"] for kind, _, data in told if kind == "state"]
        epochs = [data for kind, _, data in told if kind == "epoch"]
        assert states == ["claimed", "training", "evaluating", "graded"]
        assert [data["epoch"] for data in epochs if data["repeat"] == 0] == sorted({data["epoch"] for data in epochs})
        assert all(0 <= data["validation_error_percent"] <= 100 for data in epochs)
        assert epochs
        assert told[-1][0] == "end"
        assert told[-1][2] == {"state": "graded"}
        # Late, and again from the middle: nothing missed, nothing twice.
        assert listen(http, identifier) == told
        middle = len(told) // 2
        assert listen(http, identifier, told[middle][1]) == told[middle + 1 :]


def test_a_fellow_student_hears_nothing(service):
    with service.http() as http:
        identifier = hand_in(http)
        listen(http, identifier)
    with service.http(next(name for name in service.tokens if name not in {"sam-student", "ina-instructor"})) as other:
        assert other.get(f"/api/v1/submissions/{identifier}/events").status_code == 404
        assert other.get(f"/api/v1/submissions/{identifier}/events", headers={"Authorization": ""}).status_code == 401


def test_the_end_comes_from_the_database_when_redis_has_lost_the_events(service):
    import redis

    with service.http() as http:
        identifier = hand_in(http)
        listen(http, identifier)
        redis.Redis.from_url(service.supervisor.settings.redis_url).delete(f"labmark:events:{identifier}")
        assert listen(http, identifier) == [("end", None, {"state": "graded"})]
