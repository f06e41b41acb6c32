"""What is stored of old runs: evidence and logs, by run, and how they are let go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, exists, func, select

from store.models import EvidenceRecord, ReportRecord, Run, RunLog, StaffJob, Submission
from store.repository.evidence import EVIDENCE_SIZE
from store.repository.states import ACTIVE_OR_QUEUED, FINAL

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session


@dataclass(frozen=True, kw_only=True)
class StoredRun:
    """A finished run with evidence. `reported`: it left a report, which its submission is graded by."""

    run_id: str
    submission_id: str
    user_id: str
    kind: str
    finished_at: float
    reported: bool
    evidence_bytes: int


def stored_runs(session: Session, assignment_id: str) -> list[StoredRun]:
    """Those with evidence, the oldest run first."""
    reported = exists().where(ReportRecord.run_id == Run.id)
    rows = session.execute(
        select(
            Run.id,
            Run.submission_id,
            Submission.user_id,
            Run.kind,
            func.coalesce(Run.finished_at, Run.created_at),
            reported,
            EVIDENCE_SIZE,
        )
        .join(Submission, Submission.id == Run.submission_id)
        .join(EvidenceRecord, EvidenceRecord.run_id == Run.id)
        .where(Submission.assignment_id == assignment_id)
        .order_by(Run.id)
    )
    names = tuple(StoredRun.__dataclass_fields__)
    return [StoredRun(**dict[str, Any](zip(names, row, strict=True))) for row in rows]


def submissions_under_way(session: Session, assignment_id: str) -> set[str]:
    """Those with a run that waits or is worked on."""
    return set(
        session.scalars(
            select(Run.submission_id)
            .join(Submission, Submission.id == Run.submission_id)
            .where(Submission.assignment_id == assignment_id, Run.state.in_(ACTIVE_OR_QUEUED))
        )
    )


def staff_work_under_way(session: Session, course_id: str) -> bool:
    """A regrade, or another job that may be reading what is stored."""
    found = select(StaffJob.id).where(
        StaffJob.course_id == course_id, StaffJob.state.in_(("queued", "running"))
    )
    return session.scalar(found.limit(1)) is not None


def old_logs(session: Session, assignment_id: str, *, before: float, limit: int | None = None) -> list[str]:
    """Ids of runs that ended before then and whose log is still there."""
    return list(
        session.scalars(
            select(RunLog.run_id)
            .join(Run, Run.id == RunLog.run_id)
            .join(Submission, Submission.id == Run.submission_id)
            .where(
                Submission.assignment_id == assignment_id, Run.state.in_(FINAL), Run.finished_at < before
            )
            .order_by(RunLog.run_id)
            .limit(limit)
        )
    )


def remove_evidence(session: Session, run_ids: Collection[str]) -> None:
    """With the measures beside it. Reports stay."""
    session.execute(
        delete(EvidenceRecord)
        .where(EvidenceRecord.run_id.in_(run_ids))
        .execution_options(synchronize_session=False)
    )


def remove_logs(session: Session, run_ids: Collection[str]) -> None:
    session.execute(
        delete(RunLog).where(RunLog.run_id.in_(run_ids)).execution_options(synchronize_session=False)
    )
