"""The leaderboard over the API: what it tells whom, and that single submissions' errors leave by no way."""

import base64
import re
import time

import numpy as np
import pytest

from graders.report import PartMeasure, Rate, Report
from graders.spec import AssignmentSpec, CriterionSpec, LeaderboardSpec, SplitSizes
from store import repository
from store.engine import reading, transaction

DAY_S = 86_400
ROWS, REPEATS = 40, 2


def make_spec(slug="lab", *, board=ROWS, step=None, **changes):
    return AssignmentSpec(
        slug=slug,
        title="A lab",
        dataset="iris",
        split=SplitSizes(train=30, validation=30, test=30, board=board),
        repeats=REPEATS,
        criteria=(CriterionSpec(id="accuracy", grader="accuracy", points=10),),
        leaderboard=LeaderboardSpec(step=step),
        **changes,
    )


def make_assignment(world, *, due_at=None, **asked):
    spec = make_spec(**asked)
    with transaction(world.engine) as session:
        return repository.create_assignment(session, course_id=world.course_id, spec=spec, due_at=due_at).id


def make_report(missed, *, first=0, points=5.0, test_accuracy=None, rows=ROWS * REPEATS):
    """That missed so many rows, from the row `first` on."""
    misses = (np.arange(rows) >= first) & (np.arange(rows) < first + missed)
    parts = {}
    if test_accuracy is not None:
        rate = Rate(value=test_accuracy, low=0, high=1, n=30)
        parts["test"] = PartMeasure(accuracy=rate, error=rate)
    return Report(
        outcome="graded",
        points=points,
        max_points=10,
        criteria=(),
        parts=parts,
        board_misses=base64.b64encode(np.packbits(misses).tobytes()).decode(),
        board_rows=rows,
    )


def hand_in(world, who, report=None, slug="lab"):
    submission_id = world.post(who, slug=slug).json()["id"]
    if report is not None:
        world.finish(submission_id, report)
    return submission_id


def board(world, who="ivan", slug="lab"):
    answer = world.get(f"/api/v1/assignments/{slug}/leaderboard", who)
    assert answer.status_code == 200
    return answer.json()


def places(world, who="ivan", slug="lab"):
    return [(row["rank"], row["user"], row["error"]) for row in board(world, who, slug)["items"]]


def test_who_is_told_what(world):
    make_assignment(world)
    hand_in(world, "dan", make_report(20))
    hand_in(world, "ana", make_report(10))
    everything = [(1, "ana", 0.125), (2, "dan", 0.25)]
    for who in ("grace", "ivan", "root"):
        assert places(world, who) == everything
        assert not any(row["own"] for row in board(world, who)["items"])
    assert places(world, "ana") == [(1, "ana", 0.125), (2, None, 0.25)]
    assert places(world, "dan") == [(1, None, 0.125), (2, "dan", 0.25)]
    own, other = board(world, "ana")["items"]
    assert (own["own"], own["display_name"], other["own"], other["display_name"]) == (
        True,
        "ana",
        False,
        None,
    )
    assert "dan" not in world.get("/api/v1/assignments/lab/leaderboard", "ana").text
    for who, status, code in (("olga", 404, "not_found"), (None, 401, "unauthenticated")):
        headers = world.headers(who) if who else {}
        answer = world.client.get("/api/v1/assignments/lab/leaderboard", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_assignment_without_one(world):
    for who in ("ana", "ivan"):
        answer = world.get("/api/v1/assignments/iris/leaderboard", who)
        assert (answer.status_code, answer.json()["code"]) == (404, "no_leaderboard")


def test_only_what_chance_does_not_explain_moves_a_place(world):
    make_assignment(world)
    hand_in(world, "ana", make_report(20))
    hand_in(world, "dan", make_report(19))
    assert places(world) == [(1, "dan", 19 / 80), (2, "ana", 0.25)]
    # One row fewer may be chance; ten fewer are not.
    hand_in(world, "dan", make_report(18))
    hand_in(world, "ana", make_report(21))
    assert places(world) == [(1, "dan", 19 / 80), (2, "ana", 0.25)]
    hand_in(world, "ana", make_report(10))
    assert places(world) == [(1, "ana", 0.125), (2, "dan", 19 / 80)]


def test_the_least_step_of_the_assignment(world):
    make_assignment(world, step=0.2)
    for missed in (40, 30, 20):
        hand_in(world, "ana", make_report(missed))
    # 40 to 30 of 80 rows is 0.125, which is not enough; 40 to 20 is.
    assert places(world) == [(1, "ana", 0.25)]
    make_assignment(world, slug="strict", step=0.3)
    for missed in (40, 30, 20):
        hand_in(world, "ana", make_report(missed), slug="strict")
    assert places(world, slug="strict") == [(1, "ana", 0.5)]


def test_who_is_not_on_the_board(world):
    make_assignment(world)
    hand_in(world, "grace", make_report(0))  # staff trying it out
    hand_in(world, "dan")  # still waiting
    hand_in(world, "dan", Report(outcome="failed", points=0, max_points=10, criteria=()))
    hand_in(world, "dan", make_report(0, rows=ROWS))  # one repeat gave no model
    assert places(world) == []
    hand_in(world, "ana", make_report(10))
    assert places(world) == [(1, "ana", 0.125)]


def test_runs_on_other_rows_do_not_meet(world):
    assignment_id = make_assignment(world)
    hand_in(world, "ana", make_report(10))
    with transaction(world.engine) as session:
        # A later due rule draws the same rows; another split does not.
        repository.add_assignment_version(
            session, assignment_id=assignment_id, spec=make_spec(counting="last")
        )
    hand_in(world, "dan", make_report(20))
    assert [user for _, user, _ in places(world)] == ["ana", "dan"]
    fewer = make_spec().model_copy(update={"split": SplitSizes(train=29, validation=30, test=30, board=ROWS)})
    with transaction(world.engine) as session:
        repository.add_assignment_version(session, assignment_id=assignment_id, spec=fewer)
    assert places(world) == []


def test_the_newest_report_of_the_newest_run_counts(world):
    make_assignment(world)
    submission_id = hand_in(world, "ana", make_report(20))
    with transaction(world.engine) as session:
        run_id = repository.submission_details(session, submission_id).run.id
        repository.add_report(session, run_id, make_report(10))
    assert places(world) == [(1, "ana", 0.125)]


def test_after_the_due_date_the_final_board_ranks_what_counts(world):
    due = time.time() + DAY_S
    assignment_id = make_assignment(world, due_at=due)
    # Ana's better model on the test part is not the one that she is graded by.
    hand_in(world, "ana", make_report(10, points=8, test_accuracy=0.8))
    hand_in(world, "ana", make_report(10, points=4, test_accuracy=0.95))
    hand_in(world, "dan", make_report(20, points=3, test_accuracy=0.9))
    assert board(world)["stage"] == "public"
    assert places(world)[0][1] == "ana"
    with transaction(world.engine) as session:
        due = time.time() - 60
        session.connection().exec_driver_sql(
            f"UPDATE assignments SET due_at = {due} WHERE id = '{assignment_id}'"
        )
    assert board(world)["stage"] == "final"
    assert places(world) == [(1, "dan", 0.1), (2, "ana", 0.2)]
    assert places(world, "ana") == [(1, None, 0.1), (2, "ana", 0.2)]
    # Who still hands in, by an extension, is not told of the test part yet.
    body = {"due_at": time.time() + DAY_S, "reason": "was ill"}
    path = "/api/v1/assignments/lab/extensions/dan"
    assert world.client.put(path, json=body, headers=world.headers("ivan")).status_code == 200
    assert (board(world, "dan")["stage"], board(world, "ana")["stage"]) == ("public", "final")


@pytest.mark.parametrize("who", ["ana", "grace", "ivan", "root"])
def test_what_a_submission_missed_leaves_by_no_way(world, who):
    """Every address that tells something of the submission, as text."""
    make_assignment(world)
    hand_in(world, "dan", make_report(3))
    hand_in(world, "ana", make_report(20))
    # Two rows fewer, but others: no better than chance explains, so its 18 of 80 are never shown.
    first = make_report(18, first=40)
    submission_id = hand_in(world, "ana", first)
    with reading(world.engine) as session:
        stored = repository.submission_details(session, submission_id).report
    assert (stored.board_misses, stored.board_rows) == (first.board_misses, ROWS * REPEATS)
    addresses = [
        f"/api/v1/submissions/{submission_id}",
        f"/api/v1/submissions/{submission_id}/report",
        f"/submissions/{submission_id}",
        "/api/v1/assignments/lab/leaderboard",
        "/api/v1/assignments/lab/grades/me",
        "/assignments/lab",
        *(["/api/v1/assignments/lab/grades", "/api/v1/assignments/lab/grades.csv"] if who != "ana" else []),
    ]
    for address in addresses:
        answer = world.get(address, who)
        assert answer.status_code == 200 or (who == "root" and address.endswith("/me"))
        assert first.board_misses not in answer.text
        assert re.search(r"(?<![0-9.])0\.225(?![0-9])", answer.text) is None, address
    report = world.get(f"/api/v1/submissions/{submission_id}/report", who).json()
    assert (report["board_misses"], report["board_rows"]) == ("", 0)


def test_the_page_tells_students_ranks_and_their_own_row_alone(world):
    make_assignment(world)
    hand_in(world, "ana", make_report(30))
    hand_in(world, "dan", make_report(10))
    student, staff = (world.get("/assignments/lab/leaderboard", who).text for who in ("ana", "ivan"))
    assert "You are at place 2, with an error of" in student
    rows = re.findall(r'<th scope="row">(\w+)', student)
    assert rows == ["somebody", "ana"]
    assert "dan" not in student
    assert re.findall(r'<th scope="row">(\w+)', staff) == ["dan", "ana"]
    assert world.get("/assignments/lab/leaderboard", "olga", headers={"Accept": "text/html"}).status_code == 404
    assert 'href="/assignments/lab/leaderboard"' in world.get("/assignments/lab").text
