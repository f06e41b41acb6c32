"""What there is to do."""

from __future__ import annotations

from fastapi import APIRouter

from api.dependencies import ReadingDep  # noqa: TC001 - FastAPI reads it at run time
from api.errors import documented
from api.parameters import AssignmentSlug  # noqa: TC001 - as above
from api.reach import own_quota, reachable_assignment
from api.schemas import AssignmentDetailOut, AssignmentsOut
from api.security import PrincipalDep  # noqa: TC001 - as above
from api.views import assignment_detail_out, assignment_out
from store import repository

router = APIRouter(prefix="/api/v1/assignments", tags=["assignments"])


@router.get("", responses=documented("unauthenticated"))
def list_assignments(session: ReadingDep, who: PrincipalDep) -> AssignmentsOut:
    """Those of the courses that you are enrolled in."""
    return AssignmentsOut(items=[assignment_out(a) for a in repository.assignments_for(session, who)])


@router.get("/{slug}", responses=documented("unauthenticated", "not_found", "validation_failed"))
def get_assignment(slug: AssignmentSlug, session: ReadingDep, who: PrincipalDep) -> AssignmentDetailOut:
    """What it asks, and how often you may still hand in."""
    assignment, role = reachable_assignment(session, who, slug)
    quota = own_quota(session, assignment, user_id=who.user_id, role=role)
    return assignment_detail_out(assignment, staff=repository.is_staff(role), quota=quota)
