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
    """The secret for the cookie, for the only time; None when the token opens nothing."""
    now = time.time() if now is None else now
    who = authenticate(session, token, now=now)
    if who is None:
        return None
    # Here, and not in a task of its own: sessions begin far less often than they are read.
    session.execute(delete(WebSession).where(WebSession.expires_at < now))
    token_id = session.scalar(select(Token.id).where(Token.sha256 == fingerprint(token)))
    secret = secrets.token_urlsafe(32)
    session.add(
        WebSession(
            id=new_id(),
            sha256=fingerprint(secret),
            user_id=who.user_id,
            token_id=token_id,
            role=who.role,
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
        select(WebSession.role, User)
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
    return None if row is None else principal_of(row[1], row[0])


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
