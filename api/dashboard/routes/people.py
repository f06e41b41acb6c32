"""A course's people: the list, roles, links; and what a file with many of them does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import RedirectResponse

from api.dashboard.pages.people import PeoplePage, RosterResult, people_page, roster_faults, roster_result
from api.dashboard.shell import HOME, shell_for
from api.dashboard.templating import render_page
from api.dashboard.texts import say
from api.dependencies import Services, ServicesDep
from api.errors import ProblemError
from api.people import (
    Links,
    give_role,
    import_roster,
    make_links,
    managed_course,
    open_links,
    public_address,
    remove_person,
    revoke_link,
)
from api.security import FormSenderDep, Visitor, VisitorDep
from store import repository
from store.engine import reading
from store.roster_csv import RosterRole

if TYPE_CHECKING:
    from starlette.responses import Response

router = APIRouter(prefix="/courses/{slug}/people")
_SHOWN = 200
_DAYS = 14.0
_DONE = ("opened", "role", "removed", "revoked")
Login = Annotated[str, Form(max_length=254, pattern=r"^[^\x00]*$")]


@router.get("", response_model=None)
def show_people(
    slug: str,
    visitor: VisitorDep,
    services: ServicesDep,
    after: Annotated[str, Query(max_length=254, pattern=r"^[^\x00]*$")] = "",
    done: str = "",
) -> Response:
    return _people(services, visitor, slug, after=after, done=done if done in _DONE else "")


@router.post("/roster", response_model=None)
def post_roster(
    slug: str,
    visitor: FormSenderDep,
    services: ServicesDep,
    file: Annotated[UploadFile, File()],
    dry_run: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """The page with what the list did; what is wrong with it, line by line, where it did nothing."""
    language, who = visitor.language, visitor.principal
    try:
        steps = import_roster(services, who, slug, file.file.read(), dry_run=bool(dry_run))
    except ProblemError as problem:
        if problem.code == "roster_invalid":
            faults = roster_faults(language, problem)
            return _people(services, visitor, slug, roster=faults, status=problem.status)
        if problem.code == "too_large":
            return _people(services, visitor, slug, problem=problem)
        raise
    return _people(services, visitor, slug, roster=roster_result(language, steps, dry_run=bool(dry_run)))


@router.post("/role", response_model=None)
def post_role(
    slug: str,
    visitor: FormSenderDep,
    services: ServicesDep,
    user: Login = "",
    role: Annotated[RosterRole, Form()] = "student",
) -> Response:
    try:
        give_role(services, visitor.principal, slug, user, role)
    except ProblemError as problem:
        return _people(services, visitor, slug, problem=problem)
    return RedirectResponse(f"/courses/{slug}/people?done=role", status_code=303)


@router.post("/remove", response_model=None)
def post_removal(
    slug: str, visitor: FormSenderDep, services: ServicesDep, user: Login = ""
) -> Response:
    try:
        remove_person(services, visitor.principal, slug, user)
    except ProblemError as problem:
        return _people(services, visitor, slug, problem=problem)
    return RedirectResponse(f"/courses/{slug}/people?done=removed", status_code=303)


@router.post("/links", response_model=None)
def post_links(
    slug: str, request: Request, visitor: FormSenderDep, services: ServicesDep, user: Login = ""
) -> Response:
    """For one, or without a login for everybody who cannot sign in yet. Shown this once."""
    links = make_links(
        services,
        visitor.principal,
        slug,
        users=[user] if user else None,
        days=_DAYS,
        base=public_address(request, services),
    )
    return _people(services, visitor, slug, links=links)


@router.post("/links/revoke", response_model=None)
def revoke(
    slug: str,
    visitor: FormSenderDep,
    services: ServicesDep,
    invitation: Annotated[str, Form(max_length=64, pattern=r"^[^\x00]*$")] = "",
) -> Response:
    revoke_link(services, visitor.principal, slug, invitation)
    return RedirectResponse(f"/courses/{slug}/people?done=revoked", status_code=303)


def _people(
    services: Services,
    visitor: Visitor,
    slug: str,
    *,
    after: str = "",
    done: str = "",
    links: Links | None = None,
    roster: RosterResult | None = None,
    problem: ProblemError | None = None,
    status: int = 200,
) -> Response:
    language = visitor.language
    with reading(services.engine) as session:
        course, _ = managed_course(session, visitor.principal, slug)
        page: PeoplePage = people_page(
            language,
            course,
            repository.people_of(
                session, course.id, now=time.time(), after=after or None, limit=_SHOWN + 1
            ),
            open_links(session, course.id, limit=_SHOWN),
            own_id=visitor.principal.user_id,
            limit=_SHOWN,
            links=links,
            roster=roster,
            fault="" if problem is None else problem.detail(language),
            done=done,
        )
    trail = (HOME, (course.title, f"/courses/{course.slug}"))
    shell = shell_for(visitor, say(language, "frame.people"), *trail)
    return render_page("people.html", shell, page, status=status if problem is None else problem.status)
