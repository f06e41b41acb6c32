"""Grades in the columns that Canvas imports into its gradebook.

Canvas finds a student by the first of `ID`, `SIS User ID` and `SIS Login ID` that is filled in; the login is
the one of them that we know. A row of `Points Possible` comes before the students, and a column whose name is
no assignment of the course becomes a new one. An empty field leaves the grade in Canvas as it is: who has
handed in nothing yet is given no zero by an export.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from api.grades import plain_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.grades import StudentGrade
    from store.repository import AssignmentDetails

_COLUMNS: Final = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
_POINTS: Final = "    Points Possible"


def canvas_csv(students: Sequence[StudentGrade], assignment: AssignmentDetails) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*_COLUMNS, plain_text(assignment.spec.title)])
    writer.writerow([_POINTS, None, None, None, None, round(assignment.spec.max_points, 2)])
    for student in students:
        row = student.row
        writer.writerow(
            [
                plain_text(row.display_name),
                None,
                None,
                plain_text(row.user_name),
                None,
                student.grade.points,
            ]
        )
    return text.getvalue()
