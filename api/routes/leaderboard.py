"""Who stands where, as far as its reader may know."""

from __future__ import annotations

import time

from fastapi import APIRouter

from api.dependencies import ReadingDep  # noqa: TC001 - FastAPI reads it at run time
from api.errors import ProblemError, documented
from api.leaderboard import board_for_reader
from api.paging import Cursor, next_page, page_in_order
from api.parameters import AssignmentSlug, ManyLimit  # noqa: TC001 - as above
from api.reach import reachable_assignment
from api.schemas_grade import LeaderboardOut  # noqa: TC001 - as above
from api.security import PrincipalDep  # noqa: TC001 - as above

router = APIRouter(prefix="/api/v1/assignments", tags=["leaderboard"])


@router.get(
    "/{slug}/leaderboard",
    responses=documented("unauthenticated", "not_found", "no_leaderboard", "validation_failed"),
)
def get_leaderboard(
    slug: AssignmentSlug,
    session: ReadingDep,
    who: PrincipalDep,
    after: Cursor = None,
    limit: ManyLimit = 1000,
) -> LeaderboardOut:
    """Until the due date errors on hidden rows, told only where better than chance; then the final board."""
    assignment, role = reachable_assignment(session, who, slug)
    asked = assignment.spec.leaderboard
    if asked is None:
        raise ProblemError("no_leaderboard", slug=slug)
    board = board_for_reader(
        session, assignment, who, role, now=time.time(), everybody_named=asked.names_shown
    )
    shown, cursor = page_in_order(board.items, after=after, limit=limit)
    own = f"{router.prefix}/{slug}/leaderboard"
    following = next_page(own, limit=limit, after=cursor) if cursor else None
    return board.model_copy(update={"items": shown, "next": following})
