"""Short lists that pages show beside the long ones: what needs a person, what came in today, who is next."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from sqlalchemy import case, func, literal, literal_column, or_, select

from store.ids import first_id_at
from store.models import Assignment, Enrollment, Extension, Result, Run, Submission, User
from store.repository.submissions import graded_by
from store.repository.vitals import stuck

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

AttentionKind = Literal["errored", "stuck", "flagged"]
_HOUR_S: Final = 3600


@dataclass(frozen=True, kw_only=True)
class Attention:
    """A submission that a person should look at, and why. `at`: when it was handed in."""

    kind: AttentionKind
    submission_id: str
    student: str
    assignment_slug: str
    at: float


@dataclass(frozen=True, kw_only=True)
class HandedInHour:
    """`hour`: UTC seconds at which it begins."""

    hour: float
    submissions: int


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """Ids of the submissions that show the students before and after one, by name; None at the ends."""

    previous: str | None
    following: str | None


def needs_attention(
    session: Session, course_ids: Collection[str], *, limit: int, now: float | None = None
) -> list[Attention]:
    """Errored and stuck ones first, then flagged ones, the newest first; at most `limit` of each."""
    now = time.time() if now is None else now
    # Few of all: they are found by their indexes, before anything is put in order.
    broken = select(Run.submission_id).where(or_(Run.state == "errored", stuck(now=now)))
    flagged = select(Result.submission_id).where(Result.flags > 0)
    by_state = case((Run.state == "errored", "errored"), else_="stuck")
    return [
        *_attention(session, broken, by_state, course_ids, limit=limit, now=now),
        *_attention(session, flagged, literal("flagged"), course_ids, limit=limit, now=now),
    ]


def _attention(
    session: Session,
    chosen: Select[str],
    kind: ColumnElement[str],
    course_ids: Collection[str],
    *,
    limit: int,
    now: float,
) -> list[Attention]:
    """`chosen`: ids of submissions, of which those whose newest run still is so are taken."""
    query = (
        select(kind, Submission.id, User.display_name, Assignment.slug, Submission.created_at)
        .select_from(Submission)
        .join(Run, graded_by())
        .join(User, User.id == Submission.user_id)
        .join(Assignment, Assignment.id == Submission.assignment_id)
        .where(Submission.id.in_(chosen), Assignment.course_id.in_(course_ids))
        .where(or_(kind == "flagged", Run.state == "errored", stuck(now=now)))
        .order_by(Submission.id.desc())
        .limit(limit)
    )
    names = ("kind", "submission_id", "student", "assignment_slug", "at")
    return [Attention(**dict[str, Any](zip(names, row, strict=True))) for row in session.execute(query)]


def handed_in_by_hour(session: Session, course_ids: Collection[str], *, since: float) -> list[HandedInHour]:
    """Hours in which nothing came are left out."""
    # Written out: PostgreSQL would not know one placeholder in two clauses as the same hour.
    hour = func.floor(Submission.created_at / literal_column(f"{_HOUR_S}.0"))
    rows = session.execute(
        select(hour, func.count())
        .join(Assignment, Assignment.id == Submission.assignment_id)
        # Ids sort by time: the table is read from there on and no further.
        .where(Submission.id >= first_id_at(since), Assignment.course_id.in_(course_ids))
        .group_by(hour)
        .order_by(hour)
    )
    return [HandedInHour(hour=number * _HOUR_S, submissions=count) for number, count in rows]


def neighbours(session: Session, *, assignment_id: str, course_id: str, user_id: str) -> Neighbours:
    """The best submissions of the students before and after one, of those who handed in, by name."""
    name = session.scalar(select(User.display_name).where(User.id == user_id))
    return Neighbours(
        previous=_beside(session, assignment_id, course_id, (name, user_id), forward=False),
        following=_beside(session, assignment_id, course_id, (name, user_id), forward=True),
    )


def own_due_dates(session: Session, user_id: str) -> dict[str, float]:
    """Those that staff moved for one student, by assignment id."""
    query = select(Extension.assignment_id, Extension.due_at).where(Extension.user_id == user_id)
    return {row.assignment_id: row.due_at for row in session.execute(query)}


def _beside(
    session: Session, assignment_id: str, course_id: str, place: tuple[Any, str], *, forward: bool
) -> str | None:
    name, user_id = place
    after = (User.display_name > name) if forward else (User.display_name < name)
    same = (User.id > user_id) if forward else (User.id < user_id)
    order = (User.display_name, User.id) if forward else (User.display_name.desc(), User.id.desc())
    handed_in = select(Submission.id).where(
        Submission.assignment_id == assignment_id, Submission.user_id == User.id
    )
    beside = session.scalar(
        select(User.id)
        .join(Enrollment, Enrollment.user_id == User.id)
        .where(
            Enrollment.course_id == course_id,
            Enrollment.role == "student",
            or_(after, (User.display_name == name) & same),
            handed_in.exists(),
        )
        .order_by(*order)
        .limit(1)
    )
    if beside is None:
        return None
    best = (
        select(Submission.id)
        .outerjoin(Result, Result.submission_id == Submission.id)
        .where(Submission.assignment_id == assignment_id, Submission.user_id == beside)
        .order_by(func.coalesce(Result.points, -1.0).desc(), Submission.id)
        .limit(1)
    )
    return session.scalar(best)
