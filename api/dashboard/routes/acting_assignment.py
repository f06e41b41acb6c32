"""What staff do about a whole assignment: judging everybody again, and how far that has come."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, BackgroundTasks, Form, Query
from fastapi.responses import RedirectResponse, Response

from api import regrading
from api.dashboard.pages.acting_assignment import ActingOnAssignment, acting_on_assignment
from api.dashboard.pages.acting_job import JobPage, job_page, job_seen
from api.dashboard.routes.acting_common import Staffed, shell_below, staffed
from api.dashboard.shell import HOME, Shell, shell_for
from api.dashboard.templating import render_page
from api.dashboard.texts import say
from api.dependencies import ReadingDep, ServicesDep
from api.schemas_regrading import RegradeIn
from api.security import FormSenderDep, Visitor, VisitorDep
from store import repository

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from store.models import StaffJob

router = APIRouter()


@router.post("/assignments/{slug}/regrade", response_model=None)
def regrade(  # noqa: PLR0917 - FastAPI passes by name
    slug: str,
    visitor: FormSenderDep,
    services: ServicesDep,
    background: BackgroundTasks,
    scope: Annotated[Literal["latest", "all"], Form()] = "latest",
    new_runs: Annotated[bool, Form()] = False,
) -> Response:
    """To the page of the job, which tells how far it has come."""
    asked = RegradeIn(scope=scope, new_runs=new_runs)
    job = regrading.regrade_assignment(services, visitor.principal, slug, asked)
    background.add_task(regrading.announce_job, services, job)
    return RedirectResponse(f"/jobs/{job.id}", status_code=303, background=background)


@router.get("/jobs/{job_id}", response_model=None)
def show_job(job_id: str, session: ReadingDep, visitor: VisitorDep) -> Response:
    job = regrading.reachable_job(session, visitor.principal, job_id)
    shell, page = _job(session, visitor, job)
    return render_page("acting_job.html", shell, page)


@router.get("/jobs/{job_id}/progress", response_model=None)
def job_fragment(
    job_id: str, session: ReadingDep, visitor: VisitorDep, seen: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """204 while all is as it was: nothing is swapped, and nothing is read out again."""
    job = regrading.reachable_job(session, visitor.principal, job_id)
    if job_seen(job) == seen:
        return Response(status_code=204)
    shell, page = _job(session, visitor, job)
    return render_page("acting_job_body.html", shell, page)


def acting_of_assignment(
    session: Session, visitor: Visitor, found: Staffed, *, act_id: str = ""
) -> ActingOnAssignment:
    """What the staff of the course may do about an assignment, for its page."""
    assignment = found.assignment
    return acting_on_assignment(
        assignment,
        visitor.language,
        may_decide=found.decides,
        draft=repository.draft_of(session, assignment.id),
        older=repository.older_grades(session, assignment.id),
        jobs=repository.recent_staff_jobs(session, assignment.id),
        acts=repository.acts_on(session, assignment.course_id, (assignment.id,), limit=8),
        act_id=act_id,
    )


def _job(session: Session, visitor: Visitor, job: StaffJob) -> tuple[Shell, JobPage]:
    author, slug = repository.origin_of_staff_job(session, job.id)
    told = partial(job_page, job, visitor.language, author=author)
    if slug is None:
        (course,) = repository.courses_by_id(session, [job.course_id])
        href = f"/courses/{course.slug}"
        page = told(back_href=href, back_label=course.title)
        return shell_for(visitor, page.line.title, HOME, (course.title, href)), page
    assignment = staffed(session, visitor, slug).assignment
    if job.kind == "similarity":
        page = told(
            back_href=f"/assignments/{slug}/similarity", back_label=say(visitor.language, "acting.to_pairs")
        )
    else:
        page = told(
            back_href=f"/assignments/{slug}", back_label=say(visitor.language, "acting.to_assignment")
        )
    return shell_below(session, visitor, assignment, page.line.title), page
