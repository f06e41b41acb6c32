"""`labmark-server create-admin`, `reset-password` and `people`: accounts, from the operator's side."""

from __future__ import annotations

import json
import sys
import time
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from server.database import database_session
from store import repository
from store.passwords import fault_of_password, hash_password
from store.roster_csv import clean_email
from store.settings import Settings

people = typer.Typer(no_args_is_help=True, help="Who has an account.")
_DAY_S = 24 * 3600.0
_FAULTS = {
    "too_short": "it is shorter than 10 characters",
    "too_long": "it is longer than 200 characters",
    "too_simple": "it has fewer than 5 different characters",
    "holds_name": "it holds the login or the address",
}
# Off a terminal rich assumes 80 columns and would cut the table.
_console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
DaysOption = Annotated[float, typer.Option(min=0.01, max=90, help="How long the link opens something.")]


def create_admin(
    login: Annotated[str, typer.Argument(help="With which they sign in.")],
    name: Annotated[str, typer.Option(help="As people read it.")] = "",
    email: Annotated[str, typer.Option(help="With which they may sign in too.")] = "",
    link: Annotated[
        bool, typer.Option("--link", help="Print a link to choose a password by, and ask for none.")
    ] = False,
    days: DaysOption = 2,
) -> None:
    """An administrator, with a password that is asked for here, or by --link chosen where it is opened."""
    address = _address(email)
    password = None if link else _asked_password(login, email)
    with database_session() as session:
        repository.hold_accounts(session)
        if repository.user_by_name(session, login) is not None:
            raise typer.BadParameter(f"{login!r} exists: choose another login, or see reset-password")
        if address is not None and repository.user_by_email(session, address) is not None:
            raise typer.BadParameter(f"another account has the address {address}")
        user = repository.create_user(session, name=login, display_name=name, is_admin=True, email=address)
        repository.audit(session, actor_id=None, action="admin.created", subject=user.id)
        if password is not None:
            repository.set_password(session, user.id, hash_password(password), actor_id=None)
            print(f"{login} is an administrator, and signs in with that password.")
            return
        secret = repository.invite(
            session,
            user_id=user.id,
            purpose="invitation",
            lifetime_s=days * _DAY_S,
            course_id=None,
            author_id=None,
        )
    _tell_link(login, secret, days)


def reset_password(
    login: Annotated[str, typer.Argument(help="Whose; their e-mail address does as well.")],
    days: DaysOption = 1,
    revoke_tokens: Annotated[
        bool, typer.Option("--revoke-tokens", help="End their tokens too: somebody may have stolen one.")
    ] = False,
) -> None:
    """A link by which they choose another password, once; that ends all their sessions."""
    with database_session() as session:
        found = repository.account_to_sign_in(session, login)
        if found is None:
            raise typer.BadParameter(f"there is nobody with the login or address {login!r}")
        if revoke_tokens:
            revoked = repository.revoke_all_tokens(session, found.user_id)
            repository.end_sessions(session, found.user_id)
            detail = {"tokens": revoked}
            repository.audit(
                session, actor_id=None, action="tokens.revoked", subject=found.user_id, detail=detail
            )
            print(f"{revoked} tokens and every session of {found.name} are ended.", file=sys.stderr)
        secret = repository.invite(
            session,
            user_id=found.user_id,
            purpose="reset",
            lifetime_s=days * _DAY_S,
            course_id=None,
            author_id=None,
        )
    _tell_link(found.name, secret, days)


@people.command("list")
def list_people(
    course: Annotated[str, typer.Option(help="Short name: of this course alone, with roles.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Everybody, or everybody in a course: login, name, address, role, and whether they can sign in."""
    with database_session() as session:
        found = None if not course else repository.course_by_slug(session, course)
        if course and found is None:
            raise typer.BadParameter(f"there is no course {course!r}")
        rows = repository.everybody(session, now=time.time(), course_id=None if found is None else found.id)
    if as_json:
        print(json.dumps([_plain(row) for row in rows], ensure_ascii=False))
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("login", "name", "address", "role", "signs in"):
        table.add_column(heading)
    for row in rows:
        state = "yes" if row.signs_in else "has a link" if row.invited_until else "not yet"
        table.add_row(row.user, row.display_name, row.email or "–", row.role, state)
    _console.print(table if rows else "Nobody yet.")


def _plain(row: repository.PersonRow) -> dict[str, object]:
    return {
        "user": row.user,
        "display_name": row.display_name,
        "email": row.email,
        "role": row.role,
        "signs_in": row.signs_in,
        "invited_until": row.invited_until,
    }


def _address(email: str) -> str | None:
    if not email:
        return None
    address = clean_email(email)
    if address is None:
        raise typer.BadParameter(f"{email!r} is no e-mail address that is taken here")
    return address


def _asked_password(login: str, email: str) -> str:
    """From the terminal, twice; from a pipe, its first line."""
    if not sys.stdin.isatty():
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    fault = fault_of_password(password, [login, email])
    if fault is not None:
        raise typer.BadParameter(f"choose another password: {_FAULTS[fault]}")
    return password


def _tell_link(login: str, secret: str, days: float) -> None:
    """The link alone on stdout, so that it can be piped into a mail."""
    settings = Settings()
    base = (settings.public_url or f"http://{settings.host}:{settings.port}").rstrip("/")
    print(f"{base}/invitations/{secret}")
    print(f"For {login} alone: it works once, within {days:g} days.", file=sys.stderr)
