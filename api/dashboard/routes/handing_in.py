"""Handing in through the form of an assignment's page, and stopping what was handed in."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, BackgroundTasks, Form, Request
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from api.cancelling import announce_cancelled, cancel
from api.dashboard.pages.assignment_student import assignment_student_page
from api.dashboard.routes.reading import MOST_OWN, assignment_shell, reachable_assignment, visitor_quota
from api.dashboard.templating import render_page
from api.dependencies import Services, ServicesDep
from api.errors import ProblemError
from api.intake import check_submission, read_upload
from api.security import FormSenderDep, Visitor
from api.submitting import announce, hand_in, tell_accepted
from store import repository
from store.engine import reading

if TYPE_CHECKING:
    from starlette.responses import Response

router = APIRouter()


@router.post("/assignments/{slug}/submissions", response_model=None)
async def upload(
    slug: str, request: Request, visitor: FormSenderDep, services: ServicesDep, background: BackgroundTasks
) -> Response:
    """To the page of the new submission, or back to the form with what is wrong."""
    try:
        filename, content = await read_upload(request, services.settings)
        new = check_submission(
            filename=filename,
            content=content,
            idempotency_key=None,
            max_notebook_bytes=services.settings.max_notebook_bytes,
        )
        accepted = await run_in_threadpool(hand_in, services, slug, visitor.principal, new)
    except ProblemError as problem:
        return await run_in_threadpool(_form_again, services, visitor, slug, problem)
    done = accepted.submitted
    tell_accepted(done, slug)
    background.add_task(announce, services, done)
    return RedirectResponse(f"/submissions/{done.submission_id}", status_code=303, background=background)


@router.post("/submissions/{submission_id}/cancel", response_model=None)
def cancel_run(
    submission_id: str,
    visitor: FormSenderDep,
    services: ServicesDep,
    background: BackgroundTasks,
    after: Annotated[Literal["/queue", ""], Form()] = "",
) -> Response:
    """Back to the page of the submission, or to the queue, whatever had become of it meanwhile."""
    try:
        done = cancel(services, visitor.principal, submission_id)
    except ProblemError as problem:
        if problem.code != "already_ended":
            raise
    else:
        background.add_task(announce_cancelled, services, done)
    where = after or f"/submissions/{submission_id}"
    return RedirectResponse(where, status_code=303, background=background)


def _form_again(services: Services, visitor: Visitor, slug: str, problem: ProblemError) -> Response:
    with reading(services.engine) as session:
        # Not theirs, or not there: that page says so instead.
        assignment = reachable_assignment(session, visitor, slug)
        page = assignment_student_page(
            assignment,
            visitor.language,
            own=repository.recent_submissions(
                session, user_id=visitor.principal.user_id, assignment_id=assignment.id, limit=MOST_OWN
            ),
            quota=visitor_quota(session, visitor, assignment),
            moved_to=repository.own_due_dates(session, visitor.principal.user_id).get(assignment.id),
            max_upload_bytes=services.settings.max_upload_bytes,
            now=time.time(),
            problem=problem.detail(visitor.language),
        )
        shell = assignment_shell(session, visitor, assignment)
    return render_page("assignment_student.html", shell, page, status=problem.status)
