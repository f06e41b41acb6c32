"""A course's list of people, applied: first what each row would do, then it is done.

Somebody's own account is never changed by a list, but for what they are in this course: neither their name
nor their address, by which they sign in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from sqlalchemy import select, text

from store.models import Enrollment, User
from store.repository.accounts import Role, create_user, rank
from store.repository.audit import audit
from store.repository.people import change_enrollment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from store.roster_csv import RosterRow

Outcome = Literal["created", "enrolled", "role_changed", "unchanged", "refused"]
RefusedWhy = Literal["login_of_another", "above_own_role", "yourself"]
_LOCK_KEY: Final = 0x6163636F756E7473  # "accounts"
_MAX_LOGIN_CHARS: Final = 40


@dataclass(frozen=True, kw_only=True)
class RosterStep:
    """What a row does. `user_id` None: an account is made. `was`: their role here before."""

    row: RosterRow
    outcome: Outcome
    login: str
    role: Role
    user_id: str | None = None
    was: Role | None = None
    reason: RefusedWhy | None = None


def plan_roster(
    session: Session, rows: list[RosterRow], *, course_id: str, actor_id: str, actor_role: Role
) -> list[RosterStep]:
    """In the order of the rows. Changes nothing."""
    people = _People(session, rows, course_id)
    return [_step(people, row, actor_id=actor_id, actor_role=actor_role) for row in rows]


def apply_roster(session: Session, steps: list[RosterStep], *, course_id: str, actor_id: str) -> None:
    """In the transaction in which it was planned, under `hold_accounts`."""
    for step in steps:
        if step.outcome in {"unchanged", "refused"}:
            continue
        user_id = step.user_id
        if user_id is None:
            user_id = create_user(
                session, name=step.login, display_name=step.row.name, email=step.row.email
            ).id
        change_enrollment(session, course_id=course_id, user_id=user_id, role=step.role)
    done = {
        outcome: {step.login: step.role for step in steps if step.outcome == outcome}
        for outcome in ("created", "enrolled", "role_changed")
    }
    if any(done.values()):
        detail = {outcome: people for outcome, people in done.items() if people}
        audit(
            session,
            actor_id=actor_id,
            action="roster.imported",
            subject=course_id,
            course_id=course_id,
            detail=detail,
        )


def hold_accounts(session: Session) -> None:
    """Until the transaction ends nobody else makes an account. SQLite locks by itself."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})


def free_login(session: Session, wanted: str, taken: Iterable[str] = ()) -> str:
    """`wanted` in the form of a login, with a number behind it where it is taken."""
    base = re.sub(r"[^a-z0-9._-]+", "-", wanted.lower()).lstrip("._-")[:_MAX_LOGIN_CHARS] or "user"
    login, number, others = base, 1, set(taken)
    while login in others or session.scalar(select(User.id).where(User.name == login)):
        number += 1
        login = f"{base}{number}"
    return login


class _People:
    """Whom the rows may mean, looked up at once."""

    def __init__(self, session: Session, rows: list[RosterRow], course_id: str) -> None:
        self._session = session
        emails = [row.email for row in rows]
        logins = [row.login for row in rows if row.login is not None]
        found = list(session.scalars(select(User).where(User.email.in_(emails) | User.name.in_(logins))))
        self.by_email = {user.email: user for user in found if user.email is not None}
        self.by_login = {user.name: user for user in found}
        enrolled = select(Enrollment).where(
            Enrollment.course_id == course_id, Enrollment.user_id.in_([user.id for user in found])
        )
        self.roles: dict[str, Role] = {row.user_id: row.role for row in session.scalars(enrolled)}  # type: ignore[misc]
        self._new: set[str] = set(logins)

    def account_of(self, row: RosterRow) -> User | None:
        """Raises LookupError where the address and the login are not one person's."""
        by_email = self.by_email.get(row.email)
        by_login = None if row.login is None else self.by_login.get(row.login)
        if by_email is not None and row.login is not None and by_email.name != row.login:
            raise LookupError
        if by_email is None and by_login is not None and by_login.email is not None:
            raise LookupError
        return by_email or by_login

    def new_login(self, row: RosterRow) -> str:
        login = row.login or free_login(self._session, row.email.partition("@")[0], self._new)
        self._new.add(login)
        return login


def _step(people: _People, row: RosterRow, *, actor_id: str, actor_role: Role) -> RosterStep:
    role: Role = row.role or "student"
    try:
        user = people.account_of(row)
    except LookupError:
        return RosterStep(
            row=row, outcome="refused", login=row.login or "", role=role, reason="login_of_another"
        )
    if user is None:
        login = people.new_login(row)
        if rank(role) > rank(actor_role):
            return RosterStep(row=row, outcome="refused", login=login, role=role, reason="above_own_role")
        return RosterStep(row=row, outcome="created", login=login, role=role)
    was = people.roles.get(user.id)
    # A list without roles says who is here, and not that the graders among them no longer are.
    role = row.role or was or "student"
    reason: RefusedWhy | None = None
    outcome: Outcome = "enrolled" if was is None else "role_changed"
    if role == was:
        outcome = "unchanged"
    elif rank(role) > rank(actor_role) or (was is not None and rank(was) > rank(actor_role)):
        outcome, reason = "refused", "above_own_role"
    elif user.id == actor_id and was is not None:
        outcome, reason = "refused", "yourself"
    return RosterStep(
        row=row, outcome=outcome, login=user.name, role=role, user_id=user.id, was=was, reason=reason
    )
