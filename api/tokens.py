"""The tokens that somebody makes for themselves: none can do more, or for longer, than what made it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from api.errors import ProblemError
from store import repository
from store.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Collection

    from api.dependencies import Services
    from store.repository import Principal, Role, TokenRow

MAX_TOKENS: Final = 50
_DAY_S: Final = 24 * 3600.0


@dataclass(frozen=True, kw_only=True)
class NewToken:
    """`secret` is shown once."""

    secret: str
    row: TokenRow


def make_token(
    services: Services,
    who: Principal,
    *,
    label: str,
    role: Role | None,
    scopes: Collection[str] | None,
    days: float | None,
) -> NewToken:
    """Raises forbidden for more than `who` may do, and too_many_tokens."""
    own_role = _require_within(who, role, scopes)
    expires_at = None if days is None else time.time() + days * _DAY_S
    if who.token_expires_at is not None:
        expires_at = min(expires_at or who.token_expires_at, who.token_expires_at)
    with transaction(services.engine) as session:
        if len(repository.tokens_of(session, who.user_id)) >= MAX_TOKENS:
            raise ProblemError("too_many_tokens", count=MAX_TOKENS)
        secret = repository.create_token(
            session,
            user_id=who.user_id,
            role=own_role,
            label=label,
            expires_at=expires_at,
            scopes=who.scopes if scopes is None else scopes,
            made_with=who.token_id,
        )
        token = repository.token_by_secret(session, secret)
        assert token is not None, "it was made just now"
        detail = {"label": label, "role": own_role, "scopes": token.scopes}
        repository.audit(
            session, actor_id=who.user_id, action="token.created", subject=token.id, detail=detail
        )
        return NewToken(secret=secret, row=repository.token_row(token))


def revoke(services: Services, who: Principal, token_id: str) -> None:
    """With what was made with it. Raises not_found."""
    with transaction(services.engine) as session:
        if not repository.revoke_token_of(session, who.user_id, token_id):
            raise ProblemError("not_found", "token")
        repository.audit(session, actor_id=who.user_id, action="token.revoked", subject=token_id)


def _require_within(who: Principal, role: Role | None, scopes: Collection[str] | None) -> Role:
    """The role that it gets."""
    own: Role = who.role if who.is_admin or who.role != "admin" else "instructor"
    if role is not None and repository.rank(role) > repository.rank(own):
        raise ProblemError("forbidden", "token_role", role=own)
    if who.scopes is not None and scopes is not None and not set(scopes) <= who.scopes:
        missing = ", ".join(sorted(set(scopes) - who.scopes))
        raise ProblemError("forbidden", "token_scopes", scopes=missing)
    return role or own
