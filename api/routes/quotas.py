"""What instructors give one student: another quota, or more attempts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api import granting
from api.collisions import IfMatch  # noqa: TC001 - FastAPI reads it at run time
from api.dependencies import ReadingDep, ServicesDep  # noqa: TC001 - FastAPI reads them at run time
from api.errors import ProblemError, documented
from api.paging import Cursor, next_page, page_of
from api.parameters import AssignmentSlug, ManyLimit, UserName  # noqa: TC001 - as above
from api.reach import own_quota, reachable_assignment, require_staff
from api.schemas import QuotaOut  # noqa: TC001 - as above
from api.schemas_grade import QuotaGrantIn, QuotaGrantOut, QuotaGrantsOut, Reason
from api.security import PrincipalDep  # noqa: TC001 - as above
from api.views import quota_out
from store import repository

router = APIRouter(prefix="/api/v1/assignments", tags=["quotas"])
_READING = ("unauthenticated", "forbidden", "not_found", "validation_failed")
_CHANGING = (*_READING, "if_match_required", "changed_meanwhile")
ReasonDep = Annotated[
    Reason | None, Query(description="Why; it is kept in the audit", examples=["Given by mistake"])
]


@router.get("/{slug}/quotas", responses=documented(*_READING))
def list_quota_grants(
    slug: AssignmentSlug,
    session: ReadingDep,
    who: PrincipalDep,
    after: Cursor = None,
    limit: ManyLimit = 1000,
) -> QuotaGrantsOut:
    """Everybody who was given a quota of their own, or more attempts."""
    assignment, role = reachable_assignment(session, who, slug)
    require_staff(role)
    found = repository.quota_grants(session, assignment.id)
    shown, cursor = page_of(found, lambda each: (each.display_name, each.user), after=after, limit=limit)
    own = f"{router.prefix}/{slug}/quotas"
    return QuotaGrantsOut(
        items=[_grant_out(grant) for grant in shown],
        next=next_page(own, limit=limit, after=cursor) if cursor else None,
    )


@router.get("/{slug}/quotas/{user}", responses=documented(*_READING, "no_quota"))
def get_quota(
    slug: AssignmentSlug, user: UserName, session: ReadingDep, who: PrincipalDep, response: Response
) -> QuotaOut:
    """How one student stands. You read your own in the answer to `GET /assignments/{slug}`.

    The ETag is that of what they were given beyond the assignment's quota; else there is none.
    """
    assignment, role = reachable_assignment(session, who, slug)
    require_staff(role)
    student = granting.student_id(session, assignment, user)
    standing = quota_out(own_quota(session, assignment, user_id=student, role="student"))
    if standing is None:
        raise ProblemError("no_quota", slug=slug)
    given = granting.grant_of(session, assignment, student)
    if given is not None:
        response.headers["ETag"] = granting.grant_etag(given)
    return standing


@router.put("/{slug}/quotas/{user}", responses=documented(*_CHANGING, "no_quota"))
def put_quota_grant(  # noqa: PLR0917 - FastAPI passes by name
    slug: AssignmentSlug,
    user: UserName,
    new: QuotaGrantIn,
    services: ServicesDep,
    who: PrincipalDep,
    response: Response,
    if_match: IfMatch = None,
) -> QuotaGrantOut:
    """What is left out stays as the assignment says. In place of an earlier one only with its ETag."""
    grant = granting.grant_quota(services, who, slug, user, new, if_match=if_match)
    response.headers["ETag"] = granting.grant_etag(grant)
    return _grant_out(grant)


@router.delete("/{slug}/quotas/{user}", status_code=204, responses=documented(*_CHANGING))
def delete_quota_grant(  # noqa: PLR0917 - as above
    slug: AssignmentSlug,
    user: UserName,
    services: ServicesDep,
    who: PrincipalDep,
    reason: ReasonDep = None,
    if_match: IfMatch = None,
) -> None:
    """The assignment's own quota holds again."""
    granting.remove_quota_grant(services, who, slug, user, reason, if_match=if_match)


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
        etag=granting.grant_etag(grant),
    )
