"""Opening a course: for administrators, who then add its people with a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from api.dashboard.pages.opening import NewCoursePage
from api.dashboard.shell import HOME, shell_for
from api.dashboard.templating import render_page
from api.dashboard.texts import say
from api.dependencies import ServicesDep
from api.errors import ProblemError
from api.opening import open_course, require_opener
from api.schemas_course import NewCourseIn
from api.security import FormSenderDep, Visitor, VisitorDep

if TYPE_CHECKING:
    from starlette.responses import Response

router = APIRouter(prefix="/new-course")
_Text = Annotated[str, Form(max_length=1000)]


@router.get("", response_model=None)
def new_course(visitor: VisitorDep) -> Response:
    require_opener(visitor.principal)
    return _form(visitor, NewCoursePage())


@router.post("", response_model=None)
def post_course(
    visitor: FormSenderDep, services: ServicesDep, title: _Text = "", slug: _Text = ""
) -> Response:
    """To the page of its people, who come next; or back to the form with what is wrong."""
    language = visitor.language
    try:
        new = NewCourseIn(title=title.strip(), slug=slug.strip())
    except ValidationError as error:
        wrong = str(error.errors()[0]["loc"][0])
        page = NewCoursePage(
            title=title, slug=slug, wrong=wrong, problem=say(language, f"courses.wrong_{wrong}")
        )
        return _form(visitor, page, status=422)
    try:
        open_course(services, visitor.principal, new)
    except ProblemError as problem:
        if problem.code != "course_taken":
            raise
        page = NewCoursePage(title=title, slug=slug, wrong="slug", problem=say(language, "courses.taken"))
        return _form(visitor, page, status=problem.status)
    return RedirectResponse(f"/courses/{new.slug}/people?done=opened", status_code=303)


def _form(visitor: Visitor, page: NewCoursePage, *, status: int = 200) -> Response:
    shell = shell_for(visitor, say(visitor.language, "courses.new"), HOME)
    return render_page("new_course.html", shell, page, status=status)
