"""One's own account, and the link by which it begins."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse

from api.cookies import SESSION, drop_cookie
from api.dashboard.pages.account import InvitationPage, account_page, password_fault
from api.dashboard.routes.signing_in import signed_in_answer
from api.dashboard.shell import HOME, shell_for, shell_for_stranger
from api.dashboard.templating import render_page
from api.dashboard.texts import say
from api.dependencies import Services, ServicesDep
from api.errors import ProblemError
from api.language import known_language
from api.schemas_people import TokenIn
from api.scopes import SCOPES
from api.security import FormSenderDep, Visitor, VisitorDep, same_site
from api.signing_in import accept_invitation, browser_of, change_password, invitation
from api.tokens import make_token, revoke
from store import repository
from store.engine import reading, transaction
from store.roster_csv import clean_name, fault_of_name

if TYPE_CHECKING:
    from starlette.responses import Response

router = APIRouter()
_DONE = ("password", "profile", "revoked")
Password = Annotated[str, Form(max_length=1000)]


@router.get("/invitations/{secret}", response_model=None)
def show_invitation(secret: str, request: Request, services: ServicesDep) -> Response:
    """Uses nothing up: what looks at links in mails must not spend them."""
    return _invitation_form(request, secret, invitation(services.engine, secret))


@router.post("/invitations/{secret}", response_model=None, dependencies=[Depends(same_site)])
async def take_invitation(
    secret: str, request: Request, services: ServicesDep, password: Password = "", again: Password = ""
) -> Response:
    found = invitation(services.engine, secret)
    if password != again:
        return _invitation_form(request, secret, found, fault_key="accounts.differs")
    try:
        done = await accept_invitation(services, secret=secret, new=password)
    except ProblemError as problem:
        if problem.code != "weak_password":
            raise
        return _invitation_form(request, secret, found, problem=problem)
    return signed_in_answer(services, done, HOME[1])


@router.get("/account", response_model=None)
def show_account(visitor: VisitorDep, services: ServicesDep, done: str = "") -> Response:
    return _account(services, visitor, done=done if done in _DONE else "")


@router.post("/account/password", response_model=None)
async def post_password(  # noqa: PLR0917 - FastAPI passes by name
    request: Request,
    visitor: FormSenderDep,
    services: ServicesDep,
    current: Password = "",
    password: Password = "",
    again: Password = "",
) -> Response:
    if password != again:
        return _account(
            services, visitor, fault=say(visitor.language, "accounts.differs"), faulty="password"
        )
    try:
        done = await change_password(
            services, who=visitor.principal, current=current, new=password, browser=browser_of(request)
        )
    except ProblemError as problem:
        fault = password_fault(visitor.language, problem)
        return _account(services, visitor, fault=fault, faulty="password", status=problem.status)
    return signed_in_answer(services, done, "/account?done=password")


@router.post("/account/profile", response_model=None)
def post_profile(
    visitor: FormSenderDep,
    services: ServicesDep,
    display_name: Annotated[str, Form(max_length=1000)] = "",
    language: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    name = clean_name(display_name)
    if fault_of_name(name):
        fault = say(visitor.language, "accounts.bad_name")
        return _account(services, visitor, fault=fault, faulty="profile")
    with transaction(services.engine) as session:
        repository.change_profile(
            session,
            visitor.principal.user_id,
            display_name=name,
            language=known_language(language),
            now=time.time(),
        )
    return RedirectResponse("/account?done=profile", status_code=303)


@router.post("/account/sign-out-everywhere", response_model=None)
def sign_out_everywhere(visitor: FormSenderDep, services: ServicesDep) -> Response:
    with transaction(services.engine) as session:
        repository.end_sessions(session, visitor.principal.user_id)
    answer = RedirectResponse("/login", status_code=303)
    drop_cookie(answer, services.settings, SESSION)
    return answer


@router.post("/account/tokens", response_model=None)
def post_token(  # noqa: PLR0917 - FastAPI passes by name
    visitor: FormSenderDep,
    services: ServicesDep,
    label: Annotated[str, Form(max_length=1000)] = "",
    role: Annotated[str, Form(max_length=20)] = "",
    days: Annotated[str, Form(max_length=20)] = "",
    scopes: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """The page itself, and no redirect to it: the token is shown this once."""
    try:
        # No box that is ticked: whatever the role may do.
        asked = [scope for scope in SCOPES if scope in (scopes or ())]
        new = TokenIn.model_validate(
            {"label": label, "role": role or None, "days": days or None, "scopes": asked or None}
        )
        made = make_token(
            services, visitor.principal, label=new.label, role=new.role, scopes=new.scopes, days=new.days
        )
    except ValueError:
        fault = say(visitor.language, "accounts.bad_token")
        return _account(services, visitor, fault=fault, faulty="tokens")
    except ProblemError as problem:
        fault = problem.detail(visitor.language)
        return _account(services, visitor, fault=fault, faulty="tokens", status=problem.status)
    return _account(services, visitor, new_token=made.secret, status=201)


@router.post("/account/tokens/revoke", response_model=None)
def revoke_token(
    visitor: FormSenderDep, services: ServicesDep, token: Annotated[str, Form(max_length=64)] = ""
) -> Response:
    revoke(services, visitor.principal, token.replace("\x00", ""))
    return RedirectResponse("/account?done=revoked", status_code=303)


def _account(
    services: Services,
    visitor: Visitor,
    *,
    new_token: str = "",
    fault: str = "",
    faulty: str = "",
    done: str = "",
    status: int | None = None,
) -> Response:
    user_id = visitor.principal.user_id
    with reading(services.engine) as session:
        account = repository.account_of(session, user_id)
        tokens = repository.tokens_of(session, user_id)
    assert account is not None
    page = account_page(
        visitor, account, tokens, new_token=new_token, fault=fault, faulty=faulty, done=done
    )
    shell = shell_for(visitor, say(visitor.language, "accounts.title"), HOME)
    return render_page("account.html", shell, page, status=status or (422 if fault else 200))


def _invitation_form(
    request: Request,
    secret: str,
    found: repository.OpenInvitation,
    *,
    problem: ProblemError | None = None,
    fault_key: str = "",
) -> Response:
    shell = shell_for_stranger(request, "accounts.choose_password")
    fault = say(shell.language, fault_key) if fault_key else ""
    if problem is not None:
        fault = password_fault(shell.language, problem)
    page = InvitationPage(
        secret=secret,
        login=found.user,
        display_name=found.display_name,
        is_reset=found.purpose == "reset",
        fault=fault,
    )
    return render_page("invitation.html", shell, page, status=422 if fault else 200)
