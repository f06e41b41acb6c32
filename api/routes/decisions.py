"""What instructors decide about grades: a due date of one's own, points in place of the computed ones."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api import deciding
from api.collisions import IfMatch  # noqa: TC001 - FastAPI reads it at run time
from api.dependencies import ReadingDep, ServicesDep  # noqa: TC001 - FastAPI reads them at run time
from api.errors import ProblemError, documented
from api.grades import extension_etag, extension_out, override_etag, override_out
from api.paging import Cursor, next_page, page_of
from api.parameters import AssignmentSlug, ManyLimit, SubmissionId, UserName  # noqa: TC001 - as above
from api.reach import reachable_assignment, require_staff
from api.schemas_grade import ExtensionIn, ExtensionOut, ExtensionsOut, OverrideIn, OverrideOut, Reason
from api.security import PrincipalDep, reachable_submission
from api.views import API
from store import repository

router = APIRouter(prefix="/api/v1", tags=["grades"])
_READING = ("unauthenticated", "forbidden", "not_found", "validation_failed")
_CHANGING = (*_READING, "if_match_required", "changed_meanwhile")
ReasonDep = Annotated[
    Reason | None, Query(description="Why; it is kept in the audit", examples=["Given by mistake"])
]


@router.get("/assignments/{slug}/extensions", responses=documented(*_READING))
def list_extensions(
    slug: AssignmentSlug,
    session: ReadingDep,
    who: PrincipalDep,
    after: Cursor = None,
    limit: ManyLimit = 1000,
) -> ExtensionsOut:
    """Everybody who has a due date of their own. For staff."""
    assignment, role = reachable_assignment(session, who, slug)
    require_staff(role)
    found = repository.extensions(session, assignment.id)
    shown, cursor = page_of(found, lambda each: (each.display_name, each.user), after=after, limit=limit)
    own = f"{API}/assignments/{slug}/extensions"
    return ExtensionsOut(
        items=[extension_out(extension) for extension in shown],
        next=next_page(own, limit=limit, after=cursor) if cursor else None,
    )


@router.get("/assignments/{slug}/extensions/{user}", responses=documented(*_READING))
def get_extension(
    slug: AssignmentSlug, user: UserName, session: ReadingDep, who: PrincipalDep, response: Response
) -> ExtensionOut:
    """One student's own due date, with the ETag that changing it asks for. For staff."""
    assignment, role = reachable_assignment(session, who, slug)
    require_staff(role)
    found = deciding.extension_of(session, assignment, deciding.user_id_of(session, user))
    if found is None:
        raise ProblemError("not_found", "extension", user=user, slug=slug)
    response.headers["ETag"] = extension_etag(found)
    return extension_out(found)


@router.put("/assignments/{slug}/extensions/{user}", responses=documented(*_CHANGING, "no_due_date"))
def put_extension(  # noqa: PLR0917 - FastAPI passes by name
    slug: AssignmentSlug,
    user: UserName,
    new: ExtensionIn,
    services: ServicesDep,
    who: PrincipalDep,
    response: Response,
    if_match: IfMatch = None,
) -> ExtensionOut:
    """A due date of one student's own. In place of an earlier one only with its ETag."""
    given = deciding.set_extension(services, who, slug, user, new, if_match=if_match)
    response.headers["ETag"] = extension_etag(given)
    return extension_out(given)


@router.delete("/assignments/{slug}/extensions/{user}", status_code=204, responses=documented(*_CHANGING))
def delete_extension(  # noqa: PLR0917 - as above
    slug: AssignmentSlug,
    user: UserName,
    services: ServicesDep,
    who: PrincipalDep,
    reason: ReasonDep = None,
    if_match: IfMatch = None,
) -> None:
    """The assignment's own due date holds again."""
    deciding.remove_extension(services, who, slug, user, reason, if_match=if_match)


@router.get("/submissions/{submission_id}/override", responses=documented(*_READING))
def get_override(
    submission_id: SubmissionId, session: ReadingDep, who: PrincipalDep, response: Response
) -> OverrideOut:
    """The points that a person gave, with the ETag that changing them asks for. For staff."""
    details, staff = reachable_submission(session, who, submission_id)
    if not staff:
        raise ProblemError("forbidden", "staff")
    found = deciding.standing_override(session, details)
    if found is None:
        raise ProblemError("not_found", "override", id=submission_id)
    response.headers["ETag"] = override_etag(found)
    return override_out(found)


@router.post("/submissions/{submission_id}/override", status_code=201, responses=documented(*_CHANGING))
def post_override(  # noqa: PLR0917 - as above
    submission_id: SubmissionId,
    new: OverrideIn,
    services: ServicesDep,
    who: PrincipalDep,
    response: Response,
    if_match: IfMatch = None,
) -> OverrideOut:
    """Points in place of the computed ones. An earlier override is withdrawn by it, and stays on record."""
    given = deciding.give_override(services, who, submission_id, new, if_match=if_match)
    response.headers["ETag"] = override_etag(given)
    return override_out(given)


@router.delete("/submissions/{submission_id}/override", status_code=204, responses=documented(*_CHANGING))
def delete_override(
    submission_id: SubmissionId,
    services: ServicesDep,
    who: PrincipalDep,
    reason: ReasonDep = None,
    if_match: IfMatch = None,
) -> None:
    """The computed points hold again."""
    deciding.withdraw_override(services, who, submission_id, reason, if_match=if_match)
