"""How long runs take, and how many come, for those who ask when theirs begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from store.forecast import Kind
from store.ids import first_id_at
from store.models import Run, Submission

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# Of all kinds together: enough for a median of each that is run now, and soon read.
_NEWEST = 300


def recent_durations(session: Session) -> list[tuple[Kind, float]]:
    """Seconds from claim to end of the newest runs that needed one attempt, the newest first.

    By id, which sorts by creation: there is an index of that, and none of endings is needed.
    """
    rows = session.execute(
        select(Run.device, Submission.assignment_id, Run.kind, Run.finished_at - Run.started_at)
        .join(Submission, Submission.id == Run.submission_id)
        .where(Run.state.in_(("graded", "failed")), Run.attempt == 1)
        .order_by(Run.id.desc())
        .limit(_NEWEST)
    )
    return [
        (Kind(device, assignment_id, kind), took)
        for device, assignment_id, kind, took in rows
        if took is not None
    ]


def recent_arrivals(session: Session, *, since: float) -> dict[Kind, int]:
    """How many runs that somebody waits for were handed in since then."""
    rows = session.execute(
        select(Run.device, Submission.assignment_id, Run.kind, func.count())
        .join(Submission, Submission.id == Run.submission_id)
        .where(Run.id >= first_id_at(since), Run.is_background.is_(False))
        .group_by(Run.device, Submission.assignment_id, Run.kind)
    )
    return {Kind(device, assignment_id, kind): number for device, assignment_id, kind, number in rows}
