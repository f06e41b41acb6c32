"""Signing in with a password, and what a new password ends."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, exists, select, update

from store.models import Identity, Invitation, KnownDevice, Password, Token, User
from store.repository.accounts import fingerprint
from store.repository.audit import audit
from store.repository.sessions import end_sessions

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

DEVICE_LIFETIME_S: Final = 180 * 24 * 3600.0


@dataclass(frozen=True, kw_only=True)
class Account:
    """Whom somebody says they are. `password_hash` None: they have no password."""

    user_id: str
    name: str
    email: str | None
    password_hash: str | None


def account_to_sign_in(session: Session, typed: str) -> Account | None:
    """By login or e-mail address."""
    for found in (User.name == typed, User.email == typed.lower()):
        row = session.execute(
            select(User, Password.hash).outerjoin(Password, Password.user_id == User.id).where(found)
        ).first()
        if row is not None:
            return _account(row[0], row[1])
    return None


def account_of(session: Session, user_id: str) -> Account | None:
    row = session.execute(
        select(User, Password.hash)
        .outerjoin(Password, Password.user_id == User.id)
        .where(User.id == user_id)
    ).first()
    return None if row is None else _account(row[0], row[1])


def set_password(
    session: Session, user_id: str, password_hash: str, *, actor_id: str | None, now: float | None = None
) -> None:
    """Ends every session, every link and every known browser of theirs."""
    now = time.time() if now is None else now
    session.merge(Password(user_id=user_id, hash=password_hash, changed_at=now))
    end_sessions(session, user_id, now=now)
    revoke_links(session, user_id, now=now)
    session.execute(delete(KnownDevice).where(KnownDevice.user_id == user_id))
    audit(session, actor_id=actor_id, action="password.changed", subject=user_id, now=now)


def remove_password(session: Session, user_id: str) -> None:
    session.execute(delete(Password).where(Password.user_id == user_id))


def renew_hash(session: Session, user_id: str, *, old: str, new: str) -> None:
    """The same password with newer parameters; a password that was changed meanwhile stays."""
    session.execute(
        update(Password).where(Password.user_id == user_id, Password.hash == old).values(hash=new)
    )


def revoke_links(
    session: Session, user_id: str, *, but_of_course: str | None = None, now: float | None = None
) -> None:
    """What was given out and not used yet."""
    query = update(Invitation).where(
        Invitation.user_id == user_id, Invitation.used_at.is_(None), Invitation.revoked_at.is_(None)
    )
    if but_of_course is not None:
        query = query.where(Invitation.course_id != but_of_course)
    session.execute(
        query.values(revoked_at=time.time() if now is None else now).execution_options(
            synchronize_session=False
        )
    )


def can_sign_in(session: Session, user_id: str) -> bool:
    """Whether they ever had a password, an identity or a token: then the account is somebody's own."""
    owned = (table.user_id == user_id for table in (Password, Identity, Token))
    return any(session.scalar(select(exists().where(one))) for one in owned)


def remember_device(session: Session, user_id: str, *, now: float | None = None) -> str:
    """The secret for its cookie, for the only time."""
    now = time.time() if now is None else now
    session.execute(delete(KnownDevice).where(KnownDevice.created_at < now - DEVICE_LIFETIME_S))
    secret = secrets.token_urlsafe(32)
    session.add(KnownDevice(sha256=fingerprint(secret), user_id=user_id, created_at=now))
    session.flush()
    return secret


def is_known_device(session: Session, user_id: str, secret: str, *, now: float | None = None) -> bool:
    now = time.time() if now is None else now
    found = session.get(KnownDevice, fingerprint(secret)) if secret else None
    return found is not None and found.user_id == user_id and found.created_at > now - DEVICE_LIFETIME_S


def _account(user: User, password_hash: str | None) -> Account:
    return Account(user_id=user.id, name=user.name, email=user.email, password_hash=password_hash)
