"""Handing in through the form of an assignment's page."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from fastapi import APIRouter, BackgroundTasks, Request
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from api.dashboard.pages.assignment_student import assignment_student_page
from api.dashboard.routes.reading import assignment_shell, reachable_assignment
from api.dashboard.templating import render_page
from api.dependencies import Services, ServicesDep
from api.errors import ProblemError
from api.intake import check_submission, read_upload
from api.security import FormSenderDep, Visitor
from api.submitting import hand_in, tell_accepted
from store import repository
from store.engine import reading
from store.queue import drain_outbox

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
        done = await run_in_threadpool(hand_in, services, slug, visitor.principal, new)
    except ProblemError as problem:
        return await run_in_threadpool(_form_again, services, visitor, slug, problem)
    tell_accepted(done, slug)
    background.add_task(drain_outbox, services.engine, services.celery, run_id=done.run_id)
    return RedirectResponse(f"/submissions/{done.submission_id}", status_code=303, background=background)


def _form_again(services: Services, visitor: Visitor, slug: str, problem: ProblemError) -> Response:
    with reading(services.engine) as session:
        # Not theirs, or not there: that page says so instead.
        assignment = reachable_assignment(session, visitor, slug)
        page = assignment_student_page(
            assignment,
            own=repository.recent_submissions(
                session, user_id=visitor.principal.user_id, assignment_id=assignment.id
            ),
            max_upload_bytes=services.settings.max_upload_bytes,
            now=time.time(),
            problem=problem.detail,
        )
        shell = assignment_shell(session, visitor, assignment)
    return render_page("assignment_student.html", shell, page, status=problem.status)
