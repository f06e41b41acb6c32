"""A term in a quarter of an hour: `make test-compose-full`.

The previous version is set up and used, then upgraded with submissions under way; references and attacks are handed
in; every container is killed in turn; workers come and go; all is backed up, destroyed and restored. Nothing that
was accepted may be lost, at no point. The tests are steps: each goes on where the last one ended.

LABMARK_UPGRADE_FROM names the revision to upgrade from; else it is the newest tag before this one, else the commit below.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter

import pytest
from log_lines import say
from rich.console import Console
from stack import ROOT, Stack, require_docker, write_env
from traffic import Traffic, counts, wait_for

from server.demo import free_port, load_examples, submit_all, table_of
from server.demo_course import STUDENT

sys.path.append(str(ROOT / "tests" / "attacks"))
import attack
from assignments import SPECS

# Four migrations ago, for a checkout without tags.
_EARLIER = "fc12098"
REFERENCES = [
    example for example in load_examples(ROOT / "examples") if example.name in {"pytorch", "lightning", "tensorflow", "keras"}
]
# On the jail and on the service; what cheats in a lab is held by graders, which know of no container.
ATTACKS = [found for found in attack.load(("escape", "files", "resources", "results")) if found.expected.get("ci")]
KILLED = ("worker-cpu", "runner", "redis", "postgres", "api", "beat")
LINES = []


def note(text):
    """What the last step repeats as a whole."""
    LINES.append(text)
    say(text)


def revision():
    named = os.environ.get("LABMARK_UPGRADE_FROM")
    if named:
        return named
    told = subprocess.run(["git", "describe", "--tags", "--abbrev=0", "HEAD^"], cwd=ROOT, capture_output=True, text=True, check=False)
    return told.stdout.strip() or _EARLIER


@pytest.fixture(scope="module")
def previous(tmp_path_factory):
    """The folder of the version to upgrade from."""
    folder = tmp_path_factory.mktemp("previous")
    archive = subprocess.run(["git", "archive", "--format=tar", revision()], cwd=ROOT, capture_output=True, check=True)
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    return folder


@pytest.fixture(scope="module")
def place(previous, tmp_path_factory):
    """The operator's service. It begins in the folder of the previous version, with that version's .env."""
    require_docker()
    port = free_port()
    settings = {"LABMARK_PORT": port, **{name: os.environ[name] for name in ("PIP_EXTRA_INDEX_URL",) if name in os.environ}}
    env_file = write_env(tmp_path_factory.mktemp("env") / "env", (previous / ".env.example").read_text(), **settings)
    made = Stack("labmark-full", env_file, port)
    made.destroy()
    try:
        yield made
    finally:
        made.keep_log("compose-full")
        made.compose("down", "--volumes", "--remove-orphans", "--timeout", "5")
        say("taken down")


@pytest.fixture(scope="module")
def kept():
    """What an earlier step leaves for a later one."""
    return {}


def grades(stack, identifiers):
    ended = wait_for(stack, identifiers)
    return {identifier: (found["state"], found["points"]) for identifier, found in ended.items()}


def test_the_previous_version_comes_up_and_grades(place, previous, kept):
    place.folder = previous
    began = time.monotonic()
    place.compose("build")
    note(f"previous version {revision()}: built in {time.monotonic() - began:.0f} s")
    place.compose("up", "--detach")
    place.wait_until_ready()
    place.log_in_as_demo()
    with place.http() as http:
        results = submit_all(http, [e for e in REFERENCES if e.assignment == "iris-single-layer"], place.tokens)
    assert {result.submission["state"] for result in results} == {"graded"}
    kept["old grades"] = {r.submission["id"]: (r.submission["state"], r.submission["points"]) for r in results}


def test_an_upgrade_keeps_every_grade_and_what_was_under_way(place, kept):
    with Traffic(place, STUDENT, "iris-single-layer", every_s=2) as traffic:
        while len(traffic.accepted) < 12:
            time.sleep(0.1)
        before = counts(place)
        began = time.monotonic()
        place.folder = ROOT
        place.compose("build")
        built = time.monotonic()
        place.compose("up", "--detach")
        place.wait_until_ready()
        note(f"upgraded: built in {built - began:.0f} s, then up and ready in {time.monotonic() - built:.0f} s")
        more = len(traffic.accepted)
        while len(traffic.accepted) < more + 3:
            time.sleep(0.1)
    assert set(wait := grades(place, traffic.accepted)) == set(traffic.accepted)
    assert Counter(state for state, _ in wait.values()) == {"graded": len(traffic.accepted)}
    assert grades(place, kept["old grades"]) == kept["old grades"]
    after = counts(place)
    assert after["submissions"] == len(kept["old grades"]) + len(traffic.accepted)
    assert after["with two reports"] == 0
    note(f"upgrade: {before['submissions']} submissions before, all still there; {after['submissions']} after, all graded; "
         f"refused meanwhile and tried again: {dict(traffic.refused)}")  # fmt: skip
    # The password came out of the operator's old .env; it is a file from now on.
    assert "change-me" not in str(place.inspect("api")["Config"]["Env"])


def test_the_references_get_full_points(place):
    assert len(REFERENCES) == 16
    place.log_in_as_demo()
    with place.http() as http:
        results = submit_all(http, REFERENCES, place.tokens)
    Console(width=110).print(table_of(results))
    assert {f"{r.example.assignment}/{r.example.name}": r.problems() for r in results if r.problems()} == {}
    note("16 references: all as expected")


def test_hostile_submissions_are_held(place):
    """Those that `make test` runs too, from the outside alone: over HTTP, with the jail in a container."""
    with place.http() as http:
        for spec in SPECS:
            http.post("/api/v1/courses/demo/assignments", json=spec.model_dump(mode="json")).raise_for_status()
    identifiers = {found.id: hand_in(place, found) for found in ATTACKS}
    wait_for(place, identifiers.values(), 1200)
    wrong = {}
    for found in ATTACKS:
        problems = attack.problems(found, ending(place, found, identifiers[found.id]))
        if problems:
            wrong[found.id] = problems[0][:400]
            say(f"{found.id}: {problems[0][:1200]}")
    note(f"{len(ATTACKS) - len(wrong)} of {len(ATTACKS)} hostile submissions ended as expected")
    assert wrong == {}
    assert place.inspect("runner")["RestartCount"] == 0


def hand_in(place, found):
    with place.http(STUDENT) as http:
        while True:
            body = {"filename": "lab.py", "source": found.source}
            answer = http.post(f"/api/v1/assignments/{found.assignment}/submissions", json=body)
            if answer.status_code != 429:
                return answer.raise_for_status().json()["id"]
            time.sleep(float(answer.headers["Retry-After"]))


def ending(place, found, identifier, seconds=300):
    """Flags come after the grade, when the control run has ended."""
    deadline = time.monotonic() + seconds
    with place.http() as http:
        submission = http.get(f"/api/v1/submissions/{identifier}").raise_for_status().json()
        while True:
            answer = http.get(f"/api/v1/submissions/{identifier}/report")
            report = answer.json() if answer.is_success else None
            seen = {flag["code"] for flag in (report or {}).get("flags", ())}
            if set(found.expected.get("flags", ())) <= seen or time.monotonic() > deadline:
                break
            time.sleep(0.3)
        log = http.get(f"/api/v1/submissions/{identifier}/log").text
        page = http.get(f"/submissions/{identifier}", headers={"Accept": "text/html"})
    return attack.Ending(submission, report, log, page.text if page.is_success else "")


def test_every_container_is_killed_in_turn_and_nothing_is_lost(place):
    before = counts(place)
    with Traffic(place, STUDENT, "iris-single-layer") as traffic:
        for service in KILLED:
            goal = len(traffic.accepted) + 3
            while len(traffic.accepted) < goal:
                time.sleep(0.1)
            place.crash(service)
            place.wait_until_ready()
            note(f"killed and started again: {service}; accepted so far {len(traffic.accepted)}")
    ended = grades(place, traffic.accepted)
    assert Counter(state for state, _ in ended.values()) == {"graded": len(traffic.accepted)}
    after = counts(place)
    assert after["submissions"] == before["submissions"] + len(traffic.accepted)
    assert after["with two reports"] == 0
    assert "errored" not in after["runs by state"]
    attempts = place.sql("select count(*) from runs where attempt > 1")
    note(f"{len(KILLED)} containers killed: {len(traffic.accepted)} submissions accepted, {len(ended)} graded, none lost, none graded "
         f"twice; {attempts} runs taken up again; refused meanwhile and tried again: {dict(traffic.refused)}")  # fmt: skip


def test_workers_and_runners_come_and_go(place):
    place.compose("up", "--detach", "--no-recreate", "--scale", "worker-cpu=3", "--scale", "runner=2")
    deadline = time.monotonic() + 120
    while "(healthy)" not in (shown := place.compose("ps", "runner", "worker-cpu").stdout) or shown.count("(healthy)") < 5:
        assert time.monotonic() < deadline, shown
        time.sleep(1)
    with Traffic(place, STUDENT, "iris-single-layer", every_s=0.05) as traffic:
        while len(traffic.accepted) < 40:
            time.sleep(0.1)
        took_part = {"worker-cpu": took_jobs(place, "worker-cpu"), "runner": took_jobs(place, "runner")}
        # Down again while there is work in hand.
        place.compose("up", "--detach", "--no-recreate", "--scale", "worker-cpu=1", "--scale", "runner=1")
    ended = grades(place, traffic.accepted)
    assert Counter(state for state, _ in ended.values()) == {"graded": len(traffic.accepted)}
    assert len(took_part["worker-cpu"]) == 3
    assert len(took_part["runner"]) == 2
    assert len(place.containers("worker-cpu")) == len(place.containers("runner")) == 1
    assert counts(place)["with two reports"] == 0
    note(f"three workers and two runners, then one of each: {len(traffic.accepted)} accepted, {len(ended)} graded; jobs of each: {took_part}")


def took_jobs(place, service):
    """Container to how many jobs it has ended; those that had none are left out."""
    found = {}
    for identifier in place.containers(service):
        logged = subprocess.run(["docker", "logs", identifier], capture_output=True, text=True, check=True)
        jobs = sum('"job.ended"' in line or '"run.finished"' in line for line in (logged.stdout + logged.stderr).splitlines())
        if jobs:
            found[identifier[:12]] = jobs
    return found


def settle(place, seconds=300):
    """Until nothing waits or is worked on: control runs come after the grades."""
    deadline = time.monotonic() + seconds
    while place.sql("select 1 from runs where state in ('queued', 'claimed', 'training', 'evaluating') limit 1"):
        assert time.monotonic() < deadline, counts(place)
        time.sleep(1)


def test_a_backup_survives_the_loss_of_every_volume(place, tmp_path):
    settle(place)
    before, archive = counts(place), tmp_path / "labmark.backup"
    done = place.compose("exec", "-T", "api", "labmark-server", "backup", "-", text=False)
    archive.write_bytes(done.stdout)
    points = place.sql("select round(sum(points)::numeric, 6) from results")
    place.destroy()
    note(f"backed up {archive.stat().st_size / 1e6:.1f} MB; every volume destroyed")
    # Brings up the databases that it needs, with a password of their own.
    with archive.open("rb") as source:
        place.compose("run", "--rm", "-T", "api", "labmark-server", "restore", "-", stdin=source)
    place.compose("up", "--detach")
    place.wait_until_ready()
    after = counts(place)
    assert after == before
    assert place.sql("select round(sum(points)::numeric, 6) from results") == points
    with Traffic(place, STUDENT, "iris-single-layer", every_s=0.1) as traffic:
        while not traffic.accepted:
            time.sleep(0.1)
    assert {state for state, _ in grades(place, traffic.accepted).values()} == {"graded"}
    note(f"restored: {before['submissions']} submissions before, {after['submissions']} after; points {points} both; graded another")


def test_what_happened():
    """Last: the whole of it on one page."""
    print()
    for line in LINES:
        print(f"  {line}")
