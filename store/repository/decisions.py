"""What people decide about grades: extensions, overrides, and the submission that a student chooses.

Each change writes its audit entry, from what to what. Functions that change one student's row lock it first:
two instructors who decide at once do so one after the other.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update
from sqlalchemy.orm import aliased

from store.ids import new_id
from store.models import Assignment, Choice, Enrollment, Extension, Override, Submission, User
from store.repository.audit import audit
from store.repository.gradebook import OverrideRow, override_row

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, kw_only=True)
class ExtensionRow:
    """`user` and `author` are names."""

    user: str
    display_name: str
    due_at: float
    reason: str
    author: str
    created_at: float


def extensions(session: Session, assignment_id: str, *, user_id: str | None = None) -> list[ExtensionRow]:
    """By display name, of everybody or of one user."""
    author = aliased(User)
    query = (
        select(User.name, User.display_name, Extension, author.name)
        .join(Extension, Extension.user_id == User.id)
        .join(author, author.id == Extension.author_id)
        .where(Extension.assignment_id == assignment_id)
        .order_by(User.display_name, User.id)
    )
    if user_id is not None:
        query = query.where(Extension.user_id == user_id)
    return [
        ExtensionRow(
            user=name,
            display_name=display_name,
            due_at=extension.due_at,
            reason=extension.reason,
            author=by,
            created_at=extension.created_at,
        )
        for name, display_name, extension, by in session.execute(query)
    ]


def set_extension(
    session: Session,
    *,
    assignment_id: str,
    user_id: str,
    due_at: float,
    reason: str,
    author_id: str,
    now: float | None = None,
) -> bool:
    """In place of an earlier one. False: nobody of that id is a student of the course."""
    place = enrolled_student(session, assignment_id, user_id)
    if place is None:
        return False
    now = time.time() if now is None else now
    earlier = session.get(Extension, (assignment_id, user_id))
    was = None if earlier is None else earlier.due_at
    session.merge(
        Extension(
            assignment_id=assignment_id,
            user_id=user_id,
            due_at=due_at,
            reason=reason,
            author_id=author_id,
            created_at=now,
        )
    )
    audit(
        session,
        actor_id=author_id,
        action="extension.granted" if was is None else "extension.changed",
        subject=assignment_id,
        course_id=place.course_id,
        detail={**place.told, "from": was, "to": due_at, "reason": reason},
        now=now,
    )
    return True


def remove_extension(
    session: Session,
    *,
    assignment_id: str,
    user_id: str,
    actor_id: str,
    reason: str | None = None,
    now: float | None = None,
) -> bool:
    """The assignment's own due date holds again. False: there was none."""
    place = enrolled_student(session, assignment_id, user_id)
    if place is None:
        return False
    was = session.scalar(
        delete(Extension)
        .where(Extension.assignment_id == assignment_id, Extension.user_id == user_id)
        .returning(Extension.due_at)
    )
    if was is None:
        return False
    audit(
        session,
        actor_id=actor_id,
        action="extension.removed",
        subject=assignment_id,
        course_id=place.course_id,
        detail={**place.told, "from": was, "to": None, "reason": reason},
        now=now,
    )
    return True


def choose(
    session: Session, *, assignment_id: str, user_id: str, submission_id: str, now: float | None = None
) -> bool:
    """Which of their submissions a student wants to count. False: it is not one of theirs here."""
    place = enrolled_student(session, assignment_id, user_id)
    owned = _owned(session, submission_id)
    if place is None or place != owned:
        return False
    now = time.time() if now is None else now
    earlier = session.get(Choice, (assignment_id, user_id))
    was = None if earlier is None else earlier.submission_id
    session.merge(
        Choice(assignment_id=assignment_id, user_id=user_id, submission_id=submission_id, created_at=now)
    )
    audit(
        session,
        actor_id=user_id,
        action="choice.made",
        subject=assignment_id,
        course_id=place.course_id,
        detail={**place.told, "from": was, "to": submission_id},
        now=now,
    )
    return True


def give_override(
    session: Session,
    *,
    submission_id: str,
    points: float,
    computed_points: float | None,
    reason: str,
    author_id: str,
    now: float | None = None,
) -> OverrideRow:
    """An earlier one is withdrawn by the same person, and stays on record. Raises LookupError: no submission.

    `computed_points`: what it would be worth without, after lateness.
    """
    place = _owned(session, submission_id)
    if place is None:
        raise LookupError(f"no submission {submission_id}")
    now = time.time() if now is None else now
    was = _withdraw(session, submission_id, by=author_id, now=now)
    given = Override(
        id=new_id(),
        submission_id=submission_id,
        points=points,
        computed_points=computed_points,
        reason=reason,
        author_id=author_id,
        created_at=now,
        withdrawn_at=None,
        withdrawn_by=None,
    )
    session.add(given)
    detail = {**place.told, "from": computed_points if was is None else was, "to": points}
    audit(
        session,
        actor_id=author_id,
        action="override.given" if was is None else "override.changed",
        subject=submission_id,
        course_id=place.course_id,
        detail={**detail, "computed": computed_points, "reason": reason},
        now=now,
    )
    return override_row(given, session.scalars(select(User.name).where(User.id == author_id)).one())


def withdraw_override(
    session: Session,
    *,
    submission_id: str,
    computed_points: float | None,
    actor_id: str,
    reason: str | None = None,
    now: float | None = None,
) -> bool:
    """The computed points hold again. False: none was given."""
    place = _owned(session, submission_id)
    if place is None:
        return False
    now = time.time() if now is None else now
    was = _withdraw(session, submission_id, by=actor_id, now=now)
    if was is None:
        return False
    audit(
        session,
        actor_id=actor_id,
        action="override.withdrawn",
        subject=submission_id,
        course_id=place.course_id,
        detail={**place.told, "from": was, "to": computed_points, "reason": reason},
        now=now,
    )
    return True


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Whose grade it is, and where; `told` is what every audit entry says of that."""

    assignment_id: str
    course_id: str
    user_id: str
    told: dict[str, str]


def enrolled_student(session: Session, assignment_id: str, user_id: str) -> _Place | None:
    """Whose grade a decision is about, locked until the transaction ends."""
    row = session.execute(
        select(Assignment.course_id, Assignment.slug, User.name)
        .join(Enrollment, Enrollment.course_id == Assignment.course_id)
        .join(User, User.id == Enrollment.user_id)
        .where(Assignment.id == assignment_id, User.id == user_id, Enrollment.role == "student")
        .with_for_update(of=Enrollment)
    ).first()
    if row is None:
        return None
    course_id, slug, name = row
    told = {"assignment": slug, "student": name}
    return _Place(assignment_id=assignment_id, course_id=course_id, user_id=user_id, told=told)


def hold_submission(session: Session, submission_id: str) -> None:
    """Who else decides about it waits until the transaction ends."""
    _owned(session, submission_id)


def _owned(session: Session, submission_id: str) -> _Place | None:
    """A submission and whose it is, locked until the transaction ends."""
    row = session.execute(
        select(Submission.assignment_id, Submission.user_id, Assignment.course_id, Assignment.slug, User.name)
        .join(Assignment, Assignment.id == Submission.assignment_id)
        .join(User, User.id == Submission.user_id)
        .where(Submission.id == submission_id)
        .with_for_update(of=Submission)
    ).first()
    if row is None:
        return None
    assignment_id, user_id, course_id, slug, name = row
    told = {"assignment": slug, "student": name}
    return _Place(assignment_id=assignment_id, course_id=course_id, user_id=user_id, told=told)


def _withdraw(session: Session, submission_id: str, *, by: str, now: float) -> float | None:
    """The points of the override that was withdrawn; None: there was none."""
    return session.scalar(
        update(Override)
        .where(Override.submission_id == submission_id, Override.withdrawn_at.is_(None))
        .values(withdrawn_at=now, withdrawn_by=by)
        .returning(Override.points)
        .execution_options(synchronize_session=False)
    )
