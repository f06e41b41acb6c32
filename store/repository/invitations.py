"""Links that let somebody choose a password, once and for a while. Their secret is kept as its SHA-256."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqlalchemy import select, update
from sqlalchemy.orm import aliased

from store.ids import new_id
from store.models import Enrollment, Identity, Invitation, Password, User
from store.repository.accounts import fingerprint
from store.repository.audit import audit
from store.repository.passwords import can_sign_in, revoke_links, set_password

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

Purpose = Literal["invitation", "reset"]
NotInvitedWhy = Literal["signs_in", "staff_elsewhere"]


@dataclass(frozen=True, kw_only=True)
class InvitationRow:
    """`user` and `author` are logins; no author: the operator."""

    id: str
    user: str
    display_name: str
    email: str | None
    purpose: Purpose
    author: str | None
    created_at: float
    expires_at: float


@dataclass(frozen=True, kw_only=True)
class OpenInvitation:
    """Whom a link is for, while it opens something."""

    id: str
    user_id: str
    user: str
    display_name: str
    email: str | None
    purpose: Purpose


def why_not_invited(
    session: Session, user: User, course_id: str, *, acts_as_admin: bool
) -> NotInvitedWhy | None:
    """A link opens the account to whoever holds it, so staff get one only for what is nobody's own yet.

    None too for who is a student elsewhere: until they sign in there is nothing of theirs to reach.
    """
    if can_sign_in(session, user.id):
        return "signs_in"
    staff_elsewhere = session.scalar(
        select(Enrollment.role).where(
            Enrollment.user_id == user.id, Enrollment.course_id != course_id, Enrollment.role != "student"
        )
    )
    return "staff_elsewhere" if (user.is_admin or staff_elsewhere) and not acts_as_admin else None


def invite(
    session: Session,
    *,
    user_id: str,
    purpose: Purpose,
    lifetime_s: float,
    course_id: str | None,
    author_id: str | None,
    now: float | None = None,
) -> str:
    """The secret for the link, for the only time. An earlier one of the same course opens nothing now."""
    now = time.time() if now is None else now
    if course_id is None:
        revoke_links(session, user_id, now=now)
    else:
        _end(session, Invitation.user_id == user_id, Invitation.course_id == course_id, now=now)
    secret = secrets.token_urlsafe(32)
    row = Invitation(
        id=new_id(),
        sha256=fingerprint(secret),
        user_id=user_id,
        course_id=course_id,
        purpose=purpose,
        author_id=author_id,
        created_at=now,
        expires_at=now + lifetime_s,
        used_at=None,
        revoked_at=None,
    )
    session.add(row)
    session.flush()
    action = "invitation.created" if purpose == "invitation" else "password.reset_allowed"
    detail = {"user": session.get_one(User, user_id).name, "expires_at": row.expires_at}
    audit(
        session,
        actor_id=author_id,
        action=action,
        subject=user_id,
        course_id=course_id,
        detail=detail,
        now=now,
    )
    return secret


def open_invitation(session: Session, secret: str, *, now: float | None = None) -> OpenInvitation | None:
    """None: unknown, used, revoked, over, or the account has a password or an identity meanwhile."""
    now = time.time() if now is None else now
    row = session.execute(
        select(Invitation, User)
        .join(User, User.id == Invitation.user_id)
        .where(
            Invitation.sha256 == fingerprint(secret),
            Invitation.used_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > now,
        )
    ).first()
    if row is None:
        return None
    found, user = row
    if found.purpose == "invitation" and _is_owned(session, user.id):
        return None
    purpose: Purpose = found.purpose  # type: ignore[assignment]
    return OpenInvitation(
        id=found.id,
        user_id=user.id,
        user=user.name,
        display_name=user.display_name,
        email=user.email,
        purpose=purpose,
    )


def redeem(session: Session, secret: str, password_hash: str, *, now: float | None = None) -> str | None:
    """The id of whose password it is now; None as for `open_invitation`. Of two at once one comes through."""
    now = time.time() if now is None else now
    found = open_invitation(session, secret, now=now)
    if found is None or not _end(session, Invitation.id == found.id, now=now, used=True):
        return None
    set_password(session, found.user_id, password_hash, actor_id=found.user_id, now=now)
    return found.user_id


def invitations_of(
    session: Session, course_id: str, *, now: float, before: str | None = None, limit: int | None = None
) -> list[InvitationRow]:
    """Those that open something, the newest first. `before`: the last id of the page before this one."""
    author = aliased(User)
    query = (
        select(Invitation, User, author.name)
        .join(User, User.id == Invitation.user_id)
        .outerjoin(author, author.id == Invitation.author_id)
        .where(
            Invitation.course_id == course_id,
            Invitation.used_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > now,
        )
        .order_by(Invitation.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(Invitation.id < before)
    return [
        InvitationRow(
            id=row.id,
            user=user.name,
            display_name=user.display_name,
            email=user.email,
            purpose=row.purpose,  # type: ignore[arg-type]
            author=by,
            created_at=row.created_at,
            expires_at=row.expires_at,
        )
        for row, user, by in session.execute(query)
    ]


def revoke_invitation(session: Session, invitation_id: str, *, course_id: str, actor_id: str) -> bool:
    """False: the course has no such link that opens something."""
    now = time.time()
    which = (Invitation.id == invitation_id, Invitation.course_id == course_id, Invitation.expires_at > now)
    user_id = _end(session, *which, now=now)
    if user_id is None:
        return False
    detail = {"user": session.get_one(User, user_id).name}
    audit(
        session,
        actor_id=actor_id,
        action="invitation.revoked",
        subject=user_id,
        course_id=course_id,
        detail=detail,
    )
    return True


def _is_owned(session: Session, user_id: str) -> bool:
    owned = session.get(Password, user_id) is not None
    return owned or session.scalar(select(Identity.id).where(Identity.user_id == user_id)) is not None


def _end(session: Session, *which: ColumnElement[bool], now: float, used: bool = False) -> str | None:
    """Whose it was; None: there was none."""
    ended = session.scalars(
        update(Invitation)
        .where(*which, Invitation.used_at.is_(None), Invitation.revoked_at.is_(None))
        .values(**{"used_at" if used else "revoked_at": now})
        .returning(Invitation.user_id)
        .execution_options(synchronize_session=False)
    )
    return next(iter(ended.all()), None)
