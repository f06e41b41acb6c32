"""What instructors give one student on top of the assignment's quota."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.errors import ProblemError
from api.reach import reachable_assignment, require_instructor
from store import repository
from store.engine import transaction

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.dependencies import Services
    from api.schemas_grade import QuotaGrantIn


def grant_quota(
    services: Services, who: repository.Principal, slug: str, user: str, new: QuotaGrantIn
) -> repository.QuotaGrantRow:
    """In place of an earlier one. Raises ProblemError."""
    with transaction(services.engine) as session:
        assignment, role = reachable_assignment(session, who, slug)
        require_instructor(role)
        if assignment.spec.quota is None:
            raise ProblemError("no_quota", f"To {slug!r} students may hand in as often as they like.")
        student = student_id(session, assignment, user)
        repository.grant_quota(
            session,
            assignment_id=assignment.id,
            user_id=student,
            per_day=new.per_day,
            burst=new.burst,
            extra=new.extra,
            reason=new.reason,
            author_id=who.user_id,
        )
        (grant,) = repository.quota_grants(session, assignment.id, user_id=student)
        return grant


def remove_quota_grant(
    services: Services, who: repository.Principal, slug: str, user: str, reason: str | None
) -> None:
    """The assignment's own quota holds again. Raises ProblemError."""
    with transaction(services.engine) as session:
        assignment, role = reachable_assignment(session, who, slug)
        require_instructor(role)
        removed = repository.remove_quota_grant(
            session,
            assignment_id=assignment.id,
            user_id=student_id(session, assignment, user),
            actor_id=who.user_id,
            reason=reason,
        )
        if not removed:
            raise ProblemError("not_found", f"{user!r} has no quota of their own for {slug!r}.")


def student_id(session: Session, assignment: repository.AssignmentDetails, name: str) -> str:
    """Raises not_found for whoever is no student of the course."""
    user = repository.user_by_name(session, name)
    if user is None or not repository.is_student(session, user.id, assignment.course_id):
        raise ProblemError("not_found", f"There is no student {name!r} in this course.")
    return user.id
