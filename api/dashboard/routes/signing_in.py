"""From a token to a web session, and out again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse

from api.dashboard.shell import shell_for_stranger
from api.dashboard.templating import render_page
from api.dependencies import ServicesDep
from api.security import COOKIE, FormSenderDep, PageVisitorDep, same_site
from store import repository
from store.engine import transaction

if TYPE_CHECKING:
    from starlette.responses import Response

router = APIRouter()
_LIFETIME_S = 12 * 3600
START = "/"


@router.get("/login", response_model=None)
def login_form(request: Request, visitor: PageVisitorDep, next: str = START) -> Response:  # noqa: A002 - the address's word
    if visitor is not None:
        return RedirectResponse(_local(next), status_code=303)
    return _form(request, next, wrong=False)


@router.post("/login", response_model=None, dependencies=[Depends(same_site)])
def login(
    request: Request,
    token: Annotated[str, Form()],
    services: ServicesDep,
    next: Annotated[str, Form()] = START,  # noqa: A002 - as above
) -> Response:
    with transaction(services.engine) as session:
        secret = repository.open_web_session(session, token=token.strip(), lifetime_s=_LIFETIME_S)
    if secret is None:
        return _form(request, next, wrong=True)
    answer = RedirectResponse(_local(next), status_code=303)
    answer.set_cookie(
        COOKIE,
        secret,
        max_age=_LIFETIME_S,
        httponly=True,
        # Lax, not Strict: the link to a report in a mail must open signed in.
        samesite="lax",
        secure=services.settings.secure_cookies,
    )
    return answer


@router.post("/logout", response_model=None)
def logout(request: Request, services: ServicesDep, _sender: FormSenderDep) -> Response:
    with transaction(services.engine) as session:
        repository.close_web_session(session, request.cookies.get(COOKIE, ""))
    answer = RedirectResponse("/login", status_code=303)
    answer.delete_cookie(COOKIE)
    return answer


def _form(request: Request, after: str, *, wrong: bool) -> Response:
    page = {"wrong": wrong, "next": _local(after)}
    return render_page(
        "login.html", shell_for_stranger(request, "frame.sign_in"), page, status=401 if wrong else 200
    )


def _local(address: str) -> str:
    """Only an address of ours: a link that signs people in must not send them elsewhere."""
    is_ours = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if is_ours and address.isprintable() else START
