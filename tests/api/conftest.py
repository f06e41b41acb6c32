from __future__ import annotations

from dataclasses import dataclass

import pytest
from databases import migrated_database
from fastapi.testclient import TestClient
from recording_broker import Broker
from seeded_course import restore, snapshot

from api.app import create_app
from graders.evidence import Evidence
from graders.evidence_format import to_bytes
from graders.report import (
    CriterionResult,
    CurvePoint,
    Diagnosis,
    GapMeasure,
    Message,
    PartMeasure,
    Rate,
    Report,
)
from graders.spec import AssignmentSpec, CriterionSpec, SplitSizes
from store import repository
from store.engine import make_engine, transaction
from store.settings import Settings

SOURCE = "def train(lab):\n    return '<script>alert(1)</script>'\n"
SPEC = AssignmentSpec(
    slug="iris",
    title="Iris, one layer",
    dataset="iris",
    split=SplitSizes(train=90, validation=30, test=30),
    criteria=(
        CriterionSpec(
            id="validation_accuracy", grader="accuracy", points=4, parameters={"part": "validation"}
        ),
        CriterionSpec(
            id="test_accuracy", grader="accuracy", points=6, parameters={"part": "test"}, visibility="staff"
        ),
    ),
)


@dataclass
class World:
    client: TestClient
    engine: object
    broker: Broker
    tokens: dict
    course_id: str

    def headers(self, who="ana"):
        return {"Authorization": f"Bearer {self.tokens[who]}"}

    def post(self, who="ana", source=SOURCE, filename="lab.py", key=None, slug="iris"):
        headers = self.headers(who) | ({"Idempotency-Key": key} if key else {})
        body = {"filename": filename, "source": source}
        return self.client.post(f"/api/v1/assignments/{slug}/submissions", json=body, headers=headers)

    def get(self, path, who="ana", **kwargs):
        return self.client.get(path, headers=self.headers(who) | kwargs.pop("headers", {}), **kwargs)

    def finish(self, submission_id, report, log="hello\n"):
        with transaction(self.engine) as session:
            run_id = repository.submission_details(session, submission_id).run.id
            claim = repository.claim(session, run_id)
            evidence = to_bytes(Evidence(n_classes=3, class_names=("a", "b", "c"), repeats=()))
            assert repository.finish(
                session,
                run_id,
                claim.attempt,
                outcome=report.outcome,
                evidence=evidence,
                report=report,
                log=log,
            )


@pytest.fixture
def database_url(tmp_path):
    with migrated_database(tmp_path) as url:
        yield url


@pytest.fixture
def world(database_url):
    # Nothing listens on port 1: without Redis, submissions are taken all the same.
    settings = Settings(database_url=database_url, redis_url="redis://127.0.0.1:1/0")
    engine = make_engine(settings.database_url)
    people = {"ana": "student", "dan": "student", "grace": "grader", "ivan": "instructor"}
    tokens = {}
    with transaction(engine) as session:
        course = repository.create_course(session, slug="ml", title="Machine learning")
        other = repository.create_course(session, slug="other", title="Another course")
        repository.create_assignment(session, course_id=course.id, spec=SPEC)
        for name, role in people.items():
            user = repository.create_user(session, name=name)
            repository.enroll(session, user_id=user.id, course_id=course.id, role=role)
            tokens[name] = repository.create_token(session, user_id=user.id, role=role)
        stranger = repository.create_user(session, name="olga")
        repository.enroll(session, user_id=stranger.id, course_id=other.id, role="instructor")
        tokens["olga"] = repository.create_token(session, user_id=stranger.id, role="instructor")
        root = repository.create_user(session, name="root", is_admin=True)
        tokens["root"] = repository.create_token(session, user_id=root.id, role="admin")
    app = create_app(settings)
    broker = Broker()
    # A frozen dataclass: the one seam where the test puts its own broker.
    object.__setattr__(app.state.services, "celery", broker)
    with TestClient(app, follow_redirects=False) as client:
        yield World(client, engine, broker, tokens, course.id)
    engine.dispose()


def part(correct, n):
    rate = Rate(value=correct / n, low=correct / n - 0.05, high=min(1.0, correct / n + 0.03), n=n)
    error = Rate(value=1 - correct / n, low=0.0, high=0.2, n=n)
    return PartMeasure(accuracy=rate, error=error, loss=0.21, confusion=((10, 0, 0), (0, 9, 1), (0, 1, 9)))


@pytest.fixture
def report():
    found = {"part": "validation", "measured": 0.9333, "asked": 0.9, "low": 0.79, "high": 0.98, "n": 30}
    return Report(
        outcome="graded",
        points=9,
        max_points=10,
        criteria=(
            CriterionResult(
                id="validation_accuracy",
                grader="accuracy",
                verdict="passed",
                points=4,
                max_points=4,
                messages=(Message(code="accuracy.reached", parameters=found),),
                measured=found,
            ),
            CriterionResult(
                id="test_accuracy",
                grader="accuracy",
                verdict="partial",
                points=5,
                max_points=6,
                visibility="staff",
                messages=(Message(code="accuracy.partial", parameters=found | {"part": "test"}),),
                measured=found,
            ),
        ),
        diagnosis=Diagnosis(fit="overfitting", messages=(Message(code="advice.simpler_model"),)),
        parts={"train": part(90, 90), "validation": part(28, 30), "test": part(27, 30)},
        gap=GapMeasure(value=0.066, low=-0.01, high=0.2),
        learning_curve=tuple(
            CurvePoint(epoch=e, training_error=0.5 / e, validation_error=0.1 + 0.5 / e) for e in range(1, 25)
        ),
        claims={"framework": "pytorch", "layers": ["Linear(4, 3)"], "parameter_count": 15},
        resources={"train_wall_s": 1.5},
        provenance={"torch": "2.13.0"},
    )


@pytest.fixture(scope="module")
def client(course):
    """Of a module that has a `course`: asks its application, and follows no redirect."""
    with TestClient(course.app, follow_redirects=False) as client:
        yield client


@pytest.fixture
def as_it_was(course):
    """All rows of the `course` of a module, which has them again after the test."""
    before = snapshot(course.engine)
    yield before
    restore(course.engine, before)
