"""The students of a course, as pages list them and lead from one to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from store.models import Assignment, Enrollment, Submission, User

if TYPE_CHECKING:
    from sqlalchemy import Select
    from sqlalchemy.orm import Session


@dataclass(frozen=True, kw_only=True)
class StudentRow:
    user_id: str
    name: str
    display_name: str


def students(session: Session, course_id: str) -> list[StudentRow]:
    """By display name, as in every list of them."""
    return _rows(session, _students().where(Enrollment.course_id == course_id))


def students_who_handed_in(session: Session, assignment_id: str) -> list[StudentRow]:
    """In the same order. Who left the course is not among them."""
    handed_in = select(Submission.user_id).where(Submission.assignment_id == assignment_id)
    query = (
        _students()
        .join(Assignment, Assignment.course_id == Enrollment.course_id)
        .where(Assignment.id == assignment_id, User.id.in_(handed_in))
    )
    return _rows(session, query)


def _students() -> Select[str, str, str]:
    return (
        select(User.id, User.name, User.display_name)
        .join(Enrollment, Enrollment.user_id == User.id)
        .where(Enrollment.role == "student")
        .order_by(User.display_name, User.id)
    )


def _rows(session: Session, query: Select[str, str, str]) -> list[StudentRow]:
    return [
        StudentRow(user_id=user_id, name=name, display_name=display_name)
        for user_id, name, display_name in session.execute(query)
    ]
