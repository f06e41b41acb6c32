"""Which device a run waits for, and what becomes of it when there is none such."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from store.models import AssignmentVersion, OutboxRow, Run, Submission
from store.repository import outbox

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def device_for(asked: str | None, *, gpu_is_there: bool) -> str:
    """The queue of a run whose assignment asks for `asked`.

    >>> device_for("any", gpu_is_there=True), device_for("any", gpu_is_there=False)
    ('gpu', 'cpu')
    >>> device_for("gpu", gpu_is_there=False)  # it waits, visibly
    'gpu'
    >>> device_for(None, gpu_is_there=True)  # written before there was a choice
    'cpu'
    """
    if asked == "any":
        return "gpu" if gpu_is_there else "cpu"
    return asked or "cpu"


def move_to_cpu(session: Session, now: float | None = None) -> tuple[str, ...]:
    """Of what waits for a GPU and could do without, the runs that now wait for a processor; their ids."""
    asked: Any = AssignmentVersion.spec["device"]
    waiting = session.execute(
        select(Run.id, OutboxRow.priority)
        .join(OutboxRow, OutboxRow.run_id == Run.id)
        .join(Submission, Submission.id == Run.submission_id)
        .join(
            AssignmentVersion,
            (AssignmentVersion.assignment_id == Submission.assignment_id)
            & (AssignmentVersion.version == Run.spec_version),
        )
        .where(Run.state == "queued", Run.device == "gpu", asked.as_string() == "any")
        .order_by(OutboxRow.priority, Run.created_at)
    ).all()
    return tuple(row.id for row in waiting if _moved(session, row.id, priority=row.priority, now=now))


def _moved(session: Session, run_id: str, *, priority: int, now: float | None) -> bool:
    """False: somebody claimed it since it was looked at."""
    moved = session.execute(
        update(Run)
        .where(Run.id == run_id, Run.state == "queued")
        .values(device="cpu")
        .returning(Run.id)
        .execution_options(synchronize_session=False)
    )
    if moved.first() is None:
        return False
    due_at = time.time() if now is None else now
    outbox.add_doorbell(session, run_id=run_id, device="cpu", priority=priority, due_at=due_at)
    return True
