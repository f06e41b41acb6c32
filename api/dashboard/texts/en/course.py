"""One course."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "course.assignment": "Assignment",
    "course.due": "Due",
    "course.handed_in": "Handed in",
    "course.graded": "Graded",
    "course.no_date": "no date",
    "course.students_of": "{count} of {of}",
    "course.empty": "This course has no assignments yet.",
    "course.assignments": "Assignments",
    "course.scores": "Scores",
    "course.diagnoses": "Diagnoses",
    "course.submissions": "{count} {count:submission|submissions}",
    "course.in_progress": "{count} under way",
    "course.to_look_at": "{count} to look at",
    "course.mean": "mean {mean:points} of {of:points}",
    "course.needs_attention": "Needs attention",
    "course.all_well": "Nothing errored, nothing is stuck, nothing is flagged.",
    "course.activity": "The last 24 hours",
    "course.handed_in_today": "{count:submission|submissions} handed in",
    "course.activity_summary": "{count} {count:submission|submissions} in the last {hours} hours, hour by "
    "hour.",
    "course.hour": "Hour (UTC)",
    "course.extended": "extended for you",
    "course.share_of_points": "Share of the points",
    "course.own_attempts": "{count} {count:submission|submissions}",
    "course.scores_summary": "Best points of {count} {count:student|students}: mean {mean} of {of:points}. "
    "From few points on the left to all on the right.",
}
