"""What reports say, in a few bytes a submission, and the lists that are made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from store.models import Assignment, Enrollment, Result, Run, Submission, User
from store.repository.submissions import graded_by

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

    from graders.report import Report

_AT_ONCE: Final = 400
# The fields of a standing that a result fills.
_OF_RESULT: Final = (
    *("points", "max_points", "training_error", "validation_error", "training_loss", "validation_loss"),
    *("fit", "flags", "verdicts"),
)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One student, with the submission that stands for them: the one with the most points, else the newest.

    `states`: of the newest runs of all that they handed in, the oldest first. Of the one that stands:
    `is_newest`, its `state`, and what its newest report says (None: there is none). Errors are shares in
    0..1, losses are in nats.
    """

    user_id: str
    display_name: str
    states: tuple[str, ...] = ()
    is_newest: bool = True
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
    verdicts: dict[str, str] | None = None


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
    """Every enrolled student, by display name."""
    students = session.execute(
        select(User.id, User.display_name)
        .join(Enrollment, Enrollment.user_id == User.id)
        .where(Enrollment.course_id == course_id, Enrollment.role == "student")
        .order_by(User.display_name, User.id)
    )
    handed_in: dict[str, list[tuple[str, str, float]]] = {}
    for user_id, submission_id, state, at in session.execute(_handed_in(assignment_id)):
        handed_in.setdefault(user_id, []).append((submission_id, state, at))
    best = {user_id: values for user_id, *values in session.execute(_best_of(assignment_id))}
    return [
        _standing(user_id, name, handed_in.get(user_id, []), best.get(user_id)) for user_id, name in students
    ]


def _handed_in(assignment_id: str) -> Select[str, str, str, float]:
    """Of all submissions no more than indexes hold: there are thousands."""
    return (
        select(Submission.user_id, Submission.id, Run.state, Submission.created_at)
        .select_from(Submission)
        .join(Run, graded_by())
        .where(Submission.assignment_id == assignment_id)
        .order_by(Submission.user_id, Submission.id)
    )


def _best_of(assignment_id: str) -> Select[*tuple[Any, ...]]:
    return select(
        Result.user_id,
        Result.submission_id,
        Result.points,
        Result.max_points,
        Result.training_error,
        Result.validation_error,
        Result.training_loss,
        Result.validation_loss,
        Result.fit,
        Result.flags,
        Result.verdicts,
    ).where(Result.assignment_id == assignment_id, is_best())


def _standing(
    user_id: str, name: str, handed_in: list[tuple[str, str, float]], best: list[Any] | None
) -> Standing:
    if not handed_in:
        return Standing(user_id=user_id, display_name=name)
    states = tuple(state for _, state, _ in handed_in)
    newest = handed_in[-1]
    shown = newest if best is None else next((one for one in handed_in if one[0] == best[0]), newest)
    submission_id, state, submitted_at = shown
    found = {} if best is None else dict(zip(_OF_RESULT, best[1:], strict=True))
    return Standing(
        user_id=user_id,
        display_name=name,
        states=states,
        is_newest=shown is newest,
        submission_id=submission_id,
        state=state,
        submitted_at=submitted_at,
        **found,
    )


def is_best() -> ColumnElement[bool]:
    """Of a Result: its student has none with more points, and none before it with as many."""
    other = aliased(Result)
    better = select(other.submission_id).where(
        other.assignment_id == Result.assignment_id,
        other.user_id == Result.user_id,
        or_(
            other.points > Result.points,
            (other.points == Result.points) & (other.submission_id < Result.submission_id),
        ),
    )
    return ~better.exists()


def best_results(session: Session, course_ids: Collection[str]) -> dict[str, list[BestResult]]:
    """Of each assignment, by id: the result with the most points of each student who has one.

    Of several with the same points, the first: later ones did not get better.
    """
    rows = session.execute(
        select(Result.assignment_id, Result.points, Result.max_points, Result.fit)
        .join(Assignment, Assignment.id == Result.assignment_id)
        .join(
            Enrollment,
            (Enrollment.user_id == Result.user_id) & (Enrollment.course_id == Assignment.course_id),
        )
        .where(Assignment.course_id.in_(course_ids), Enrollment.role == "student", is_best())
    )
    found: dict[str, list[BestResult]] = {}
    for assignment_id, points, max_points, fit in rows:
        one = BestResult(points=points, max_points=max_points, fit=fit)
        found.setdefault(assignment_id, []).append(one)
    return found
