"""Every example over HTTP to real containers; then again while a worker and Redis die in the middle."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest
from log_lines import say
from rich.console import Console

from server.demo import load_examples, submit_all, table_of

EXAMPLES = load_examples(Path("examples"))
# Told so early that most are still to come.
CRASHES = {3: "worker-cpu", 9: "redis"}


def run_all(stack, on_done):
    began = time.monotonic()
    with stack.http() as http:
        results = submit_all(http, EXAMPLES, stack.tokens, on_done=on_done)
    Console(width=110).print(table_of(results))
    say(f"{len(results)} examples in {time.monotonic() - began:.0f} s")
    return {f"{result.example.assignment}/{result.example.name}": result for result in results}


def problems(results):
    return {name: result.problems() for name, result in results.items() if result.problems()}


def test_from_up_to_the_first_grade(stack):
    """What an operator waits for once the images are there."""
    first = next(example for example in EXAMPLES if (example.assignment, example.name) == ("iris-single-layer", "pytorch"))
    with stack.http() as http:
        (result,) = submit_all(http, [first], stack.tokens)
    assert result.problems() == []
    say(f"from `docker compose up` to the first grade: {time.monotonic() - stack.began_at:.0f} s; building before it: {stack.built_in_s:.0f} s")


def test_every_example_ends_as_expected(stack):
    results = run_all(stack, lambda _: None)
    assert len(results) == 26
    assert problems(results) == {}


def test_examples_end_as_expected_while_a_worker_and_redis_are_killed(stack):
    results = run_all(stack, lambda count: stack.crash(CRASHES[count]) if count in CRASHES else None)
    assert len(results) == 26
    assert problems(results) == {}
    attempts = stack.sql("select max(attempt) from runs")
    assert int(attempts) >= 2, "the killed worker had nothing in hand"
    say(f"highest attempt {attempts}")
    query = "select submission_id, count(*) from runs join reports on reports.run_id = runs.id group by 1 having count(*) != 1"
    assert stack.sql(query) == "", "a submission with two reports"


def test_a_memory_bomb_ends_as_such_and_the_runner_lives(stack):
    source = "def train(lab):\n    held = []\n    while True:\n        held.append(bytearray(b'x' * 50_000_000))\n"
    with stack.http("sam-student") as http:
        identifier = http.post(
            "/api/v1/assignments/iris-single-layer/submissions", json={"filename": "lab.py", "source": source}
        ).json()["id"]
        deadline = time.monotonic() + 90
        while (found := http.get(f"/api/v1/submissions/{identifier}").json())["state"] not in {"graded", "failed", "errored"}:
            assert time.monotonic() < deadline, found
            time.sleep(0.3)
    assert (found["state"], found["failure"]["code"]) == ("failed", "out_of_memory")
    assert stack.inspect("runner")["RestartCount"] == 0


def test_an_operator_makes_a_course_and_its_first_people(stack):
    stack.exec("api", "labmark-server", "course", "create", "ml-2026", "--title", "Machine learning 2026")
    made = stack.exec("api", "labmark-server", "user", "create", "ina", "--course", "ml-2026", "--role", "instructor")
    token = made.stdout.split()[-1]
    assert token.startswith("lmk_")
    with httpx.Client(base_url=stack.url) as http:
        signed_in = http.post("/login", data={"token": token})
        assert signed_in.status_code == 303
        assert "Machine learning 2026" in http.get("/").text
    refused = stack.exec("api", "labmark-server", "user", "create", "x", "--course", "nowhere", check=False)
    assert refused.returncode == 2
    assert "no course 'nowhere'" in refused.stderr


@pytest.mark.parametrize("service", ["worker-cpu", "beat", "api"])
def test_a_part_ends_when_it_is_told_to(stack, service):
    """Before the engine would kill it: status 137 would mean that it did not hear."""
    stack.compose("stop", service)
    state = stack.compose("ps", "--all", "--format", "{{.ExitCode}}", service).stdout.strip()
    stack.compose("up", "--detach", "--no-deps", service)
    assert state in {"0", "143"}
