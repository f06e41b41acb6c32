"""One row of a list of submissions, as several pages show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.dashboard.words import Badge, fit_badge, state_badge
from api.starters.texts import title_of
from api.views import reader_report

if TYPE_CHECKING:
    from api.language import Language
    from store.repository import SubmissionDetails


@dataclass(frozen=True, kw_only=True)
class SubmissionItem:
    submission_id: str
    assignment_title: str
    student: str
    filename: str
    created_at: float
    state: Badge
    points: float | None
    max_points: float
    fit: Badge | None


def submission_item(details: SubmissionDetails, language: Language, *, staff: bool) -> SubmissionItem:
    """With the points that this reader may see."""
    report = reader_report(details, staff=staff)
    return SubmissionItem(
        submission_id=details.submission.id,
        assignment_title=title_of(details.spec, language),
        student=details.user_display_name,
        filename=details.submission.filename,
        created_at=details.submission.created_at,
        state=state_badge(language, details.run.state),
        points=report.points if report else None,
        max_points=report.max_points if report else details.spec.max_points,
        fit=fit_badge(language, report.diagnosis.fit) if report and report.diagnosis else None,
    )
