"""From what is stored of one student to their grade."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graders.final_grade import grade_of

if TYPE_CHECKING:
    from graders.final_grade import FinalGrade
    from store.repository import AssignmentDetails, GradebookRow


def grade_row(row: GradebookRow, assignment: AssignmentDetails) -> FinalGrade:
    """By what the newest version of the assignment says of lateness and of what counts."""
    return grade_of(
        [submission.handed_in for submission in row.submissions],
        due_at_s=assignment.due_at,
        extended_to_s=row.extended_to,
        late=assignment.spec.late,
        counting=assignment.spec.counting,
        chosen=row.chosen,
    )
