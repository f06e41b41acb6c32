"""Pages for people. They read; the two forms only set and clear the cookie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse

from api.dashboard.submission_page import STATE_NAMES, submission_page
from api.dashboard.templating import render_page
from api.dependencies import ReadingDep, ServicesDep  # noqa: TC001 - FastAPI reads them at run time
from api.errors import ProblemError
from api.security import COOKIE, PageReaderDep, reachable_submission
from store import repository

if TYPE_CHECKING:
    from starlette.responses import Response

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_COOKIE_S = 12 * 3600


@router.get("/", response_model=None)
def home(session: ReadingDep, reader: PageReaderDep) -> Response:
    if reader is None:
        return render_page("login.html", wrong=False)
    assignments = repository.assignments_for(session, reader)
    staffed = {
        assignment.course_id
        for assignment in assignments
        if repository.is_staff(repository.course_role(session, reader, assignment.course_id))
    }
    return render_page(
        "home.html",
        reader=reader,
        assignments=assignments,
        own=repository.recent_submissions(session, user_id=reader.user_id),
        course=repository.recent_submissions(session, course_ids=sorted(staffed)) if staffed else [],
        state_names=STATE_NAMES,
    )


@router.get("/submissions/{submission_id}", response_model=None)
def show_submission(submission_id: str, session: ReadingDep, reader: PageReaderDep) -> Response:
    if reader is None:
        raise ProblemError("unauthenticated", "Sign in with your token first.")
    details, staff = reachable_submission(session, reader, submission_id)
    page = submission_page(
        details,
        staff=staff,
        log=repository.run_log(session, details.run.id),
        queue_position=repository.queue_position(session, details.run.id),
    )
    return render_page("submission.html", page=page, reader=reader)


@router.get("/login", response_model=None)
def login_form() -> Response:
    return render_page("login.html", wrong=False)


@router.post("/login", response_model=None)
def login(token: Annotated[str, Form()], session: ReadingDep, services: ServicesDep) -> Response:
    if repository.authenticate(session, token.strip()) is None:
        return render_page("login.html", status=401, wrong=True)
    answer = RedirectResponse("/", status_code=303)
    answer.set_cookie(
        COOKIE,
        token.strip(),
        max_age=_COOKIE_S,
        httponly=True,
        # Lax, not Strict: the link to a report in a mail must open signed in.
        samesite="lax",
        secure=services.settings.secure_cookies,
    )
    return answer


@router.post("/logout", response_model=None)
def logout() -> Response:
    answer = RedirectResponse("/", status_code=303)
    answer.delete_cookie(COOKIE)
    return answer
