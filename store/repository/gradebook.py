"""What the grades of an assignment are reckoned from: a few queries, however many students there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Subquery, func, select

from graders.final_grade import HandedIn
from graders.report import Report
from graders.spec import AssignmentSpec
from store.models import (
    Assignment,
    AssignmentVersion,
    Choice,
    Enrollment,
    Extension,
    Override,
    ReportRecord,
    Run,
    Submission,
    User,
)
from store.repository.submissions import newest_graded_run

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, kw_only=True)
class OverrideRow:
    """Points that a person gave. `author` is a user's name; `computed_points`: as they were then."""

    id: str
    submission_id: str
    points: float
    computed_points: float | None
    reason: str
    author: str
    created_at: float


@dataclass(frozen=True, kw_only=True)
class GradebookSubmission:
    """`handed_in`: what `graders.final_grade` asks. `test_accuracy`: 0..1, for the final board alone."""

    handed_in: HandedIn
    state: str
    override: OverrideRow | None
    test_accuracy: float | None


@dataclass(frozen=True, kw_only=True)
class GradebookRow:
    """One student. `chosen`: the submission that they want to count, whatever the assignment does with it."""

    user_id: str
    user_name: str
    display_name: str
    extended_to: float | None
    chosen: str | None
    submissions: tuple[GradebookSubmission, ...]


def gradebook(session: Session, assignment_id: str, *, user_id: str | None = None) -> list[GradebookRow]:
    """Every enrolled student, by display name; with `user_id` that one user, whatever their role.

    A submission has the points of the newest report of its newest run that left one: while it is run again,
    or when that fails by our fault, the earlier report stands.
    """
    found = _submissions(session, assignment_id, user_id)
    query = (
        select(User.id, User.name, User.display_name, Extension.due_at, Choice.submission_id)
        .join(Enrollment, Enrollment.user_id == User.id)
        .join(Assignment, Assignment.course_id == Enrollment.course_id)
        .outerjoin(
            Extension, (Extension.assignment_id == Assignment.id) & (Extension.user_id == Enrollment.user_id)
        )
        .outerjoin(Choice, (Choice.assignment_id == Assignment.id) & (Choice.user_id == Enrollment.user_id))
        .where(Assignment.id == assignment_id)
        .order_by(User.display_name, User.id)
    )
    query = query.where(Enrollment.role == "student" if user_id is None else User.id == user_id)
    return [
        GradebookRow(
            user_id=user,
            user_name=name,
            display_name=display_name,
            extended_to=extended_to,
            chosen=chosen,
            submissions=tuple(found.get(user, ())),
        )
        for user, name, display_name, extended_to, chosen in session.execute(query)
    ]


def counted_reports(session: Session, assignment_id: str, user_id: str) -> dict[str, Report]:
    """The reports that `gradebook` takes the points of one user's submissions from, by submission."""
    newest = newest_reports(assignment_id)
    rows = session.execute(
        select(Submission.id, ReportRecord.report)
        .join(newest, newest.c.submission_id == Submission.id)
        .join(
            ReportRecord,
            (ReportRecord.run_id == newest.c.run_id) & (ReportRecord.version == newest.c.version),
        )
        .where(Submission.user_id == user_id, newest.c.place == 1)
    )
    return {submission: Report.model_validate(report) for submission, report in rows}


def newest_reports(assignment_id: str) -> Subquery:
    """`submission_id`, `run_id`, `version` of every report; `place` 1 has the one that counts.

    Keys alone, so that the database reads no report to find the newest.
    """
    order = (Run.id.desc(), ReportRecord.version.desc())
    return (
        select(
            Submission.id.label("submission_id"),
            Run.id.label("run_id"),
            ReportRecord.version.label("version"),
            func.row_number().over(partition_by=Submission.id, order_by=order).label("place"),
        )
        .join(Run, Run.submission_id == Submission.id)
        .join(ReportRecord, ReportRecord.run_id == Run.id)
        .where(Submission.assignment_id == assignment_id, Run.kind == "graded")
        .subquery()
    )


def active_overrides(
    session: Session, assignment_id: str, *, user_id: str | None = None
) -> dict[str, OverrideRow]:
    """Those that were not withdrawn, by submission."""
    query = (
        select(Override, User.name)
        .join(User, User.id == Override.author_id)
        .join(Submission, Submission.id == Override.submission_id)
        .where(Submission.assignment_id == assignment_id, Override.withdrawn_at.is_(None))
        .order_by(Override.id)
    )
    if user_id is not None:
        query = query.where(Submission.user_id == user_id)
    return {given.submission_id: override_row(given, author) for given, author in session.execute(query)}


def override_row(given: Override, author: str) -> OverrideRow:
    return OverrideRow(
        id=given.id,
        submission_id=given.submission_id,
        points=given.points,
        computed_points=given.computed_points,
        reason=given.reason,
        author=author,
        created_at=given.created_at,
    )


def _submissions(
    session: Session, assignment_id: str, user_id: str | None
) -> dict[str, list[GradebookSubmission]]:
    """By user, in the order of handing in."""
    overrides = active_overrides(session, assignment_id, user_id=user_id)
    # What a submission without a report could at most be worth.
    asked = _newest_spec(session, assignment_id).max_points
    newest = newest_reports(assignment_id)
    report: Any = ReportRecord.report
    query = (
        select(
            Submission.user_id,
            Submission.id,
            Submission.created_at,
            Run.state,
            # Picked out by the database: whole reports of a large course are hundreds of megabytes.
            report["points"].as_float(),
            report["max_points"].as_float(),
            report["parts", "test", "accuracy", "value"].as_float(),
        )
        .join(Run, Run.id == newest_graded_run())
        .outerjoin(newest, (newest.c.submission_id == Submission.id) & (newest.c.place == 1))
        .outerjoin(
            ReportRecord,
            (ReportRecord.run_id == newest.c.run_id) & (ReportRecord.version == newest.c.version),
        )
        .where(Submission.assignment_id == assignment_id)
        .order_by(Submission.id)
    )
    if user_id is not None:
        query = query.where(Submission.user_id == user_id)
    found: dict[str, list[GradebookSubmission]] = {}
    for user, submission, at, state, points, max_points, test_accuracy in session.execute(query):
        override = overrides.get(submission)
        handed_in = HandedIn(
            id=submission,
            at_s=at,
            points=points,
            max_points=asked if max_points is None else max_points,
            override_points=None if override is None else override.points,
        )
        found.setdefault(user, []).append(
            GradebookSubmission(
                handed_in=handed_in, state=state, override=override, test_accuracy=test_accuracy
            )
        )
    return found


def _newest_spec(session: Session, assignment_id: str) -> AssignmentSpec:
    spec = session.scalars(
        select(AssignmentVersion.spec)
        .where(AssignmentVersion.assignment_id == assignment_id)
        .order_by(AssignmentVersion.version.desc())
        .limit(1)
    ).one()
    return AssignmentSpec.model_validate(spec)
