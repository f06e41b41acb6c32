"""Submissions over HTTP to real processes, trained in the real jail, graded and read back."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from server.demo import Result, load_examples
from store.engine import make_engine, reading
from store.models import EvidenceRecord, ReportRecord, Run

FINAL = {"graded", "failed", "errored", "cancelled", "superseded"}
EXAMPLES = {f"{e.assignment}/{e.name}": e for e in load_examples(Path("examples"))}
# One reference for each framework on each data set, and every bad Iris example; `make demo` runs all of them.
CHOSEN = [
    "iris-single-layer/pytorch", "iris-single-layer/lightning", "iris-multi-layer/tensorflow", "iris-single-layer/keras",
    "mnist-multi-layer/pytorch", "mnist-single-layer/lightning", "mnist-single-layer/tensorflow", "mnist-single-layer/keras",
    "iris-multi-layer/overfits", "iris-multi-layer/underfits", "iris-multi-layer/crashes", "iris-multi-layer/never-ends",
    "iris-multi-layer/linear-stack", "mnist-multi-layer/overfits",
]  # fmt: skip


def submit(http, slug, source, **headers):
    answer = http.post(
        f"/api/v1/assignments/{slug}/submissions", json={"filename": "submission.py", "source": source}, headers=headers
    )
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()["id"]


def wait_for(http, identifier, seconds=120, states=FINAL):
    deadline = time.monotonic() + seconds
    while True:
        found = http.get(f"/api/v1/submissions/{identifier}").json()
        if found["state"] in states:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.05)


@pytest.fixture(scope="module")
def submitted(service):
    with service.http() as http:
        yield {name: submit(http, EXAMPLES[name].assignment, EXAMPLES[name].source) for name in CHOSEN}


@pytest.mark.parametrize("name", CHOSEN)
def test_example_ends_as_expected(service, submitted, name):
    with service.http() as http:
        submission = wait_for(http, submitted[name], 300)
        report = http.get(f"/api/v1/submissions/{submitted[name]}/report")
        result = Result(EXAMPLES[name], submission, report.json() if report.is_success else None)
        assert result.problems() == []


def test_report_page_shows_criteria_curve_and_code(service, submitted):
    with service.http() as http:
        wait_for(http, submitted["iris-single-layer/pytorch"], 300)
        signed_in = http.post("/login", data={"token": service.tokens["sam-student"]})
        assert signed_in.status_code in {200, 303}
        page = http.get(f"/submissions/{submitted['iris-single-layer/pytorch']}").text
    assert "<svg" in page
    assert "def train" in page
    assert "100" in page


@pytest.mark.parametrize(
    ("code", "line", "source"),
    [
        ("syntax_error", 1, "def train(lab:\n    pass\n"),
        ("no_train_function", None, "x = 1\n"),
        ("import_failed", 1, "import not_installed_here\ndef train(lab):\n    pass\n"),
        ("raised", 2, "def train(lab):\n    return 1 / 0\n"),
        ("no_model_returned", None, "def train(lab):\n    pass\n"),
        ("wrong_prediction_shape", None, "def train(lab):\n    return 1\ndef predict(m, x):\n    return x[:, :2]\n"),
        ("predictions_not_finite", None, "def train(lab):\n    return 1\ndef predict(m, x):\n    return x[:, :3] / 0\n"),
        ("out_of_memory", None, "def train(lab):\n    held = []\n    while True:\n        held.append(b'x' * 50_000_000)\n"),
        ("output_limit", None, "def train(lab):\n    while True:\n        print('x' * 100_000)\n"),
        ("killed_by_sandbox", None, "import os\ndef train(lab):\n    os._exit(0)\n"),
    ],
)
def test_a_students_error_comes_back_as_its_code_with_a_sentence(service, code, line, source):
    with service.http() as http:
        found = wait_for(http, submit(http, "iris-single-layer", source))
    assert found["state"] == "failed"
    assert found["failure"]["code"] == code
    assert found["failure"]["line"] == line
    assert len(found["failure"]["message"].split()) > 4


@pytest.mark.parametrize(
    ("status", "code", "filename", "content"),
    [
        (422, "not_utf8", "lab.py", b"\xff\xfe\x00"),
        (422, "bad_notebook", "lab.ipynb", b"{"),
        (413, "too_large", "lab.py", b"#" * (1024 * 1024 + 1)),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_at_the_door(service, status, code, filename, content):
    with service.http() as http:
        answer = http.post("/api/v1/assignments/iris-single-layer/submissions", files={"file": (filename, content)})
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["code"] == code


def test_same_idempotency_key_gives_the_same_submission(service):
    source = "def train(lab):\n    pass\n"
    with service.http() as http:
        first = submit(http, "iris-single-layer", source, **{"Idempotency-Key": "once"})
        assert submit(http, "iris-single-layer", source, **{"Idempotency-Key": "once"}) == first


SLOW = """
import time, torch
def train(lab):
    model = torch.nn.Linear(4, 3)
    print("training")
    time.sleep(2)
    return model
"""


def test_a_worker_killed_in_the_middle_of_a_run_leads_to_one_grade(service):
    with service.http() as http:
        identifier = submit(http, "iris-single-layer", SLOW)
        wait_for(http, identifier, states={"training"})
        os.killpg(service.part("worker").process.pid, signal.SIGKILL)
        found = wait_for(http, identifier, 120)
    assert found["state"] == "graded", found
    engine = make_engine(service.supervisor.settings.database_url)
    with reading(engine) as session:
        run = session.query(Run).filter_by(submission_id=identifier).one()
        assert run.attempt == 2
        for table in (ReportRecord, EvidenceRecord):
            assert session.query(table).filter_by(run_id=run.id).count() == 1
    engine.dispose()
    assert service.part("worker").restarts == 1


def test_a_runner_killed_comes_back_and_no_student_pays(service):
    with service.http() as http:
        identifier = submit(http, "iris-single-layer", SLOW)
        wait_for(http, identifier, states={"training"})
        os.kill(service.part("runner").process.pid, signal.SIGKILL)
        assert wait_for(http, identifier, 180)["state"] == "graded"


def test_health_says_what_is_there(service):
    with service.http() as http:
        assert http.get("/healthz").status_code == 200
        deadline = time.monotonic() + 30  # a worker that has just been started anew
        while (answer := http.get("/readyz")).json()["checks"]["runner"] != "ok":
            assert time.monotonic() < deadline, answer.text
            time.sleep(0.5)
    assert answer.status_code == 200
    assert answer.json()["checks"] == dict.fromkeys(["database", "redis", "worker", "runner", "beat"], "ok")


def test_the_queue_page_says_who_is_at_work(service):
    with service.http("ina-instructor") as http:
        http.post("/login", data={"token": service.tokens["ina-instructor"]})
        page = " ".join(http.get("/queue").text.split())
    for name, said in (("Queue", "connected"), ("Workers", "1 answering, 2 runs at once"), ("Sandbox", "ready"), ("Beat", "answering")):
        assert f"<dt>{name}</dt>" in page
        assert f"</span>{said}</dd>" in page
