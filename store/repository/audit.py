"""What staff did. Entries are only ever added, in the transaction of the change itself."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from store.ids import new_id
from store.models import AuditEntry, User

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


@dataclass(frozen=True, kw_only=True)
class AuditRow:
    """`actor`: a user's name, None for the system itself. `detail`: from what to what, as the action says."""

    id: str
    at: float
    actor: str | None
    course_id: str | None
    action: str
    subject: str
    detail: dict[str, Any]


def audit(
    session: Session,
    *,
    actor_id: str | None,
    action: str,
    subject: str,
    course_id: str | None = None,
    detail: dict[str, Any] | None = None,
    now: float | None = None,
) -> None:
    """In the caller's transaction: what is rolled back was never done, and what was done is never unsaid.

    `action` is a noun and what befell it (`override.given`), `subject` the id of what it befell, `detail`
    plain JSON, without secrets: every instructor of the course reads it.
    """
    session.add(
        AuditEntry(
            id=new_id(),
            at=time.time() if now is None else now,
            actor_id=actor_id,
            course_id=course_id,
            action=action,
            subject=subject,
            detail={} if detail is None else detail,
        )
    )
    session.flush()


def audit_entries(
    session: Session,
    course_ids: Collection[str],
    *,
    subject: str | None = None,
    before: str | None = None,
    limit: int = 100,
) -> list[AuditRow]:
    """The newest first, of these courses. `before`: the id of the last entry of the page before this one."""
    which: list[ColumnElement[bool]] = [AuditEntry.course_id.in_(course_ids)]
    if subject is not None:
        which.append(AuditEntry.subject == subject)
    return _entries(session, which, before=before, limit=limit)


def service_audit_entries(
    session: Session, *, before: str | None = None, limit: int = 100
) -> list[AuditRow]:
    """The same of what belongs to no course: accounts, tokens, backups. For administrators."""
    return _entries(session, [AuditEntry.course_id.is_(None)], before=before, limit=limit)


def _entries(
    session: Session, which: list[ColumnElement[bool]], *, before: str | None, limit: int
) -> list[AuditRow]:
    query = (
        select(AuditEntry, User.name)
        .outerjoin(User, User.id == AuditEntry.actor_id)
        .where(*which)
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(AuditEntry.id < before)
    return [
        AuditRow(
            id=entry.id,
            at=entry.at,
            actor=actor,
            course_id=entry.course_id,
            action=entry.action,
            subject=entry.subject,
            detail=entry.detail,
        )
        for entry, actor in session.execute(query)
    ]
