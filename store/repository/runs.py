"""Who may write a run. Every write is one UPDATE guarded by the state and by the fencing token, `attempt`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import func, or_, select, update

from graders.evidence import EVIDENCE_VERSION
from graders.measures import MEASURES_VERSION
from store.models import EvidenceRecord, OutboxRow, ReportRecord, Run, RunLog
from store.repository import outbox
from store.repository.errors import IllegalTransitionError
from store.repository.states import ACTIVE, ACTIVE_OR_QUEUED, FINAL, LEGAL_FROM, State

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from graders.measures import Measures
    from graders.report import Report

LEASE_S = 60.0
_RELEASE_DELAY_S = 15.0


@dataclass(frozen=True, kw_only=True)
class Claim:
    """The right to write this run, until the lease ends or somebody claims it after that."""

    run_id: str
    attempt: int
    lease_until: float


@dataclass(frozen=True, kw_only=True)
class TakenBack:
    """A run that its worker left, and the state that it has now."""

    run_id: str
    kind: str
    submission_id: str
    state: Literal["queued", "errored"]
    attempt: int


@dataclass(frozen=True, kw_only=True)
class Reconciled:
    requeued: tuple[TakenBack, ...]
    errored: tuple[TakenBack, ...]
    rung_again: int


def claim(
    session: Session, run_id: str, now: float | None = None, *, lease_s: float = LEASE_S
) -> Claim | None:
    """None: the run is done, in other hands, or out of attempts. The caller then returns quietly."""
    now = time.time() if now is None else now
    attempt = session.scalar(
        update(Run)
        .where(
            Run.id == run_id,
            or_(Run.state == "queued", Run.state.in_(ACTIVE) & (Run.lease_until < now)),
            Run.attempt < Run.attempts_allowed,
        )
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
    return _guarded(session, run_id, attempt, ACTIVE, {"lease_until": now + lease_s})


def transition(session: Session, run_id: str, attempt: int, new_state: State) -> bool:
    """A step under the claim: training, evaluating. False: fenced out. An illegal step raises."""
    if new_state not in ("training", "evaluating"):
        raise IllegalTransitionError(f"{new_state} is reached through its own function")
    if _guarded(session, run_id, attempt, LEGAL_FROM[new_state], {"state": new_state}):
        return True
    now = session.execute(select(Run.state, Run.attempt).where(Run.id == run_id)).first()
    if now is None:
        raise LookupError(f"no run {run_id}")
    if now.attempt != attempt or now.state in FINAL or (now.state == "queued" and attempt > 0):
        return False
    if now.state == new_state:
        return True  # done before, by a transaction whose answer was lost
    raise IllegalTransitionError(f"run {run_id}: {now.state} -> {new_state}")


def finish(
    session: Session,
    run_id: str,
    attempt: int,
    *,
    outcome: Literal["graded", "failed"],
    evidence: bytes,
    report: Report | None,
    measures: Measures | None = None,
    log: str = "",
    now: float | None = None,
) -> bool:
    """Result and final state together. False: fenced out, and nothing was written.

    `measures` are kept beside the evidence so that a regrade need not measure again; without them it does.

    A control run has no report of its own: the run that it controls gets a new one, by `add_report`.
    """
    now = time.time() if now is None else now
    values = {"state": outcome, "lease_until": None, "finished_at": now, "error": None}
    if not _guarded(session, run_id, attempt, LEGAL_FROM[outcome], values):
        return False
    session.add(
        EvidenceRecord(
            run_id=run_id,
            version=EVIDENCE_VERSION,
            blob=evidence,
            measures=None if measures is None else measures.model_dump(mode="json"),
            measures_version=None if measures is None else MEASURES_VERSION,
        )
    )
    # PostgreSQL refuses NUL in text, and a student's log may hold anything.
    session.add(RunLog(run_id=run_id, log=log.replace("\x00", "\ufffd")))
    session.flush()
    if report is not None:
        add_report(session, run_id, report, now=now)
    return True


def add_report(
    session: Session,
    run_id: str,
    report: Report,
    *,
    cause: Literal["run", "control", "regrade"] = "run",
    author_id: str | None = None,
    now: float | None = None,
) -> int:
    """A report beside the earlier ones, as a regrade does; returns its number, the highest counts."""
    newest = session.scalar(select(func.max(ReportRecord.version)).where(ReportRecord.run_id == run_id))
    version = (newest or 0) + 1
    session.add(
        ReportRecord(
            run_id=run_id,
            version=version,
            report=report.model_dump(mode="json"),
            spec_version=report.spec_version,
            cause=cause,
            author_id=author_id,
            created_at=time.time() if now is None else now,
        )
    )
    session.flush()
    return version


def evidence_bytes(session: Session, run_id: str) -> bytes | None:
    return session.scalar(select(EvidenceRecord.blob).where(EvidenceRecord.run_id == run_id))


def run_state(session: Session, run_id: str) -> str | None:
    return session.scalar(select(Run.state).where(Run.id == run_id))


def mark_errored(session: Session, run_id: str, attempt: int, why: str, now: float | None = None) -> bool:
    """Our fault, not the student's: the run waits for an operator. False: fenced out."""
    values = {
        "state": "errored",
        "lease_until": None,
        "finished_at": time.time() if now is None else now,
        "error": why,
    }
    return _guarded(session, run_id, attempt, LEGAL_FROM["errored"], values)


def release(
    session: Session,
    run_id: str,
    attempt: int,
    *,
    delay_s: float = _RELEASE_DELAY_S,
    now: float | None = None,
) -> bool:
    """Back to the queue because the sandbox is not there: uses up no attempt, rings again after `delay_s`."""
    now = time.time() if now is None else now
    values = {"state": "queued", "lease_until": None, "attempts_allowed": Run.attempts_allowed + 1}
    if not _guarded(session, run_id, attempt, LEGAL_FROM["queued"], values):
        return False
    _requeue(session, run_id, due_at=now + delay_s)
    return True


def cancel(session: Session, run_id: str, now: float | None = None) -> bool:
    """Ends a waiting or running run; its worker learns of it at the next heartbeat."""
    done = session.execute(
        update(Run)
        .where(Run.id == run_id, Run.state.in_(ACTIVE_OR_QUEUED))
        .values(state="cancelled", lease_until=None, finished_at=time.time() if now is None else now)
        .returning(Run.id)
        .execution_options(synchronize_session=False)
    )
    return done.first() is not None


def retry(session: Session, run_id: str, *, attempts: int, now: float | None = None) -> bool:
    """An operator's word that what kept an errored run from being done is mended: `attempts` more of them.

    The only way out of a final state. False: it is not errored, or no longer.
    """
    now = time.time() if now is None else now
    done = session.execute(
        update(Run)
        .where(Run.id == run_id, Run.state == "errored")
        .values(
            state="queued",
            attempts_allowed=Run.attempt + attempts,
            lease_until=None,
            finished_at=None,
            error=None,
        )
        .returning(Run.id)
        .execution_options(synchronize_session=False)
    )
    if done.first() is None:
        return False
    _requeue(session, run_id, due_at=now)
    return True


def reconcile(session: Session, now: float | None = None) -> Reconciled:
    """Expired leases go back to the queue, or to an operator when none is left; lost bells ring again."""
    now = time.time() if now is None else now
    expired = (Run.state.in_(ACTIVE), Run.lease_until < now)
    why = "no attempt is left: the worker of the last one stopped answering"
    ended = {"state": "errored", "lease_until": None, "finished_at": now, "error": why}
    errored = _taken_back(session, (*expired, Run.attempt >= Run.attempts_allowed), ended)
    requeued = _taken_back(session, expired, {"state": "queued", "lease_until": None})
    for run in requeued:
        _requeue(session, run.run_id, due_at=now)
    return Reconciled(
        requeued=requeued, errored=errored, rung_again=outbox.ring_lost_again(session, now=now)
    )


def _taken_back(
    session: Session, which: tuple[ColumnElement[bool], ...], values: dict[str, Any]
) -> tuple[TakenBack, ...]:
    rows = session.execute(
        update(Run)
        .where(*which)
        .values(**values)
        .returning(Run.id, Run.kind, Run.submission_id, Run.attempt)
        .execution_options(synchronize_session=False)
    )
    return tuple(
        TakenBack(
            run_id=row.id,
            kind=row.kind,
            submission_id=row.submission_id,
            state=values["state"],
            attempt=row.attempt,
        )
        for row in rows
    )


def _requeue(session: Session, run_id: str, *, due_at: float) -> None:
    device = session.scalars(select(Run.device).where(Run.id == run_id)).one()
    priority = session.scalar(select(OutboxRow.priority).where(OutboxRow.run_id == run_id))
    outbox.add_doorbell(
        session,
        run_id=run_id,
        device=device,
        priority=outbox.PRIORITY_FIRST if priority is None else priority,
        due_at=due_at,
    )


def _guarded(
    session: Session, run_id: str, attempt: int, states: tuple[State, ...], values: dict[str, Any]
) -> bool:
    written = session.execute(
        update(Run)
        .where(Run.id == run_id, Run.attempt == attempt, Run.state.in_(states))
        .values(**values)
        .returning(Run.id)
        .execution_options(synchronize_session=False)
    )
    return written.first() is not None
