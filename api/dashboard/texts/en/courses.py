"""The start page."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "courses.assignments": "{count} {count:assignment|assignments}",
    "courses.students": "{count} {count:student|students}",
    "courses.you_are": "you are {role}",
    "courses.handed_in": "handed in",
    "courses.graded": "graded",
    "courses.under_way": "under way",
    "courses.attention": "need attention",
    "courses.next_due": "Next due: {when}",
    "courses.none": "You are not enrolled in a course yet. Ask your course staff to add you.",
    "courses.newest": "Newest of your courses",
    "courses.own": "Your submissions",
}
