"""One course as its students see it: what is due, what they have got, how often they may still hand in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.dashboard.pages.course_staff import due_in
from api.starters.texts import title_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from api.dashboard.pages.listing import SubmissionItem
    from api.language import Language
    from store.quota import QuotaStanding
    from store.repository import AssignmentDetails, CourseRow, Tally


@dataclass(frozen=True, kw_only=True)
class OwnAssignment:
    """`due_at` is the student's own; `left`: attempts, None for as many as they like."""

    slug: str
    title: str
    dataset: str
    due_at: float | None
    due_in: str
    is_over: bool
    is_extended: bool
    attempts: int
    graded: int
    in_progress: int
    left: int | None
    best_points: float | None
    max_points: float
    share: float  # of the points, 0..1
    has_leaderboard: bool


@dataclass(frozen=True, kw_only=True)
class CourseStudentPage:
    title: str
    rows: tuple[OwnAssignment, ...]


def course_student_page(
    course: CourseRow,
    language: Language,
    *,
    assignments: Sequence[AssignmentDetails],
    tallies: Mapping[str, Tally],
    best_points: Mapping[str, float],
    quotas: Mapping[str, QuotaStanding],
    due_dates: Mapping[str, float],
    now: float,
) -> CourseStudentPage:
    """`best_points` by slug; `quotas` and `due_dates` (moved for this student) by assignment id."""

    def row(assignment: AssignmentDetails) -> OwnAssignment:
        tally, quota = tallies.get(assignment.id), quotas.get(assignment.id)
        moved_to = due_dates.get(assignment.id)
        due_at = max(filter(None, (assignment.due_at, moved_to)), default=None)
        best, max_points = best_points.get(assignment.slug), assignment.spec.max_points
        return OwnAssignment(
            slug=assignment.slug,
            title=title_of(assignment.spec, language),
            dataset=assignment.spec.dataset,
            due_at=due_at,
            due_in=due_in(due_at, now, language),
            is_over=due_at is not None and due_at < now,
            is_extended=moved_to is not None and moved_to == due_at,
            attempts=tally.submissions if tally else 0,
            graded=tally.graded if tally else 0,
            in_progress=tally.in_progress if tally else 0,
            left=None if quota is None else quota.left,
            best_points=best,
            max_points=max_points,
            share=0.0 if best is None or not max_points else best / max_points,
            has_leaderboard=assignment.spec.leaderboard is not None,
        )

    # What is due next comes first, then what has no date, then what is over.
    rows = sorted(map(row, assignments), key=lambda one: (one.is_over, one.due_at is None, one.due_at or 0.0))
    return CourseStudentPage(title=course.title, rows=tuple(rows))


def best_points_of(items: list[tuple[str, SubmissionItem]]) -> dict[str, float]:
    """From (assignment slug, submission): the most points of each assignment."""
    best: dict[str, float] = {}
    for slug, item in items:
        if item.points is not None:
            best[slug] = max(item.points, best.get(slug, item.points))
    return best
