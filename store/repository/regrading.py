"""What a regrade reads and writes, many submissions at a time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Select, func, insert, select

from graders.spec import AssignmentSpec, run_digest
from store.json_text import JsonText
from store.models import Assignment, AssignmentVersion, EvidenceRecord, ReportRecord, Run, Submission, User
from store.repository.results import put_results, result_of
from store.repository.states import ACTIVE_OR_QUEUED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy.orm import Session

    from graders.report import Report

Scope = Literal["one", "latest", "all"]
# Bound parameters of one statement: SQLite takes 32,766.
_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class Target:
    """A submission that can be regraded: its newest graded run left evidence.

    `run_spec_version` is what the run was run with; `points`, `outcome` and `spec_version` are those of its
    newest report.
    """

    submission_id: str
    user_id: str
    student: str
    run_id: str
    run_spec_version: int
    spec_version: int
    outcome: str
    points: float


def graded_targets(
    session: Session, assignment_id: str, *, scope: Scope, submission_id: str | None = None
) -> list[Target]:
    """In the order of handing in. `latest`: the newest of each student that has evidence."""
    newest = (
        select(func.max(Run.id))
        .join(EvidenceRecord, EvidenceRecord.run_id == Run.id)
        .where(Run.submission_id == Submission.id, Run.kind == "graded")
        .correlate(Submission)
    ).scalar_subquery()
    newest_report = (
        select(func.max(ReportRecord.version)).where(ReportRecord.run_id == Run.id).correlate(Run)
    ).scalar_subquery()
    report: Any = ReportRecord.report
    query = (
        select(
            Submission.id,
            Submission.user_id,
            User.display_name,
            Run.id,
            Run.spec_version,
            ReportRecord.spec_version,
            report["outcome"].as_string(),
            report["points"].as_float(),
        )
        .join(User, User.id == Submission.user_id)
        .join(Run, Run.id == newest)
        .join(ReportRecord, (ReportRecord.run_id == Run.id) & (ReportRecord.version == newest_report))
        .where(Submission.assignment_id == assignment_id)
        .order_by(Submission.id)
    )
    if scope == "one":
        query = query.where(Submission.id == submission_id)
    names = tuple(Target.__dataclass_fields__)
    found = [Target(**dict[str, Any](zip(names, row, strict=True))) for row in session.execute(query)]
    if scope == "latest":
        newest_of = {target.user_id: target for target in found}
        found = [target for target in found if target is newest_of[target.user_id]]
    return found


def run_digests(session: Session, assignment_id: str) -> dict[int, str]:
    """Of each version of the assignment: what it runs. Equal digests judge the same evidence."""
    rows = session.execute(
        select(AssignmentVersion.version, AssignmentVersion.spec).where(
            AssignmentVersion.assignment_id == assignment_id
        )
    )
    return {version: run_digest(AssignmentSpec.model_validate(spec)) for version, spec in rows}


def waiting_for_version(session: Session, submission_ids: Sequence[str], spec_version: int) -> set[str]:
    """Those that have a run by this version on its way, so that nobody asks for a second one."""
    found: set[str] = set()
    for start in range(0, len(submission_ids), _AT_ONCE):
        found |= set(
            session.scalars(
                select(Run.submission_id).where(
                    Run.submission_id.in_(submission_ids[start : start + _AT_ONCE]),
                    Run.kind == "graded",
                    Run.spec_version == spec_version,
                    Run.state.in_(ACTIVE_OR_QUEUED),
                )
            )
        )
    return found


def verdicts_of(session: Session, targets: Sequence[Target]) -> dict[str, dict[str, str]]:
    """Run id -> criterion id -> verdict, as each run's newest report says."""
    found: dict[str, dict[str, str]] = {}
    for start in range(0, len(targets), _AT_ONCE):
        run_ids = [target.run_id for target in targets[start : start + _AT_ONCE]]
        newest = _newest_reports(run_ids).subquery()
        rows = session.execute(
            select(ReportRecord.run_id, ReportRecord.report["criteria"]).join(
                newest,
                (newest.c.run_id == ReportRecord.run_id) & (newest.c.version == ReportRecord.version),
            )
        )
        found |= {run_id: {each["id"]: each["verdict"] for each in criteria} for run_id, criteria in rows}
    return found


def add_reports(
    session: Session,
    reports: Iterable[tuple[str, Report]],
    *,
    cause: Literal["control", "regrade"],
    author_id: str | None,
    now: float | None = None,
) -> None:
    """One more report for each of these (run id, report), beside the earlier ones.

    Each is written as it comes and not kept. A chunk has four statements.
    """
    now = time.time() if now is None else now
    written: list[dict[str, Any]] = []
    results: list[tuple[str, dict[str, Any]]] = []
    for run_id, report in reports:
        row = {"run_id": run_id, "report": JsonText(report.model_dump_json()), "created_at": now}
        written.append(row | {"spec_version": report.spec_version, "cause": cause, "author_id": author_id})
        results.append((run_id, result_of(report)))
    for start in range(0, len(written), _AT_ONCE):
        batch = written[start : start + _AT_ONCE]
        reported = session.execute(_newest_reports([row["run_id"] for row in batch]))
        newest = dict(reported.all())
        session.execute(
            insert(ReportRecord), [row | {"version": newest.get(row["run_id"], 0) + 1} for row in batch]
        )
    put_results(session, results)


def _newest_reports(run_ids: Collection[str]) -> Select[str, int]:
    return (
        select(ReportRecord.run_id, func.max(ReportRecord.version).label("version"))
        .where(ReportRecord.run_id.in_(run_ids))
        .group_by(ReportRecord.run_id)
    )


@dataclass(frozen=True, kw_only=True)
class Source:
    """What one student's newest submission says, for a comparison."""

    submission_id: str
    user_id: str
    source: str


def sources_to_compare(session: Session, assignment_id: str) -> list[Source]:
    """The newest of each student."""
    newest = (
        select(func.max(Submission.id))
        .where(Submission.assignment_id == assignment_id)
        .group_by(Submission.user_id)
    )
    rows = session.execute(
        select(Submission.id, Submission.user_id, Submission.source)
        .where(Submission.id.in_(newest))
        .order_by(Submission.id)
    )
    return [Source(submission_id=i, user_id=user_id, source=source) for i, user_id, source in rows]


def assignment_ids_of_course(session: Session, course_id: str) -> list[str]:
    query = select(Assignment.id).where(Assignment.course_id == course_id).order_by(Assignment.id)
    return list(session.scalars(query))


def newest_version(session: Session, assignment_id: str) -> int:
    return session.scalars(
        select(func.max(AssignmentVersion.version)).where(AssignmentVersion.assignment_id == assignment_id)
    ).one()


def students_of(session: Session, submission_ids: Collection[str]) -> dict[str, str]:
    """Submission id -> the display name of who handed it in."""
    rows = session.execute(
        select(Submission.id, User.display_name)
        .join(User, User.id == Submission.user_id)
        .where(Submission.id.in_(submission_ids))
    )
    return dict(rows.all())
