"""What instructors give one student: another quota, or more attempts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query

from api.dependencies import ReadingDep, ServicesDep  # noqa: TC001 - FastAPI reads them at run time
from api.errors import ProblemError, documented
from api.parameters import AssignmentSlug, UserName  # noqa: TC001 - as above
from api.reach import own_quota, reachable_assignment, require_instructor, require_staff
from api.schemas import QuotaOut  # noqa: TC001 - as above
from api.schemas_grade import QuotaGrantIn, QuotaGrantOut, QuotaGrantsOut, Reason
from api.security import PrincipalDep  # noqa: TC001 - as above
from api.views import quota_out
from store import repository
from store.engine import transaction

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

router = APIRouter(prefix="/api/v1/assignments", tags=["quotas"])
_STAFF = ("unauthenticated", "forbidden", "not_found", "validation_failed")
ReasonDep = Annotated[Reason | None, Query(description="Why; it is kept in the audit")]


@router.get("/{slug}/quotas", responses=documented(*_STAFF))
def list_quota_grants(slug: AssignmentSlug, session: ReadingDep, who: PrincipalDep) -> QuotaGrantsOut:
    """Everybody who was given a quota of their own, or more attempts."""
    assignment, role = reachable_assignment(session, who, slug)
    require_staff(role)
    found = repository.quota_grants(session, assignment.id)
    return QuotaGrantsOut(items=[_grant_out(grant) for grant in found])


@router.get("/{slug}/quotas/{user}", responses=documented(*_STAFF, "no_quota"))
def get_quota(slug: AssignmentSlug, user: UserName, session: ReadingDep, who: PrincipalDep) -> QuotaOut:
    """How one student stands. You read your own in the answer to `GET /assignments/{slug}`."""
    assignment, role = reachable_assignment(session, who, slug)
    require_staff(role)
    student = _student(session, assignment, user)
    standing = quota_out(own_quota(session, assignment, user_id=student, role="student"))
    if standing is None:
        raise ProblemError("no_quota", f"To {slug!r} students may hand in as often as they like.")
    return standing


@router.put("/{slug}/quotas/{user}", responses=documented(*_STAFF, "no_quota"))
def put_quota_grant(
    slug: AssignmentSlug, user: UserName, new: QuotaGrantIn, services: ServicesDep, who: PrincipalDep
) -> QuotaGrantOut:
    """In place of an earlier one. What is left out stays as the assignment says."""
    with transaction(services.engine) as session:
        assignment, role = reachable_assignment(session, who, slug)
        require_instructor(role)
        if assignment.spec.quota is None:
            raise ProblemError("no_quota", f"To {slug!r} students may hand in as often as they like.")
        student = _student(session, assignment, user)
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
        return _grant_out(grant)


@router.delete("/{slug}/quotas/{user}", status_code=204, responses=documented(*_STAFF))
def delete_quota_grant(
    slug: AssignmentSlug, user: UserName, services: ServicesDep, who: PrincipalDep, reason: ReasonDep = None
) -> None:
    """The assignment's own quota holds again."""
    with transaction(services.engine) as session:
        assignment, role = reachable_assignment(session, who, slug)
        require_instructor(role)
        removed = repository.remove_quota_grant(
            session,
            assignment_id=assignment.id,
            user_id=_student(session, assignment, user),
            actor_id=who.user_id,
            reason=reason,
        )
        if not removed:
            raise ProblemError("not_found", f"{user!r} has no quota of their own for {slug!r}.")


def _student(session: Session, assignment: repository.AssignmentDetails, name: str) -> str:
    """Their id. Raises not_found for whoever is no student of the course."""
    user = repository.user_by_name(session, name)
    if user is None or not repository.is_student(session, user.id, assignment.course_id):
        raise ProblemError("not_found", f"There is no student {name!r} in this course.")
    return user.id


def _grant_out(grant: repository.QuotaGrantRow) -> QuotaGrantOut:
    return QuotaGrantOut(
        user=grant.user,
        display_name=grant.display_name,
        per_day=grant.per_day,
        burst=grant.burst,
        extra=grant.extra,
        reason=grant.reason,
        author=grant.author,
        created_at=grant.created_at,
    )
