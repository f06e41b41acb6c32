"""How a class did: against numpy, over the grades that count."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from store import repository
from store.engine import transaction

PATH = "/api/v1/assignments/iris/statistics"


def statistics(world):
    answer = world.get(PATH, "grace")
    assert answer.status_code == 200
    return answer.json()


@pytest.fixture
def enroll(world):
    """More students, with tokens."""

    def more(n):
        names = [f"student-{number}" for number in range(n)]
        with transaction(world.engine) as session:
            for name in names:
                user = repository.create_user(session, name=name, display_name=name.title())
                repository.enroll(session, user_id=user.id, course_id=world.course_id, role="student")
                world.tokens[name] = repository.create_token(session, user_id=user.id)
        return names

    return more


def hand_in(world, who, report, *, points=None, verdict=None, fit=None):
    submission_id = world.post(who).json()["id"]
    changes = {}
    if points is not None:
        changes["points"] = points
    if verdict is not None:
        first, *others = report.criteria
        changes["criteria"] = (first.model_copy(update={"verdict": verdict}), *others)
    if fit is not None:
        changes["diagnosis"] = report.diagnosis.model_copy(update={"fit": fit})
    world.finish(submission_id, report.model_copy(update=changes))
    return submission_id


def test_a_class_that_has_handed_in_nothing(world):
    found = statistics(world)
    assert found["points"] == {
        "n": 0, "mean": None, "sd": None, "median": None, "min": None, "max": None, "zeros": 0, "full_marks": 0,
    }  # fmt: skip
    assert (found["students"], found["handed_in"], found["submissions"], found["fits"]) == (2, 0, 0, {})
    assert [bin_["students"] for bin_ in found["histogram"]] == [0] * 10
    assert {criterion["pass_rate"] for criterion in found["criteria"]} == {None}


def test_figures_are_those_of_numpy(world, enroll, report):
    points = [0, 0, 2.5, 4, 5, 7.25, 8, 9, 9.99, 10, 10]
    for who, value in zip(enroll(len(points)), points, strict=True):
        hand_in(world, who, report, points=value)
    found = statistics(world)["points"]
    assert found["n"] == len(points)
    assert found["mean"] == pytest.approx(np.mean(points), abs=1e-4)
    assert found["sd"] == pytest.approx(np.std(points, ddof=1), abs=1e-4)
    assert found["median"] == pytest.approx(np.median(points))
    assert (found["min"], found["max"], found["zeros"], found["full_marks"]) == (0, 10, 2, 2)


def test_the_histogram_counts_everybody_once_as_numpy_does(world, enroll, report):
    points = [0, 0.99, 1, 4.5, 5, 9, 9.99, 10]
    for who, value in zip(enroll(len(points)), points, strict=True):
        hand_in(world, who, report, points=value)
    found = statistics(world)["histogram"]
    counted, edges = np.histogram(points, bins=10, range=(0, 10))
    assert [bin_["students"] for bin_ in found] == counted.tolist()
    assert [bin_["low"] for bin_ in found] + [found[-1]["high"]] == pytest.approx(edges)


def test_one_grade_has_no_spread(world, report):
    hand_in(world, "ana", report)
    found = statistics(world)["points"]
    assert (found["n"], found["mean"], found["sd"]) == (1, 9, None)


def test_only_the_submission_that_counts_is_counted(world, report):
    """The best: what ana got before, and what became of its criteria, is no part of it."""
    hand_in(world, "ana", report, points=1, verdict="failed", fit="underfitting")
    hand_in(world, "ana", report, points=8, verdict="passed", fit="balanced")
    found = statistics(world)
    assert (found["points"]["n"], found["points"]["mean"]) == (1, 8)
    assert (found["handed_in"], found["submissions"], found["fits"]) == (1, 2, {"balanced": 1})
    assert (found["criteria"][0]["passed"], found["criteria"][0]["failed"]) == (1, 0)


def test_pass_rates_are_shares_of_those_judged(world, enroll, report):
    verdicts = ["passed", "passed", "partial", "failed", "not_graded"]
    for who, verdict in zip(enroll(len(verdicts)), verdicts, strict=True):
        hand_in(world, who, report, verdict=verdict)
    first, second = statistics(world)["criteria"]
    assert (first["passed"], first["partial"], first["failed"], first["not_graded"]) == (2, 1, 1, 1)
    assert (first["judged"], first["pass_rate"]) == (4, 0.5)
    assert (second["id"], second["judged"], second["pass_rate"]) == ("test_accuracy", 5, 0)


def test_an_override_counts_as_the_grade_it_is(world, report):
    submission_id = hand_in(world, "ana", report, points=3)
    body = {"points": 10, "reason": "Agreed with the class"}
    path = f"/api/v1/submissions/{submission_id}/override"
    assert world.client.post(path, json=body, headers=world.headers("ivan")).status_code == 201
    found = statistics(world)["points"]
    assert (found["mean"], found["full_marks"]) == (10, 1)


def test_an_assignment_that_is_worth_nothing_has_no_histogram(world, report):
    hand_in(world, "ana", report, points=0)
    with transaction(world.engine) as session:
        assignment = repository.assignment_by_slug(session, "iris")
        free = tuple(criterion.model_copy(update={"points": 0}) for criterion in assignment.spec.criteria)
        spec = assignment.spec.model_copy(update={"criteria": free})
        repository.add_assignment_version(session, assignment_id=assignment.id, spec=spec)
    found = statistics(world)
    assert (found["max_points"], found["histogram"], found["points"]["n"]) == (0, [], 1)


def test_staff_who_try_the_assignment_are_no_part_of_the_class(world, report):
    hand_in(world, "ivan", report)
    assert statistics(world)["points"]["n"] == 0


def test_canvas_gets_the_columns_that_it_imports(world, enroll, report):
    (name,) = enroll(1)
    hand_in(world, name, report, points=8.5)
    answer = world.get("/api/v1/assignments/iris/grades.csv?columns=canvas", "grace")
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Iris, one layer"]
    assert rows[1] == ["    Points Possible", "", "", "", "", "10.0"]
    assert ["Student-0", "", "", "student-0", "", "8.5"] in rows
    # Who has no grade leaves what Canvas has as it is.
    assert ["ana", "", "", "ana", "", ""] in rows


def test_a_name_that_a_spreadsheet_would_reckon_with_is_text(world):
    with transaction(world.engine) as session:
        user = repository.create_user(session, name="eve", display_name='=HYPERLINK("http://x")')
        repository.enroll(session, user_id=user.id, course_id=world.course_id, role="student")
    for columns in ("plain", "canvas"):
        answer = world.get(f"/api/v1/assignments/iris/grades.csv?columns={columns}", "ivan")
        cells = [cell for row in csv.reader(io.StringIO(answer.text)) for cell in row]
        assert any(cell.startswith("'=HYPERLINK") for cell in cells)
        assert not any(cell.startswith("=") for cell in cells)
