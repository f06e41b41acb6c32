"""Runs as an operator sees them, of every course, and what an operator may do with one."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Select, func, or_, select

from store.models import (
    Assignment,
    AuditEntry,
    Course,
    EvidenceRecord,
    OutboxRow,
    ReportRecord,
    Run,
    RunLog,
    Submission,
    User,
)
from store.repository.audit import audit
from store.repository.evidence import EVIDENCE_SIZE
from store.repository.runs import retry
from store.repository.states import State
from store.repository.vitals import stuck

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

Wanted = State | Literal["stuck"]


@dataclass(frozen=True, kw_only=True)
class OperatorRun:
    """`student`: their login. `stuck`: its lease ended a minute ago and nobody took it back."""

    run_id: str
    submission_id: str
    kind: str
    course: str
    course_id: str
    assignment: str
    student: str
    state: str
    stuck: bool
    attempt: int
    attempts_allowed: int
    device: str
    created_at: float
    started_at: float | None
    finished_at: float | None
    lease_until: float | None
    error: str | None


@dataclass(frozen=True, kw_only=True)
class OperatorRunDetails:
    """One run, and what is stored of it. `reports`: (version, cause, points, when), the oldest first."""

    run: OperatorRun
    doorbell: dict[str, Any] | None
    evidence_bytes: int | None
    log: str | None
    reports: tuple[tuple[int, str, float, float], ...]
    audit: tuple[tuple[float, str, dict[str, Any]], ...]


def runs_to_look_at(
    session: Session,
    wanted: Collection[Wanted],
    *,
    course_id: str | None = None,
    limit: int = 100,
    now: float | None = None,
) -> list[OperatorRun]:
    """Those in one of these states, the one that was handed in first before the others."""
    now = time.time() if now is None else now
    states = [state for state in wanted if state != "stuck"]
    which = [Run.state.in_(states)] + ([stuck(now=now)] if "stuck" in wanted else [])
    query = _query(now).where(or_(*which)).order_by(Run.created_at, Run.id).limit(limit)
    if course_id is not None:
        query = query.where(Assignment.course_id == course_id)
    return [_run(row) for row in session.execute(query)]


def run_details(session: Session, any_id: str, *, now: float | None = None) -> OperatorRunDetails | None:
    """By the id of a run, or of a submission: then its newest run that it is graded by."""
    now = time.time() if now is None else now
    newest = (
        select(func.max(Run.id)).where(Run.submission_id == any_id, Run.kind == "graded").scalar_subquery()
    )
    row = session.execute(_query(now).where(or_(Run.id == any_id, Run.id == newest))).first()
    if row is None:
        return None
    run = _run(row)
    bell = session.scalar(select(OutboxRow).where(OutboxRow.run_id == run.run_id))
    names = ("queue", "priority", "due_at", "sent_at", "sends", "ring_again_at")
    points: Any = ReportRecord.report
    reports = session.execute(
        select(
            ReportRecord.version, ReportRecord.cause, points["points"].as_float(), ReportRecord.created_at
        )
        .where(ReportRecord.run_id == run.run_id)
        .order_by(ReportRecord.version)
    )
    entries = session.execute(
        select(AuditEntry.at, AuditEntry.action, AuditEntry.detail)
        .where(AuditEntry.subject.in_([run.run_id, run.submission_id]))
        .order_by(AuditEntry.id)
    )
    return OperatorRunDetails(
        run=run,
        doorbell=None if bell is None else {name: getattr(bell, name) for name in names},
        evidence_bytes=session.scalar(
            select(EVIDENCE_SIZE).where(EvidenceRecord.run_id == run.run_id)
        ),
        log=session.scalar(select(RunLog.log).where(RunLog.run_id == run.run_id)),
        reports=tuple((version, cause, value, at) for version, cause, value, at in reports),
        audit=tuple((at, action, detail) for at, action, detail in entries),
    )


def retry_errored(
    session: Session,
    run: OperatorRun,
    *,
    attempts: int,
    actor_id: str | None = None,
    now: float | None = None,
) -> bool:
    """With its entry in the audit log. False: it is not errored, or no longer."""
    if not retry(session, run.run_id, attempts=attempts, now=now):
        return False
    audit(
        session,
        actor_id=actor_id,
        action="run.retried",
        subject=run.run_id,
        course_id=run.course_id,
        detail={"submission": run.submission_id, "after_attempt": run.attempt, "error": run.error},
        now=now,
    )
    return True


def _query(now: float) -> Select[*tuple[Any, ...]]:
    return (
        select(Run, stuck(now=now).label("stuck"), Submission.id, Course, Assignment.slug, User.name)
        .join(Submission, Submission.id == Run.submission_id)
        .join(User, User.id == Submission.user_id)
        .join(Assignment, Assignment.id == Submission.assignment_id)
        .join(Course, Course.id == Assignment.course_id)
    )


def _run(row: Row[*tuple[Any, ...]]) -> OperatorRun:
    run, is_stuck, submission_id, course, assignment, student = row
    return OperatorRun(
        run_id=run.id,
        submission_id=submission_id,
        kind=run.kind,
        course=course.slug,
        course_id=course.id,
        assignment=assignment,
        student=student,
        state=run.state,
        stuck=bool(is_stuck),
        attempt=run.attempt,
        attempts_allowed=run.attempts_allowed,
        device=run.device,
        created_at=run.created_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        lease_until=run.lease_until,
        error=run.error,
    )
