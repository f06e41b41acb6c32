"""Fills a database with a course as large as they get: 1,000 students, 20,000 submissions with reports.

    python -m benchmarks.seed_dashboard [--students N] [--submissions N] [--database-url URL]

Nothing is trained. Figures are drawn, and the graders' own words are put to them: learning curves that fall
and, for some, rise again; confusions of digits; diagnoses as `graders.generalization_gap` gives them. Most
runs are graded; some failed, errored, wait or are at work. Seeded: the same arguments give the same figures.
The last line printed is one JSON object with the tokens of an instructor and of a student.
"""

from __future__ import annotations

import argparse
import json
import random
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert

from benchmarks.seed_reports import Made, draw_report
from graders.labs import LABS
from store import repository
from store.engine import make_engine, transaction
from store.ids import first_id_at
from store.migrate import upgrade
from store.models import Enrollment, ReportRecord, Result, Run, RunLog, Submission, User
from store.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine


_DAY_S: Final = 86_400.0
_TERM_S: Final = 21 * _DAY_S
_REPORTS_EACH: Final = 150
_INSERTED_AT_ONCE: Final = 500
_FIRST = ("Ana", "Andrei", "Bianca", "Călin", "Daria", "Elena", "Florin", "Horia", "Ioana", "Matei", "Ștefan")
_LAST = ("Albu", "Barbu", "Ciobanu", "Dobre", "Enache", "Ilie", "Marin", "Popa", "Radu", "Stan", "Țurcanu")
_EXTRA_SLUG = "mnist-free-choice"
_SOURCE = (
    "import torch\n\n\n"
    "def train(lab):\n"
    "    x, y = torch.from_numpy(lab.train_x).flatten(1), torch.from_numpy(lab.train_y)\n"
    "    hidden, out = torch.nn.Linear(x.shape[1], 64), torch.nn.Linear(64, lab.n_classes)\n"
    "    model = torch.nn.Sequential(hidden, torch.nn.ReLU(), out)\n"
    "    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)\n"
    "    for epoch in range(25):\n"
    "        for rows in torch.randperm(len(x)).split(128):\n"
    "            optimizer.zero_grad()\n"
    "            torch.nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()\n"
    "            optimizer.step()\n"
    "        lab.epoch(model)\n"
    "    return model\n"
)


@dataclass(frozen=True)
class Seeded:
    course_id: str
    slugs: tuple[str, ...]
    instructor_token: str
    student_token: str
    submission_ids: tuple[str, ...]  # a few, spread over all, with a report
    student_submission_id: str


def seed(engine: Engine, *, students: int, submissions: int, now: float | None = None) -> Seeded:
    """Into an empty, migrated database."""
    now = time.time() if now is None else now
    draw = random.Random(7)
    with transaction(engine) as session:
        course = repository.create_course(session, slug="large", title="Neural networks, large course")
        extra = LABS["mnist-multi-layer"].model_copy(
            update={"slug": _EXTRA_SLUG, "title": "MNIST, network of your choice"}
        )
        specs = {**LABS, extra.slug: extra}
        # Some are over, some are not.
        assignments = {
            spec.slug: repository.create_assignment(
                session, course_id=course.id, spec=spec, due_at=now + (place - 2) * 7 * _DAY_S
            ).id
            for place, spec in enumerate(specs.values())
        }
        instructor = repository.create_user(session, name="ina-instructor", display_name="Ina Dobre")
        repository.enroll(session, user_id=instructor.id, course_id=course.id, role="instructor")
        instructor_token = repository.create_token(session, user_id=instructor.id, role="instructor")
        people = _people(draw, students, course.id, now)
        session.execute(insert(User), [user for user, _ in people])
        session.execute(insert(Enrollment), [enrolled for _, enrolled in people])
        student_token = repository.create_token(session, user_id=people[0][0]["id"], role="student")
    reports = {
        spec.slug: sorted(
            (draw_report(spec, draw) for _ in range(_REPORTS_EACH)), key=lambda made: made.result["points"]
        )
        for spec in specs.values()
    }
    skill = {user["id"]: draw.betavariate(2.2, 2.6) for user, _ in people}
    shown: list[str] = []
    own = ""
    batch: dict[Any, list[dict[str, Any]]] = {}
    for number in range(submissions):
        slug = list(specs)[number % len(specs)]
        # The first student is sure to have some; others have more or fewer.
        user = people[0 if number % 997 == 0 else draw.randrange(students)][0]["id"]
        at = now - _TERM_S * (1 - number / submissions)
        rows = _rows(
            draw,
            user=user,
            assignment=assignments[slug],
            at=at,
            made=reports[slug][_nearby(draw, skill[user])],
            last=number >= submissions - 12,
        )
        for table, row in rows:
            batch.setdefault(table, []).append(row)
        if any(table is Result for table, _ in rows):
            submission_id = rows[0][1]["id"]
            shown += [submission_id] if number % max(1, submissions // 100) == 0 else []
            own = submission_id if user == people[0][0]["id"] else own
        if (number + 1) % _INSERTED_AT_ONCE == 0 or number + 1 == submissions:
            with transaction(engine) as session:
                for table in (Submission, Run, ReportRecord, Result, RunLog):
                    if batch.get(table):
                        session.execute(insert(table), batch[table])
            batch = {}
    return Seeded(course.id, tuple(specs), instructor_token, student_token, tuple(shown), own)


def _people(
    draw: random.Random, students: int, course_id: str, now: float
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    found = []
    for number in range(students):
        user = _id(draw, now - _TERM_S)
        name = f"{draw.choice(_FIRST)} {draw.choice(_LAST)}"
        found.append(
            (
                {
                    "id": user,
                    "name": f"student-{number}",
                    "display_name": name,
                    "is_admin": False,
                    "created_at": now,
                },
                {"user_id": user, "course_id": course_id, "role": "student"},
            )
        )
    return found


def _nearby(draw: random.Random, skill: float) -> int:
    """Of reports in the order of their points, one that somebody of this skill (0..1) may get."""
    return min(_REPORTS_EACH - 1, max(0, int((skill + draw.gauss(-0.05, 0.12)) * _REPORTS_EACH)))


def _id(draw: random.Random, at: float) -> str:
    return str(uuid.UUID(int=uuid.UUID(first_id_at(at)).int | draw.getrandbits(62)))


def _rows(
    draw: random.Random, *, user: str, assignment: str, at: float, made: Made, last: bool
) -> list[tuple[Any, dict[str, Any]]]:
    submission, run = _id(draw, at), _id(draw, at + 0.001)
    state, lease = made.outcome, None
    if last:
        state = draw.choice(["queued", "queued", "training", "evaluating"])
        lease = None if state == "queued" else time.time() + draw.choice([900, 900, -900])
    elif draw.random() < 0.004:
        state = draw.choice(["errored", "cancelled", "superseded"])
    has_report = state == made.outcome
    rows: list[tuple[Any, dict[str, Any]]] = [
        (
            Submission,
            {
                "id": submission,
                "assignment_id": assignment,
                "assignment_version": 1,
                "user_id": user,
                "filename": "lab.py",
                "source": _SOURCE,
                "source_kind": "py",
                "created_at": at,
            },
        ),
        (
            Run,
            {
                "id": run,
                "submission_id": submission,
                "kind": "graded",
                "spec_version": 1,
                "state": state,
                "attempt": 0 if state == "queued" else 1,
                "attempts_allowed": 3,
                "device": "cpu",
                "lease_until": lease,
                "waits_since": at,
                "created_at": at,
                "started_at": None if state == "queued" else at + 4,
                "finished_at": at + 40 if lease is None and state != "queued" else None,
                "error": "RuntimeError: the runner went away" if state == "errored" else None,
            },
        ),
    ]
    if has_report:
        rows += [
            (
                ReportRecord,
                {
                    "run_id": run,
                    "version": 1,
                    "report": made.document,
                    "spec_version": 1,
                    "cause": "run",
                    "created_at": at + 40,
                },
            ),
            (
                Result,
                {
                    "submission_id": submission,
                    "assignment_id": assignment,
                    "user_id": user,
                    "run_id": run,
                    **made.result,
                },
            ),
            (RunLog, {"run_id": run, "log": "\n".join(f"epoch {n}: loss {2 / n:.4f}" for n in range(1, 26))}),
        ]
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--students", type=int, default=1000)
    parser.add_argument("--submissions", type=int, default=20_000)
    parser.add_argument("--database-url", default="", help="an empty database; else the one of the settings")
    arguments = parser.parse_args()
    url = arguments.database_url or Settings().database_url
    upgrade(url)
    engine = make_engine(url)
    done = seed(engine, students=arguments.students, submissions=arguments.submissions)
    engine.dispose()
    print(json.dumps({"instructor": done.instructor_token, "student": done.student_token}))


if __name__ == "__main__":
    main()
