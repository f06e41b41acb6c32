from __future__ import annotations

import pytest
from databases import empty_database, migrated_database

from graders.evidence import Evidence
from graders.evidence_format import to_bytes
from graders.report import Report
from graders.spec import AssignmentSpec, CriterionSpec, SplitSizes
from store import repository
from store.engine import make_engine, transaction


@pytest.fixture
def empty_url(tmp_path):
    with empty_database(tmp_path) as url:
        yield url


@pytest.fixture
def database_url(tmp_path):
    with migrated_database(tmp_path) as url:
        yield url


@pytest.fixture
def engine(database_url):
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def spec():
    return AssignmentSpec(
        slug="iris",
        title="Iris",
        dataset="iris",
        split=SplitSizes(train=90, validation=30, test=30),
        criteria=(CriterionSpec(id="accuracy", grader="accuracy", points=10),),
    )


@pytest.fixture
def student_and_assignment(engine, spec):
    with transaction(engine) as session:
        course = repository.create_course(session, slug="ml", title="Machine learning")
        user = repository.create_user(session, name="ana")
        repository.enroll(session, user_id=user.id, course_id=course.id, role="student")
        assignment = repository.create_assignment(session, course_id=course.id, spec=spec)
        return user.id, assignment.id


@pytest.fixture
def hand_in(engine, student_and_assignment):
    user_id, assignment_id = student_and_assignment

    def submit(source="x = 1\n", key=None):
        new = repository.NewSubmission(filename="lab.py", source=source, idempotency_key=key)
        with transaction(engine) as session:
            return repository.submit(session, user_id=user_id, assignment_id=assignment_id, new=new)

    return submit


@pytest.fixture
def report():
    return Report(outcome="graded", points=7, max_points=10, criteria=())


@pytest.fixture
def evidence():
    return to_bytes(Evidence(n_classes=3, class_names=("a", "b", "c"), repeats=()))
