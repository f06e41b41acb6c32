"""Browsers that signed in. The cookie holds a secret; the table holds its SHA-256."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING

from sqlalchemy import delete, or_, select, update

from store.ids import new_id
from store.models import Token, User, WebSession
from store.repository.accounts import Principal, authenticate, fingerprint, principal_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def open_web_session(
    session: Session, *, token: str, lifetime_s: float, now: float | None = None
) -> str | None:
    """The secret for the cookie, for the only time; None when the token opens nothing.

    One with scopes is for programs: a session could do more than it.
    """
    now = time.time() if now is None else now
    who = authenticate(session, token, now=now)
    if who is None or who.scopes is not None:
        return None
    return _open(
        session, user_id=who.user_id, role=who.role, token_id=who.token_id, lifetime_s=lifetime_s, now=now
    )


def open_session_of(session: Session, user_id: str, *, lifetime_s: float, now: float | None = None) -> str:
    """The same for who has proved in another way who they are: nothing is above their own roles."""
    now = time.time() if now is None else now
    return _open(session, user_id=user_id, role="admin", token_id=None, lifetime_s=lifetime_s, now=now)


def _open(
    session: Session, *, user_id: str, role: str, token_id: str | None, lifetime_s: float, now: float
) -> str:
    # Here, and not in a task of its own: sessions begin far less often than they are read.
    session.execute(delete(WebSession).where(WebSession.expires_at < now))
    secret = secrets.token_urlsafe(32)
    session.add(
        WebSession(
            id=new_id(),
            sha256=fingerprint(secret),
            user_id=user_id,
            token_id=token_id,
            role=role,
            created_at=now,
            expires_at=now + lifetime_s,
            revoked_at=None,
        )
    )
    session.flush()
    return secret


def authenticate_web_session(session: Session, secret: str, *, now: float | None = None) -> Principal | None:
    """None when it is unknown, over, signed out, or its token has expired or was revoked."""
    now = time.time() if now is None else now
    row = session.execute(
        select(WebSession.role, User, Token)
        .join(User, User.id == WebSession.user_id)
        .outerjoin(Token, Token.id == WebSession.token_id)
        .where(
            WebSession.sha256 == fingerprint(secret),
            WebSession.revoked_at.is_(None),
            WebSession.expires_at > now,
            or_(
                WebSession.token_id.is_(None),
                Token.revoked_at.is_(None) & (Token.expires_at.is_(None) | (Token.expires_at > now)),
            ),
        )
    ).first()
    return None if row is None else principal_of(row[1], row[0], token=row[2])


def close_web_session(session: Session, secret: str, *, now: float | None = None) -> bool:
    """False: there was none to close."""
    closed = session.execute(
        update(WebSession)
        .where(WebSession.sha256 == fingerprint(secret), WebSession.revoked_at.is_(None))
        .values(revoked_at=time.time() if now is None else now)
        .returning(WebSession.id)
        .execution_options(synchronize_session=False)
    )
    return closed.first() is not None


def end_sessions(session: Session, user_id: str, *, now: float | None = None) -> int:
    """Of every browser. Returns how many there were."""
    now = time.time() if now is None else now
    ended = session.execute(
        update(WebSession)
        .where(WebSession.user_id == user_id, WebSession.revoked_at.is_(None), WebSession.expires_at > now)
        .values(revoked_at=now)
        .returning(WebSession.id)
        .execution_options(synchronize_session=False)
    )
    return len(ended.all())
