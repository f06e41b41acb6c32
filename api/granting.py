"""What instructors give one student on top of the assignment's quota. As `api.deciding`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.collisions import require_seen
from api.errors import ProblemError
from api.etags import etag_of
from api.reach import reachable_assignment, require_instructor
from store import repository
from store.engine import transaction

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.dependencies import Services
    from api.schemas_grade import QuotaGrantIn
    from store.repository import AssignmentDetails, Principal, QuotaGrantRow


def grant_quota(
    services: Services, who: Principal, slug: str, user: str, new: QuotaGrantIn, *, if_match: str | None
) -> QuotaGrantRow:
    with transaction(services.engine) as session:
        assignment, role = reachable_assignment(session, who, slug)
        require_instructor(role)
        if assignment.spec.quota is None:
            raise ProblemError("no_quota", slug=slug)
        student = student_id(session, assignment, user)
        repository.enrolled_student(session, assignment.id, student)
        earlier = grant_of(session, assignment, student)
        require_seen(None if earlier is None else grant_etag(earlier), if_match)
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
        grant = grant_of(session, assignment, student)
    assert grant is not None  # it was given above
    return grant


def remove_quota_grant(
    services: Services, who: Principal, slug: str, user: str, reason: str | None, *, if_match: str | None
) -> None:
    """The assignment's own quota holds again."""
    with transaction(services.engine) as session:
        assignment, role = reachable_assignment(session, who, slug)
        require_instructor(role)
        student = student_id(session, assignment, user)
        repository.enrolled_student(session, assignment.id, student)
        earlier = grant_of(session, assignment, student)
        if earlier is None:
            raise ProblemError("not_found", "quota", user=user, slug=slug)
        require_seen(grant_etag(earlier), if_match)
        repository.remove_quota_grant(
            session, assignment_id=assignment.id, user_id=student, actor_id=who.user_id, reason=reason
        )


def student_id(session: Session, assignment: AssignmentDetails, name: str) -> str:
    """Raises not_found for whoever is no student of the course."""
    user = repository.user_by_name(session, name)
    if user is None or not repository.is_student(session, user.id, assignment.course_id):
        raise ProblemError("not_found", "student", user=name)
    return user.id


def grant_of(session: Session, assignment: AssignmentDetails, user_id: str) -> QuotaGrantRow | None:
    return next(iter(repository.quota_grants(session, assignment.id, user_id=user_id)), None)


def grant_etag(grant: QuotaGrantRow) -> str:
    return etag_of(grant.per_day, grant.burst, grant.extra, grant.reason, grant.author, grant.created_at)
