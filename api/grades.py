"""Grades as the API and the pages tell them: reckoned anew from what is stored, each time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from api.etags import etag_of
from api.messages import render
from api.schemas_grade import (
    ExplanationOut,
    ExtensionOut,
    GradedSubmissionOut,
    GradeOut,
    GradeRowOut,
    OverrideOut,
)
from api.visibility import report_for_reader
from graders.final_grade import closes_at_s
from graders.report import Message
from store import repository
from store.grading import grade_row

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.language import Language
    from graders.final_grade import FinalGrade
    from store.repository import AssignmentDetails, ExtensionRow, GradebookRow, OverrideRow


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


def grade_out(student: StudentGrade, assignment: AssignmentDetails, language: Language) -> GradeOut:
    grade = student.grade
    return GradeOut(
        assignment=assignment.slug,
        user=student.row.user_name,
        display_name=student.row.display_name,
        points=grade.points,
        max_points=grade_max_points(student, assignment),
        provisional=student.provisional,
        counting=assignment.spec.counting,
        due_at=grade.due_at_s,
        explanation=[
            ExplanationOut(code=message.code, parameters=message.parameters, text=render(message, language))
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


def grade_row_out(
    student: StudentGrade, assignment: AssignmentDetails, language: Language
) -> GradeRowOut:
    return GradeRowOut(
        **grade_out(student, assignment, language).model_dump(),
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
        etag=override_etag(override),
    )


def override_etag(override: OverrideRow) -> str:
    """Overrides are never changed: another is another."""
    return etag_of(override.id)


def extension_out(extension: ExtensionRow) -> ExtensionOut:
    return ExtensionOut(
        user=extension.user,
        display_name=extension.display_name,
        due_at=extension.due_at,
        reason=extension.reason,
        author=extension.author,
        created_at=extension.created_at,
        etag=extension_etag(extension),
    )


def extension_etag(extension: ExtensionRow) -> str:
    return etag_of(extension.due_at, extension.reason, extension.author, extension.created_at)


def grade_max_points(student: StudentGrade, assignment: AssignmentDetails) -> float:
    found = student.grade.max_points
    return round(assignment.spec.max_points, 2) if found is None else found
