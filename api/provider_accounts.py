"""Whose account it is that somebody came back for from an OpenID provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.errors import ProblemError
from store import repository

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.oidc import Provider, Stranger


def account_of_stranger(session: Session, provider: Provider, stranger: Stranger) -> str:
    """By issuer and subject; else, where the operator allows it, by verified address, or a new account.

    Raises no_account.
    """
    known = {"issuer": stranger.issuer, "subject": stranger.subject}
    user_id = repository.user_of_identity(session, **known)
    if user_id is not None:
        return user_id
    repository.hold_accounts(session)
    # Whoever came twice at once is known by now.
    user_id = repository.user_of_identity(session, **known)
    if user_id is not None:
        return user_id
    by_email = None if stranger.email is None else repository.user_by_email(session, stranger.email)
    # An address that the provider gave to somebody new is still that of its first owner here.
    is_owned = by_email is not None and repository.has_identity(session, by_email.id, stranger.issuer)
    if by_email is not None and provider.links_by_email and not is_owned:
        repository.link_by_email(session, by_email, **known)
        return by_email.id
    if not provider.creates_accounts:
        raise ProblemError("no_account")
    return repository.create_user_of_identity(
        session,
        **known,
        login=stranger.login,
        display_name=stranger.display_name,
        # One that is somebody else's here is not given twice.
        email=None if by_email is not None else stranger.email,
    )
