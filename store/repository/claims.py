"""Who works on a run: the right to write it, taken under a lease and kept by heartbeats."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from store.models import Run
from store.repository import order, outbox
from store.repository.errors import IllegalTransitionError
from store.repository.guard import guarded
from store.repository.states import ACTIVE, FINAL, LEGAL_FROM, State

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LEASE_S = 60.0
# More neighbours than this do not take runs from under one that is looking for its own.
_TRIES = 100


@dataclass(frozen=True, kw_only=True)
class Claim:
    """The right to write this run, until the lease ends or somebody claims it after that."""

    run_id: str
    attempt: int
    lease_until: float


def claim_next(
    session: Session, rung_for: str, now: float | None = None, *, lease_s: float = LEASE_S
) -> Claim | None:
    """The run that is served next on the device of the one that was rung for, which often is that one.

    As many doorbells ring as runs wait, so that each of them calls one worker to one run, whichever that is.
    Where that would leave somebody without one, a bell rings again (see `outbox.used_for`). None: nobody
    waits there who may begin, or not yet; the caller then returns quietly.
    """
    now = time.time() if now is None else now
    device = session.scalar(select(Run.device).where(Run.id == rung_for))
    if device is None:
        return None
    for _ in range(_TRIES):
        run_id = order.next_run(session, device, now)
        if run_id is None:
            break
        waited = session.scalar(select(Run.state).where(Run.id == run_id)) == "queued"
        claimed = claim(session, run_id, now, lease_s=lease_s)
        if claimed is not None:
            outbox.used_for(session, run_id, rung_for=rung_for, waited=waited, now=now)
            return claimed
    outbox.rung_too_early(session, rung_for, now=now)
    return None


def claim(
    session: Session, run_id: str, now: float | None = None, *, lease_s: float = LEASE_S
) -> Claim | None:
    """None: the run is done, in other hands, or out of attempts. The caller then returns quietly."""
    now = time.time() if now is None else now
    attempt = session.scalar(
        update(Run)
        .where(Run.id == run_id, order.may_be_claimed(now))
        .values(
            attempt=Run.attempt + 1,
            lease_until=now + lease_s,
            state="claimed",
            started_at=func.coalesce(Run.started_at, now),
        )
        .returning(Run.attempt)
        .execution_options(synchronize_session=False)
    )
    if attempt is None:
        return None
    return Claim(run_id=run_id, attempt=attempt, lease_until=now + lease_s)


def heartbeat(
    session: Session, run_id: str, attempt: int, now: float | None = None, *, lease_s: float = LEASE_S
) -> bool:
    """Extends the lease. False: the run is no longer this worker's, which should stop at once."""
    now = time.time() if now is None else now
    return guarded(session, run_id, attempt, ACTIVE, {"lease_until": now + lease_s})


def transition(session: Session, run_id: str, attempt: int, new_state: State) -> bool:
    """A step under the claim: training, evaluating. False: fenced out. An illegal step raises."""
    if new_state not in ("training", "evaluating"):
        raise IllegalTransitionError(f"{new_state} is reached through its own function")
    if guarded(session, run_id, attempt, LEGAL_FROM[new_state], {"state": new_state}):
        return True
    now = session.execute(select(Run.state, Run.attempt).where(Run.id == run_id)).first()
    if now is None:
        raise LookupError(f"no run {run_id}")
    if now.attempt != attempt or now.state in FINAL or (now.state == "queued" and attempt > 0):
        return False
    if now.state == new_state:
        return True  # done before, by a transaction whose answer was lost
    raise IllegalTransitionError(f"run {run_id}: {now.state} -> {new_state}")
