"""What reports say, in a few bytes a submission, and the lists that are made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from store.models import Assignment, Enrollment, Result, Run, Submission, User
from store.repository.submissions import graded_by

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.orm import Session

    from graders.report import Report

_AT_ONCE: Final = 400


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One submission of one student, with what its newest report says (None: there is none).

    Errors are shares in 0..1, losses are in nats. A student without a submission has neither
    `submission_id` nor `state`.
    """

    user_id: str
    display_name: str
    submission_id: str | None = None
    state: str | None = None
    submitted_at: float | None = None
    points: float | None = None
    max_points: float | None = None
    training_error: float | None = None
    validation_error: float | None = None
    training_loss: float | None = None
    validation_loss: float | None = None
    fit: str | None = None
    flags: int | None = None
    verdicts: dict[str, str] | None = field(default=None)


@dataclass(frozen=True, kw_only=True)
class BestResult:
    """What one student's best submission to an assignment got."""

    points: float
    max_points: float
    fit: str | None


def put_results(session: Session, results: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """Of these (run id, `result_of` its newest report), where no later run of the submission has left one."""
    upsert: Any = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert(Result)
    upsert = upsert.on_conflict_do_update(
        index_elements=[Result.submission_id],
        set_={c.name: upsert.excluded[c.name] for c in Result.__table__.columns if not c.primary_key},
        where=Result.run_id <= upsert.excluded.run_id,
    )
    for start in range(0, len(results), _AT_ONCE):
        batch = dict(results[start : start + _AT_ONCE])
        rows = session.execute(
            select(Run.id, Submission.id, Submission.assignment_id, Submission.user_id)
            .join(Submission, Submission.id == Run.submission_id)
            .where(Run.id.in_(batch), Run.kind == "graded")
        )
        values = [
            {"submission_id": submission, "assignment_id": assignment, "user_id": user, "run_id": run}
            | batch[run]
            for run, submission, assignment, user in rows
        ]
        if values:
            session.execute(upsert, values)


def result_of(report: Report) -> dict[str, Any]:
    """The columns of a result that a report fills."""
    train, validation = report.parts.get("train"), report.parts.get("validation")
    return {
        "points": report.points,
        "max_points": report.max_points,
        "training_error": train.error.value if train else None,
        "validation_error": validation.error.value if validation else None,
        "training_loss": train.loss if train else None,
        "validation_loss": validation.loss if validation else None,
        "fit": report.diagnosis.fit if report.diagnosis else None,
        "flags": len(report.flags),
        "verdicts": {criterion.id: criterion.verdict for criterion in report.criteria},
    }


def standings(session: Session, assignment_id: str, course_id: str) -> list[Standing]:
    """Every submission of every enrolled student, the oldest first, and a bare row for who has none."""
    students = session.execute(
        select(User.id, User.display_name)
        .join(Enrollment, Enrollment.user_id == User.id)
        .where(Enrollment.course_id == course_id, Enrollment.role == "student")
        .order_by(User.display_name, User.id)
    )
    found: dict[str, list[tuple[Any, ...]]] = {}
    rows = session.execute(
        select(
            Submission.user_id,
            Submission.id,
            Run.state,
            Submission.created_at,
            Result.points,
            Result.max_points,
            Result.training_error,
            Result.validation_error,
            Result.training_loss,
            Result.validation_loss,
            Result.fit,
            Result.flags,
            Result.verdicts,
        )
        .select_from(Submission)
        .join(Run, graded_by())
        .outerjoin(Result, Result.submission_id == Submission.id)
        .where(Submission.assignment_id == assignment_id)
        .order_by(Submission.user_id, Submission.id)
    )
    for user_id, *values in rows:
        found.setdefault(user_id, []).append(tuple(values))
    names = tuple(Standing.__dataclass_fields__)[2:]
    return [
        Standing(user_id=user_id, display_name=name, **dict[str, Any](zip(names, values, strict=True)))
        if values
        else Standing(user_id=user_id, display_name=name)
        for user_id, name in students
        for values in found.get(user_id, [()])
    ]


def best_results(session: Session, course_ids: Collection[str]) -> dict[str, list[BestResult]]:
    """Of each assignment, by id: the result with the most points of each student who has one.

    Of several with the same points, the first: later ones did not get better.
    """
    placed = (
        select(
            Result.assignment_id,
            Result.user_id,
            Result.points,
            Result.max_points,
            Result.fit,
            func.row_number()
            .over(
                partition_by=(Result.assignment_id, Result.user_id),
                order_by=(Result.points.desc(), Result.submission_id),
            )
            .label("place"),
        )
        # Nothing is joined before they are placed: so they are read in the order of their index.
        .where(Result.assignment_id.in_(select(Assignment.id).where(Assignment.course_id.in_(course_ids))))
        .subquery()
    )
    rows = session.execute(
        select(placed.c.assignment_id, placed.c.points, placed.c.max_points, placed.c.fit)
        .join(Assignment, Assignment.id == placed.c.assignment_id)
        .join(
            Enrollment,
            (Enrollment.user_id == placed.c.user_id) & (Enrollment.course_id == Assignment.course_id),
        )
        .where(placed.c.place == 1, Enrollment.role == "student")
    )
    found: dict[str, list[BestResult]] = {}
    for assignment_id, points, max_points, fit in rows:
        one = BestResult(points=points, max_points=max_points, fit=fit)
        found.setdefault(assignment_id, []).append(one)
    return found
