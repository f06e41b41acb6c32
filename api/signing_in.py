"""Signing in with a password, changing it, and choosing one by a link that somebody was given."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool

from api.cookies import DEVICE, SESSION, read_cookie
from api.errors import ProblemError
from api.told import Told
from store import repository
from store.engine import reading, transaction
from store.passwords import fault_of_password, hash_password, is_outdated, matches
from store.repository.accounts import fingerprint
from store.sign_in_limits import limits_of_try

if TYPE_CHECKING:
    from fastapi import Request
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from api.dependencies import Services
    from store.sign_in_limits import Limit

SESSION_LIFETIME_S: Final = 12 * 3600.0
_MAX_NAME_CHARS: Final = 254


@dataclass(frozen=True, kw_only=True)
class Browser:
    """Who asks, as far as it can be seen. `session` and `device`: the secrets of its cookies, if any."""

    address: str
    session: str
    device: str


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """What its cookies are now. `device` None: it keeps the one that it has."""

    session: str
    device: str | None = None


@dataclass(frozen=True, kw_only=True)
class _Try:
    """One that was admitted. `account` None: there is nobody of that name, and nothing shows it."""

    account: repository.Account | None
    limits: dict[str, Limit]
    knows_device: bool


def browser_of(request: Request) -> Browser:
    return Browser(
        address="" if request.client is None else request.client.host,
        session=read_cookie(request, SESSION),
        device=read_cookie(request, DEVICE),
    )


async def sign_in(services: Services, *, name: str, password: str, browser: Browser) -> SignedIn:
    """Raises wrong_password, whatever is wrong, and too_many_tries."""
    # PostgreSQL refuses NUL.
    typed = name.strip().replace("\x00", "")[:_MAX_NAME_CHARS]
    admitted = await run_in_threadpool(_admit, services.engine, typed, browser)
    account = await _prove(services, admitted, password)
    return await run_in_threadpool(_open, services.engine, admitted, account, browser)


async def change_password(
    services: Services, *, who: repository.Principal, current: str, new: str, browser: Browser
) -> SignedIn:
    """Ends all other sessions. Raises wrong_password, too_many_tries, weak_password, and forbidden."""
    admitted = await run_in_threadpool(_admit, services.engine, who.name, browser)
    account = admitted.account
    assert account is not None, "they are signed in"
    _check_new(account.name, account.email, new)
    if account.password_hash is None:
        await run_in_threadpool(_require_own_ceiling, services.engine, who)
    else:
        account = await _prove(services, admitted, current)
    new_hash = await services.hashing.run(hash_password, new)

    def store() -> SignedIn:
        with transaction(services.engine) as session:
            _require_unchanged(session, account)
            repository.give_back_try(session, admitted.limits)
            repository.set_password(session, account.user_id, new_hash, actor_id=who.user_id)
            return _opened(session, account.user_id)

    return await run_in_threadpool(store)


async def accept_invitation(services: Services, *, secret: str, new: str) -> SignedIn:
    """Raises link_over and weak_password; the second uses nothing up."""
    with_link = await run_in_threadpool(invitation, services.engine, secret)
    _check_new(with_link.user, with_link.email, new)
    new_hash = await services.hashing.run(hash_password, new)

    def store() -> SignedIn:
        with transaction(services.engine) as session:
            user_id = repository.redeem(session, secret, new_hash)
            if user_id is None:
                raise link_over()
            return _opened(session, user_id)

    return await run_in_threadpool(store)


def invitation(engine: Engine, secret: str) -> repository.OpenInvitation:
    """Raises link_over."""
    with reading(engine) as session:
        found = repository.open_invitation(session, secret)
    if found is None:
        raise link_over()
    return found


def link_over() -> ProblemError:
    return ProblemError("link_over")


def wrong_password() -> ProblemError:
    return ProblemError("wrong_password")


def _admit(engine: Engine, typed: str, browser: Browser) -> _Try:
    """Before anything is compared: of tries at once only as many as are left come through."""
    with reading(engine) as session:
        account = repository.account_to_sign_in(session, typed)
        knows_device = account is not None and repository.is_known_device(
            session, account.user_id, browser.device
        )
        limits = limits_of_try(
            account=typed.lower() if account is None else account.user_id,
            address=browser.address,
            device=fingerprint(browser.device) if knows_device else None,
        )
        wait_s = repository.try_wait_s(session, limits)
    if not wait_s:
        with transaction(engine) as session:
            wait_s = repository.take_try(session, limits)
    if wait_s:
        seconds = math.ceil(wait_s)
        raise ProblemError("too_many_tries", "wait", headers={"Retry-After": str(seconds)}, seconds=seconds)
    return _Try(account=account, limits=limits, knows_device=knows_device)


async def _prove(services: Services, admitted: _Try, password: str) -> repository.Account:
    account = admitted.account
    stored = None if account is None else account.password_hash
    if not await services.hashing.run(matches, password, stored) or account is None or stored is None:
        raise wrong_password()
    if not is_outdated(stored):
        return account
    renewed = await services.hashing.run(hash_password, password)
    await run_in_threadpool(_renew, services.engine, account.user_id, stored, renewed)
    return replace(account, password_hash=renewed)


def _renew(engine: Engine, user_id: str, old: str, new: str) -> None:
    with transaction(engine) as session:
        repository.renew_hash(session, user_id, old=old, new=new)


def _open(engine: Engine, admitted: _Try, account: repository.Account, browser: Browser) -> SignedIn:
    with transaction(engine) as session:
        _require_unchanged(session, account)
        repository.give_back_try(session, admitted.limits)
        # The one of before, whoever's it is, is not carried on with.
        repository.close_web_session(session, browser.session)
        return _opened(session, account.user_id, knows_device=admitted.knows_device)


def _opened(session: Session, user_id: str, *, knows_device: bool = False) -> SignedIn:
    return SignedIn(
        session=repository.open_session_of(session, user_id, lifetime_s=SESSION_LIFETIME_S),
        device=None if knows_device else repository.remember_device(session, user_id),
    )


def _require_unchanged(session: Session, account: repository.Account) -> None:
    """Comparing took a while: a password that was changed meanwhile no longer opens anything."""
    now = repository.account_of(session, account.user_id)
    if now is None or now.password_hash != account.password_hash:
        raise wrong_password()


def _require_own_ceiling(engine: Engine, who: repository.Principal) -> None:
    """A token that may do less than its owner must not turn into a password that may do all."""
    with reading(engine) as session:
        user = repository.user_by_name(session, who.name)
        assert user is not None, "they are signed in"
        highest = repository.highest_role(session, user)
    if repository.rank(who.role) < repository.rank(highest):
        raise ProblemError("forbidden", "lesser_token")


def _check_new(name: str, email: str | None, password: str) -> None:
    fault = fault_of_password(password, [name] if email is None else [name, email])
    if fault is not None:
        errors = [{"location": "password", "code": fault, "message": Told(f"problem.weak_password.{fault}")}]
        raise ProblemError("weak_password", fault, errors=errors)
