"""Who is served next on each device: what somebody waits for, then what runs in the background.

Of the former, each student's first run comes before anybody's second, whatever assignments they are of: what
is shared out is the device. A run that a worker is at counts as its student's first. Among equals, who has
waited longest is served; and a student's next run begins to wait when the one before it has ended. So whoever
hands in five takes five turns, and nobody who waits for a first run is overtaken by somebody who came later.

The order is reckoned when it is asked for: priorities in the broker are of the moment of sending.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Subquery, and_, case, func, or_, select, update

from store.models import OutboxRow, Run, Submission
from store.repository import outbox
from store.repository.states import ACTIVE, ACTIVE_OR_QUEUED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

# More than there are workers that claim at one moment; and how often others may take all of those first.
_LOOKED_AT = 64
_LOOKS = 20
# Between the clocks of two hosts that a time service keeps: who handed in a moment ago is due on both.
_HOSTS_DIFFER_S = 0.5


@dataclass(frozen=True, kw_only=True)
class InLine:
    """A run that waits. `turn`: 1 for its student's first; `position`: 1 for whoever is served next."""

    run_id: str
    submission_id: str
    kind: str
    device: str
    is_background: bool
    user_id: str
    assignment_id: str
    turn: int
    position: int


@dataclass(frozen=True, kw_only=True)
class AtWork:
    """A run that a worker is at. `started_at`: of its first attempt."""

    run_id: str
    kind: str
    device: str
    is_background: bool
    user_id: str
    assignment_id: str
    started_at: float


def may_be_claimed(now: float) -> ColumnElement[bool]:
    """It waits, or its worker fell silent; and it has an attempt left."""
    free = or_(Run.state == "queued", Run.state.in_(ACTIVE) & (Run.lease_until < now))
    return and_(free, Run.attempt < Run.attempts_allowed)


def next_run(session: Session, device: str, now: float) -> str | None:
    """Who is served next and may begin: one that was released waits a little. None: nobody.

    Two that ask at once are given two: on PostgreSQL each row is locked as it is picked, on SQLite the
    transaction holds the only lock. Where all are locked, one of them is waited for: whoever ends a run holds
    those of the same student for a moment, and a worker that went away then would have been rung for nothing.
    """
    for _ in range(_LOOKS):
        first = _first_in_line(session, device, now)
        if not first:
            return None
        place = case({run_id: number for number, run_id in enumerate(first)}, value=Run.id)
        query = select(Run.id).where(Run.id.in_(first), may_be_claimed(now)).order_by(place).limit(1)
        found = session.scalar(query.with_for_update(skip_locked=True))
        found = found or session.scalar(query.with_for_update())
        if found is not None:
            return found
    return None


def _first_in_line(session: Session, device: str, now: float) -> Sequence[str]:
    """Asked apart from the locks: joined to what is locked, PostgreSQL compared each with each while it still
    took the queue for empty, and a claim took seconds in just the minute of a burst.
    """
    order = serving_order(now)
    is_due = or_(OutboxRow.due_at.is_(None), outbox.is_due(now + _HOSTS_DIFFER_S))
    return session.scalars(
        select(order.c.run_id)
        .outerjoin(OutboxRow, OutboxRow.run_id == order.c.run_id)
        .where(order.c.device == device, is_due)
        .order_by(order.c.position)
        .limit(_LOOKED_AT)
    ).all()


def queue_position(session: Session, run_id: str, now: float | None = None) -> int | None:
    """1 for the run that is served next on its device; None when it is not queued."""
    order = serving_order(time.time() if now is None else now)
    return session.scalar(
        select(order.c.position).where(order.c.run_id == run_id, order.c.state == "queued")
    )


def line(session: Session, now: float | None = None) -> list[InLine]:
    """Everybody who waits, of each device in the order in which they are served."""
    order = serving_order(time.time() if now is None else now)
    columns = [order.c[name] for name in InLine.__dataclass_fields__]
    rows = session.execute(select(*columns).order_by(order.c.device, order.c.position))
    return [InLine(**row._mapping) for row in rows]  # noqa: SLF001 - its documented name


def at_work(session: Session, now: float | None = None) -> list[AtWork]:
    now = time.time() if now is None else now
    rows = session.execute(
        select(
            Run.id.label("run_id"),
            Run.kind,
            Run.device,
            Run.is_background,
            Submission.user_id,
            Submission.assignment_id,
            func.coalesce(Run.started_at, Run.created_at).label("started_at"),
        )
        .join(Submission, Submission.id == Run.submission_id)
        .where(Run.state.in_(ACTIVE), Run.lease_until >= now)
    )
    return [AtWork(**row._mapping) for row in rows]  # noqa: SLF001 - as above


def queued_runs(session: Session) -> int:
    """How many wait that somebody asked for. A regrade of a whole course keeps nobody from handing in."""
    query = select(func.count()).select_from(Run).where(Run.state == "queued", Run.is_background.is_(False))
    return session.scalar(query) or 0


def unfinished_runs(session: Session, *, user_id: str, device: str) -> int:
    """Of one student on one device, waiting or worked on: a new one is served after all of these."""
    query = (
        select(func.count())
        .select_from(Run)
        .join(Submission, Submission.id == Run.submission_id)
        .where(
            Submission.user_id == user_id,
            Run.device == device,
            Run.is_background.is_(False),
            Run.state.in_(ACTIVE_OR_QUEUED),
        )
    )
    return session.scalar(query) or 0


def had_a_turn(session: Session, run_id: str, now: float) -> None:
    """A run has ended that a worker was at: the others of its student begin to wait now."""
    ended = session.execute(
        select(Run.device, Submission.user_id)
        .join(Submission, Submission.id == Run.submission_id)
        .where(Run.id == run_id, Run.is_background.is_(False))
    ).first()
    if ended is None:
        return
    session.execute(
        update(Run)
        .where(
            Run.state == "queued",
            Run.is_background.is_(False),
            Run.waits_since < now,
            Run.device == ended.device,
            Run.submission_id.in_(select(Submission.id).where(Submission.user_id == ended.user_id)),
        )
        .values(waits_since=now)
        .execution_options(synchronize_session=False)
    )


def serving_order(now: float) -> Subquery:
    """`position` of each run that may be claimed, with `state` and the columns of `InLine`."""
    waits = may_be_claimed(now)
    student: Any = (Run.device, Run.is_background, Submission.user_id)
    unfinished = (
        select(
            Run.id.label("run_id"),
            Run.submission_id,
            Run.kind,
            Run.device,
            Run.is_background,
            Run.waits_since,
            Run.state,
            Submission.user_id,
            Submission.assignment_id,
            waits.label("waits"),
            func.row_number()
            .over(partition_by=student, order_by=(case((waits, 1), else_=0), Run.waits_since, Run.id))
            .label("turn"),
        )
        .join(Submission, Submission.id == Run.submission_id)
        .where(Run.state.in_(ACTIVE_OR_QUEUED))
        .subquery()
    )
    columns = unfinished.c
    return (
        select(
            *(column for name, column in columns.items() if name != "waits"),
            func.row_number()
            .over(
                partition_by=columns.device,
                order_by=(columns.is_background, columns.turn, columns.waits_since, columns.run_id),
            )
            .label("position"),
        )
        .where(columns.waits)
        .subquery()
    )
