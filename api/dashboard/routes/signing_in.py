"""To a web session: with a token, a password, or by way of an OpenID provider; and out again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse

from api.cookies import AWAY, DEVICE, SESSION, drop_cookie, read_cookie, set_cookie
from api.dashboard.pages.account import LoginPage, login_fault
from api.dashboard.shell import shell_for_stranger
from api.dashboard.templating import render_page
from api.dependencies import Services, ServicesDep
from api.errors import ProblemError
from api.oidc import CALLBACK, LIFETIME_S, Away, Provider
from api.oidc import refused as provider_refused
from api.people import public_address
from api.provider_accounts import account_of_stranger
from api.security import FormSenderDep, PageVisitorDep, same_site
from api.signing_in import SESSION_LIFETIME_S, SignedIn, browser_of, sign_in
from store import repository
from store.engine import transaction
from store.repository.passwords import DEVICE_LIFETIME_S

if TYPE_CHECKING:
    from starlette.responses import Response

router = APIRouter()
START = "/"
NextForm = Annotated[str, Form()]


@router.get("/login", response_model=None)
def login_form(
    request: Request,
    visitor: PageVisitorDep,
    services: ServicesDep,
    next: str = START,  # noqa: A002 - the address's word
) -> Response:
    if visitor is not None:
        return RedirectResponse(_local(next), status_code=303)
    return _form(request, services, next)


@router.post("/login", response_model=None, dependencies=[Depends(same_site)])
def login_with_token(
    request: Request,
    token: Annotated[str, Form()],
    services: ServicesDep,
    next: NextForm = START,  # noqa: A002 - as above
) -> Response:
    with transaction(services.engine) as session:
        secret = repository.open_web_session(
            session, token=token.strip(), lifetime_s=SESSION_LIFETIME_S
        )
        if secret is not None:
            # What this browser was signed in with before ends here, whoever's it was.
            repository.close_web_session(session, read_cookie(request, SESSION))
    if secret is None:
        return _form(request, services, next, wrong="token")
    return signed_in_answer(services, SignedIn(session=secret), _local(next))


@router.post("/login/password", response_model=None, dependencies=[Depends(same_site)])
async def login_with_password(
    request: Request,
    services: ServicesDep,
    name: Annotated[str, Form(max_length=1000)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    next: NextForm = START,  # noqa: A002 - as above
) -> Response:
    try:
        done = await sign_in(services, name=name, password=password, browser=browser_of(request))
    except ProblemError as problem:
        if problem.code not in {"wrong_password", "too_many_tries"}:
            raise
        return _form(request, services, next, wrong="password", problem=problem, name=name)
    return signed_in_answer(services, done, _local(next))


@router.get("/login/provider", response_model=None)
def leave_for_provider(
    request: Request,
    services: ServicesDep,
    next: str = START,  # noqa: A002 - as above
) -> Response:
    """A link and no form: the policy lets forms lead to ourselves alone."""
    address, away = _provider(services).leave(_callback(request, services), _local(next))
    answer = RedirectResponse(address, status_code=303)
    set_cookie(answer, services.settings, AWAY, away.to_cookie(), lifetime_s=LIFETIME_S)
    return answer


@router.get(CALLBACK, response_model=None)
def back_from_provider(
    request: Request,
    services: ServicesDep,
    state: str = "",
    code: str = "",
) -> Response:
    """Whatever it brings, what the browser took along is used up by it."""
    try:
        done, after = _come_back(request, services, state=state, code=code)
    except ProblemError as problem:
        answer = _form(request, services, START, wrong="provider", problem=problem)
    else:
        answer = signed_in_answer(services, done, after)
    drop_cookie(answer, services.settings, AWAY)
    return answer


@router.post("/logout", response_model=None)
def logout(request: Request, services: ServicesDep, _sender: FormSenderDep) -> Response:
    with transaction(services.engine) as session:
        repository.close_web_session(session, read_cookie(request, SESSION))
    answer = RedirectResponse("/login", status_code=303)
    drop_cookie(answer, services.settings, SESSION)
    return answer


def signed_in_answer(services: Services, done: SignedIn, address: str) -> Response:
    answer = RedirectResponse(address, status_code=303)
    set_cookie(answer, services.settings, SESSION, done.session, lifetime_s=SESSION_LIFETIME_S)
    if done.device is not None:
        set_cookie(answer, services.settings, DEVICE, done.device, lifetime_s=DEVICE_LIFETIME_S)
    return answer


def _come_back(request: Request, services: Services, *, state: str, code: str) -> tuple[SignedIn, str]:
    """And where they wanted to go. Raises ProblemError."""
    provider = _provider(services)
    away = Away.from_cookie(read_cookie(request, AWAY))
    if away is None:
        raise provider_refused("cookie")
    stranger = provider.come_back(
        away, state=state, code=code, redirect_uri=_callback(request, services)
    )
    with transaction(services.engine) as session:
        user_id = account_of_stranger(session, provider, stranger)
        repository.close_web_session(session, read_cookie(request, SESSION))
        secret = repository.open_session_of(session, user_id, lifetime_s=SESSION_LIFETIME_S)
    return SignedIn(session=secret), _local(away.after)


def _provider(services: Services) -> Provider:
    if services.oidc is None:
        raise ProblemError("not_found", "provider")
    return services.oidc


def _callback(request: Request, services: Services) -> str:
    return f"{public_address(request, services)}{CALLBACK}"


def _form(
    request: Request,
    services: Services,
    after: str,
    *,
    wrong: str = "",
    problem: ProblemError | None = None,
    name: str = "",
) -> Response:
    """`wrong`: which way it was that did not work."""
    shell = shell_for_stranger(request, "frame.sign_in")
    page = LoginPage(
        next=_local(after),
        wrong=wrong,
        fault=login_fault(shell.language, wrong, problem),
        name=name,
        provider=None if services.oidc is None else services.oidc.name,
    )
    answer = render_page("login.html", shell, page, status=_status(wrong, problem))
    if problem is not None and "Retry-After" in problem.headers:
        answer.headers["Retry-After"] = problem.headers["Retry-After"]
    return answer


def _status(wrong: str, problem: ProblemError | None) -> int:
    if problem is not None:
        return problem.status
    return 401 if wrong else 200


def _local(address: str) -> str:
    """Only an address of ours: a link that signs people in must not send them elsewhere."""
    is_ours = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if is_ours and address.isprintable() else START
