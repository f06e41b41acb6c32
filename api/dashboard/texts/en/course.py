"""One course."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "course.assignment": "Assignment",
    "course.due": "Due",
    "course.students": "Students",
    "course.handed_in": "Handed in",
    "course.graded": "Graded",
    "course.under_way": "Under way",
    "course.attention": "Need attention",
    "course.attempts": "Attempts",
    "course.best_points": "Best points",
    "course.over": "(over)",
    "course.no_date": "no date",
    "course.students_of": "{count} of {of}",
    "course.empty": "This course has no assignments yet.",
}
