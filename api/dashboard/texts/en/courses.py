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
    "courses.new": "New course",
    "courses.about_new": "An empty course. On the page that follows you add its people; its instructors then "
    "make the assignments.",
    "courses.title": "Title",
    "courses.slug": "Short name, in addresses",
    "courses.about_slug": "Small letters, digits and single dashes, such as ml-2026. It stays as it is.",
    "courses.open": "Open the course",
    "courses.taken": "Another course has this short name; choose another.",
    "courses.wrong_title": "Title: write 1 to 200 characters.",
    "courses.wrong_slug": "Short name: 1 to 64 small letters and digits, with single dashes between them.",
}
