"""What stands around every page, and words that many pages share."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "frame.skip": "Skip to content",
    "frame.site": "Site",
    "frame.here": "You are here",
    "frame.courses": "Courses",
    "frame.queue": "Queue",
    "frame.settings": "Settings",
    "frame.people": "People",
    "frame.audit": "Audit",
    "frame.sign_in": "Sign in",
    "frame.sign_out": "Sign out",
    "frame.times": "Labmark. Times are UTC.",
    "frame.pages": "Pages",
    "frame.previous": "Previous",
    "frame.next": "Next",
    "frame.shown_of": "{first} to {last} of {count}",
    "frame.of_points": "{points:points} of {of:points}",
    "frame.to_courses": "To your courses",
    "frame.code": "Code: {code}",
    "frame.cancel": "Cancel",
    "frame.save": "Save",
    "frame.staff_only": "Students do not see it.",
    "frame.figures": "The figures",
    "frame.seconds": "{count} s",
    "frame.minutes": "{count} min",
    "frame.hours": "{count} h",
    "frame.days": "{count} {count:day|days}",
    "frame.ago": "{time} ago",
    "frame.in": "in {time}",
}
