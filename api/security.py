"""Who is asking, and what they may reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.dependencies import ReadingDep  # noqa: TC001 - FastAPI reads it at run time
from api.errors import ProblemError
from store import repository

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

COOKIE = "lmk"
_bearer = HTTPBearer(auto_error=False, description="A token, `lmk_...`, made by an administrator.")


def principal(
    session: ReadingDep, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> repository.Principal:
    """For /api: the Authorization header alone, so that no other site can act through a browser's cookie."""
    if credentials is None:
        raise ProblemError("unauthenticated", "Send the header `Authorization: Bearer lmk_...`.")
    who = repository.authenticate(session, credentials.credentials)
    if who is None:
        raise ProblemError("unauthenticated", "The token is unknown, expired or revoked.")
    return who


def page_reader(request: Request, session: ReadingDep) -> repository.Principal | None:
    """For pages, which only read: the cookie that /login set, or the header. None: nobody yet."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        token = request.cookies.get(COOKIE, "")
    return repository.authenticate(session, token) if token else None


PrincipalDep = Annotated[repository.Principal, Depends(principal)]
PageReaderDep = Annotated[repository.Principal | None, Depends(page_reader)]


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
    raise ProblemError("not_found", f"You have no submission {submission_id}.")
