"""The tokens of one person: seen without their secret, and revoked with those that were made with them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from store.models import Token
from store.repository.accounts import fingerprint

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


@dataclass(frozen=True, kw_only=True)
class TokenRow:
    """`scopes` None: whatever the role may do."""

    id: str
    label: str
    role: str
    scopes: tuple[str, ...] | None
    created_at: float
    expires_at: float | None


def tokens_of(session: Session, user_id: str, *, now: float | None = None) -> list[TokenRow]:
    """Those that open something, the newest first."""
    now = time.time() if now is None else now
    found = session.scalars(
        select(Token)
        .where(
            Token.user_id == user_id,
            Token.revoked_at.is_(None),
            (Token.expires_at.is_(None)) | (Token.expires_at > now),
        )
        .order_by(Token.id.desc())
    )
    return [token_row(token) for token in found]


def token_row(token: Token) -> TokenRow:
    return TokenRow(
        id=token.id,
        label=token.label,
        role=token.role,
        scopes=None if token.scopes is None else tuple(token.scopes),
        created_at=token.created_at,
        expires_at=token.expires_at,
    )


def token_by_secret(session: Session, secret: str) -> Token | None:
    return session.scalar(select(Token).where(Token.sha256 == fingerprint(secret)))


def revoke_token(session: Session, token: str) -> bool:
    found = token_by_secret(session, token)
    return found is not None and revoke_token_of(session, found.user_id, found.id)


def revoke_token_of(session: Session, user_id: str, token_id: str) -> bool:
    """With all that were made with it. False: they have no such token that is not revoked yet."""
    family = select(Token.id).where(Token.id == token_id, Token.user_id == user_id).cte(recursive=True)
    family = family.union_all(select(Token.id).join(family, Token.made_with == family.c.id))
    return token_id in _revoke(session, Token.id.in_(select(family.c.id)))


def revoke_all_tokens(session: Session, user_id: str) -> int:
    """Returns how many there were."""
    return len(_revoke(session, Token.user_id == user_id))


def _revoke(session: Session, which: ColumnElement[bool]) -> list[str]:
    revoked = session.scalars(
        update(Token)
        .where(which, Token.revoked_at.is_(None))
        .values(revoked_at=time.time())
        .returning(Token.id)
        .execution_options(synchronize_session=False)
    )
    return list(revoked)
