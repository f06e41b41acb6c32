"""What a submission counts for, beside what its report says: lateness, what staff gave, which one counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from client.messages import points, say
from client.screen import safe_line

if TYPE_CHECKING:
    from client.screen import Screen
    from client.service import Service


def own_grade(service: Service, assignment: str) -> dict[str, Any] | None:
    """Good to know beside something else: None where it cannot be had now, or there is none."""
    found: dict[str, Any] | None = service.glance("assignments", assignment, "grades", "me")
    return found


def show_grade(screen: Screen, grade: dict[str, Any] | None, *, submission_id: str | None = None) -> None:
    """`submission_id`: the one that is looked at. Staff, who look at somebody else's, are shown nothing."""
    if grade is None:
        return
    ids = {str(found["id"]) for found in grade["submissions"]}
    if submission_id is not None and submission_id not in ids:
        return
    got = "–" if grade["points"] is None else points(grade["points"])
    screen.line("\n" + say("grade.is", points=got, max_points=points(grade["max_points"])), "bold")
    for explanation in grade["explanation"]:
        screen.line(safe_line(explanation["text"]), indent=2)
    counts = next((found for found in grade["submissions"] if found["counts"]), None)
    if counts is not None and submission_id is not None and counts["id"] != submission_id:
        screen.line(say("grade.other_counts", submission=safe_line(counts["id"])), indent=2)
