"""Doorbells to ring: one row a run, written beside the run, sent after the commit."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import case, delete, or_, select, update

from store.ids import new_id
from store.models import OutboxRow, Run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement
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
    """Those that were made anew since they were read are others, and not sent (see `used_for`)."""
    now = time.time() if now is None else now
    rows = session.execute(
        select(OutboxRow.id, OutboxRow.sends).where(OutboxRow.id.in_(ids)).order_by(OutboxRow.id)
    )
    for bell_id, sends in rows.all():
        # The interval doubles: behind a long queue a doorbell is late, not lost.
        ring_again_at = now + min(_RING_AGAIN_S * 2 ** (sends + 1), _RING_AGAIN_AT_MOST_S)
        session.execute(
            update(OutboxRow)
            .where(OutboxRow.id == bell_id)
            .values(sent_at=now, sends=sends + 1, ring_again_at=ring_again_at)
            .execution_options(synchronize_session=False)
        )


def used_for(session: Session, run_id: str, *, rung_for: str, waited: bool, now: float) -> None:
    """The bell of `rung_for` called a worker to `run_id`: as many bells as runs that wait must be left.

    A ring that is still to come for the claimed run is somebody else's from now on: once it is given back to
    the queue, it gets a new one in place of that. So another is due, and it counts as sent; where no other
    can be rung now, it stays and calls whoever is next.

    Called by its own bell, that is all. Called by another's: one that waited and had its bell sent leaves
    that one to the others; one that was taken from a worker which fell silent (not `waited`) used its own
    long ago.
    """
    rows = session.scalars(
        select(OutboxRow)
        .where(OutboxRow.run_id.in_((run_id, rung_for)))
        # Whoever marks what it sent takes them in this order too: none waits for one that waits for it.
        .order_by(OutboxRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    bells = {row.run_id: row for row in rows}
    own = bells.get(run_id)
    to_come = own is not None and own.sent_at is None
    if not to_come and (waited or run_id == rung_for):
        return
    rung = bells.get(rung_for)
    still_waits = session.scalar(select(Run.state).where(Run.id == rung_for)) == "queued"
    if run_id == rung_for or rung is None or not still_waits:
        another_rings = _ring_another(session, rung_for, now=now)
    else:
        # Somebody may be about to mark it as sent, who has sent it: that must not count for the one to come.
        rung.id = new_id()
        if rung.sent_at is not None:
            rung.sent_at, rung.due_at = None, now
        another_rings = True
    if own is not None and to_come and another_rings:
        own.sent_at, own.ring_again_at = now, now + _RING_AGAIN_S
    session.flush()


def _ring_another(session: Session, rung_for: str, *, now: float) -> bool:
    """False: of those that wait on that device none has had its bell sent, or others hold all of those."""
    device = select(Run.device).where(Run.id == rung_for).scalar_subquery()
    sent = (
        select(OutboxRow.id)
        .join(Run, Run.id == OutboxRow.run_id)
        .where(Run.state == "queued", Run.device == device, OutboxRow.sent_at.is_not(None))
        .order_by(OutboxRow.id)
        .limit(1)
        .with_for_update(of=OutboxRow, skip_locked=True)
    )
    rung = session.scalar(
        update(OutboxRow)
        .where(OutboxRow.id.in_(sent))
        .values(id=new_id(), sent_at=None, due_at=now)
        .returning(OutboxRow.id)
        .execution_options(synchronize_session=False)
    )
    return rung is not None


def rung_too_early(session: Session, rung_for: str, *, now: float) -> None:
    """Its bell called a worker who found nobody that may begin; if that run waits, it rings again when due.

    Whoever rang has another clock than the worker's host, which may be behind.
    """
    waits = select(Run.id).where(Run.id == rung_for, Run.state == "queued")
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.run_id.in_(waits))
        # A new one: the mark of whoever sent the earlier one may still be to come.
        .values(id=new_id(), sent_at=None, due_at=case((OutboxRow.due_at < now, now), else_=OutboxRow.due_at))
        .execution_options(synchronize_session=False)
    )


def ring_lost_again(session: Session, *, now: float) -> int:
    """Doorbells of runs still queued long after sending are due again: Redis may have lost them."""
    late = or_(OutboxRow.ring_again_at <= now, OutboxRow.ring_again_at > now + _RING_AGAIN_AT_MOST_S)
    return _ring_again(session, late)


def ring_all_again(session: Session) -> int:
    """Every sent doorbell whose run still waits is due again; how many."""
    return _ring_again(session)


def _ring_again(session: Session, *which: ColumnElement[bool]) -> int:
    sent = (
        select(OutboxRow.id)
        .join(Run, Run.id == OutboxRow.run_id)
        .where(OutboxRow.sent_at.is_not(None), Run.state == "queued", *which)
        .order_by(OutboxRow.id)
        .with_for_update(of=OutboxRow)
    )
    again = session.execute(
        update(OutboxRow)
        .where(OutboxRow.id.in_(sent))
        .values(sent_at=None)
        .returning(OutboxRow.id)
        .execution_options(synchronize_session=False)
    )
    return len(again.all())
