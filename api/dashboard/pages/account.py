"""One's own account: signing in, the password, the tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.dashboard.texts import named, say
from api.scopes import SCOPES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.errors import ProblemError
    from api.language import Language
    from api.security import Visitor
    from store.repository import Account, TokenRow

_ROLES = ("student", "grader", "instructor", "admin")


@dataclass(frozen=True, kw_only=True)
class LoginPage:
    """`wrong`: token, password or provider, whichever did not work; `fault` says how."""

    next: str
    wrong: str
    fault: str
    name: str
    provider: str | None


@dataclass(frozen=True, kw_only=True)
class InvitationPage:
    """`login` and `display_name`: whose password is chosen."""

    secret: str
    login: str
    display_name: str
    is_reset: bool
    fault: str


@dataclass(frozen=True, kw_only=True)
class Choice:
    value: str
    label: str
    is_chosen: bool = False


@dataclass(frozen=True, kw_only=True)
class TokenItem:
    token_id: str
    label: str
    role: str
    scopes: str
    created_at: float
    expires_at: float | None


@dataclass(frozen=True, kw_only=True)
class AccountPage:
    """`new_token`: shown this once. `fault`: of the form named `faulty`. `done`: what was changed, told."""

    login: str
    display_name: str
    email: str | None
    has_password: bool
    languages: tuple[Choice, ...]
    tokens: tuple[TokenItem, ...]
    roles: tuple[Choice, ...]
    scopes: tuple[Choice, ...]
    new_token: str
    fault: str
    faulty: str
    done: str


def login_fault(language: Language, wrong: str, problem: ProblemError | None) -> str:
    if problem is not None and problem.code == "too_many_tries":
        return say(language, "accounts.wait", seconds=int(problem.headers.get("Retry-After", "10")))
    if problem is not None and problem.code == "no_account":
        return say(language, "accounts.no_account")
    return say(language, f"accounts.wrong_{wrong}") if wrong else ""


def password_fault(language: Language, problem: ProblemError) -> str:
    if problem.code == "weak_password":
        assert problem.errors
        return say(language, f"accounts.fault_{problem.errors[0]['code']}")
    if problem.code in {"wrong_password", "too_many_tries"}:
        return login_fault(language, "current", problem)
    return problem.detail(language)


def account_page(
    visitor: Visitor,
    account: Account,
    tokens: Iterable[TokenRow],
    *,
    new_token: str = "",
    fault: str = "",
    faulty: str = "",
    done: str = "",
) -> AccountPage:
    language, who = visitor.language, visitor.principal
    ceiling = who.role if who.is_admin or who.role != "admin" else "instructor"
    offered = _ROLES[: _ROLES.index(ceiling) + 1]
    return AccountPage(
        login=who.name,
        display_name=who.display_name,
        email=account.email,
        has_password=account.password_hash is not None,
        languages=_languages(language, who.language),
        tokens=tuple(_token_item(language, row) for row in tokens),
        roles=tuple(
            Choice(value=role, label=named(language, "role", role), is_chosen=role == ceiling)
            for role in offered
        ),
        scopes=tuple(Choice(value=scope, label=say(language, f"accounts.scope_{scope}")) for scope in SCOPES),
        new_token=new_token,
        fault=fault,
        faulty=faulty,
        done=say(language, f"accounts.done_{done}") if done else "",
    )


def _languages(language: Language, chosen: str | None) -> tuple[Choice, ...]:
    offered = {"": say(language, "accounts.as_browser"), "en": "English", "ro": "Română"}
    return tuple(
        Choice(value=code, label=label, is_chosen=code == (chosen or "")) for code, label in offered.items()
    )


def _token_item(language: Language, row: TokenRow) -> TokenItem:
    scopes = (
        say(language, "accounts.all_scopes")
        if row.scopes is None
        else ", ".join(say(language, f"accounts.scope_{scope}") for scope in row.scopes)
    )
    return TokenItem(
        token_id=row.id,
        label=row.label,
        role=named(language, "role", row.role),
        scopes=scopes,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
