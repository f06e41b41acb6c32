"""Grades as files for other programs: spreadsheets, and the gradebook of Canvas."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from api.grades import grade_max_points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.grades import StudentGrade
    from store.repository import AssignmentDetails

# What a spreadsheet would take for a formula; the wide ones are for those of East Asia.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# What Canvas' import asks for before the columns of assignments; it finds a student by any of the ids.
_CANVAS_COLUMNS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
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
                _plain_text(row.user_name),
                _plain_text(row.display_name),
                grade.points,
                grade_max_points(student, assignment),
                counts.id if counts else None,
                _moment(counts.at_s if counts else None),
                _moment(grade.due_at_s),
                counts.late_days if counts else None,
                counts.taken if counts else None,
                counts.computed_points if counts else None,
                override.points if override else None,
                _plain_text(override.author) if override else None,
                _plain_text(override.reason) if override else None,
                len(row.submissions),
                " ".join(message.code for message in grade.messages),
            ]
        )
    return text.getvalue()


def canvas_csv(students: Sequence[StudentGrade], assignment: AssignmentDetails) -> str:
    """As Canvas' gradebook imports it, with one column; students are found by their login.

    Its second line says how many points there are. An empty grade leaves what Canvas has as it is.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*_CANVAS_COLUMNS, _plain_text(assignment.spec.title)])
    writer.writerow(["    Points Possible", "", "", "", "", round(assignment.spec.max_points, 2)])
    for student in students:
        name, login = _plain_text(student.row.display_name), _plain_text(student.row.user_name)
        writer.writerow([name, "", "", login, "", student.grade.points])
    return text.getvalue()


def _moment(at_s: float | None) -> str | None:
    return None if at_s is None else datetime.fromtimestamp(at_s, UTC).isoformat(timespec="seconds")


def _plain_text(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
