"""The start page, courses and assignments."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request

from api.dashboard.assets import plotly_response
from api.dashboard.pages.asked import asked_table
from api.dashboard.pages.assignment_staff import assignment_staff_page
from api.dashboard.pages.assignment_student import assignment_student_page
from api.dashboard.pages.course_staff import ATTENTION_SHOWN, HOURS_SHOWN, course_staff_page
from api.dashboard.pages.course_student import best_points_of, course_student_page
from api.dashboard.pages.courses import courses_page
from api.dashboard.pages.listing import submission_item
from api.dashboard.routes.acting_assignment import acting_of_assignment
from api.dashboard.routes.acting_common import staffed
from api.dashboard.shell import HOME, Shell, shell_for
from api.dashboard.templating import render_page
from api.dashboard.texts import say
from api.dependencies import ReadingDep, ServicesDep
from api.errors import ProblemError
from api.reach import own_quota
from api.security import Visitor, VisitorDep
from api.starters.texts import title_of
from store import repository

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from starlette.responses import Response

    from store.quota import QuotaStanding

router = APIRouter()
_NEWEST = 8
# Of one student in one course: more than anybody hands in, and a bound all the same.
MOST_OWN = 500
_Word = Annotated[str, Query(max_length=200)]


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
        raise ProblemError("not_found", "course", slug=slug)
    (course,) = repository.courses_by_id(session, [found.id])
    everywhere = repository.assignments_for(session, visitor.principal)
    assignments = [assignment for assignment in everywhere if assignment.course_id == course.id]
    if visitor.is_staff(course.id):
        return _course_of_staff(session, visitor, course, assignments)
    return _course_of_student(session, visitor, course, assignments)


def _course_of_staff(
    session: Session,
    visitor: Visitor,
    course: repository.CourseRow,
    assignments: list[repository.AssignmentDetails],
) -> Response:
    now = time.time()
    page = course_staff_page(
        course,
        visitor.language,
        assignments=assignments,
        tallies=repository.tallies(session, [course.id]),
        best=repository.best_results(session, [course.id]),
        attention=repository.needs_attention(session, [course.id], limit=ATTENTION_SHOWN),
        hours=repository.handed_in_by_hour(session, [course.id], since=now - HOURS_SHOWN * 3600),
        links=_links(visitor, course),
        now=now,
    )
    return render_page("course_staff.html", shell_for(visitor, course.title, HOME), page)


def _links(visitor: Visitor, course: repository.CourseRow) -> list[tuple[str, str]]:
    """To what only instructors may see."""
    if visitor.roles[course.id] not in {"instructor", "admin"}:
        return []
    pages = (("frame.people", "people"), ("frame.audit", "audit"), ("spec.new_title", "assignments/new"))
    return [(say(visitor.language, key), f"/courses/{course.slug}/{name}") for key, name in pages]


def _course_of_student(
    session: Session,
    visitor: Visitor,
    course: repository.CourseRow,
    assignments: list[repository.AssignmentDetails],
) -> Response:
    user_id, language = visitor.principal.user_id, visitor.language
    own = repository.recent_submissions(session, user_id=user_id, course_ids=[course.id], limit=MOST_OWN)
    asked = {a.id: a.spec.quota for a in assignments if a.spec.quota is not None}
    page = course_student_page(
        course,
        language,
        assignments=assignments,
        tallies=repository.tallies(session, [course.id], user_id=user_id),
        best_points=best_points_of(
            [(d.assignment_slug, submission_item(d, language, staff=False)) for d in own]
        ),
        quotas=repository.student_quotas(session, asked, user_id=user_id),
        due_dates=repository.own_due_dates(session, user_id),
        now=time.time(),
    )
    return render_page("course_student.html", shell_for(visitor, course.title, HOME), page)


@router.get("/assignments/{slug}", response_model=None)
def show_assignment(  # noqa: PLR0917 - FastAPI passes by name
    slug: str,
    session: ReadingDep,
    visitor: VisitorDep,
    services: ServicesDep,
    sort: _Word = "",
    order: _Word = "",
    fit: _Word = "",
    which: _Word = "",
    name: _Word = "",
    page: _Word = "",
    act: _Word = "",
) -> Response:
    assignment = reachable_assignment(session, visitor, slug)
    shell = assignment_shell(session, visitor, assignment)
    if visitor.is_staff(assignment.course_id):
        standings = repository.standings(session, assignment.id, assignment.course_id)
        asked = asked_table(sort=sort, order=order, fit=fit, which=which, name=name, page=page)
        shown = assignment_staff_page(assignment, standings, visitor.language, asked)
        acting = acting_of_assignment(session, visitor, staffed(session, visitor, slug), act_id=act)
        return render_page("assignment_staff.html", shell, replace(shown, acting=acting))
    return render_page(
        "assignment_student.html",
        shell,
        assignment_student_page(
            assignment,
            visitor.language,
            own=repository.recent_submissions(
                session, user_id=visitor.principal.user_id, assignment_id=assignment.id, limit=MOST_OWN
            ),
            quota=visitor_quota(session, visitor, assignment),
            moved_to=repository.own_due_dates(session, visitor.principal.user_id).get(assignment.id),
            max_upload_bytes=services.settings.max_upload_bytes,
            now=time.time(),
            page=page,
        ),
    )


@router.get("/assets/plotly.js", response_model=None)
def plotly(request: Request) -> Response:
    return plotly_response(request)


def reachable_assignment(session: Session, visitor: Visitor, slug: str) -> repository.AssignmentDetails:
    assignment = repository.assignment_by_slug(session, slug)
    if assignment is None or assignment.course_id not in visitor.roles:
        raise ProblemError("not_found", "assignment", slug=slug)
    return assignment


def visitor_quota(
    session: Session, visitor: Visitor, assignment: repository.AssignmentDetails
) -> QuotaStanding | None:
    role = visitor.roles[assignment.course_id]
    return own_quota(session, assignment, user_id=visitor.principal.user_id, role=role)


def assignment_shell(session: Session, visitor: Visitor, assignment: repository.AssignmentDetails) -> Shell:
    (course,) = repository.courses_by_id(session, [assignment.course_id])
    title = title_of(assignment.spec, visitor.language)
    return shell_for(visitor, title, HOME, (course.title, f"/courses/{course.slug}"))
