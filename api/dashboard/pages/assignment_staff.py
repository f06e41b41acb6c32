"""An assignment as its staff see it: where every student stands."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from api import wording
from api.dashboard.charts.fit_scatter import Dot, FitScatter, fit_scatter
from api.dashboard.texts import say
from api.dashboard.words import Badge, fit_badge, state_badge
from api.starters.texts import title_of
from graders.generalization_gap import GeneralizationGapParameters

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.dashboard.pages.acting_assignment import ActingOnAssignment
    from api.language import Language
    from graders.report import Fit
    from graders.spec import AssignmentSpec
    from store.repository import AssignmentDetails, Standing

Sort = Literal["name", "state", "points", "training", "validation", "gap", "fit", "submitted"]
Order = Literal["asc", "desc"]
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
_KEYS: Final[dict[Sort, Callable[[StudentRow], Any]]] = {
    "name": lambda row: row.student.casefold(),
    "state": lambda row: row.state.word if row.state else None,
    "points": lambda row: row.points,
    "training": lambda row: row.training_value,
    "validation": lambda row: row.validation_value,
    "gap": lambda row: row.gap_value,
    "fit": lambda row: row.fit.word if row.fit else None,
    "submitted": lambda row: row.submitted_at,
}
_FINAL_WITH_REPORT = {"graded", "failed"}


@dataclass(frozen=True, kw_only=True)
class Heading:
    """`sorted_as` is the value of aria-sort; `href` sorts by this column, or turns it round."""

    label: str
    is_figure: bool
    sorted_as: Literal["ascending", "descending", "none"]
    href: str


@dataclass(frozen=True, kw_only=True)
class StudentRow:
    """The student's best graded submission, or the newest while none is graded.

    `newer` is the state of a newer submission that is still under way.
    """

    student: str
    href: str | None
    attempts: int
    state: Badge | None
    newer: Badge | None
    points: float | None
    training: str
    validation: str
    gap: str
    training_value: float | None
    validation_value: float | None
    gap_value: float | None
    fit: Badge | None
    fit_code: Fit | None
    submitted_at: float | None


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
    scatter: FitScatter | None
    headings: tuple[Heading, ...]
    rows: tuple[StudentRow, ...]
    acting: ActingOnAssignment | None = None


def assignment_staff_page(
    assignment: AssignmentDetails,
    standings: list[Standing],
    language: Language,
    *,
    sort: str,
    order: str,
    acting: ActingOnAssignment | None = None,
) -> AssignmentStaffPage:
    """`sort` and `order` as they came in the address; what is neither is read as the name, ascending."""
    limits = gap_parameters(assignment.spec)
    loss = limits is not None and limits.measure == "loss"
    rows = [
        _row(list(own), language, loss=loss)
        for _, own in groupby(standings, key=lambda standing: standing.user_id)
    ]
    by: Sort = next((name for name in get_args(Sort) if name == sort), "name")
    way: Order = "desc" if order == "desc" else "asc"
    states = [standing.state for standing in standings if standing.state]
    return AssignmentStaffPage(
        slug=assignment.slug,
        title=title_of(assignment.spec, language),
        description=assignment.spec.description,
        due_at=assignment.due_at,
        max_points=assignment.spec.max_points,
        version=assignment.version,
        students=len(rows),
        handed_in=sum(row.href is not None for row in rows),
        graded=sum(row.points is not None for row in rows),
        in_progress=sum(state in {"queued", "claimed", "training", "evaluating"} for state in states),
        attention=states.count("errored"),
        scatter=fit_scatter([dot for row in rows if (dot := _dot(row))], limits, language),
        headings=tuple(_heading(name, by, way, language) for name in _HEADINGS),
        rows=tuple(_sorted(rows, by, way)),
        acting=acting,
    )


def gap_parameters(spec: AssignmentSpec) -> GeneralizationGapParameters | None:
    """Those by which `graders.grade` diagnoses: of the first criterion that has them."""
    for criterion in spec.criteria:
        if criterion.grader == "generalization_gap":
            return GeneralizationGapParameters.model_validate(criterion.parameters)
    return None


def _row(own: list[Standing], language: Language, *, loss: bool) -> StudentRow:
    newest = own[-1]
    graded = [standing for standing in own if standing.state in _FINAL_WITH_REPORT]
    # Of several with the same points, the first: later ones did not get better.
    counts = max(graded, key=lambda standing: standing.points or 0.0) if graded else newest
    training = counts.training_loss if loss else counts.training_error
    validation = counts.validation_loss if loss else counts.validation_error
    gap = None if training is None or validation is None else validation - training
    fit: Fit | None = counts.fit  # type: ignore[assignment]
    under_way = newest is not counts and newest.state not in _FINAL_WITH_REPORT
    return StudentRow(
        student=newest.display_name,
        href=f"/submissions/{counts.submission_id}" if counts.submission_id else None,
        attempts=sum(standing.submission_id is not None for standing in own),
        state=state_badge(language, counts.state) if counts.state else None,
        newer=state_badge(language, newest.state) if under_way and newest.state else None,
        points=counts.points,
        training=_error(language, training, loss=loss),
        validation=_error(language, validation, loss=loss),
        gap=_signed(language, gap, loss=loss),
        training_value=training,
        validation_value=validation,
        gap_value=gap,
        fit=fit_badge(language, fit) if fit else None,
        fit_code=fit,
        submitted_at=counts.submitted_at,
    )


def _dot(row: StudentRow) -> Dot | None:
    if row.training_value is None or row.validation_value is None or not row.href:
        return None
    return Dot(
        student=row.student,
        training=row.training_value,
        validation=row.validation_value,
        fit=row.fit_code or "inconclusive",
        href=row.href,
    )


def _error(language: Language, value: float | None, *, loss: bool) -> str:
    if value is None:
        return wording.NOTHING
    return wording.number(language, value) if loss else wording.share(language, value)


def _signed(language: Language, gap: float | None, *, loss: bool) -> str:
    if gap is None:
        return wording.NOTHING
    return wording.signed_number(language, gap) if loss else wording.signed_share(language, gap)


def _sorted(rows: list[StudentRow], by: Sort, way: Order) -> list[StudentRow]:
    """What has no value comes last, whichever way."""
    key = _KEYS[by]
    known = sorted((row for row in rows if key(row) is not None), key=key, reverse=way == "desc")
    return [*known, *(row for row in rows if key(row) is None)]


def _heading(name: Sort, by: Sort, way: Order, language: Language) -> Heading:
    key, is_figure = _HEADINGS[name]
    turned: Order = "desc" if name == by and way == "asc" else "asc"
    return Heading(
        label=say(language, key),
        is_figure=is_figure,
        sorted_as="none" if name != by else "ascending" if way == "asc" else "descending",
        href=f"?sort={name}&order={turned}#students",
    )
