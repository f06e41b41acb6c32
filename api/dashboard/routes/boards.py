"""The leaderboard of an assignment, as its reader may see it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query

from api.dashboard.pages.leaderboard import leaderboard_page
from api.dashboard.routes.reading import reachable_assignment
from api.dashboard.shell import HOME, shell_for
from api.dashboard.templating import render_page
from api.dashboard.texts import say
from api.dependencies import ReadingDep
from api.errors import ProblemError
from api.leaderboard import board_for_reader
from api.security import VisitorDep
from api.starters.texts import title_of
from store import repository

if TYPE_CHECKING:
    from starlette.responses import Response

router = APIRouter()


@router.get("/assignments/{slug}/leaderboard", response_model=None)
def show_leaderboard(
    slug: str, session: ReadingDep, visitor: VisitorDep, page: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    assignment = reachable_assignment(session, visitor, slug)
    asked = assignment.spec.leaderboard
    if asked is None:
        raise ProblemError("no_leaderboard", slug=slug)
    board = board_for_reader(
        session,
        assignment,
        visitor.principal,
        visitor.roles[assignment.course_id],
        now=time.time(),
        everybody_named=asked.names_shown,
    )
    (course,) = repository.courses_by_id(session, [assignment.course_id])
    shell = shell_for(
        visitor,
        say(visitor.language, "leaderboard.title"),
        HOME,
        (course.title, f"/courses/{course.slug}"),
        (title_of(assignment.spec, visitor.language), f"/assignments/{slug}"),
    )
    return render_page("leaderboard.html", shell, leaderboard_page(board, visitor.language, page))
