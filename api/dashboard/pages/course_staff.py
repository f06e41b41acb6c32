"""One course as its staff see it: assignments, what needs a person, what came in today."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from api import wording
from api.dashboard.charts.score_histogram import counted
from api.dashboard.charts.sparkline import Sparkline, sparkline
from api.dashboard.texts import named, say
from api.dashboard.words import Badge, duration, fit_badge
from api.starters.texts import title_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from api.language import Language
    from graders.report import Fit
    from store.repository import (
        AssignmentDetails,
        Attention,
        BestResult,
        CourseRow,
        HandedInHour,
        Tally,
    )

ATTENTION_SHOWN: Final = 5
HOURS_SHOWN: Final = 24
_HOUR_S: Final = 3600
_ATTENTION_SIGNS: Final = {"errored": "!", "stuck": "…", "flagged": "⚑"}
# Who is in trouble, in the order in which the row shows them.
_FITS: Final[tuple[Fit, ...]] = ("overfitting", "underfitting")


@dataclass(frozen=True, kw_only=True)
class FitLink:
    """How many students have this diagnosis; `href` lists them."""

    badge: Badge
    students: int
    href: str


@dataclass(frozen=True, kw_only=True)
class AssignmentRow:
    """`handed_in`: students who did; `graded`: submissions with a report. `scores`: None without any."""

    slug: str
    title: str
    due_at: float | None
    due_in: str
    is_over: bool
    handed_in: int
    submissions: int
    graded: int
    in_progress: int
    attention: int
    scores: Sparkline | None
    mean: float | None
    max_points: float
    fits: tuple[FitLink, ...]


@dataclass(frozen=True, kw_only=True)
class AttentionItem:
    kind: Badge
    href: str
    student: str
    assignment: str
    at: float


@dataclass(frozen=True, kw_only=True)
class Hour:
    at: float
    submissions: int


@dataclass(frozen=True, kw_only=True)
class CourseStaffPage:
    title: str
    slug: str
    links: tuple[tuple[str, str], ...]  # (label, address) of what else there is of this course
    students: int
    rows: tuple[AssignmentRow, ...]
    attention: tuple[AttentionItem, ...]
    today: int
    activity: Sparkline
    hours: tuple[Hour, ...]


def course_staff_page(
    course: CourseRow,
    language: Language,
    *,
    assignments: Sequence[AssignmentDetails],
    tallies: Mapping[str, Tally],
    best: Mapping[str, Sequence[BestResult]],
    attention: Sequence[Attention],
    hours: Sequence[HandedInHour],
    links: Sequence[tuple[str, str]],
    now: float,
) -> CourseStaffPage:
    titles = {assignment.slug: title_of(assignment.spec, language) for assignment in assignments}
    came = _hours(hours, now)
    today = sum(hour.submissions for hour in came)
    return CourseStaffPage(
        title=course.title,
        slug=course.slug,
        links=tuple(links),
        students=course.students,
        rows=tuple(
            _row(assignment, tallies.get(assignment.id), best.get(assignment.id, ()), language, now)
            for assignment in assignments
        ),
        attention=tuple(_attention(item, titles, language) for item in attention),
        today=today,
        activity=sparkline(
            [hour.submissions for hour in came],
            say(language, "course.activity_summary", count=today, hours=HOURS_SHOWN),
            height=48,
        ),
        hours=came,
    )


def _row(
    assignment: AssignmentDetails,
    tally: Tally | None,
    best: Sequence[BestResult],
    language: Language,
    now: float,
) -> AssignmentRow:
    max_points = assignment.spec.max_points
    mean = math.fsum(result.points for result in best) / len(best) if best else None
    due_at = assignment.due_at
    return AssignmentRow(
        slug=assignment.slug,
        title=title_of(assignment.spec, language),
        due_at=due_at,
        due_in=due_in(due_at, now, language),
        is_over=due_at is not None and due_at < now,
        handed_in=tally.students if tally else 0,
        submissions=tally.submissions if tally else 0,
        graded=tally.graded if tally else 0,
        in_progress=tally.in_progress if tally else 0,
        attention=tally.attention if tally else 0,
        scores=None if mean is None else _scores(best, mean, max_points, language),
        mean=mean,
        max_points=max_points,
        fits=_fits(assignment.slug, best, language),
    )


def due_in(due_at: float | None, now: float, language: Language) -> str:
    """Coarse: in 3 days, 2 days ago; empty without a due date."""
    if due_at is None:
        return ""
    key = "frame.in" if due_at >= now else "frame.ago"
    return say(language, key, time=duration(language, abs(due_at - now)))


def _scores(best: Sequence[BestResult], mean: float, max_points: float, language: Language) -> Sparkline:
    summary = say(
        language,
        "course.scores_summary",
        count=len(best),
        mean=wording.points(language, round(mean, 1)),
        of=max_points,
    )
    return sparkline(counted([result.points for result in best], max_points), summary)


def _fits(slug: str, best: Sequence[BestResult], language: Language) -> tuple[FitLink, ...]:
    students = Counter(result.fit for result in best)
    return tuple(
        FitLink(
            badge=fit_badge(language, fit),
            students=students[fit],
            href=f"/assignments/{slug}?fit={fit}#students",
        )
        for fit in _FITS
        if students[fit]
    )


def _attention(item: Attention, titles: Mapping[str, str], language: Language) -> AttentionItem:
    kind = Badge(
        kind=f"attention-{item.kind}",
        sign=_ATTENTION_SIGNS[item.kind],
        word=named(language, "attention", item.kind),
    )
    return AttentionItem(
        kind=kind,
        href=f"/submissions/{item.submission_id}",
        student=item.student,
        assignment=titles.get(item.assignment_slug, item.assignment_slug),
        at=item.at,
    )


def _hours(hours: Sequence[HandedInHour], now: float) -> tuple[Hour, ...]:
    """Every one of the last day, the present one last."""
    known = {int(hour.hour): hour.submissions for hour in hours}
    last = int(now) // _HOUR_S * _HOUR_S
    first = last - (HOURS_SHOWN - 1) * _HOUR_S
    return tuple(Hour(at=at, submissions=known.get(at, 0)) for at in range(first, last + _HOUR_S, _HOUR_S))
