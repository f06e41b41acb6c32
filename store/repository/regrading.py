"""What a regrade reads and writes, many submissions at a time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import func, insert, select, update

from graders import evidence_format
from graders.controls import ControlFigures, control_figures
from graders.measures import MEASURES_VERSION, Measures, measure
from graders.spec import AssignmentSpec, run_digest
from store.models import Assignment, AssignmentVersion, EvidenceRecord, ReportRecord, Run, Submission, User

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

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


@dataclass(frozen=True, kw_only=True)
class Measured:
    """`fresh`: they were made from the evidence just now, since none were stored or they were out of date."""

    run_id: str
    measures: Measures
    fresh: bool


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
        found = list({target.user_id: target for target in found}.values())
    return found


def run_digests(session: Session, assignment_id: str) -> dict[int, str]:
    """Of each version of the assignment: what it runs. Equal digests judge the same evidence."""
    rows = session.execute(
        select(AssignmentVersion.version, AssignmentVersion.spec).where(
            AssignmentVersion.assignment_id == assignment_id
        )
    )
    return {version: run_digest(AssignmentSpec.model_validate(spec)) for version, spec in rows}


def measured_of(session: Session, targets: Sequence[Target]) -> list[Measured]:
    """Measures of these runs, with the figures of their newest control runs, in the order of `targets`."""
    measures: dict[str, tuple[Measures, bool]] = {}
    controls: dict[str, tuple[ControlFigures, ...]] = {}
    for start in range(0, len(targets), _AT_ONCE):
        batch = targets[start : start + _AT_ONCE]
        measures |= _measures(session, [target.run_id for target in batch])
        controls |= _controls(session, [target.submission_id for target in batch])
    return [
        Measured(
            run_id=target.run_id,
            measures=_with_controls(measures[target.run_id][0], controls.get(target.submission_id)),
            fresh=measures[target.run_id][1],
        )
        for target in targets
    ]


def _with_controls(measures: Measures, controls: tuple[ControlFigures, ...] | None) -> Measures:
    return measures if controls is None else measures.model_copy(update={"controls": controls})


def _measures(session: Session, run_ids: list[str]) -> dict[str, tuple[Measures, bool]]:
    rows = session.execute(
        select(EvidenceRecord.run_id, EvidenceRecord.measures).where(
            EvidenceRecord.run_id.in_(run_ids), EvidenceRecord.measures_version == MEASURES_VERSION
        )
    )
    found = {run_id: (Measures.model_validate(stored), False) for run_id, stored in rows}
    # One at a time: evidence of MNIST is a megabyte each.
    for run_id in run_ids:
        if run_id not in found:
            blob = session.scalars(select(EvidenceRecord.blob).where(EvidenceRecord.run_id == run_id)).one()
            fresh = measure(evidence_format.from_bytes(blob))
            _keep_measures(session, run_id, fresh)
            found[run_id] = fresh, True
    return found


def _keep_measures(session: Session, run_id: str, measures: Measures) -> None:
    """Beside the evidence they were made from."""
    session.execute(
        update(EvidenceRecord)
        .where(EvidenceRecord.run_id == run_id)
        .values(measures=measures.model_dump(mode="json"), measures_version=MEASURES_VERSION)
        .execution_options(synchronize_session=False)
    )


def _controls(session: Session, submission_ids: list[str]) -> dict[str, tuple[ControlFigures, ...]]:
    newest = (
        select(Run.submission_id, func.max(Run.id).label("run_id"))
        .join(EvidenceRecord, EvidenceRecord.run_id == Run.id)
        .where(Run.kind == "control", Run.submission_id.in_(submission_ids))
        .group_by(Run.submission_id)
        .subquery()
    )
    rows = session.execute(
        select(newest.c.submission_id, EvidenceRecord.blob).join(
            newest, newest.c.run_id == EvidenceRecord.run_id
        )
    )
    return {
        submission_id: tuple(map(control_figures, evidence_format.from_bytes(blob).controls))
        for submission_id, blob in rows
    }


def add_reports(
    session: Session,
    reports: Sequence[tuple[str, Report]],
    *,
    cause: Literal["control", "regrade"],
    author_id: str | None,
    now: float | None = None,
) -> None:
    """One more report for each run, beside the earlier ones; all of them in two statements a batch."""
    now = time.time() if now is None else now
    for start in range(0, len(reports), _AT_ONCE):
        batch = dict(reports[start : start + _AT_ONCE])
        newest = dict(
            session.execute(
                select(ReportRecord.run_id, func.max(ReportRecord.version))
                .where(ReportRecord.run_id.in_(batch))
                .group_by(ReportRecord.run_id)
            ).tuples().all()
        )
        session.execute(
            insert(ReportRecord),
            [
                {
                    "run_id": run_id,
                    "version": newest.get(run_id, 0) + 1,
                    "report": report.model_dump(mode="json"),
                    "spec_version": report.spec_version,
                    "cause": cause,
                    "author_id": author_id,
                    "created_at": now,
                }
                for run_id, report in batch.items()
            ],
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
    return dict(rows.tuples().all())
