"""The editor of an assignment's document: checked while it is written, saved as a draft, published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from api import authoring, regrading
from api.dashboard.pages.acting_acts import done_line
from api.dashboard.pages.acting_differences import differences
from api.dashboard.pages.acting_spec import (
    PublishPage,
    SpecPage,
    checked_spec,
    draft_meanwhile,
    version_meanwhile,
    what_if_page,
)
from api.dashboard.routes.acting_common import Staffed, done, shell_below, staffed
from api.dashboard.templating import render_page
from api.dashboard.texts import say
from api.dependencies import ReadingDep, Services, ServicesDep
from api.errors import ProblemError
from api.security import FormSenderDep, Visitor, VisitorDep
from graders.spec_document import write_spec
from graders.spec_text import MAX_BYTES
from store import repository
from store.engine import reading, transaction

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.authoring import Checked
    from api.dashboard.pages.acting_spec import Meanwhile

router = APIRouter()
Version = Annotated[int | None, Query(ge=1, le=10**9)]


class SpecForm(BaseModel):
    """`made_from`: the version that the author began with; `seen`: the revision of the draft they read."""

    model_config = ConfigDict(frozen=True)
    text: str = ""
    made_from: int = Field(default=1, ge=1, le=10**9)
    seen: str = Field(default="", max_length=64)
    note: str = Field(default="", max_length=1000)
    confirmed: bool = False
    page: int = Field(default=1, ge=1, le=10**6)

    @property
    def document(self) -> str:
        """With our line ends (a browser sends others), and without what no database stores."""
        return tidy(self.text)


SpecFormDep = Annotated[SpecForm, Form()]


def tidy(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "�")


@router.get("/assignments/{slug}/spec", response_model=None)
def edit_spec(
    slug: str, session: ReadingDep, visitor: VisitorDep, version: Version = None, act: str = ""
) -> Response:
    """The draft where there is one, else the newest version; an older one only where it is asked for."""
    found = staffed(session, visitor, slug)
    assignment = found.assignment
    draft = repository.draft_of(session, assignment.id)
    if version is not None:
        text, made_from = document_of_version(session, assignment, version), assignment.version
    elif draft is not None:
        text, made_from = draft.text, draft.made_from
    else:
        text, made_from = write_spec(assignment.spec, form="yaml"), assignment.version
    form = SpecForm(text=text, made_from=made_from, seen=draft.revision if draft else "")
    return _editor(session, visitor, found, form, act=act)


@router.post("/assignments/{slug}/spec/check", response_model=None)
def check_spec(
    slug: str, form: SpecFormDep, request: Request, session: ReadingDep, visitor: FormSenderDep
) -> Response:
    """For htmx what is to be said of the text, for a plain form the whole page with it."""
    found = staffed(session, visitor, slug)
    checked = _check(session, found, form.document)
    if "hx-request" not in request.headers:
        return _editor(session, visitor, found, form, checked=checked, with_what_if=True)
    page = _page(session, visitor, found, form, checked)
    return render_page("acting_checked.html", shell_below(session, visitor, found.assignment, ""), page)


@router.post("/assignments/{slug}/spec/what-if", response_model=None)
def what_if(
    slug: str, form: SpecFormDep, request: Request, session: ReadingDep, visitor: FormSenderDep
) -> Response:
    """Whose grade the text would change: a fragment for htmx, the whole page for a plain form."""
    found = staffed(session, visitor, slug)
    checked = _check(session, found, form.document)
    if "hx-request" in request.headers and checked.document is None:
        # Written on since it was asked: the check that follows says what is wrong, and this changes nothing.
        return Response(status_code=204)
    if "hx-request" not in request.headers:
        return _editor(session, visitor, found, form, checked=checked, with_what_if=True)
    page = _page(session, visitor, found, form, checked, with_what_if=True)
    return render_page("acting_what_if.html", shell_below(session, visitor, found.assignment, ""), page)


@router.post("/assignments/{slug}/spec/draft", response_model=None)
def save_draft(
    slug: str, form: SpecFormDep, session: ReadingDep, visitor: FormSenderDep, services: ServicesDep
) -> Response:
    found = staffed(session, visitor, slug, deciding=True)
    if len(form.document.encode()) > MAX_BYTES:
        return _editor(session, visitor, found, form, problem="spec.too_large", status=413)
    try:
        with transaction(services.engine) as writing:
            repository.save_draft(
                writing,
                assignment_id=found.assignment.id,
                text=form.document,
                made_from=form.made_from,
                seen_revision=form.seen,
                author_id=visitor.principal.user_id,
            )
    except repository.DraftConflictError as conflict:
        return _editor_after_conflict(services, visitor, slug, form, conflict.now)
    return _back_to_editor(services, visitor, found)


@router.post("/assignments/{slug}/spec/discard", response_model=None)
def discard_draft(
    slug: str, form: SpecFormDep, session: ReadingDep, visitor: FormSenderDep, services: ServicesDep
) -> Response:
    found = staffed(session, visitor, slug, deciding=True)
    try:
        with transaction(services.engine) as writing:
            repository.discard_draft(
                writing,
                assignment_id=found.assignment.id,
                seen_revision=form.seen,
                actor_id=visitor.principal.user_id,
            )
    except repository.DraftConflictError as conflict:
        return _editor_after_conflict(services, visitor, slug, form, conflict.now)
    return _back_to_editor(services, visitor, found)


@router.post("/assignments/{slug}/spec/publish", response_model=None)
def publish_spec(
    slug: str, form: SpecFormDep, session: ReadingDep, visitor: FormSenderDep, services: ServicesDep
) -> Response:
    """First asked whether it is meant, with all that it changes; `confirmed` does it."""
    found = staffed(session, visitor, slug, deciding=True)
    checked = _check(session, found, form.document)
    if checked.document is None:
        return _editor(session, visitor, found, form, checked=checked, problem="spec.not_valid", status=422)
    if form.made_from != found.assignment.version:
        return _editor_after_publication(services, visitor, slug, form)
    if not form.confirmed:
        return _asked_to_confirm(session, visitor, found, form, checked)
    try:
        published = authoring.publish(
            services,
            visitor.principal,
            slug,
            checked.document,
            made_from=[form.made_from],
            note=tidy(form.note).strip() or None,
            draft=form.seen,
        )
    except repository.VersionConflictError:
        return _editor_after_publication(services, visitor, slug, form)
    if not published.is_new:
        return _editor(session, visitor, found, form, checked=checked, problem="spec.nothing_new")
    assignment = found.assignment
    return done(
        services, visitor, f"/assignments/{slug}", course_id=assignment.course_id, subjects=(assignment.id,)
    )


def document_of_version(session: Session, assignment: repository.AssignmentDetails, version: int) -> str:
    """As YAML. Raises ProblemError."""
    try:
        return write_spec(repository.spec_of_version(session, assignment.id, version), form="yaml")
    except LookupError as error:
        raise ProblemError("not_found", "version", slug=assignment.slug, version=str(version)) from error


def _check(session: Session, found: Staffed, text: str) -> Checked:
    assignment = found.assignment
    return authoring.check(
        session, text, form="yaml", course_ids=[assignment.course_id], slug=assignment.slug
    )


def _page(
    session: Session,
    visitor: Visitor,
    found: Staffed,
    form: SpecForm,
    checked: Checked | None,
    *,
    with_what_if: bool = False,
    meanwhile: Meanwhile | None = None,
    problem: str = "",
    draft: repository.Draft | None = None,
    act: str = "",
) -> SpecPage:
    assignment, language = found.assignment, visitor.language
    checked = checked or _check(session, found, form.document)
    told = (
        what_if_page(regrading.what_if(session, assignment, checked.document.spec), language, page=form.page)
        if with_what_if and checked.document is not None
        else None
    )
    return SpecPage(
        address=f"/assignments/{assignment.slug}/spec",
        back_href=f"/assignments/{assignment.slug}",
        slug=assignment.slug,
        title=say(language, "spec.title"),
        is_new=False,
        may_write=found.decides,
        text=form.document,
        version=assignment.version,
        made_from=form.made_from,
        seen=form.seen,
        draft=draft,
        checked=checked_spec(checked, form.document, language),
        what_if=told,
        meanwhile=meanwhile,
        done=done_line(_acts(session, assignment), language, act) if act else None,
        problem=say(language, problem) if problem else "",
        note=form.note,
    )


def _editor(
    session: Session,
    visitor: Visitor,
    found: Staffed,
    form: SpecForm,
    *,
    checked: Checked | None = None,
    with_what_if: bool = False,
    meanwhile: Meanwhile | None = None,
    problem: str = "",
    act: str = "",
    status: int = 200,
) -> Response:
    page = _page(
        session,
        visitor,
        found,
        form,
        checked,
        with_what_if=with_what_if,
        meanwhile=meanwhile,
        problem=problem,
        draft=repository.draft_of(session, found.assignment.id),
        act=act,
    )
    shell = shell_below(session, visitor, found.assignment, page.title)
    return render_page("acting_spec.html", shell, page, status=status)


def _editor_after_conflict(
    services: Services, visitor: Visitor, slug: str, form: SpecForm, now: repository.Draft | None
) -> Response:
    """With the author's own text, and what somebody else has saved: the next save is over that, knowingly."""
    with reading(services.engine) as session:
        found = staffed(session, visitor, slug, deciding=True)
        seen = form.model_copy(update={"seen": now.revision if now else ""})
        return _editor(
            session,
            visitor,
            found,
            seen,
            meanwhile=draft_meanwhile(now, form.document),
            problem="spec.draft_conflict" if now else "spec.draft_gone",
            status=412,
        )


def _editor_after_publication(
    services: Services, visitor: Visitor, slug: str, form: SpecForm
) -> Response:
    """The same for a version: what changed since the one that the author began with."""
    with reading(services.engine) as session:
        found = staffed(session, visitor, slug, deciding=True)
        assignment = found.assignment
        newest = repository.assignment_versions(session, assignment.id)[0]
        began = document_of_version(session, assignment, min(form.made_from, newest.version))
        now = write_spec(assignment.spec, form="yaml")
        return _editor(
            session,
            visitor,
            found,
            form.model_copy(update={"made_from": newest.version}),
            meanwhile=version_meanwhile(newest, seen=began, now=now, language=visitor.language),
            problem="spec.version_conflict",
            status=412,
        )


def _asked_to_confirm(
    session: Session, visitor: Visitor, found: Staffed, form: SpecForm, checked: Checked
) -> Response:
    assert checked.document is not None
    assignment, language = found.assignment, visitor.language
    page = PublishPage(
        address=f"/assignments/{assignment.slug}/spec",
        slug=assignment.slug,
        text=form.document,
        made_from=form.made_from,
        seen=form.seen,
        note=form.note,
        next_version=assignment.version + 1,
        # Of what is stored, not of how it was written: comments and the order of names publish nothing.
        differences=differences(
            write_spec(assignment.spec, form="yaml"), write_spec(checked.document.spec, form="yaml")
        ),
        checked=checked_spec(checked, form.document, language),
        what_if=what_if_page(
            regrading.what_if(session, assignment, checked.document.spec), language, page=1
        ),
    )
    shell = shell_below(session, visitor, assignment, say(language, "spec.publish_title"))
    return render_page("acting_publish.html", shell, page)


def _acts(session: Session, assignment: repository.AssignmentDetails) -> list[repository.Act]:
    return repository.acts_on(session, assignment.course_id, (assignment.id,))


def _back_to_editor(services: Services, visitor: Visitor, found: Staffed) -> Response:
    assignment = found.assignment
    return done(
        services,
        visitor,
        f"/assignments/{assignment.slug}/spec",
        course_id=assignment.course_id,
        subjects=(assignment.id,),
    )
