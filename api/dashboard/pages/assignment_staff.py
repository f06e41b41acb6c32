"""An assignment as its staff see it: how the class does, and where every student stands."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlencode

from api import wording
from api.dashboard.charts.fit_scatter import Dot, FitScatter, fit_scatter
from api.dashboard.charts.pass_rates import PassRates, pass_rates
from api.dashboard.charts.score_histogram import ScoreHistogram, score_histogram
from api.dashboard.pages.paging import Paging, paged
from api.dashboard.pages.standing import Statistics, StudentStanding, statistics_of, student_standing
from api.dashboard.texts import say
from api.dashboard.words import Badge, description_of, fit_badge, state_badge
from api.starters.texts import title_of
from graders.generalization_gap import GeneralizationGapParameters

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from api.dashboard.pages.acting_assignment import ActingOnAssignment
    from api.dashboard.pages.asked import Asked, Order, Sort, Which
    from api.language import Language
    from graders.report import Fit
    from graders.spec import AssignmentSpec
    from store.repository import AssignmentDetails, Standing

_HEADINGS: Final[dict[Sort, tuple[str, bool]]] = {  # and whether the column holds figures
    "name": ("assignment.student", False),
    "state": ("assignment.state", False),
    "points": ("assignment.points", True),
    "training": ("assignment.training_error", True),
    "validation": ("assignment.validation_error", True),
    "gap": ("assignment.gap", True),
    "fit": ("assignment.diagnosis", False),
    "submitted": ("assignment.handed_in", False),
}
_KEYS: Final[dict[Sort, Callable[[StudentStanding], Any]]] = {
    "name": lambda one: one.student.casefold(),
    "state": lambda one: one.counts.state,
    "points": lambda one: one.counts.points,
    "training": lambda one: one.training,
    "validation": lambda one: one.validation,
    "gap": lambda one: one.gap,
    "fit": lambda one: one.counts.fit,
    "submitted": lambda one: one.counts.submitted_at,
}
_UNDER_WAY: Final = {"queued", "claimed", "training", "evaluating"}
_WHICH: Final[dict[Which, Callable[[StudentStanding], bool]]] = {
    "none": lambda one: one.counts.submission_id is None,
    "handed_in": lambda one: one.counts.submission_id is not None,
    "under_way": lambda one: bool({one.counts.state, one.newer_state} & _UNDER_WAY),
    "failed": lambda one: one.counts.state in {"failed", "errored"},
    "flagged": lambda one: bool(one.counts.flags),
}


@dataclass(frozen=True, kw_only=True)
class Heading:
    """`sorted_as` is the value of aria-sort; `href` sorts by this column, or turns it round."""

    label: str
    is_figure: bool
    sorted_as: Literal["ascending", "descending", "none"]
    href: str


@dataclass(frozen=True, kw_only=True)
class StudentRow:
    """As `StudentStanding`, ready to read."""

    student: str
    href: str | None
    attempts: int
    state: Badge | None
    newer: Badge | None
    points: float | None
    training: str
    validation: str
    gap: str
    fit: Badge | None
    is_flagged: bool
    submitted_at: float | None


@dataclass(frozen=True, kw_only=True)
class FitCount:
    """A diagnosis, how many students have it, and the address that lists them."""

    code: Fit
    badge: Badge
    students: int
    href: str


@dataclass(frozen=True, kw_only=True)
class AssignmentStaffPage:
    slug: str
    title: str
    description: str
    due_at: float | None
    max_points: float
    version: int
    students: int
    handed_in: int
    graded: int
    in_progress: int
    attention: int
    has_leaderboard: bool
    statistics: Statistics | None
    fits: tuple[FitCount, ...]
    scatter: FitScatter | None
    histogram: ScoreHistogram | None
    rates: PassRates | None
    asked: Asked
    headings: tuple[Heading, ...]
    rows: tuple[StudentRow, ...]
    paging: Paging
    acting: ActingOnAssignment | None = None


def assignment_staff_page(
    assignment: AssignmentDetails, standings: Sequence[Standing], language: Language, asked: Asked
) -> AssignmentStaffPage:
    spec = assignment.spec
    limits = gap_parameters(spec)
    loss = limits is not None and limits.measure == "loss"
    students = [student_standing(standing, loss=loss) for standing in standings]
    states = Counter(state for standing in standings for state in standing.states)
    points = [one.counts.points for one in students if one.counts.points is not None]
    shown, paging = paged(
        _sorted([one for one in students if _is_asked(one, asked)], asked),
        asked.page,
        asked.address(),
        anchor="#students",
    )
    return AssignmentStaffPage(
        slug=assignment.slug,
        title=title_of(spec, language),
        description=description_of(spec, language),
        due_at=assignment.due_at,
        max_points=spec.max_points,
        version=assignment.version,
        students=len(students),
        handed_in=sum(one.counts.submission_id is not None for one in students),
        graded=len(points),
        in_progress=sum(states[state] for state in _UNDER_WAY),
        attention=states["errored"],
        has_leaderboard=spec.leaderboard is not None,
        statistics=statistics_of(points, spec.max_points),
        fits=_fits(students, asked, language),
        scatter=fit_scatter([dot for one in students if (dot := _dot(one))], limits, language),
        histogram=score_histogram(points, spec.max_points, language),
        rates=pass_rates(
            [one.counts.verdicts for one in students if one.counts.verdicts],
            [criterion.id for criterion in spec.criteria],
            language,
        ),
        asked=asked,
        headings=tuple(_heading(name, asked, language) for name in _HEADINGS),
        rows=tuple(_row(one, language, loss=loss) for one in shown),
        paging=paging,
    )


def gap_parameters(spec: AssignmentSpec) -> GeneralizationGapParameters | None:
    """Those by which `graders.grade` diagnoses: of the first criterion that has them."""
    for criterion in spec.criteria:
        if criterion.grader == "generalization_gap":
            return GeneralizationGapParameters.model_validate(criterion.parameters)
    return None


def _is_asked(one: StudentStanding, asked: Asked) -> bool:
    return (
        (asked.fit is None or one.counts.fit == asked.fit)
        and (asked.which is None or _WHICH[asked.which](one))
        and asked.name.casefold() in one.student.casefold()
    )


def _sorted(students: list[StudentStanding], asked: Asked) -> list[StudentStanding]:
    """What has no value comes last, whichever way."""
    key = _KEYS[asked.sort]
    known = [one for one in students if key(one) is not None]
    known.sort(key=key, reverse=asked.order == "desc")
    return [*known, *(one for one in students if key(one) is None)]


def _fits(students: Sequence[StudentStanding], asked: Asked, language: Language) -> tuple[FitCount, ...]:
    counts = Counter(one.counts.fit for one in students)
    return tuple(
        FitCount(
            code=fit,
            badge=fit_badge(language, fit),
            students=counts[fit],
            href=f"?{urlencode(asked.address(fit=fit))}#students",
        )
        for fit in ("overfitting", "underfitting", "balanced", "inconclusive")
        if counts[fit]
    )


def _row(one: StudentStanding, language: Language, *, loss: bool) -> StudentRow:
    counts = one.counts
    fit: Fit | None = counts.fit  # type: ignore[assignment]
    return StudentRow(
        student=one.student,
        href=f"/submissions/{counts.submission_id}" if counts.submission_id else None,
        attempts=len(counts.states),
        state=state_badge(language, counts.state) if counts.state else None,
        newer=state_badge(language, one.newer_state) if one.newer_state else None,
        points=counts.points,
        training=_error(language, one.training, loss=loss),
        validation=_error(language, one.validation, loss=loss),
        gap=_signed(language, one.gap, loss=loss),
        fit=fit_badge(language, fit) if fit else None,
        is_flagged=bool(counts.flags),
        submitted_at=counts.submitted_at,
    )


def _dot(one: StudentStanding) -> Dot | None:
    if one.training is None or one.validation is None or not one.counts.submission_id:
        return None
    return Dot(
        student=one.student,
        training=one.training,
        validation=one.validation,
        fit=one.counts.fit or "inconclusive",  # type: ignore[arg-type]
        href=f"/submissions/{one.counts.submission_id}",
    )


def _error(language: Language, value: float | None, *, loss: bool) -> str:
    if value is None:
        return wording.NOTHING
    return wording.number(language, value) if loss else wording.share(language, value)


def _signed(language: Language, gap: float | None, *, loss: bool) -> str:
    if gap is None:
        return wording.NOTHING
    return wording.signed_number(language, gap) if loss else wording.signed_share(language, gap)


def _heading(name: Sort, asked: Asked, language: Language) -> Heading:
    key, is_figure = _HEADINGS[name]
    is_sorted = name == asked.sort
    turned: Order = "desc" if is_sorted and asked.order == "asc" else "asc"
    return Heading(
        label=say(language, key),
        is_figure=is_figure,
        sorted_as="none" if not is_sorted else "ascending" if asked.order == "asc" else "descending",
        href=f"?{urlencode(asked.address(sort=name, order=turned))}#students",
    )
