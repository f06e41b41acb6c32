"""Pages that only show."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import structlog
from fastapi import APIRouter, Request

from api.dashboard.assets import plotly_response
from api.dashboard.pages.assignment_staff import assignment_staff_page
from api.dashboard.pages.assignment_student import assignment_student_page
from api.dashboard.pages.course import best_points_of, course_page
from api.dashboard.pages.courses import courses_page
from api.dashboard.pages.listing import submission_item
from api.dashboard.pages.queue import QueuePage, queue_page
from api.dashboard.pages.submission import SubmissionPage, submission_page
from api.dashboard.routes.acting import acting_of
from api.dashboard.routes.acting_assignment import acting_of_assignment
from api.dashboard.routes.acting_common import staffed
from api.dashboard.shell import HOME, Shell, shell_for
from api.dashboard.templating import render_page
from api.dashboard.texts import say
from api.dependencies import ReadingDep, Services, ServicesDep
from api.errors import ProblemError
from api.reach import own_quota
from api.security import Visitor, VisitorDep, reachable_submission
from api.starters.texts import title_of
from api.waiting import waits_for
from store import repository
from store.presence import present

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from starlette.responses import Response

    from store.quota import QuotaStanding

router = APIRouter()
_log = structlog.get_logger(__name__)
_NEWEST = 8
_ALL_OWN = 500


@router.get("/", response_model=None)
def home(session: ReadingDep, visitor: VisitorDep) -> Response:
    user_id, staffed = visitor.principal.user_id, list(visitor.staffed)
    page = courses_page(
        visitor,
        courses=repository.courses_by_id(session, visitor.roles),
        assignments=repository.assignments_for(session, visitor.principal),
        everybodys=repository.tallies(session, staffed) if staffed else {},
        own_tallies=repository.tallies(session, visitor.roles, user_id=user_id),
        own=repository.recent_submissions(session, user_id=user_id, limit=_NEWEST),
        staffed=repository.recent_submissions(session, course_ids=staffed, limit=_NEWEST) if staffed else [],
        now=time.time(),
    )
    return render_page("courses.html", shell_for(visitor, say(visitor.language, "frame.courses")), page)


@router.get("/courses/{slug}", response_model=None)
def show_course(slug: str, session: ReadingDep, visitor: VisitorDep) -> Response:
    found = repository.course_by_slug(session, slug)
    if found is None or found.id not in visitor.roles:
        raise ProblemError("not_found", f"You have no course {slug!r}.")
    (course,) = repository.courses_by_id(session, [found.id])
    user_id = None if visitor.is_staff(course.id) else visitor.principal.user_id
    own = (
        repository.recent_submissions(session, user_id=user_id, course_ids=[course.id], limit=_ALL_OWN)
        if user_id
        else []
    )
    page = course_page(
        course,
        visitor,
        assignments=repository.assignments_for(session, visitor.principal),
        tallies=repository.tallies(session, [course.id], user_id=user_id),
        best_points=best_points_of(
            [(d.assignment_slug, submission_item(d, visitor.language, staff=False)) for d in own]
        ),
        now=time.time(),
    )
    return render_page("course.html", shell_for(visitor, course.title, HOME), page)


@router.get("/assignments/{slug}", response_model=None)
def show_assignment(  # noqa: PLR0917 - FastAPI passes by name
    slug: str,
    session: ReadingDep,
    visitor: VisitorDep,
    services: ServicesDep,
    sort: str = "name",
    order: str = "asc",
    act: str = "",
) -> Response:
    assignment = reachable_assignment(session, visitor, slug)
    shell = assignment_shell(session, visitor, assignment)
    if visitor.is_staff(assignment.course_id):
        standings = repository.standings(session, assignment.id, assignment.course_id)
        acting = acting_of_assignment(session, visitor, staffed(session, visitor, slug), act_id=act)
        page = assignment_staff_page(
            assignment, standings, visitor.language, sort=sort, order=order, acting=acting
        )
        return render_page("assignment_staff.html", shell, page)
    own = repository.recent_submissions(
        session, user_id=visitor.principal.user_id, assignment_id=assignment.id
    )
    return render_page(
        "assignment_student.html",
        shell,
        assignment_student_page(
            assignment,
            visitor.language,
            own=own,
            quota=visitor_quota(session, visitor, assignment),
            max_upload_bytes=services.settings.max_upload_bytes,
            now=time.time(),
        ),
    )


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


@router.get("/queue", response_model=None)
def show_queue(session: ReadingDep, visitor: VisitorDep, services: ServicesDep) -> Response:
    return render_page(
        "queue.html",
        shell_for(visitor, say(visitor.language, "frame.queue")),
        _queue(session, visitor, services),
    )


@router.get("/queue/rows", response_model=None)
def queue_fragment(session: ReadingDep, visitor: VisitorDep, services: ServicesDep) -> Response:
    page = _queue(session, visitor, services)
    return render_page("queue_body.html", shell_for(visitor, say(visitor.language, "frame.queue")), page)


@router.get("/assets/plotly.js", response_model=None)
def plotly(request: Request) -> Response:
    return plotly_response(request)


def reachable_assignment(session: Session, visitor: Visitor, slug: str) -> repository.AssignmentDetails:
    assignment = repository.assignment_by_slug(session, slug)
    if assignment is None or assignment.course_id not in visitor.roles:
        raise ProblemError("not_found", f"There is no assignment {slug!r} in your courses.")
    return assignment


def visitor_quota(
    session: Session, visitor: Visitor, assignment: repository.AssignmentDetails
) -> QuotaStanding | None:
    role = visitor.roles[assignment.course_id]
    return own_quota(session, assignment, user_id=visitor.principal.user_id, role=role)


def assignment_shell(session: Session, visitor: Visitor, assignment: repository.AssignmentDetails) -> Shell:
    (course,) = repository.courses_by_id(session, [assignment.course_id])
    return shell_for(
        visitor, title_of(assignment.spec, visitor.language), HOME, (course.title, f"/courses/{course.slug}")
    )


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
        acting=acting_of(session, visitor, details, act_id=act_id) if staff else None,
    )
    (course,) = repository.courses_by_id(session, [details.course_id])
    shell = shell_for(
        visitor,
        f"{page.assignment_title}: {page.state.name}",
        HOME,
        (course.title, f"/courses/{course.slug}"),
        (page.assignment_title, f"/assignments/{page.assignment_slug}"),
    )
    return shell, page


def _queue(session: Session, visitor: Visitor, services: Services) -> QueuePage:
    if not visitor.staffed:
        raise ProblemError("forbidden", "The queue is for course staff.")
    rows = repository.waiting_and_running(session, visitor.staffed)
    try:
        seen = present(services.redis)
    except Exception as error:  # noqa: BLE001 - whatever it is, the page says that Redis does not answer
        _log.warning("queue_page.redis", error=str(error))
        seen = None
    return queue_page(
        rows, visitor.language, presence=seen, now=time.time(), places=services.queue.look().places
    )
