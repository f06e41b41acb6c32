"""What the leaderboards are made of. The misses are for `graders.board` alone, and leave by no other way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from graders.board import BoardEntry
from graders.spec import AssignmentSpec
from store.models import Assignment, AssignmentVersion, Enrollment, ReportRecord, Run, Submission, User
from store.repository.gradebook import newest_reports

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, kw_only=True)
class Competitor:
    """A student with their submissions that were measured on the board's rows, in the order of handing in."""

    user_id: str
    user_name: str
    display_name: str
    entries: tuple[BoardEntry, ...]


def competitors(session: Session, assignment_id: str) -> list[Competitor]:
    """Every enrolled student with such a submission, the first who handed one in first.

    Runs on other data, another split or another number of repeats missed other rows, and are left out.
    """
    newest = newest_reports(assignment_id)
    report: Any = ReportRecord.report
    rows = session.execute(
        select(
            User.id,
            User.name,
            User.display_name,
            Submission.created_at,
            report["board_misses"].as_string(),
            report["board_rows"].as_integer(),
        )
        .join(Submission, Submission.user_id == User.id)
        .join(Assignment, Assignment.id == Submission.assignment_id)
        .join(Enrollment, (Enrollment.user_id == User.id) & (Enrollment.course_id == Assignment.course_id))
        .join(newest, (newest.c.submission_id == Submission.id) & (newest.c.place == 1))
        .join(Run, Run.id == newest.c.run_id)
        .join(ReportRecord, (ReportRecord.run_id == Run.id) & (ReportRecord.version == newest.c.version))
        .where(
            Enrollment.role == "student", Run.spec_version.in_(_comparable_versions(session, assignment_id))
        )
        .order_by(Submission.id)
    )
    found: dict[tuple[str, str, str], list[BoardEntry]] = {}
    for user_id, name, display_name, at, misses, missed_of in rows:
        if missed_of:  # none in reports of code that failed, and of before there were boards
            entry = BoardEntry(at_s=at, packed_misses=misses, rows=missed_of)
            found.setdefault((user_id, name, display_name), []).append(entry)
    return [
        Competitor(user_id=user_id, user_name=name, display_name=display_name, entries=tuple(entries))
        for (user_id, name, display_name), entries in found.items()
    ]


def _comparable_versions(session: Session, assignment_id: str) -> list[int]:
    """Those that draw the same rows as the newest: only runs of these meet on one board."""
    rows = session.execute(
        select(AssignmentVersion.version, AssignmentVersion.spec)
        .where(AssignmentVersion.assignment_id == assignment_id)
        .order_by(AssignmentVersion.version)
    )
    drawn = {}
    for version, document in rows:
        spec = AssignmentSpec.model_validate(document)
        drawn[version] = (spec.dataset, spec.split, spec.repeats)
    newest = drawn[max(drawn)]
    return [version for version, found in drawn.items() if found == newest]
