"""The page of one submission, and the pictures on it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.responses import Response

from api.dashboard.pages.submission import SubmissionPage, submission_page
from api.dashboard.pictures import grey_png
from api.dashboard.routes.acting import acting_of
from api.dashboard.shell import HOME, Shell, shell_for
from api.dashboard.templating import render_page
from api.deciding import standing_override
from api.dependencies import ReadingDep, Services, ServicesDep
from api.errors import ProblemError
from api.security import Visitor, VisitorDep, reachable_submission
from api.waiting import waits_for
from store import repository

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

router = APIRouter()
# Of a run that has ended nothing changes any more; only its own reader keeps it.
_KEPT = "private, max-age=86400, immutable"


@router.get("/submissions/{submission_id}", response_model=None)
def show_submission(
    submission_id: str, session: ReadingDep, visitor: VisitorDep, services: ServicesDep, act: str = ""
) -> Response:
    shell, page = _submission(session, visitor, services, submission_id, act_id=act)
    return render_page("submission.html", shell, page)


@router.get("/submissions/{submission_id}/report", response_model=None)
def submission_fragment(
    submission_id: str, session: ReadingDep, visitor: VisitorDep, services: ServicesDep
) -> Response:
    """The same without what surrounds it, for a page that watched the training."""
    shell, page = _submission(session, visitor, services, submission_id)
    return render_page("submission_report.html", shell, page)


@router.get("/submissions/{submission_id}/misread/{number}.png", response_model=None)
def misread_picture(submission_id: str, number: int, session: ReadingDep, visitor: VisitorDep) -> Response:
    """For whoever may read the submission."""
    details, _ = reachable_submission(session, visitor.principal, submission_id)
    misread = repository.misread_of(session, details.run.id)
    if misread is None or not 0 <= number < len(misread.pictures):
        raise ProblemError("not_found", "picture", id=submission_id, number=str(number))
    png = grey_png(misread.pictures[number], height=misread.height, width=misread.width)
    return Response(png, media_type="image/png", headers={"Cache-Control": _KEPT})


def _submission(
    session: Session, visitor: Visitor, services: Services, submission_id: str, *, act_id: str = ""
) -> tuple[Shell, SubmissionPage]:
    details, staff = reachable_submission(session, visitor.principal, submission_id)
    page = submission_page(
        details,
        visitor.language,
        staff=staff,
        log=repository.run_log(session, details.run.id),
        place=services.queue.place(details.run.id) if details.run.state == "queued" else None,
        now=time.time(),
        waits_for=waits_for(services, details.run),
        misread=repository.misread_of(session, details.run.id),
        neighbours=_neighbours(session, details) if staff else None,
    )
    acting = acting_of(session, visitor, details, act_id=act_id) if staff else None
    given = acting.override if acting else standing_override(session, details)
    page = replace(page, acting=acting, given_points=given.points if given else None)
    (course,) = repository.courses_by_id(session, [details.course_id])
    shell = shell_for(
        visitor,
        f"{page.assignment_title}: {page.state.name}",
        HOME,
        (course.title, f"/courses/{course.slug}"),
        (page.assignment_title, f"/assignments/{page.assignment_slug}"),
    )
    return shell, page


def _neighbours(session: Session, details: repository.SubmissionDetails) -> repository.Neighbours:
    return repository.neighbours(
        session,
        assignment_id=details.submission.assignment_id,
        course_id=details.course_id,
        user_id=details.submission.user_id,
    )
