"""How a run ends, or goes back to the queue: guarded by its state and by the fencing token."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import String, cast, func, select, update

from graders.evidence import EVIDENCE_VERSION
from graders.measures import MEASURES_VERSION
from store.models import EvidenceRecord, OutboxRow, ReportRecord, Run, RunLog, Submission
from store.repository import order, outbox
from store.repository.claims import LEASE_S
from store.repository.guard import guarded, written
from store.repository.results import put_results, result_of
from store.repository.states import ACTIVE, LEGAL_FROM

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from graders.measures import Measures
    from graders.report import Report

_RELEASE_DELAY_S = 15.0
# Between the clocks of two hosts.
_CLOCK_SKEW_S = 10.0
# Before an attempt that broke is repeated: what broke it may pass.
_SET_BACK_DELAY_S = 10.0
_LONGEST_REASON = 1000


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
    if not guarded(session, run_id, attempt, LEGAL_FROM[outcome], values):
        return False
    order.had_a_turn(session, run_id, now)
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
    put_results(session, [(run_id, result_of(report))])
    return version


def run_state(session: Session, run_id: str) -> str | None:
    return session.scalar(select(Run.state).where(Run.id == run_id))


def mark_errored(session: Session, run_id: str, attempt: int, why: str, now: float | None = None) -> bool:
    """Our fault, not the student's: the run waits for an operator. False: fenced out."""
    values = {
        "state": "errored",
        "lease_until": None,
        "finished_at": time.time() if now is None else now,
        "error": _noted(why),
    }
    return guarded(session, run_id, attempt, LEGAL_FROM["errored"], values)


def set_back(
    session: Session,
    run_id: str,
    attempt: int,
    why: str,
    *,
    delay_s: float = _SET_BACK_DELAY_S,
    now: float | None = None,
) -> Literal["queued", "errored"] | None:
    """An attempt broke by our fault: back to the queue, and to an operator once no attempt is left.

    None: fenced out. `why` is kept with those of the attempts before.
    """
    now = time.time() if now is None else now
    again = {"state": "queued", "lease_until": None, "error": _noted(why)}
    left = Run.attempt < Run.attempts_allowed
    if guarded(session, run_id, attempt, LEGAL_FROM["queued"], again, left):
        _requeue(session, run_id, due_at=now + delay_s)
        return "queued"
    return "errored" if mark_errored(session, run_id, attempt, why, now) else None


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
    if not guarded(session, run_id, attempt, LEGAL_FROM["queued"], values):
        return False
    _requeue(session, run_id, due_at=now + delay_s)
    return True


def cancel(
    session: Session, run_id: str, now: float | None = None, *, costs_attempt: bool = True
) -> int | None:
    """Ends a waiting or running run; its worker learns of it at the next heartbeat. None: it had ended.

    The attempt that it was at. Without `costs_attempt` it is not counted even if it was being worked on.
    """
    now = time.time() if now is None else now
    ended: dict[str, Any] = {"state": "cancelled", "lease_until": None, "finished_at": now}
    # Without a start it counts for no quota: what an earlier worker of ours dropped is not the student's.
    free = {**ended, "started_at": None}
    if written(session, (Run.id == run_id, Run.state == "queued"), free):
        return _attempt(session, run_id)
    if not written(
        session, (Run.id == run_id, Run.state.in_(ACTIVE)), ended if costs_attempt else free
    ):
        return None
    order.had_a_turn(session, run_id, now)
    return _attempt(session, run_id)


def _attempt(session: Session, run_id: str) -> int:
    return session.scalars(select(Run.attempt).where(Run.id == run_id)).one()


@dataclass(frozen=True, kw_only=True)
class Superseded:
    """A submission whose run waited, and now never runs; `waits_since` is the place that it leaves."""

    run_id: str
    submission_id: str
    waits_since: float


def supersede(
    session: Session, *, user_id: str, assignment_id: str, now: float | None = None
) -> tuple[Superseded, ...]:
    """What waits of this student's: a newer submission takes its place. What a worker is at goes on."""
    now = time.time() if now is None else now
    own = select(Submission.id).where(
        Submission.user_id == user_id, Submission.assignment_id == assignment_id
    )
    rows = session.execute(
        update(Run)
        .where(
            Run.state.in_(LEGAL_FROM["superseded"]),
            Run.is_background.is_(False),
            Run.submission_id.in_(own),
        )
        .values(state="superseded", lease_until=None, finished_at=now)
        .returning(Run.id, Run.submission_id, Run.waits_since)
        .execution_options(synchronize_session=False)
    )
    return tuple(
        Superseded(run_id=row.id, submission_id=row.submission_id, waits_since=row.waits_since)
        for row in rows
    )


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


def reconcile(session: Session, now: float | None = None, *, lease_s: float = LEASE_S) -> Reconciled:
    """Expired leases go back to the queue, or to an operator when none is left; lost bells ring again.

    A lease that is longer than any, from before the clock was set back, is cut to `lease_s`.
    """
    now = time.time() if now is None else now
    session.execute(
        update(Run)
        .where(Run.state.in_(ACTIVE), Run.lease_until > now + lease_s + _CLOCK_SKEW_S)
        .values(lease_until=now + lease_s)
        .execution_options(synchronize_session=False)
    )
    expired = (Run.state.in_(ACTIVE), Run.lease_until < now)
    why = _noted("its worker stopped answering")
    ended = {"state": "errored", "lease_until": None, "finished_at": now, "error": why}
    errored = _taken_back(session, (*expired, Run.attempt >= Run.attempts_allowed), ended)
    requeued = _taken_back(session, expired, {"state": "queued", "lease_until": None, "error": why})
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


def _noted(why: str) -> ColumnElement[str]:
    """One line an attempt. PostgreSQL refuses NUL, and an exception may quote anything."""
    plain = " ".join(why.replace("\x00", "\ufffd").split())[:_LONGEST_REASON]
    earlier = func.coalesce(Run.error.concat("\n"), "")
    return earlier.concat("attempt ").concat(cast(Run.attempt, String)).concat(f": {plain}")
