"""Everything the page of one submission shows, as values; the template only lays it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api import wording
from api.advice import advice_out
from api.dashboard.charts.confusion import ConfusionTable, confusion_table
from api.dashboard.charts.curve import CurveDrawing, draw_curve
from api.dashboard.listing import Listing, listing
from api.dashboard.pages.provenance import claims, provenance
from api.dashboard.texts import named, say
from api.dashboard.words import Badge, criterion_name, fit_badge, starts_in, state_badge, verdict_badge
from api.measured import measured_and_asked
from api.messages import render, render_code
from api.starters.texts import title_of
from api.views import failure_out, notice, reader_report
from store.repository import FINAL

if TYPE_CHECKING:
    from api.dashboard.pages.acting_submission import ActingOnSubmission
    from api.language import Language
    from api.schemas import FailureOut
    from api.schemas_feedback import AdviceOut
    from api.waiting import WaitsFor
    from graders.report import CriterionResult, PartMeasure, Rate, Report
    from store.forecast import Place
    from store.repository import Misread, Neighbours, SubmissionDetails


@dataclass(frozen=True, kw_only=True)
class CriterionRow:
    """`measured` and `asked` are ready to read, or empty where the sentences say it all."""

    name: str
    verdict: Badge
    measured: str
    asked: str
    points: float
    max_points: float
    sentences: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class LiveState:
    """The line that says where a submission is; sent again whenever it changes."""

    badge: Badge
    name: str
    queue_position: int | None
    starts: str  # in words; empty when nobody knows
    waits_for: str  # in words; empty when nothing is missing
    finished_at: float | None


@dataclass(frozen=True, kw_only=True)
class PartRow:
    name: str
    accuracy: str
    interval: str
    error: str
    loss: str
    rows: int
    spread: str  # over the repeats; empty for one


@dataclass(frozen=True, kw_only=True)
class MisreadPicture:
    """A row that the model got wrong: what it is, and what the model took it for."""

    href: str
    label: str
    predicted: str


@dataclass(frozen=True, kw_only=True)
class SubmissionPage:
    submission_id: str
    assignment_title: str
    assignment_slug: str
    user: str
    filename: str
    created_at: float
    finished_at: float | None
    state: LiveState
    notice: str | None
    fault: tuple[str, ...]  # for staff: what broke on our side, a line an attempt
    is_final: bool
    repeats: int
    points: float | None  # as computed
    max_points: float
    failure: FailureOut | None
    traceback: str
    fit: Badge | None
    diagnosis: tuple[str, ...]
    advice: tuple[AdviceOut, ...]
    flags: tuple[str, ...]  # for staff
    criteria: tuple[CriterionRow, ...]
    curve: CurveDrawing | None
    parts: tuple[PartRow, ...]
    confusion: ConfusionTable | None
    misread: tuple[MisreadPicture, ...]
    neighbours: Neighbours | None  # for staff
    may_cancel: bool
    notes: tuple[str, ...]
    dropped_lines: tuple[str, ...]
    listing: Listing
    failed_line: int | None
    log: str
    claims: tuple[tuple[str, str], ...]
    provenance: tuple[tuple[str, str], ...]
    acting: ActingOnSubmission | None = None  # for staff
    given_points: float | None = None  # by staff, in place of the computed ones


def live_state(
    state: str,
    language: Language,
    *,
    place: Place | None,
    finished_at: float | None,
    waits_for: WaitsFor | None,
    now: float,
    staff: bool = False,
) -> LiveState:
    # To its author the state says "your code"; to others it does not.
    area = "short_state" if staff and state == "failed" else "state"
    start_at = None if place is None or waits_for else place.start_at
    return LiveState(
        badge=state_badge(language, state),
        name=named(language, area, state),
        queue_position=None if place is None else place.position,
        starts=""
        if start_at is None
        else say(language, "submission.begins", when=starts_in(language, start_at - now)),
        waits_for=say(language, "submission.waits_for_gpu") if waits_for else "",
        finished_at=finished_at,
    )


def submission_page(
    details: SubmissionDetails,
    language: Language,
    *,
    staff: bool,
    log: str,
    now: float,
    place: Place | None = None,
    waits_for: WaitsFor | None = None,
    misread: Misread | None = None,
    neighbours: Neighbours | None = None,
) -> SubmissionPage:
    report = reader_report(details, staff=staff)
    submission, run = details.submission, details.run
    failure = report.failure if report else None
    diagnosis = report.diagnosis if report else None
    return SubmissionPage(
        submission_id=submission.id,
        assignment_title=title_of(details.spec, language),
        assignment_slug=details.assignment_slug,
        user=details.user_display_name,
        filename=submission.filename,
        created_at=submission.created_at,
        finished_at=run.finished_at,
        state=live_state(
            run.state,
            language,
            place=place,
            finished_at=run.finished_at,
            waits_for=waits_for,
            now=now,
            staff=staff,
        ),
        notice=notice(run, language),
        fault=tuple(run.error.splitlines()) if staff and run.error else (),
        is_final=run.state in FINAL,
        repeats=details.spec.repeats,
        points=report.points if report else None,
        max_points=report.max_points if report else details.spec.max_points,
        failure=failure_out(failure, details.submission, language) if failure else None,
        traceback=failure.traceback if failure else "",
        fit=fit_badge(language, diagnosis.fit) if diagnosis else None,
        diagnosis=_diagnosis(report, language) if report else (),
        advice=tuple(advice_out(report, details.submission, language)) if report else (),
        flags=tuple(render(message, language) for message in report.flags) if report else (),
        criteria=tuple(_criterion(result, language) for result in report.criteria) if report else (),
        curve=_curve(report, language) if report else None,
        parts=tuple(_part(name, part, language) for name, part in report.parts.items()) if report else (),
        confusion=_confusion(report, language) if report else None,
        misread=_misread(submission.id, misread, report.class_names) if report and misread else (),
        neighbours=neighbours,
        may_cancel=run.state not in FINAL,
        notes=tuple(render(message, language) for message in report.notes) if report else (),
        dropped_lines=tuple(submission.dropped_lines or ()),
        listing=listing(submission.source),
        failed_line=failure.line if failure else None,
        log=log,
        claims=claims(report, language) if report else (),
        provenance=provenance(report, run.attempt, language) if report else (),
    )


def _diagnosis(report: Report, language: Language) -> tuple[str, ...]:
    """With what stopping earlier would have scored: the one figure that makes the advice concrete."""
    sentences = (
        [render(message, language) for message in report.diagnosis.messages] if report.diagnosis else []
    )
    if report.stopping is not None:
        sentences.append(render_code("stopping.would_have_scored", report.stopping.model_dump(), language))
    return tuple(sentences)


def _criterion(result: CriterionResult, language: Language) -> CriterionRow:
    measured, asked = measured_and_asked(result, language)
    return CriterionRow(
        name=criterion_name(result.id, language),
        verdict=verdict_badge(language, result.verdict),
        measured=measured,
        asked=asked,
        points=result.points,
        max_points=result.max_points,
        # Told once, at the head of the page, and not again at each criterion.
        sentences=tuple(render(m, language) for m in result.messages if m.code != "run.failed"),
    )


def _part(name: str, part: PartMeasure, language: Language) -> PartRow:
    return PartRow(
        name=named(language, "part", name),
        accuracy=wording.share(language, part.accuracy.value),
        interval=_interval(part.accuracy, language),
        error=wording.share(language, part.error.value),
        loss="" if part.loss is None else wording.number(language, part.loss),
        rows=part.accuracy.n,
        spread="" if part.sd_error is None else f"± {wording.share(language, part.sd_error)}",
    )


def _interval(rate: Rate, language: Language) -> str:
    return say(language, "submission.interval", low=rate.low, high=rate.high)


def _curve(report: Report, language: Language) -> CurveDrawing | None:
    onset = report.curve.onset_epoch if report.curve else None
    return draw_curve(report.learning_curve, language, onset_epoch=onset)


def _confusion(report: Report, language: Language) -> ConfusionTable | None:
    """Of the test part, or of validation where test is hidden or missing."""
    for name in ("test", "validation"):
        part = report.parts.get(name)
        if part is not None and part.confusion:
            shown = named(language, "part", name)
            return confusion_table(part.confusion, report.class_names, part=shown, language=language)
    return None


def _misread(
    submission_id: str, misread: Misread, class_names: tuple[str, ...]
) -> tuple[MisreadPicture, ...]:
    def name(class_id: int) -> str:
        return class_names[class_id] if class_id < len(class_names) else str(class_id)

    return tuple(
        MisreadPicture(
            href=f"/submissions/{submission_id}/misread/{number}.png",
            label=name(label),
            predicted=name(taken),
        )
        for number, (label, taken) in enumerate(zip(misread.labels, misread.predicted, strict=True))
    )
