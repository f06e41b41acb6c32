"""One course: its assignments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.starters.texts import title_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.dashboard.pages.listing import SubmissionItem
    from api.security import Visitor
    from store.repository import AssignmentDetails, CourseRow, Tally


@dataclass(frozen=True, kw_only=True)
class AssignmentRow:
    """For staff the counts are of everybody; for a student of their own, with their best points."""

    slug: str
    title: str
    dataset: str
    max_points: float
    due_at: float | None
    is_over: bool
    students: int
    submissions: int
    graded: int
    in_progress: int
    attention: int
    best_points: float | None


@dataclass(frozen=True, kw_only=True)
class CoursePage:
    title: str
    is_staff: bool
    students: int
    rows: tuple[AssignmentRow, ...]


def course_page(
    course: CourseRow,
    visitor: Visitor,
    *,
    assignments: list[AssignmentDetails],
    tallies: Mapping[str, Tally],
    best_points: Mapping[str, float],
    now: float,
) -> CoursePage:
    """`best_points` by assignment title's slug, of a student's own submissions."""

    def row(assignment: AssignmentDetails) -> AssignmentRow:
        tally = tallies.get(assignment.id)
        return AssignmentRow(
            slug=assignment.slug,
            title=title_of(assignment.spec, visitor.language),
            dataset=assignment.spec.dataset,
            max_points=assignment.spec.max_points,
            due_at=assignment.due_at,
            is_over=assignment.due_at is not None and assignment.due_at < now,
            students=tally.students if tally else 0,
            submissions=tally.submissions if tally else 0,
            graded=tally.graded if tally else 0,
            in_progress=tally.in_progress if tally else 0,
            attention=tally.attention if tally else 0,
            best_points=best_points.get(assignment.slug),
        )

    return CoursePage(
        title=course.title,
        is_staff=visitor.is_staff(course.id),
        students=course.students,
        rows=tuple(row(assignment) for assignment in assignments if assignment.course_id == course.id),
    )


def best_points_of(items: list[tuple[str, SubmissionItem]]) -> dict[str, float]:
    """From (assignment slug, submission): the most points of each assignment."""
    best: dict[str, float] = {}
    for slug, item in items:
        if item.points is not None:
            best[slug] = max(item.points, best.get(slug, item.points))
    return best
