"""Handing in: what a student's file becomes, or why it is not taken."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import select

from store.ids import new_id
from store.models import AssignmentVersion, Run, Submission, User
from store.repository import order, outbox, runs
from store.repository.devices import device_for
from store.repository.errors import IdempotencyConflictError, QuotaExhaustedError
from store.repository.quotas import student_quota

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from graders.spec import Quota
    from store.quota import QuotaStanding


@dataclass(frozen=True, kw_only=True)
class NewSubmission:
    """What a student hands in, already checked and flattened to Python."""

    filename: str
    source: str
    source_kind: str = "py"  # py | notebook
    line_map: list[list[int]] | None = None
    dropped_lines: list[str] | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, kw_only=True)
class Submitted:
    submission_id: str
    run_id: str
    state: str
    created: bool  # False: the idempotency key had been used, this is that submission
    # Submissions of the same student that this one has replaced in the queue.
    superseded: tuple[str, ...] = ()
    quota: QuotaStanding | None = None  # after this one; None: the student has none here


def submit(
    session: Session,
    *,
    user_id: str,
    assignment_id: str,
    new: NewSubmission,
    max_attempts: int = 3,
    gpu_is_there: bool = False,
    quota: Quota | None = None,
    supersede: bool = False,
    expected_start_at: float | None = None,
) -> Submitted:
    """Submission, run and outbox row in the caller's one transaction.

    `gpu_is_there`: some worker has a GPU now; it matters to assignments that take any device. `quota`: of the
    assignment, None for whoever has none. `supersede`: what waits of theirs makes room. `expected_start_at`:
    what the student is told.

    Raises IdempotencyConflictError when the key had come with a different source, QuotaExhaustedError.
    """
    # One student's requests one after the other: two at once would both take the last attempt.
    session.execute(select(User.id).where(User.id == user_id).with_for_update(key_share=True))
    replayed = _replay(session, user_id=user_id, assignment_id=assignment_id, new=new)
    if replayed is not None:
        return replayed
    now = time.time()
    # First: what makes room gives its attempt back.
    replaced = (
        runs.supersede(session, user_id=user_id, assignment_id=assignment_id, now=now) if supersede else ()
    )
    standing = _take_attempt(session, quota, user_id=user_id, assignment_id=assignment_id, now=now)
    asked: Any = AssignmentVersion.spec["device"]
    newest = session.execute(
        select(AssignmentVersion.version, asked.as_string().label("device"))
        .where(AssignmentVersion.assignment_id == assignment_id)
        .order_by(AssignmentVersion.version.desc())
        .limit(1)
    ).first()
    if newest is None:
        raise LookupError(f"assignment {assignment_id} has no version")
    submission = Submission(
        id=new_id(),
        assignment_id=assignment_id,
        assignment_version=newest.version,
        user_id=user_id,
        filename=new.filename,
        source=new.source,
        source_kind=new.source_kind,
        line_map=new.line_map,
        dropped_lines=new.dropped_lines,
        idempotency_key=new.idempotency_key,
        created_at=now,
    )
    device = device_for(newest.device, gpu_is_there=gpu_is_there)
    is_first = not order.unfinished_runs(session, user_id=user_id, device=device)
    session.add(submission)
    session.flush()
    run = add_run(
        session,
        submission_id=submission.id,
        spec_version=newest.version,
        priority=outbox.PRIORITY_FIRST if is_first else outbox.PRIORITY_NEXT,
        max_attempts=max_attempts,
        device=device,
        # Whoever mends a slip keeps their place.
        waits_since=min((old.waits_since for old in replaced), default=now),
        expected_start_at=expected_start_at,
    )
    return Submitted(
        submission_id=submission.id,
        run_id=run.id,
        state=run.state,
        created=True,
        superseded=tuple(old.submission_id for old in replaced),
        quota=standing,
    )


def _take_attempt(
    session: Session, quota: Quota | None, *, user_id: str, assignment_id: str, now: float
) -> QuotaStanding | None:
    """How the student stands after it. Raises QuotaExhaustedError."""
    if quota is None:
        return None
    ask = partial(student_quota, session, quota, user_id=user_id, assignment_id=assignment_id, now=now)
    standing = ask()
    if not standing.left:
        raise QuotaExhaustedError(standing)
    return ask(one_more=True)


def add_run(
    session: Session,
    *,
    submission_id: str,
    spec_version: int,
    priority: int,
    kind: Literal["graded", "control"] = "graded",
    max_attempts: int = 3,
    device: str = "cpu",
    waits_since: float | None = None,
    expected_start_at: float | None = None,
) -> Run:
    """A new run of the submission with its doorbell. PRIORITY_REGRADE: nobody waits for it.

    The submission's state is that of its newest run of kind `graded`; a control run is never shown as it.
    """
    now = time.time()
    run = Run(
        id=new_id(),
        submission_id=submission_id,
        kind=kind,
        spec_version=spec_version,
        state="queued",
        attempt=0,
        attempts_allowed=max_attempts,
        lease_until=None,
        device=device,
        is_background=priority >= outbox.PRIORITY_REGRADE,
        waits_since=now if waits_since is None else waits_since,
        expected_start_at=expected_start_at,
        created_at=now,
        started_at=None,
        finished_at=None,
        error=None,
    )
    session.add(run)
    session.flush()
    outbox.add_doorbell(session, run_id=run.id, device=device, priority=priority, due_at=now)
    return run


def _replay(session: Session, *, user_id: str, assignment_id: str, new: NewSubmission) -> Submitted | None:
    if new.idempotency_key is None:
        return None
    found = session.scalar(
        select(Submission).where(
            Submission.user_id == user_id,
            Submission.assignment_id == assignment_id,
            Submission.idempotency_key == new.idempotency_key,
        )
    )
    if found is None:
        return None
    if found.source != new.source:
        raise IdempotencyConflictError(new.idempotency_key)
    newest = (
        select(Run).where(Run.submission_id == found.id, Run.kind == "graded").order_by(Run.id.desc())
    )
    run = session.scalars(newest.limit(1)).one()
    return Submitted(submission_id=found.id, run_id=run.id, state=run.state, created=False)
