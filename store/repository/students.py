"""The students of a course, as forms offer them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from store.models import Enrollment, User

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, kw_only=True)
class StudentRow:
    user_id: str
    name: str
    display_name: str


def students(session: Session, course_id: str) -> list[StudentRow]:
    """By display name, as in every list of them."""
    rows = session.execute(
        select(User.id, User.name, User.display_name)
        .join(Enrollment, Enrollment.user_id == User.id)
        .where(Enrollment.course_id == course_id, Enrollment.role == "student")
        .order_by(User.display_name, User.id)
    )
    return [
        StudentRow(user_id=user_id, name=name, display_name=display_name)
        for user_id, name, display_name in rows
    ]
