"""The start page: my courses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.dashboard.pages.listing import SubmissionItem, submission_item
from api.dashboard.texts import named, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from api.security import Visitor
    from store.repository import AssignmentDetails, CourseRow, SubmissionDetails, Tally


@dataclass(frozen=True, kw_only=True)
class CourseCard:
    """Counts are of everybody's submissions for staff, of one's own for students."""

    slug: str
    title: str
    role: str
    is_staff: bool
    assignments: int
    students: int
    submissions: int
    graded: int
    in_progress: int
    attention: int
    next_due_at: float | None


@dataclass(frozen=True, kw_only=True)
class CoursesPage:
    """`links`: (label, address) of what only administrators have."""

    links: tuple[tuple[str, str], ...]
    cards: tuple[CourseCard, ...]
    own: tuple[SubmissionItem, ...]
    staffed: tuple[SubmissionItem, ...]


def courses_page(
    visitor: Visitor,
    *,
    courses: list[CourseRow],
    assignments: list[AssignmentDetails],
    everybodys: Mapping[str, Tally],
    own_tallies: Mapping[str, Tally],
    own: list[SubmissionDetails],
    staffed: list[SubmissionDetails],
    now: float,
) -> CoursesPage:
    def card(course: CourseRow) -> CourseCard:
        is_staff = visitor.is_staff(course.id)
        here = [assignment for assignment in assignments if assignment.course_id == course.id]
        mine = [t for t in (everybodys if is_staff else own_tallies).values() if t.course_id == course.id]
        return CourseCard(
            slug=course.slug,
            title=course.title,
            role=named(visitor.language, "role", visitor.roles[course.id]),
            is_staff=is_staff,
            assignments=len(here),
            students=course.students,
            submissions=sum(tally.submissions for tally in mine),
            graded=sum(tally.graded for tally in mine),
            in_progress=sum(tally.in_progress for tally in mine),
            attention=sum(tally.attention for tally in mine),
            next_due_at=_next(assignment.due_at for assignment in here) if here else None,
        )

    def _next(moments: Iterable[float | None]) -> float | None:
        return min((moment for moment in moments if moment is not None and moment >= now), default=None)

    return CoursesPage(
        links=_links(visitor),
        cards=tuple(card(course) for course in courses),
        own=tuple(submission_item(details, visitor.language, staff=False) for details in own),
        staffed=tuple(submission_item(details, visitor.language, staff=True) for details in staffed),
    )


def _links(visitor: Visitor) -> tuple[tuple[str, str], ...]:
    if not visitor.principal.acts_as_admin:
        return ()
    pages = (("people.audit_of_service", "/audit"), ("courses.new", "/new-course"))
    return tuple((say(visitor.language, key), href) for key, href in pages)
