"""Figures that tell whether the service does its work: for metrics, and for `labmark-server doctor`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqlalchemy import case, func, select, text

from store.models import STATES, OutboxRow, Run
from store.repository.outbox import PRIORITY_REGRADE
from store.repository.states import ACTIVE, STUCK_AFTER_S

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

Urgency = Literal["live", "background"]


@dataclass(frozen=True, kw_only=True)
class Queue:
    """What waits for one kind of device. `oldest_age_s`: since it was handed in, 0 where nothing waits.

    `urgency`: live is what a student waits for, background are regrades and control runs behind that.
    """

    device: str
    urgency: Urgency
    runs: int = 0
    oldest_age_s: float = 0.0


def queues(session: Session, *, now: float | None = None) -> list[Queue]:
    """Every device and urgency, also those for which nothing waits."""
    now = time.time() if now is None else now
    behind = case((OutboxRow.priority >= PRIORITY_REGRADE, 1), else_=0).label("behind")
    rows = session.execute(
        select(Run.device, behind, func.count(), func.min(Run.created_at))
        .outerjoin(OutboxRow, OutboxRow.run_id == Run.id)
        .where(Run.state == "queued")
        .group_by(Run.device, "behind")
    )
    urgencies: tuple[Urgency, Urgency] = ("live", "background")
    found = {(device, urgency): (0, now) for device in ("cpu", "gpu") for urgency in urgencies}
    found |= {(device, urgencies[place]): (runs, oldest) for device, place, runs, oldest in rows}
    return [
        Queue(device=device, urgency=urgency, runs=runs, oldest_age_s=max(0.0, now - oldest))
        for (device, urgency), (runs, oldest) in found.items()
    ]


def runs_at_work(session: Session) -> dict[str, int]:
    """Runs that a worker holds, of every kind of device."""
    rows = session.execute(
        select(Run.device, func.count()).where(Run.state.in_(ACTIVE)).group_by(Run.device)
    )
    return dict.fromkeys(("cpu", "gpu"), 0) | dict(rows.all())


def runs_by_state(session: Session) -> dict[str, int]:
    """Every state, also those that no run has."""
    rows = session.execute(select(Run.state, func.count()).group_by(Run.state))
    return dict.fromkeys(STATES, 0) | dict(rows.all())


def stuck(*, now: float) -> ColumnElement[bool]:
    """Their lease ended long enough ago that beat should have taken them back."""
    return Run.state.in_(ACTIVE) & (Run.lease_until < now - STUCK_AFTER_S)


def stuck_runs(session: Session, *, now: float | None = None) -> int:
    now = time.time() if now is None else now
    return session.scalar(select(func.count()).select_from(Run).where(stuck(now=now))) or 0


def outbox_lag_s(session: Session, *, now: float | None = None) -> float:
    """How long the oldest doorbell that is due has waited to be sent; 0 where none waits."""
    now = time.time() if now is None else now
    # One that is to ring again was sent in time when it first was due.
    due_at = case((OutboxRow.ring_again_at <= now, OutboxRow.ring_again_at), else_=OutboxRow.due_at)
    oldest = session.scalar(
        select(func.min(due_at)).where(OutboxRow.sent_at.is_(None), OutboxRow.due_at <= now)
    )
    return 0.0 if oldest is None else now - oldest


def database_bytes(session: Session) -> int:
    """What the database takes on its disk."""
    if session.get_bind().dialect.name == "sqlite":
        pages = session.scalar(text("PRAGMA page_count")) or 0
        return int(pages * (session.scalar(text("PRAGMA page_size")) or 0))
    return int(session.scalar(text("SELECT pg_database_size(current_database())")) or 0)


def last_finished_at(session: Session) -> float | None:
    return session.scalar(select(func.max(Run.finished_at)))


def errors_by_reason(session: Session, *, limit: int = 5) -> list[tuple[str, int]]:
    """Of errored runs: what went wrong, and for how many, the most frequent first."""
    rows = session.execute(
        select(func.coalesce(Run.error, ""), func.count())
        .where(Run.state == "errored")
        .group_by(Run.error)
        .order_by(func.count().desc())
        .limit(limit)
    )
    return [(error, count) for error, count in rows]
