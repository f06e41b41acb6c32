"""Doorbells to ring: one row a run, written beside the run, sent after the commit."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, delete, or_, select, update

from store.ids import new_id
from store.models import OutboxRow, Run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

# Celery on Redis: 0 is served first. A worker that is rung asks the database whose turn it is; what these
# decide is which bells call it first, those for the work of the staff among them.
PRIORITY_FIRST = 3
PRIORITY_NEXT = 6
PRIORITY_REGRADE = 9

# Nothing is put off for longer: a row that seems to be was written before the clock was set back.
MOST_DELAY_S = 60.0
_RING_AGAIN_S = 60.0
_RING_AGAIN_AT_MOST_S = 3600.0


@dataclass(frozen=True, kw_only=True)
class Doorbell:
    id: str
    run_id: str
    queue: str
    priority: int


def is_due(now: float) -> ColumnElement[bool]:
    return or_(OutboxRow.due_at <= now, OutboxRow.due_at > now + MOST_DELAY_S)


def add_doorbell(session: Session, *, run_id: str, device: str, priority: int, due_at: float) -> None:
    """Replaces the run's earlier row, so a run never has two doorbells waiting."""
    session.execute(delete(OutboxRow).where(OutboxRow.run_id == run_id))
    session.add(
        OutboxRow(
            id=new_id(),
            run_id=run_id,
            queue=device,
            priority=priority,
            created_at=time.time(),
            due_at=due_at,
            sent_at=None,
            sends=0,
            ring_again_at=None,
        )
    )
    session.flush()


def unsent_outbox(
    session: Session, *, limit: int = 100, run_id: str | None = None, now: float | None = None
) -> list[Doorbell]:
    """Rows due and not sent, the most urgent first; with `run_id`, that run's alone."""
    now = time.time() if now is None else now
    query = (
        select(OutboxRow)
        .where(OutboxRow.sent_at.is_(None), is_due(now))
        .order_by(OutboxRow.priority, OutboxRow.created_at)
        .limit(limit)
    )
    if run_id is not None:
        query = query.where(OutboxRow.run_id == run_id)
    return [
        Doorbell(id=row.id, run_id=row.run_id, queue=row.queue, priority=row.priority)
        for row in session.scalars(query)
    ]


def mark_sent(session: Session, ids: Sequence[str], *, now: float | None = None) -> None:
    now = time.time() if now is None else now
    for row in session.scalars(select(OutboxRow).where(OutboxRow.id.in_(ids))):
        row.sent_at = now
        row.sends += 1
        # The interval doubles: behind a long queue a doorbell is late, not lost.
        row.ring_again_at = now + min(_RING_AGAIN_S * 2**row.sends, _RING_AGAIN_AT_MOST_S)
    session.flush()


def used_for(session: Session, run_id: str, *, rung_for: str, waited: bool, now: float) -> None:
    """The bell of `rung_for` called a worker to `run_id`: as many bells as runs that wait must be left.

    One that waited and had its bell sent leaves that one to the others. One that was taken from a worker
    which fell silent (not `waited`) used its own long ago. One whose bell was not sent yet might go back to
    the queue before it is, and then gets a new one: it counts as sent. In both cases another is due again.
    """
    own = select(OutboxRow.id).where(OutboxRow.run_id == run_id)
    unsent = session.execute(
        update(OutboxRow)
        .where(OutboxRow.id.in_(_free(own)), OutboxRow.sent_at.is_(None))
        .values(sent_at=now, ring_again_at=now + _RING_AGAIN_S)
        .returning(OutboxRow.id)
        .execution_options(synchronize_session=False)
    )
    if unsent.first() is None and waited:
        return
    device = select(Run.device).where(Run.id == rung_for).scalar_subquery()
    sent = (
        select(OutboxRow.id)
        .join(Run, Run.id == OutboxRow.run_id)
        .where(Run.state == "queued", Run.device == device, OutboxRow.sent_at.is_not(None))
        .order_by(case((Run.id == rung_for, 0), else_=1), OutboxRow.id)
        .limit(1)
    )
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.id.in_(_free(sent)))
        .values(sent_at=None, due_at=now)
        .execution_options(synchronize_session=False)
    )


def _free(rows: Select[Any]) -> Select[Any]:
    """Not those that somebody is sending or ringing again right now: nobody waits for a lock on a bell."""
    return rows.with_for_update(of=OutboxRow, skip_locked=True)


def ring_lost_again(session: Session, *, now: float) -> int:
    """Doorbells of runs still queued long after sending are due again: Redis may have lost them."""
    waiting = select(Run.id).where(Run.state == "queued")
    again = session.execute(
        update(OutboxRow)
        .where(
            OutboxRow.sent_at.is_not(None),
            or_(OutboxRow.ring_again_at <= now, OutboxRow.ring_again_at > now + _RING_AGAIN_AT_MOST_S),
            OutboxRow.run_id.in_(waiting),
        )
        .values(sent_at=None)
        .returning(OutboxRow.id)
        .execution_options(synchronize_session=False)
    )
    return len(again.all())


def ring_all_again(session: Session) -> int:
    """Every sent doorbell whose run still waits is due again; how many."""
    waiting = select(Run.id).where(Run.state == "queued")
    again = session.execute(
        update(OutboxRow)
        .where(OutboxRow.sent_at.is_not(None), OutboxRow.run_id.in_(waiting))
        .values(sent_at=None)
        .returning(OutboxRow.id)
        .execution_options(synchronize_session=False)
    )
    return len(again.all())
