"""Submissions: handing in, looking up, and what a worker needs to run one."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Row, Select, func, select

from graders.report import Report
from graders.spec import AssignmentSpec
from store.ids import new_id
from store.models import (
    Assignment,
    AssignmentVersion,
    Extension,
    ReportRecord,
    Run,
    RunLog,
    Submission,
    User,
)
from store.repository import outbox
from store.repository.devices import device_for
from store.repository.errors import IdempotencyConflictError
from store.repository.states import ACTIVE_OR_QUEUED

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


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


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a worker runs. `secret_seed` draws the splits and never enters a jail."""

    run_id: str
    kind: str  # graded | control
    submission_id: str
    assignment_id: str
    source: str
    filename: str
    source_kind: str
    spec: AssignmentSpec
    spec_version: int
    secret_seed: bytes
    device: str = "cpu"  # cpu | gpu


@dataclass(frozen=True, kw_only=True)
class SubmissionDetails:
    """A submission with its newest run and that run's newest report. `due_at` is its student's own."""

    submission: Submission
    run: Run
    user_name: str
    user_display_name: str
    course_id: str
    assignment_slug: str
    due_at: float | None
    spec: AssignmentSpec
    report: Report | None


def submit(
    session: Session,
    *,
    user_id: str,
    assignment_id: str,
    new: NewSubmission,
    max_attempts: int = 3,
    gpu_is_there: bool = False,
) -> Submitted:
    """Submission, run and outbox row in the caller's one transaction.

    `gpu_is_there`: some worker has a GPU now; it matters to assignments that take any device.

    Raises IdempotencyConflictError when the key had come with a different source.
    """
    replayed = _replay(session, user_id=user_id, assignment_id=assignment_id, new=new)
    if replayed is not None:
        return replayed
    asked: Any = AssignmentVersion.spec["device"]
    newest = session.execute(
        select(AssignmentVersion.version, asked.as_string().label("device"))
        .where(AssignmentVersion.assignment_id == assignment_id)
        .order_by(AssignmentVersion.version.desc())
        .limit(1)
    ).first()
    if newest is None:
        raise LookupError(f"assignment {assignment_id} has no version")
    version = newest.version
    submission = Submission(
        id=new_id(),
        assignment_id=assignment_id,
        assignment_version=version,
        user_id=user_id,
        filename=new.filename,
        source=new.source,
        source_kind=new.source_kind,
        line_map=new.line_map,
        dropped_lines=new.dropped_lines,
        idempotency_key=new.idempotency_key,
        created_at=time.time(),
    )
    # Everyone's first waiting run comes before anyone's second.
    waiting = _pending_runs(session, user_id)
    session.add(submission)
    session.flush()
    run = add_run(
        session,
        submission_id=submission.id,
        spec_version=version,
        priority=outbox.PRIORITY_NEXT if waiting else outbox.PRIORITY_FIRST,
        max_attempts=max_attempts,
        device=device_for(newest.device, gpu_is_there=gpu_is_there),
    )
    return Submitted(submission_id=submission.id, run_id=run.id, state=run.state, created=True)


def add_run(
    session: Session,
    *,
    submission_id: str,
    spec_version: int,
    priority: int,
    kind: Literal["graded", "control"] = "graded",
    max_attempts: int = 3,
    device: str = "cpu",
) -> Run:
    """A new run of the submission with its doorbell.

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
        created_at=now,
        started_at=None,
        finished_at=None,
        error=None,
    )
    session.add(run)
    session.flush()
    outbox.add_doorbell(session, run_id=run.id, device=device, priority=priority, due_at=now)
    return run


def load_job(session: Session, run_id: str) -> Job:
    """Raises LookupError when there is no such run."""
    row = session.execute(
        select(Submission, Run, AssignmentVersion.spec, Assignment.secret_seed)
        .join(Run, Run.submission_id == Submission.id)
        .join(Assignment, Assignment.id == Submission.assignment_id)
        .join(
            AssignmentVersion,
            (AssignmentVersion.assignment_id == Submission.assignment_id)
            & (AssignmentVersion.version == Run.spec_version),
        )
        .where(Run.id == run_id)
    ).first()
    if row is None:
        raise LookupError(f"no run {run_id}")
    submission, run, spec, secret_seed = row
    return Job(
        run_id=run_id,
        kind=run.kind,
        submission_id=submission.id,
        assignment_id=submission.assignment_id,
        source=submission.source,
        filename=submission.filename,
        source_kind=submission.source_kind,
        spec=AssignmentSpec.model_validate(spec),
        spec_version=run.spec_version,
        device=run.device,
        secret_seed=secret_seed,
    )


def submission_details(session: Session, submission_id: str) -> SubmissionDetails | None:
    row = session.execute(_details_query().where(Submission.id == submission_id)).first()
    return None if row is None else _details(row)


def recent_submissions(
    session: Session,
    *,
    user_id: str | None = None,
    course_ids: list[str] | None = None,
    assignment_id: str | None = None,
    before_id: str | None = None,
    limit: int = 50,
) -> list[SubmissionDetails]:
    """The newest first, of one user, of these courses, of one assignment, older than `before_id`."""
    query = _details_query().order_by(Submission.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(Submission.id < before_id)
    if user_id is not None:
        query = query.where(Submission.user_id == user_id)
    if course_ids is not None:
        query = query.where(Assignment.course_id.in_(course_ids))
    if assignment_id is not None:
        query = query.where(Submission.assignment_id == assignment_id)
    return [_details(row) for row in session.execute(query)]


def run_log(session: Session, run_id: str) -> str:
    return session.scalar(select(RunLog.log).where(RunLog.run_id == run_id)) or ""


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


def _pending_runs(session: Session, user_id: str) -> int:
    query = (
        select(func.count())
        .select_from(Run)
        .join(Submission, Submission.id == Run.submission_id)
        .where(
            Submission.user_id == user_id, Run.kind == "graded", Run.state.in_(ACTIVE_OR_QUEUED)
        )
    )
    return session.scalar(query) or 0


def newest_graded_run() -> Any:
    """Id of the newest run that the submission of the surrounding query is graded by."""
    return (
        select(func.max(Run.id))
        .where(Run.submission_id == Submission.id, Run.kind == "graded")
        .correlate(Submission)
    ).scalar_subquery()


def _details_query() -> Select[*tuple[Any, ...]]:
    newest_report = (
        select(func.max(ReportRecord.version)).where(ReportRecord.run_id == Run.id).correlate(Run)
    ).scalar_subquery()
    return (
        select(
            Submission, Run, User, Assignment, Extension.due_at, AssignmentVersion.spec, ReportRecord.report
        )
        .join(Run, Run.id == newest_graded_run())
        .join(User, User.id == Submission.user_id)
        .join(Assignment, Assignment.id == Submission.assignment_id)
        .outerjoin(
            Extension,
            (Extension.assignment_id == Assignment.id) & (Extension.user_id == Submission.user_id),
        )
        .outerjoin(ReportRecord, (ReportRecord.run_id == Run.id) & (ReportRecord.version == newest_report))
        .join(
            AssignmentVersion,
            (AssignmentVersion.assignment_id == Submission.assignment_id)
            # What the report was graded by: a regrade may have changed the thresholds shown beside it.
            & (AssignmentVersion.version == func.coalesce(ReportRecord.spec_version, Run.spec_version)),
        )
    )


def _details(row: Row[*tuple[Any, ...]]) -> SubmissionDetails:
    submission, run, user, assignment, extended_to, spec, report = row
    return SubmissionDetails(
        submission=submission,
        run=run,
        user_name=user.name,
        user_display_name=user.display_name,
        course_id=assignment.course_id,
        assignment_slug=assignment.slug,
        due_at=max(filter(None, (assignment.due_at, extended_to)), default=None),
        spec=AssignmentSpec.model_validate(spec),
        report=None if report is None else Report.model_validate(report),
    )
