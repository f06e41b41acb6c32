"""One submission, followed by its ids through the logs of all processes, and through the metrics."""

from __future__ import annotations

import json
import time

from prometheus_client.parser import text_string_to_metric_families


def lines(service, part):
    """Lines of libraries that are imported before logs are set up are none of ours."""
    found = []
    for line in (service.supervisor.log_dir / f"{part}.log").read_text(errors="replace").splitlines():
        if line.startswith("{"):
            found.append(json.loads(line))
    return found


def test_a_request_leads_to_its_run_in_the_worker_and_in_the_runner(service):
    source = "import torch\ndef train(lab):\n    return torch.nn.Linear(4, 3)\n"
    with service.http() as http:
        answer = http.post(
            "/api/v1/assignments/iris-single-layer/submissions",
            json={"filename": "lab.py", "source": source},
            headers={"X-Request-ID": "followed-1"},
        )
        assert answer.headers["X-Request-ID"] == "followed-1"
        identifier = answer.json()["id"]
        deadline = time.monotonic() + 120
        while http.get(f"/api/v1/submissions/{identifier}").json()["state"] != "graded":
            assert time.monotonic() < deadline
            time.sleep(0.2)
    (accepted,) = [line for line in lines(service, "api") if line["event"] == "submission.accepted"
                   and line["request_id"] == "followed-1"]  # fmt: skip
    assert accepted["submission_id"] == identifier
    run_id = accepted["run_id"]
    while not (finished := [line for line in lines(service, "worker") if line["event"] == "run.finished"
                            and line["run_id"] == run_id]):  # fmt: skip
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert (finished[0]["submission_id"], finished[0]["attempt"], finished[0]["outcome"]) == (identifier, 1, "graded")
    # A jail is taken down, and told of, after its answer.
    while len(jobs := [line for line in lines(service, "runner")
                       if line["event"] == "job.ended" and run_id in line.get("job", "")]) < 5:  # fmt: skip
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert sorted(line["job"] for line in jobs) == [f"{run_id}:1:{repeat}" for repeat in range(5)]
    assert {line["ended"] for line in jobs} == {"completed"}


def read_metrics(http):
    token = {"Authorization": "Bearer a-token-of-the-monitoring-server"}
    families = text_string_to_metric_families(http.get("/metrics", headers=token).text)
    return {family.name: family.samples for family in families}


def test_a_run_is_counted_and_timed(service):
    """A run's figures follow its report, and a worker tells of its runner every ten seconds."""
    phases = {"waiting", "preparing", "training", "evaluating", "judging", "recording"}
    deadline = time.monotonic() + 60
    with service.http() as http:
        while True:
            told = read_metrics(http)
            counted = {
                sample.labels["phase"]: sample.value
                for sample in told["labmark_run_phase_seconds"]
                if sample.name.endswith("_count")
            }
            able = [sample.value for sample in told["labmark_worker_able"]]
            if set(counted) == phases and able == [1.0] and told["labmark_beat_up"][0].value == 1:
                break
            assert time.monotonic() < deadline, told
            time.sleep(0.2)
    assert min(counted.values()) >= 1
