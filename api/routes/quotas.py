"""What instructors give one student: another quota, or more attempts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api import granting
from api.dependencies import ReadingDep, ServicesDep  # noqa: TC001 - FastAPI reads them at run time
from api.errors import ProblemError, documented
from api.reach import own_quota, reachable_assignment, require_staff
from api.schemas import QuotaOut  # noqa: TC001 - as above
from api.schemas_grade import QuotaGrantIn, QuotaGrantOut, QuotaGrantsOut, Reason
from api.security import PrincipalDep  # noqa: TC001 - as above
from api.views import quota_out
from store import repository

router = APIRouter(prefix="/api/v1/assignments", tags=["quotas"])
_STAFF = ("unauthenticated", "forbidden", "not_found", "validation_failed")
ReasonDep = Annotated[Reason | None, Query(description="Why; it is kept in the audit")]


@router.get("/{slug}/quotas", responses=documented(*_STAFF))
def list_quota_grants(slug: str, session: ReadingDep, who: PrincipalDep) -> QuotaGrantsOut:
    """Everybody who was given a quota of their own, or more attempts."""
    assignment, role = reachable_assignment(session, who, slug)
    require_staff(role)
    found = repository.quota_grants(session, assignment.id)
    return QuotaGrantsOut(items=[_grant_out(grant) for grant in found])


@router.get("/{slug}/quotas/{user}", responses=documented(*_STAFF, "no_quota"))
def get_quota(slug: str, user: str, session: ReadingDep, who: PrincipalDep) -> QuotaOut:
    """How one student stands. You read your own in the answer to `GET /assignments/{slug}`."""
    assignment, role = reachable_assignment(session, who, slug)
    require_staff(role)
    student = granting.student_id(session, assignment, user)
    standing = quota_out(own_quota(session, assignment, user_id=student, role="student"))
    if standing is None:
        raise ProblemError("no_quota", f"To {slug!r} students may hand in as often as they like.")
    return standing


@router.put("/{slug}/quotas/{user}", responses=documented(*_STAFF, "no_quota"))
def put_quota_grant(
    slug: str, user: str, new: QuotaGrantIn, services: ServicesDep, who: PrincipalDep
) -> QuotaGrantOut:
    """In place of an earlier one. What is left out stays as the assignment says."""
    return _grant_out(granting.grant_quota(services, who, slug, user, new))


@router.delete("/{slug}/quotas/{user}", status_code=204, responses=documented(*_STAFF))
def delete_quota_grant(
    slug: str, user: str, services: ServicesDep, who: PrincipalDep, reason: ReasonDep = None
) -> None:
    """The assignment's own quota holds again."""
    granting.remove_quota_grant(services, who, slug, user, reason)


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
