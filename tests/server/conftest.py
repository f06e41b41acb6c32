from __future__ import annotations

import pytest
from databases import migrated_database

from graders.evidence import Evidence
from graders.evidence_format import to_bytes
from graders.report import Report
from graders.spec import AssignmentSpec, CriterionSpec, SplitSizes
from store import repository
from store.engine import make_engine, transaction

NOBODY = "redis://127.0.0.1:1/0"


class Course:
    """A course `ml` with one assignment and the student ana, in the database that commands find."""

    def __init__(self, engine):
        self.engine = engine
        spec = AssignmentSpec(
            slug="iris",
            title="Iris",
            dataset="iris",
            split=SplitSizes(train=90, validation=30, test=30),
            criteria=(CriterionSpec(id="accuracy", grader="accuracy", points=10),),
        )
        with transaction(engine) as session:
            course = repository.create_course(session, slug="ml", title="Machine learning")
            user = repository.create_user(session, name="ana")
            repository.enroll(session, user_id=user.id, course_id=course.id, role="student")
            assignment = repository.create_assignment(session, course_id=course.id, spec=spec)
        self.course_id, self.user_id, self.assignment_id = course.id, user.id, assignment.id

    def hand_in(self, source="x = 1\n"):
        new = repository.NewSubmission(filename="lab.py", source=source)
        with transaction(self.engine) as session:
            return repository.submit(session, user_id=self.user_id, assignment_id=self.assignment_id, new=new)

    def claim(self, run_id, **kwargs):
        with transaction(self.engine) as session:
            return repository.claim(session, run_id, **kwargs)

    def error(self, why="OSError: disk full"):
        done = self.hand_in()
        claim = self.claim(done.run_id)
        with transaction(self.engine) as session:
            assert repository.mark_errored(session, done.run_id, claim.attempt, why)
        return done

    def grade(self, points=7, log="hello\n"):
        done = self.hand_in()
        claim = self.claim(done.run_id)
        report = Report(outcome="graded", points=points, max_points=10, criteria=())
        evidence = to_bytes(Evidence(n_classes=3, class_names=("a", "b", "c"), repeats=()))
        finish = {"outcome": "graded", "evidence": evidence, "report": report, "log": log}
        with transaction(self.engine) as session:
            assert repository.finish(session, done.run_id, claim.attempt, **finish)
        return done


@pytest.fixture
def database_url(tmp_path, monkeypatch):
    with migrated_database(tmp_path) as url:
        monkeypatch.delenv("LABMARK_DATABASE_URL", raising=False)
        monkeypatch.setenv("DATABASE_URL", url)
        # Nobody answers there: what an operator does rests on the database.
        monkeypatch.setenv("LABMARK_REDIS_URL", NOBODY)
        monkeypatch.setenv("LABMARK_DATA_DIR", str(tmp_path / "data"))
        monkeypatch.setenv("LABMARK_RUNNER_SOCKET", str(tmp_path / "runner.sock"))
        yield url


@pytest.fixture
def course(database_url):
    engine = make_engine(database_url)
    yield Course(engine)
    engine.dispose()
