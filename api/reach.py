"""Which assignment somebody may reach, and what their role there lets them do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.errors import ProblemError
from store import repository

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from store.models import Course
    from store.quota import QuotaStanding
    from store.repository import AssignmentDetails, Principal, Role


def reachable_assignment(session: Session, who: Principal, slug: str) -> tuple[AssignmentDetails, Role]:
    """Raises not_found, for one of a course that they are not in as for one that is not there."""
    assignment = repository.assignment_by_slug(session, slug)
    role = None if assignment is None else repository.course_role(session, who, assignment.course_id)
    if assignment is None or role is None:
        raise ProblemError("not_found", "assignment", slug=slug)
    return assignment, role


def reachable_course(session: Session, who: Principal, slug: str) -> tuple[Course, Role]:
    """Raises not_found, for one that they are not in as for one that is not there."""
    course = repository.course_by_slug(session, slug)
    role = None if course is None else repository.course_role(session, who, course.id)
    if course is None or role is None:
        raise ProblemError("not_found", "course", slug=slug)
    return course, role


def own_quota(
    session: Session, assignment: AssignmentDetails, *, user_id: str, role: Role
) -> QuotaStanding | None:
    """How somebody stands with this role; None: they may hand in as often as they like, as staff may."""
    if role != "student" or assignment.spec.quota is None:
        return None
    return repository.student_quota(
        session, assignment.spec.quota, user_id=user_id, assignment_id=assignment.id
    )


def require_staff(role: Role | None) -> None:
    if not repository.is_staff(role):
        raise ProblemError("forbidden", "staff")


def is_instructor(role: Role | None) -> bool:
    """Whoever decides about grades and assignments."""
    return role in {"instructor", "admin"}


def require_instructor(role: Role | None) -> None:
    if not is_instructor(role):
        raise ProblemError("forbidden", "instructors")
