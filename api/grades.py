"""Grades as the API and the pages tell them: reckoned anew from what is stored, each time."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from api.messages import render
from api.schemas_grade import ExplanationOut, GradedSubmissionOut, GradeOut, GradeRowOut, OverrideOut
from api.visibility import report_for_reader
from graders.final_grade import closes_at_s
from graders.report import Message
from store import repository
from store.grading import grade_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from graders.final_grade import FinalGrade
    from store.repository import AssignmentDetails, GradebookRow, OverrideRow

# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_COLUMNS = (
    *("user", "display_name", "points", "max_points", "submission", "handed_in_at", "due_at", "late_days"),
    *(
        "taken",
        "computed_points",
        "override_points",
        "override_by",
        "override_reason",
        "submissions",
        "codes",
    ),
)


@dataclass(frozen=True, kw_only=True)
class StudentGrade:
    """`provisional`: the points of criteria that their reader may not see yet are left out."""

    row: GradebookRow
    grade: FinalGrade
    provisional: bool = False


def grades(session: Session, assignment: AssignmentDetails) -> list[StudentGrade]:
    """Of every student, by display name, as staff read them."""
    return [
        StudentGrade(row=row, grade=grade_row(row, assignment))
        for row in repository.gradebook(session, assignment.id)
    ]


def grade_of_student(
    session: Session, assignment: AssignmentDetails, user_id: str
) -> StudentGrade | None:
    """Of one, as staff read it. None: they are not in the course."""
    rows = repository.gradebook(session, assignment.id, user_id=user_id)
    return StudentGrade(row=rows[0], grade=grade_row(rows[0], assignment)) if rows else None


def own_grade(
    session: Session, assignment: AssignmentDetails, user_id: str, *, now: float
) -> StudentGrade | None:
    """As the student reads it. None: they are not in the course.

    While something can still be handed in, hidden criteria stay out: a total that moved with them would tell
    what they hide. Nothing is hidden in a grade of which nothing can change any more.
    """
    rows = repository.gradebook(session, assignment.id, user_id=user_id)
    if not rows:
        return None
    (row,) = rows
    final = grade_row(row, assignment)
    closes_at = closes_at_s(
        due_at_s=assignment.due_at, extended_to_s=row.extended_to, late=assignment.spec.late
    )
    if closes_at is not None and now > closes_at:
        return StudentGrade(row=row, grade=final)
    reports = repository.counted_reports(session, assignment.id, user_id)
    shown = {
        submission: report_for_reader(
            report, spec=assignment.spec, staff=False, due_at=final.due_at_s, now=now
        )
        for submission, report in reports.items()
    }
    if all(len(shown[key].criteria) == len(report.criteria) for key, report in reports.items()):
        return StudentGrade(row=row, grade=final)
    seen = tuple(
        replace(
            submission,
            handed_in=replace(
                submission.handed_in,
                points=shown[submission.handed_in.id].points,
                max_points=shown[submission.handed_in.id].max_points,
            ),
        )
        if submission.handed_in.id in shown
        else submission
        for submission in row.submissions
    )
    provisional = replace(row, submissions=seen)
    grade = grade_row(provisional, assignment)
    told = (*grade.messages, Message(code="grade.provisional"))
    return StudentGrade(row=provisional, grade=replace(grade, messages=told), provisional=True)


def grade_out(student: StudentGrade, assignment: AssignmentDetails) -> GradeOut:
    grade = student.grade
    return GradeOut(
        assignment=assignment.slug,
        user=student.row.user_name,
        display_name=student.row.display_name,
        points=grade.points,
        max_points=_max_points(student, assignment),
        provisional=student.provisional,
        counting=assignment.spec.counting,
        due_at=grade.due_at_s,
        explanation=[
            ExplanationOut(code=message.code, parameters=message.parameters, text=render(message))
            for message in grade.messages
        ],
        submissions=[
            GradedSubmissionOut(
                id=found.id,
                handed_in_at=found.at_s,
                counts=found is grade.counts,
                points=found.points,
                max_points=found.max_points,
                reported_points=found.reported_points,
                computed_points=found.computed_points,
                override_points=found.override_points,
                late_days=found.late_days,
                taken=found.taken,
            )
            for found in grade.submissions
        ],
    )


def grade_row_out(student: StudentGrade, assignment: AssignmentDetails) -> GradeRowOut:
    return GradeRowOut(
        **grade_out(student, assignment).model_dump(),
        extended_to=student.row.extended_to,
        overrides=[
            override_out(submission.override)
            for submission in student.row.submissions
            if submission.override is not None
        ],
    )


def override_out(override: OverrideRow) -> OverrideOut:
    return OverrideOut(
        submission=override.submission_id,
        points=override.points,
        computed_points=override.computed_points,
        reason=override.reason,
        author=override.author,
        created_at=override.created_at,
    )


def grades_csv(students: Sequence[StudentGrade], assignment: AssignmentDetails) -> str:
    """One line a student; times are UTC, ISO 8601; an empty field is nothing known."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for student in students:
        row, grade, counts = student.row, student.grade, student.grade.counts
        override = next(
            (s.override for s in row.submissions if counts is not None and s.handed_in.id == counts.id), None
        )
        writer.writerow(
            [
                plain_text(row.user_name),
                plain_text(row.display_name),
                grade.points,
                _max_points(student, assignment),
                counts.id if counts else None,
                _moment(counts.at_s if counts else None),
                _moment(grade.due_at_s),
                counts.late_days if counts else None,
                counts.taken if counts else None,
                counts.computed_points if counts else None,
                override.points if override else None,
                plain_text(override.author) if override else None,
                plain_text(override.reason) if override else None,
                len(row.submissions),
                " ".join(message.code for message in grade.messages),
            ]
        )
    return text.getvalue()


def _max_points(student: StudentGrade, assignment: AssignmentDetails) -> float:
    found = student.grade.max_points
    return round(assignment.spec.max_points, 2) if found is None else found


def _moment(at_s: float | None) -> str | None:
    return None if at_s is None else datetime.fromtimestamp(at_s, UTC).isoformat(timespec="seconds")


def plain_text(text: str) -> str:
    """What people wrote, so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
