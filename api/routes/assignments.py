"""What there is to do."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.dependencies import ReadingDep  # noqa: TC001 - FastAPI reads it at run time
from api.errors import documented
from api.paging import Cursor, next_page, page_of
from api.parameters import TEXT, AssignmentSlug, ManyLimit
from api.reach import own_quota, reachable_assignment, reachable_course
from api.schemas import AssignmentDetailOut, AssignmentsOut
from api.security import PrincipalDep  # noqa: TC001 - as above
from api.views import assignment_detail_out, assignment_out, due_date_etag
from store import repository

router = APIRouter(prefix="/api/v1/assignments", tags=["assignments"])


@router.get("", responses=documented("unauthenticated", "not_found", "validation_failed"))
def list_assignments(
    session: ReadingDep,
    who: PrincipalDep,
    course: Annotated[
        str | None,
        Query(max_length=200, pattern=TEXT, description="Of this course alone", examples=["ml-2026"]),
    ] = None,
    after: Cursor = None,
    limit: ManyLimit = 1000,
) -> AssignmentsOut:
    """Those of the courses that you are enrolled in, by name."""
    found = repository.assignments_for(session, who)
    if course is not None:
        asked, _ = reachable_course(session, who, course)
        found = [assignment for assignment in found if assignment.course_id == asked.id]
    shown, cursor = page_of(found, lambda assignment: (assignment.slug,), after=after, limit=limit)
    following = next_page(router.prefix, course=course, limit=limit, after=cursor) if cursor else None
    return AssignmentsOut(items=[assignment_out(assignment) for assignment in shown], next=following)


@router.get("/{slug}", responses=documented("unauthenticated", "not_found", "validation_failed"))
def get_assignment(
    slug: AssignmentSlug, session: ReadingDep, who: PrincipalDep, response: Response
) -> AssignmentDetailOut:
    """What it asks, and how often you may still hand in."""
    assignment, role = reachable_assignment(session, who, slug)
    response.headers["ETag"] = due_date_etag(assignment)
    quota = own_quota(session, assignment, user_id=who.user_id, role=role)
    return assignment_detail_out(assignment, staff=repository.is_staff(role), quota=quota)
