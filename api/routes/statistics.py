"""How a class did."""

from __future__ import annotations

from fastapi import APIRouter

from api.class_statistics import class_statistics
from api.dependencies import ReadingDep  # noqa: TC001 - FastAPI reads it at run time
from api.errors import documented
from api.parameters import AssignmentSlug  # noqa: TC001 - as above
from api.reach import reachable_assignment, require_staff
from api.schemas_course import StatisticsOut  # noqa: TC001 - as above
from api.security import PrincipalDep  # noqa: TC001 - as above

router = APIRouter(prefix="/api/v1/assignments", tags=["statistics"])


@router.get(
    "/{slug}/statistics",
    responses=documented("unauthenticated", "forbidden", "not_found", "validation_failed"),
)
def get_statistics(slug: AssignmentSlug, session: ReadingDep, who: PrincipalDep) -> StatisticsOut:
    """Of the grades that count, after lateness and overrides; criteria and fits as their reports say."""
    assignment, role = reachable_assignment(session, who, slug)
    require_staff(role)
    return class_statistics(session, assignment)
