"""`labmark-server runs`: what an operator sees of runs, and what they can do."""

from __future__ import annotations

import json
import time

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from server.runs import runs
from store import repository
from store.engine import reading, transaction
from store.models import AuditEntry, Run


def run(*arguments):
    return CliRunner().invoke(runs, [str(argument) for argument in arguments])


def listed(*arguments):
    done = run("list", "--json", *arguments)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_what_needs_attention_is_listed_by_itself(course):
    course.hand_in()
    course.grade()
    errored = course.error()
    stuck = course.hand_in()
    course.claim(stuck.run_id, now=time.time() - 200)
    found = {each["run_id"]: each for each in listed()}
    assert set(found) == {errored.run_id, stuck.run_id}
    assert (found[stuck.run_id]["state"], found[stuck.run_id]["stuck"]) == ("claimed", True)
    assert found[errored.run_id]["error"] == "attempt 1: OSError: disk full"
    assert (found[errored.run_id]["student"], found[errored.run_id]["course"]) == ("ana", "ml")
    table = run("list").stdout
    assert errored.run_id in table
    assert stuck.run_id in table
    assert "claimed, stuck" in table
    assert "runs retry" in table


def test_states_and_courses_choose(course):
    queued, graded = course.hand_in(), course.grade()
    course.error()
    assert [each["run_id"] for each in listed("--state", "queued", "--state", "graded")] == [
        queued.run_id, graded.run_id,
    ]  # fmt: skip
    assert listed("--state", "stuck") == []
    assert len(listed("--state", "errored", "--course", "ml")) == 1
    with transaction(course.engine) as session:
        repository.create_course(session, slug="other", title="Other")
    assert listed("--state", "errored", "--course", "other") == []
    assert run("list", "--course", "none").exit_code == 2
    assert run("list", "--state", "broken").exit_code == 2
    assert run("list", "--state", "superseded").stdout == "No run is superseded.\n"


def test_a_retried_run_has_new_attempts_and_its_entry_in_the_audit_log(course):
    done = course.error("RuntimeError: no data set")
    retried = run("retry", done.run_id)
    assert (retried.exit_code, f"{done.run_id} is queued again (ml/iris, ana)." in retried.stdout) == (0, True)
    with reading(course.engine) as session:
        found = session.get(Run, done.run_id)
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "run.retried")).one()
        bells = repository.unsent_outbox(session)
    assert (found.state, found.error, found.finished_at) == ("queued", None, None)
    assert (found.attempt, found.attempts_allowed) == (1, 4)
    assert (entry.subject, entry.course_id, entry.actor_id) == (done.run_id, course.course_id, None)
    assert entry.detail == {
        "submission": done.submission_id, "after_attempt": 1, "error": "attempt 1: RuntimeError: no data set",
    }  # fmt: skip
    # The broker was not there; the doorbell waits for beat.
    assert [bell.run_id for bell in bells] == [done.run_id]
    for attempt in (2, 3, 4):
        claim = course.claim(done.run_id, now=1e10 + 1000 * attempt)
        assert claim.attempt == attempt
    assert course.claim(done.run_id, now=1e11) is None


def test_a_worker_from_before_the_retry_writes_nothing(course):
    done = course.error()
    run("retry", done.run_id)
    with transaction(course.engine) as session:
        assert not repository.mark_errored(session, done.run_id, 1, "late")
        assert not repository.release(session, done.run_id, 1)


def test_a_submission_names_its_newest_run(course):
    done = course.error()
    assert run("retry", done.submission_id).exit_code == 0
    with reading(course.engine) as session:
        assert repository.run_state(session, done.run_id) == "queued"


def test_all_errored_are_retried_and_nothing_else(course):
    errored = {course.error().run_id for _ in range(3)}
    course.grade()
    course.hand_in()
    assert run("retry", "--all-errored").exit_code == 0
    with reading(course.engine) as session:
        states = dict(session.execute(select(Run.id, Run.state)).all())
    assert {run_id for run_id, state in states.items() if state == "queued"} > errored
    assert sorted(states.values()) == ["graded", "queued", "queued", "queued", "queued"]
    assert run("retry", "--all-errored").stdout == "No run is errored.\n"


def test_what_is_not_errored_is_left_as_it_is(course):
    errored, graded = course.error(), course.grade()
    done = run("retry", errored.run_id, graded.run_id, "none")
    assert done.exit_code == 1
    assert f"{graded.run_id} is graded, not errored" in done.stderr
    assert "no submission none" in done.stderr
    with reading(course.engine) as session:
        assert repository.run_state(session, errored.run_id) == "queued"
        assert repository.run_state(session, graded.run_id) == "graded"


@pytest.mark.parametrize("arguments", [(), ("an-id", "--all-errored")])
def test_either_ids_or_all(course, arguments):
    assert run("retry", *arguments).exit_code == 2


def test_show_tells_all_of_a_run_and_nothing_acts_on_the_terminal(course):
    done = course.grade(points=7, log="first\n" * 100 + "\x1b[2Jlast\n")
    said = run("show", done.submission_id).stdout
    for expected in (done.run_id, "ana, ml/iris", "graded", "1 of 3", "1: 7 points, by run", "last"):
        assert expected in said
    assert "\x1b" not in said
    assert said.count("first") < 100
    found = json.loads(run("show", done.run_id, "--json").stdout)
    assert (found["run"]["state"], found["evidence_bytes"] > 0, found["doorbell"]["sends"]) == ("graded", True, 0)
    course.error()
    assert run("show", "none").exit_code == 1
