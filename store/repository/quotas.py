"""What counts against a student's quota, and what staff gave on top of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Select, delete, or_, select
from sqlalchemy.orm import aliased

from store.models import QuotaGrant, Run, Submission, User
from store.quota import Charge, Grant, QuotaStanding, quota_standing
from store.repository.audit import audit
from store.repository.decisions import enrolled_student
from store.repository.states import ACTIVE_OR_QUEUED
from store.repository.submissions import newest_graded_run

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy.orm import Session

    from graders.spec import Quota


@dataclass(frozen=True, kw_only=True)
class QuotaGrantRow:
    """`user` and `author` are names."""

    user: str
    display_name: str
    per_day: float | None
    burst: int | None
    extra: int
    reason: str
    author: str
    created_at: float


def student_quota(
    session: Session,
    quota: Quota,
    *,
    user_id: str,
    assignment_id: str,
    now: float | None = None,
    one_more: bool = False,
) -> QuotaStanding:
    """How a student stands; `one_more`: after a submission that is just being taken."""
    now = time.time() if now is None else now
    rows = session.execute(_charged(user_id, [assignment_id]))
    charges = [Charge(at_s=at, failed=state == "failed") for _, at, state in rows]
    if one_more:
        charges.append(Charge(at_s=now))
    given = session.get(QuotaGrant, (assignment_id, user_id))
    return quota_standing(quota, charges, now=now, grant=_grant(given) if given else None)


def student_quotas(
    session: Session, quotas: Mapping[str, Quota], *, user_id: str, now: float | None = None
) -> dict[str, QuotaStanding]:
    """As `student_quota`, for several assignments at once: two queries, however many there are."""
    now = time.time() if now is None else now
    charges: dict[str, list[Charge]] = {}
    rows = session.execute(_charged(user_id, quotas))
    for assignment_id, at, state in rows:
        charges.setdefault(assignment_id, []).append(Charge(at_s=at, failed=state == "failed"))
    granted = session.scalars(
        select(QuotaGrant).where(QuotaGrant.user_id == user_id, QuotaGrant.assignment_id.in_(quotas))
    )
    grants = {given.assignment_id: _grant(given) for given in granted}
    return {
        assignment_id: quota_standing(
            quota, charges.get(assignment_id, ()), now=now, grant=grants.get(assignment_id)
        )
        for assignment_id, quota in quotas.items()
    }


def _grant(given: QuotaGrant) -> Grant:
    return Grant(per_day=given.per_day, burst=given.burst, extra=given.extra, since_s=given.created_at)


def _charged(user_id: str, assignment_ids: Collection[str]) -> Select[str, float, str]:
    """Errored runs are our fault, superseded ones never ran, nor did those cancelled while they waited."""
    counts = or_(
        Run.state.in_((*ACTIVE_OR_QUEUED, "graded", "failed")),
        (Run.state == "cancelled") & Run.started_at.is_not(None),
    )
    return (
        select(Submission.assignment_id, Submission.created_at, Run.state)
        .join(Run, Run.id == newest_graded_run())
        .where(Submission.user_id == user_id, Submission.assignment_id.in_(assignment_ids), counts)
        .order_by(Submission.created_at)
    )


def quota_grants(session: Session, assignment_id: str, *, user_id: str | None = None) -> list[QuotaGrantRow]:
    """By display name, of everybody or of one user."""
    author = aliased(User)
    query = (
        select(User.name, User.display_name, QuotaGrant, author.name)
        .join(QuotaGrant, QuotaGrant.user_id == User.id)
        .join(author, author.id == QuotaGrant.author_id)
        .where(QuotaGrant.assignment_id == assignment_id)
        .order_by(User.display_name, User.id)
    )
    if user_id is not None:
        query = query.where(QuotaGrant.user_id == user_id)
    return [
        QuotaGrantRow(
            user=name,
            display_name=display_name,
            per_day=grant.per_day,
            burst=grant.burst,
            extra=grant.extra,
            reason=grant.reason,
            author=by,
            created_at=grant.created_at,
        )
        for name, display_name, grant, by in session.execute(query)
    ]


def grant_quota(
    session: Session,
    *,
    assignment_id: str,
    user_id: str,
    per_day: float | None,
    burst: int | None,
    extra: int,
    reason: str,
    author_id: str,
    now: float | None = None,
) -> bool:
    """In place of an earlier one, whose extra attempts end with it. False: no student of the course."""
    place = enrolled_student(session, assignment_id, user_id)
    if place is None:
        return False
    now = time.time() if now is None else now
    earlier = session.get(QuotaGrant, (assignment_id, user_id))
    was = None if earlier is None else _told(earlier)
    granted = session.merge(
        QuotaGrant(
            assignment_id=assignment_id,
            user_id=user_id,
            per_day=per_day,
            burst=burst,
            extra=extra,
            reason=reason,
            author_id=author_id,
            created_at=now,
        )
    )
    audit(
        session,
        actor_id=author_id,
        action="quota.granted" if was is None else "quota.changed",
        subject=assignment_id,
        course_id=place.course_id,
        detail={**place.told, "from": was, "to": _told(granted), "reason": reason},
        now=now,
    )
    return True


def remove_quota_grant(
    session: Session,
    *,
    assignment_id: str,
    user_id: str,
    actor_id: str,
    reason: str | None = None,
    now: float | None = None,
) -> bool:
    """The assignment's own quota holds again. False: there was none."""
    place = enrolled_student(session, assignment_id, user_id)
    earlier = session.get(QuotaGrant, (assignment_id, user_id))
    if place is None or earlier is None:
        return False
    was = _told(earlier)
    session.execute(
        delete(QuotaGrant).where(QuotaGrant.assignment_id == assignment_id, QuotaGrant.user_id == user_id)
    )
    audit(
        session,
        actor_id=actor_id,
        action="quota.removed",
        subject=assignment_id,
        course_id=place.course_id,
        detail={**place.told, "from": was, "to": None, "reason": reason},
        now=now,
    )
    return True


def _told(grant: QuotaGrant) -> dict[str, float | int | None]:
    return {"per_day": grant.per_day, "burst": grant.burst, "extra": grant.extra}
