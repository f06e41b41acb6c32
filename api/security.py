"""Who is asking, and what they may reach."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Header, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection  # noqa: TC002 - FastAPI reads it at run time

from api.cookies import SESSION, read_cookie
from api.dependencies import ReadingDep  # noqa: TC001 - FastAPI reads it at run time
from api.errors import ProblemError
from api.language import MAX_HEADER_CHARS, Language, page_language, profile_language, wanted_language
from api.scopes import scope_of
from api.theme import Theme, chosen_theme
from store import repository

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

CSRF_FIELD, CSRF_HEADER = "csrf", "x-csrf-token"


class SentToken(HTTPAuthorizationCredentials):
    """With what it is to be used for, so that nobody who asks whose it is forgets its scopes."""

    method: str
    path: str
    # Of the request: whose token it is, once that is known, for those who stand around the route.
    state: Any


class _Bearer(HTTPBearer):
    async def __call__(self, request: HTTPConnection) -> SentToken | None:
        found = await super().__call__(request)
        if found is None:
            return None
        return SentToken(
            scheme=found.scheme,
            credentials=found.credentials,
            method=request.scope["method"],
            path=request.url.path,
            state=request.state,
        )


bearer = _Bearer(
    auto_error=False,
    description="A token, `lmk_...`, from the page of your account or from an administrator.",
)


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Who reads a page. `roles`: of every course they may enter; `csrf`: what their forms carry."""

    principal: repository.Principal
    roles: dict[str, repository.Role]
    csrf: str
    language: Language
    theme: Theme

    def is_staff(self, course_id: str) -> bool:
        return repository.is_staff(self.roles.get(course_id))

    @property
    def staffed(self) -> tuple[str, ...]:
        """Ids of the courses in which they are staff."""
        return tuple(course for course, role in self.roles.items() if repository.is_staff(role))


def principal(
    session: ReadingDep, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> repository.Principal:
    """For /api: the Authorization header alone, so that no other site can act through a browser's cookie."""
    if credentials is None:
        raise ProblemError("unauthenticated", "header")
    who = repository.authenticate(session, credentials.credentials)
    if who is None:
        raise ProblemError("unauthenticated", "token")
    sent = credentials if isinstance(credentials, SentToken) else None
    if sent is not None:
        sent.state.principal = who
    if who.scopes is not None:
        needed = None if sent is None else scope_of(sent.method, sent.path)
        if needed is None:
            raise ProblemError("scope_missing", "all")
        if needed not in who.scopes:
            raise ProblemError("scope_missing", "one", scope=needed)
    return who


def read_visitor(request: Request, session: Session) -> Visitor | None:
    """By the cookie of a web session, or by the Authorization header. None: nobody yet."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        who, secret = repository.authenticate(session, token), ""
        if who is not None and who.scopes is not None:
            # Pages know no scopes.
            who = None
    else:
        secret = read_cookie(request, SESSION)
        who = repository.authenticate_web_session(session, secret) if secret else None
    if who is None:
        return None
    csrf = csrf_token(secret) if secret else ""
    visitor = Visitor(
        principal=who,
        roles=repository.course_roles(session, who),
        csrf=csrf,
        language=page_language(request, who),
        theme=chosen_theme(request),
    )
    # The page of an error has the same head as any other; it is made outside of all dependencies.
    request.state.visitor, request.state.principal = visitor, who
    return visitor


def page_visitor(request: Request, session: ReadingDep) -> Visitor | None:
    return read_visitor(request, session)


def signed_in(visitor: Annotated[Visitor | None, Depends(page_visitor)]) -> Visitor:
    if visitor is None:
        raise ProblemError("unauthenticated", "visitor")
    return visitor


def csrf_token(secret: str) -> str:
    """Bound to the session, and of no use for opening it."""
    return hmac.new(secret.encode(), b"csrf", hashlib.sha256).hexdigest()


async def form_sender(request: Request, visitor: Annotated[Visitor, Depends(signed_in)]) -> Visitor:
    """For pages that change something: only a form, or a request, that one of our pages made.

    A request with an Authorization header needs no such proof: browsers do not add that by themselves.
    """
    if visitor.csrf:
        given: Any = request.headers.get(CSRF_HEADER)
        if given is None:
            given = (await request.form(max_files=1, max_fields=10)).get(CSRF_FIELD)
        if not isinstance(given, str) or not hmac.compare_digest(given.encode(), visitor.csrf.encode()):
            raise ProblemError("stale_form", "again")
    return visitor


def same_site(request: Request) -> None:
    """For signing in, before which there is no session to bind a form to."""
    told = request.headers.get("sec-fetch-site")
    if told is None:
        # A browser of before 2023. One that tells neither is no browser, and carries nobody's cookies.
        origin = request.headers.get("origin")
        ours = origin is None or origin.partition("://")[2] == request.headers.get("host")
        told = "same-origin" if ours else "cross-site"
    if told not in {"same-origin", "none"}:
        raise ProblemError("stale_form", "other_site")


PrincipalDep = Annotated[repository.Principal, Depends(principal)]
PageVisitorDep = Annotated[Visitor | None, Depends(page_visitor)]
VisitorDep = Annotated[Visitor, Depends(signed_in)]
FormSenderDep = Annotated[Visitor, Depends(form_sender)]


def reader_language(
    request: Request,
    who: PrincipalDep,
    language: Annotated[
        Language | None, Query(description="In place of Accept-Language", examples=["ro"])
    ] = None,
    accept_language: Annotated[  # noqa: ARG001 - read from the request; here for the contract
        str,
        Header(
            max_length=MAX_HEADER_CHARS,
            description="Used unless `language` is given; without either, the language of your profile",
            examples=["ro, en;q=0.5"],
        ),
    ] = "",
) -> Language:
    return language or wanted_language(request) or profile_language(who) or "en"


LanguageDep = Annotated[Language, Depends(reader_language)]


def reachable_submission(
    session: Session, who: repository.Principal, submission_id: str
) -> tuple[repository.SubmissionDetails, bool]:
    """The submission, and whether `who` reads it as staff.

    What one may not reach is answered like what is not there: an id tells nothing.
    """
    details = repository.submission_details(session, submission_id)
    if details is not None:
        staff = repository.is_staff(repository.course_role(session, who, details.course_id))
        if staff or details.submission.user_id == who.user_id:
            return details, staff
    raise ProblemError("not_found", "submission", id=submission_id)
