"""Accounts at an OpenID provider, and whose they are here."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sqlalchemy import select

from store.ids import new_id
from store.models import Identity, User
from store.repository.accounts import create_user
from store.repository.audit import audit
from store.repository.passwords import remove_password, revoke_links
from store.repository.roster import free_login
from store.repository.sessions import end_sessions
from store.repository.tokens import revoke_all_tokens

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def user_of_identity(session: Session, *, issuer: str, subject: str) -> str | None:
    return session.scalar(
        select(Identity.user_id).where(Identity.issuer == issuer, Identity.subject == subject)
    )


def has_identity(session: Session, user_id: str, issuer: str) -> bool:
    found = select(Identity.id).where(Identity.user_id == user_id, Identity.issuer == issuer)
    return session.scalar(found) is not None


def user_by_email(session: Session, email: str) -> User | None:
    return session.scalar(select(User).where(User.email == email))


def link_by_email(session: Session, user: User, *, issuer: str, subject: str) -> None:
    """Whoever held the account before is out of it.

    Else somebody who was given a link for it could wait until its owner comes, and read along (Sudhodanan and
    Paverd 2022, Pre-hijacked accounts).
    """
    remove_password(session, user.id)
    revoke_links(session, user.id)
    sessions, tokens = end_sessions(session, user.id), revoke_all_tokens(session, user.id)
    _add(session, user.id, issuer=issuer, subject=subject)
    audit(
        session,
        actor_id=user.id,
        action="identity.linked",
        subject=user.id,
        detail={"issuer": issuer, "sessions_ended": sessions, "tokens_revoked": tokens},
    )


def create_user_of_identity(
    session: Session, *, issuer: str, subject: str, login: str, display_name: str, email: str | None
) -> str:
    """Under `hold_accounts`. `login` is what is wanted; one that is taken gets a number."""
    user = create_user(
        session, name=free_login(session, login), display_name=display_name, email=email
    )
    _add(session, user.id, issuer=issuer, subject=subject)
    audit(
        session, actor_id=user.id, action="identity.account_made", subject=user.id, detail={"issuer": issuer}
    )
    return user.id


def _add(session: Session, user_id: str, *, issuer: str, subject: str) -> None:
    session.add(
        Identity(id=new_id(), user_id=user_id, issuer=issuer, subject=subject, created_at=time.time())
    )
    session.flush()
