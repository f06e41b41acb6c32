"""What staff did in a course."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query

from api.dashboard.pages.audit import audit_page
from api.dashboard.shell import HOME, shell_for
from api.dashboard.templating import render_page
from api.dashboard.texts import say
from api.dependencies import ReadingDep
from api.errors import ProblemError
from api.people import managed_course
from api.security import VisitorDep
from store import repository

if TYPE_CHECKING:
    from starlette.responses import Response

router = APIRouter()
_SHOWN = 100
BeforeDep = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9-]{1,64}$")]


@router.get("/courses/{slug}/audit", response_model=None)
def show_audit(
    slug: str,
    session: ReadingDep,
    visitor: VisitorDep,
    before: BeforeDep = None,
) -> Response:
    course, _ = managed_course(session, visitor.principal, slug)
    found = repository.audit_entries(session, [course.id], before=before, limit=_SHOWN + 1)
    page = audit_page(
        visitor.language,
        found,
        headline=say(visitor.language, "people.audit_of", course=course.title),
        about=say(visitor.language, "people.about_audit"),
        address=f"/courses/{course.slug}/audit",
        limit=_SHOWN,
    )
    trail = (HOME, (course.title, f"/courses/{course.slug}"))
    return render_page("audit.html", shell_for(visitor, say(visitor.language, "frame.audit"), *trail), page)


@router.get("/audit", response_model=None)
def show_service_audit(session: ReadingDep, visitor: VisitorDep, before: BeforeDep = None) -> Response:
    """What belongs to no course, for administrators."""
    if not visitor.principal.acts_as_admin:
        raise ProblemError("forbidden", "admins")
    found = repository.service_audit_entries(session, before=before, limit=_SHOWN + 1)
    page = audit_page(
        visitor.language,
        found,
        headline=say(visitor.language, "people.audit_of_service"),
        about=say(visitor.language, "people.about_service_audit"),
        address="/audit",
        limit=_SHOWN,
    )
    return render_page("audit.html", shell_for(visitor, say(visitor.language, "frame.audit"), HOME), page)
