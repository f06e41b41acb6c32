"""What stands in `results` is what the newest report says, however that came."""

import json

import pytest
from sqlalchemy import func, select, text

from graders.evidence import Evidence
from graders.evidence_format import to_bytes
from graders.report import CriterionResult, Diagnosis, Message, PartMeasure, Rate, Report
from store import repository
from store.engine import make_engine, reading, transaction
from store.ids import first_id_at, new_id
from store.migrate import upgrade
from store.models import Result, Submission


def part(error):
    rate = Rate(value=error, low=0, high=1, n=30)
    return PartMeasure(accuracy=rate, error=rate, loss=0.5)


def report(points, fit="balanced"):
    return Report(
        outcome="graded",
        points=points,
        max_points=10,
        criteria=(CriterionResult(id="accuracy", grader="accuracy", verdict="partial", points=points, max_points=10),),
        diagnosis=Diagnosis(fit=fit),
        parts={"train": part(0.01), "validation": part(0.25)},
        flags=(Message(code="integrity.control_failed"),),
    )


def finish(session, run_id, found):
    claim = repository.claim(session, run_id)
    blob = to_bytes(Evidence(n_classes=3, class_names=("a", "b", "c"), repeats=()))
    assert repository.finish(session, run_id, claim.attempt, outcome="graded", evidence=blob, report=found)


def results(engine):
    with reading(engine) as session:
        return {row.submission_id: row for row in session.scalars(select(Result))}


def test_a_report_leaves_its_result(engine, hand_in):
    done = hand_in()
    with transaction(engine) as session:
        finish(session, done.run_id, report(4, "overfitting"))
    (row,) = results(engine).values()
    assert (row.submission_id, row.points, row.max_points, row.fit, row.flags) == (done.submission_id, 4, 10, "overfitting", 1)
    assert (row.training_error, row.validation_error, row.training_loss) == (0.01, 0.25, 0.5)
    assert row.verdicts == {"accuracy": "partial"}


def test_the_newest_report_of_the_newest_run_stands(engine, hand_in):
    done = hand_in()
    with transaction(engine) as session:
        finish(session, done.run_id, report(4))
        repository.add_report(session, done.run_id, report(5), cause="regrade")
        again = repository.add_run(session, submission_id=done.submission_id, spec_version=1, priority=9)
    assert results(engine)[done.submission_id].points == 5  # while it is run again
    with transaction(engine) as session:
        finish(session, again.id, report(7))
        # A regrade of the run before it comes late.
        repository.add_reports(session, iter([(done.run_id, report(1))]), cause="regrade", author_id=None)
    assert results(engine)[done.submission_id].points == 7
    with transaction(engine) as session:
        repository.add_reports(session, iter([(again.id, report(8))]), cause="regrade", author_id=None)
    assert results(engine)[done.submission_id].points == 8


def test_the_best_of_each_student_is_found(engine, hand_in, student_and_assignment):
    _, assignment_id = student_and_assignment
    for points, fit in ((3, "overfitting"), (6, "underfitting"), (6, "balanced")):
        done = hand_in(source=f"x = {points, fit!r}\n")
        with transaction(engine) as session:
            finish(session, done.run_id, report(points, fit))
    with reading(engine) as session:
        course = repository.course_by_slug(session, "ml")
        found = repository.best_results(session, [course.id])
        assert [(one.points, one.fit) for one in found[assignment_id]] == [(6, "underfitting")]
        assert repository.best_results(session, []) == {}


def test_what_needs_a_person_is_listed_while_it_does(engine, hand_in):
    errored, flagged = hand_in(source="x = 1\n"), hand_in(source="x = 2\n")
    with transaction(engine) as session:
        claim = repository.claim(session, errored.run_id)
        repository.mark_errored(session, errored.run_id, claim.attempt, "disk full")
        finish(session, flagged.run_id, report(4))
        course = repository.course_by_slug(session, "ml").id
        found = repository.needs_attention(session, [course], limit=5)
        assert [(one.kind, one.submission_id) for one in found] == [
            ("errored", errored.submission_id),
            ("flagged", flagged.submission_id),
        ]
        again = repository.add_run(session, submission_id=errored.submission_id, spec_version=1, priority=9)
        assert [one.kind for one in repository.needs_attention(session, [course], limit=5)] == ["flagged"]
        repository.claim(session, again.id, now=1e9)
        assert [one.kind for one in repository.needs_attention(session, [course], limit=5)] == ["stuck", "flagged"]
        assert repository.needs_attention(session, ["another"], limit=5) == []


def test_hours_count_what_came_since(engine, hand_in):
    hand_in(source="x = 1\n")
    hand_in(source="x = 2\n")
    with reading(engine) as session:
        course = repository.course_by_slug(session, "ml").id
        at = session.scalar(select(func.max(Submission.created_at)))
        found = repository.handed_in_by_hour(session, [course], since=at - 3600)
        assert sum(hour.submissions for hour in found) == 2
        assert all(at - 7200 < hour.hour <= at for hour in found)
        assert repository.handed_in_by_hour(session, [course], since=at + 3600) == []


def test_ids_of_a_moment_sort_by_it():
    before = new_id()
    assert first_id_at(0) < before < first_id_at(4e9)


def test_a_database_of_before_is_given_its_results(empty_url):
    upgrade(empty_url, "0004")
    engine = make_engine(empty_url)
    stored = report(6, "overfitting").model_dump(mode="json")
    old = {**stored, "points": 2}
    never = {"outcome": "failed", "points": 0, "max_points": 10, "criteria": []}
    with engine.begin() as connection:
        for statement in (
            "INSERT INTO courses (id, slug, title, created_at) VALUES ('c', 'ml', 'ML', 1)",
            "INSERT INTO users (id, name, display_name, is_admin, created_at) VALUES ('u', 'ana', 'Ana', false, 1)",
            "INSERT INTO assignments (id, slug, course_id, secret_seed, created_at) VALUES ('a', 'iris', 'c', '', 1)",
        ):
            connection.execute(text(statement))
        for submission in ("s1", "s2", "s3"):
            connection.execute(
                text(
                    "INSERT INTO submissions (id, assignment_id, assignment_version, user_id, filename, source, source_kind, created_at)"
                    " VALUES (:id, 'a', 1, 'u', 'lab.py', '', 'py', 1)"
                ),
                {"id": submission},
            )
            for number in (1, 2):
                connection.execute(
                    text(
                        "INSERT INTO runs (id, submission_id, spec_version, state, attempt, attempts_allowed, device, created_at)"
                        " VALUES (:id, :submission, 1, 'graded', 1, 3, 'cpu', 1)"
                    ),
                    {"id": f"{submission}-{number}", "submission": submission},
                )
        for run, version, document in (("s1-1", 1, old), ("s1-1", 2, stored), ("s2-1", 1, never), ("s2-2", 1, stored)):
            connection.execute(
                text("INSERT INTO reports (run_id, version, report, spec_version, created_at) VALUES (:run, :version, :report, 1, 1)"),
                {"run": run, "version": version, "report": json.dumps(document)},
            )
    upgrade(empty_url)
    found = results(engine)
    engine.dispose()
    assert {key: (row.run_id, row.points, row.fit) for key, row in found.items()} == {
        "s1": ("s1-1", 6, "overfitting"),
        "s2": ("s2-2", 6, "overfitting"),
    }
    assert found["s1"].verdicts == {"accuracy": "partial"}
    assert found["s1"].training_error == pytest.approx(0.01)
