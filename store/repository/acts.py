"""What staff did to one thing, as its page tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from store.models import AuditEntry, User

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session


@dataclass(frozen=True, kw_only=True)
class Act:
    """`actor`: as people read their name, None for the system itself; `detail` is as the action says."""

    id: str
    at: float
    actor_id: str | None
    actor: str | None
    action: str
    detail: dict[str, Any]


def acts_on(session: Session, course_id: str, subjects: Collection[str], *, limit: int = 20) -> list[Act]:
    """The newest first, without what students choose. `subjects`: of a submission, itself and its runs."""
    rows = session.execute(
        select(AuditEntry, User.display_name)
        .outerjoin(User, User.id == AuditEntry.actor_id)
        .where(
            AuditEntry.course_id == course_id,
            AuditEntry.subject.in_(subjects),
            AuditEntry.action != "choice.made",
        )
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    return [
        Act(
            id=entry.id,
            at=entry.at,
            actor_id=entry.actor_id,
            actor=actor,
            action=entry.action,
            detail=entry.detail,
        )
        for entry, actor in rows
    ]
