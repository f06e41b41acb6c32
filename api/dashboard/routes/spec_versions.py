"""Every version of an assignment's document, what changed between two, and a new assignment from another."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Form, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from api import authoring
from api.dashboard.pages.acting_differences import differences
from api.dashboard.pages.acting_spec import SpecPage, checked_spec
from api.dashboard.pages.acting_versions import VersionsPage, version_lines
from api.dashboard.routes.acting_common import done, shell_below, staffed
from api.dashboard.routes.spec_editor import document_of_version, tidy
from api.dashboard.shell import HOME, Shell, shell_for
from api.dashboard.templating import render_page
from api.dashboard.texts import say
from api.dependencies import ReadingDep, Services, ServicesDep
from api.errors import ProblemError
from api.security import FormSenderDep, Visitor, VisitorDep
from api.starters.texts import title_of
from graders.labs import LABS
from graders.spec_document import write_spec
from store import repository
from store.engine import reading

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from starlette.responses import Response

    from graders.spec import AssignmentSpec
    from store.models import Course

router = APIRouter()
Version = Annotated[int | None, Query(ge=1, le=10**9)]
_SLUGS_TRIED: Final = 100


class NewForm(BaseModel):
    """`template`: the slug of the assignment, or built-in lab, that it began as."""

    model_config = ConfigDict(frozen=True)
    text: str = ""
    template: str = Field(default="", max_length=200)
    note: str = Field(default="", max_length=1000)
    due_at: str = Field(default="", max_length=40)


NewFormDep = Annotated[NewForm, Form()]


@router.get("/assignments/{slug}/versions", response_model=None)
def show_versions(
    slug: str, session: ReadingDep, visitor: VisitorDep, before: Version = None, after: Version = None
) -> Response:
    """The newest against the one before it, unless others are asked for."""
    assignment = staffed(session, visitor, slug).assignment
    later = after or assignment.version
    earlier = before or max(1, later - 1)
    text = document_of_version(session, assignment, later)
    page = VersionsPage(
        slug=slug,
        versions=version_lines(
            assignment, repository.assignment_versions(session, assignment.id), visitor.language
        ),
        before=earlier,
        after=later,
        differences=differences(document_of_version(session, assignment, earlier), text),
        text=text,
    )
    shell = shell_below(session, visitor, assignment, say(visitor.language, "spec.versions"))
    return render_page("acting_versions.html", shell, page)


@router.get("/courses/{slug}/assignments/new", response_model=None)
def new_assignment(slug: str, session: ReadingDep, visitor: VisitorDep, template: str = "") -> Response:
    course = authoring.instructed_course(session, visitor.principal, slug)
    specs = _templates(session, visitor, course)
    began = specs.get(template) or next(iter(specs.values()))
    own = began.model_copy(update={"slug": _free_slug(session, began.slug)})
    form = NewForm(text=write_spec(own, form="yaml"), template=began.slug)
    return _form(session, visitor, course, form)


@router.post("/courses/{slug}/assignments/new/check", response_model=None)
def check_new(
    slug: str, form: NewFormDep, request: Request, session: ReadingDep, visitor: FormSenderDep
) -> Response:
    course = authoring.instructed_course(session, visitor.principal, slug)
    if "hx-request" not in request.headers:
        return _form(session, visitor, course, form)
    page = _page(session, visitor, course, form)
    return render_page("acting_checked.html", _shell(visitor, course), page)


@router.post("/courses/{slug}/assignments/new", response_model=None)
def create_assignment(
    slug: str, form: NewFormDep, session: ReadingDep, visitor: FormSenderDep, services: ServicesDep
) -> Response:
    course = authoring.instructed_course(session, visitor.principal, slug)
    document = authoring.check(session, tidy(form.text), form="yaml", course_ids=[course.id]).document
    if document is None:
        problem = say(visitor.language, "spec.not_valid")
        return _form(session, visitor, course, form, problem=problem, status=422)
    try:
        due_at = _utc_seconds(form.due_at)
    except ValueError:
        problem = say(visitor.language, "spec.wrong_due_at")
        return _form(session, visitor, course, form, problem=problem, wrong=("due_at",), status=422)
    try:
        authoring.create(
            services,
            visitor.principal,
            slug,
            document,
            due_at=due_at,
            note=tidy(form.note).strip() or None,
        )
    except ProblemError as error:
        if error.code != "slug_taken":
            raise
        problem = error.detail(visitor.language)
        return _form(session, visitor, course, form, problem=problem, status=error.status)
    return _done(services, visitor, course, document.spec.slug)


def _utc_seconds(text: str) -> float | None:
    """Of `<input type=datetime-local>`; empty: none. Raises ValueError."""
    return datetime.fromisoformat(text.strip()).replace(tzinfo=UTC).timestamp() if text.strip() else None


def _templates(session: Session, visitor: Visitor, course: Course) -> dict[str, AssignmentSpec]:
    """The assignments of the course first, then the built-in labs."""
    own = [
        assignment.spec
        for assignment in repository.assignments_for(session, visitor.principal)
        if assignment.course_id == course.id
    ]
    return {spec.slug: spec for spec in own} | {
        lab.slug: lab for lab in LABS.values() if lab.slug not in {spec.slug for spec in own}
    }


def _free_slug(session: Session, slug: str) -> str:
    """One that no assignment has: its author will want another, and it must not stand in their way."""
    for number in range(2, _SLUGS_TRIED):
        if repository.assignment_by_slug(session, slug) is None:
            break
        slug = f"{slug.removesuffix(f'-{number - 1}')}-{number}"
    return slug


def _page(
    session: Session,
    visitor: Visitor,
    course: Course,
    form: NewForm,
    *,
    problem: str = "",
    wrong: tuple[str, ...] = (),
) -> SpecPage:
    text, language = tidy(form.text), visitor.language
    checked = authoring.check(session, text, form="yaml", course_ids=[course.id])
    return SpecPage(
        address=f"/courses/{course.slug}/assignments/new",
        back_href=f"/courses/{course.slug}",
        slug=course.slug,
        title=say(language, "spec.new_title"),
        is_new=True,
        may_write=True,
        text=text,
        version=0,
        made_from=1,
        seen="",
        draft=None,
        checked=checked_spec(checked, text, language),
        problem=problem,
        note=form.note,
        due_at=form.due_at,
        templates=tuple(
            (name, title_of(spec, language)) for name, spec in _templates(session, visitor, course).items()
        ),
        template=form.template,
        wrong=wrong,
    )


def _form(
    session: Session,
    visitor: Visitor,
    course: Course,
    form: NewForm,
    *,
    problem: str = "",
    wrong: tuple[str, ...] = (),
    status: int = 200,
) -> Response:
    page = _page(session, visitor, course, form, problem=problem, wrong=wrong)
    return render_page("acting_spec.html", _shell(visitor, course), page, status=status)


def _shell(visitor: Visitor, course: Course) -> Shell:
    title = say(visitor.language, "spec.new_title")
    return shell_for(visitor, title, HOME, (course.title, f"/courses/{course.slug}"))


def _done(services: Services, visitor: Visitor, course: Course, slug: str) -> Response:
    with reading(services.engine) as session:
        made = repository.assignment_by_slug(session, slug)
    assert made is not None  # created just now, and never deleted
    return done(services, visitor, f"/assignments/{slug}", course_id=course.id, subjects=(made.id,))
