"""Submissions: looking up, and what a worker needs to run one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, select
from sqlalchemy.orm import aliased

from graders.report import Report
from graders.spec import AssignmentSpec
from store.job import Job
from store.models import (
    Assignment,
    AssignmentVersion,
    Extension,
    ReportRecord,
    Result,
    Run,
    RunLog,
    Submission,
    User,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session


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


@dataclass(frozen=True, kw_only=True)
class RunNow:
    """Where the run that a submission is graded by stands, for those who ask often."""

    run_id: str
    state: str
    attempt: int
    device: str
    finished_at: float | None


def newest_run(session: Session, submission_id: str) -> RunNow | None:
    row = session.execute(
        select(Run.id.label("run_id"), Run.state, Run.attempt, Run.device, Run.finished_at)
        .where(Run.submission_id == submission_id, Run.kind == "graded")
        .order_by(Run.id.desc())
        .limit(1)
    ).first()
    return None if row is None else RunNow(**row._mapping)  # noqa: SLF001 - its documented name


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
        waited_s=0.0 if run.started_at is None else run.started_at - run.created_at,
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
    student: str | None = None,
    states: Collection[str] = (),
    flagged: bool | None = None,
    since: float | None = None,
    before_id: str | None = None,
    limit: int = 50,
) -> list[SubmissionDetails]:
    """The newest first, of one user, of these courses, of one assignment, older than `before_id`.

    `student`: whose name it is; `states`: of the run that it is graded by; `flagged`: whether there is
    something for a person to look at; `since`: handed in then or later.
    """
    # Ids alone to choose by: whole rows, and their reports, are read of those few that are shown.
    chosen = select(Submission.id).order_by(Submission.id.desc()).limit(limit)
    if before_id is not None:
        chosen = chosen.where(Submission.id < before_id)
    if user_id is not None:
        chosen = chosen.where(Submission.user_id == user_id)
    if course_ids is not None:
        of_courses = select(Assignment.id).where(Assignment.course_id.in_(course_ids))
        chosen = chosen.where(Submission.assignment_id.in_(of_courses))
    if assignment_id is not None:
        chosen = chosen.where(Submission.assignment_id == assignment_id)
    if student is not None:
        chosen = chosen.where(Submission.user_id.in_(select(User.id).where(User.name == student)))
    if states:
        chosen = chosen.join(Run, graded_by()).where(Run.state.in_(states))
    if flagged is not None:
        with_flags = Submission.id.in_(select(Result.submission_id).where(Result.flags > 0))
        chosen = chosen.where(with_flags if flagged else ~with_flags)
    if since is not None:
        chosen = chosen.where(Submission.created_at >= since)
    query = _details_query().where(Submission.id.in_(select(chosen.subquery().c.id)))
    return [_details(row) for row in session.execute(query.order_by(Submission.id.desc()))]


def run_log(session: Session, run_id: str) -> str:
    return session.scalar(select(RunLog.log).where(RunLog.run_id == run_id)) or ""


def newest_graded_run() -> Any:
    """Id of the newest run that the submission of the surrounding query is graded by."""
    return (
        select(func.max(Run.id))
        .where(Run.submission_id == Submission.id, Run.kind == "graded")
        .correlate(Submission)
    ).scalar_subquery()


def graded_by() -> ColumnElement[bool]:
    """Joins each Submission with the newest Run that it is graded by.

    As `newest_graded_run`, for thousands at once: indexes alone are read, where they hold what is asked.
    """
    later = aliased(Run)
    # Its id, and no more of it: what stands in the index.
    later_one = select(later.id).where(
        later.submission_id == Submission.id, later.kind == "graded", later.id > Run.id
    )
    return and_(Run.submission_id == Submission.id, Run.kind == "graded", ~later_one.exists())


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
