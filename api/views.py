"""From what is stored to what the API says of it."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from api.etags import etag_of
from api.messages import render, render_code, render_failure
from api.notebook import cell_of_line
from api.schemas import (
    AssignmentDetailOut,
    AssignmentOut,
    CriterionOut,
    DiagnosisOut,
    FailureOut,
    QuotaOut,
    SubmissionOut,
)
from api.visibility import report_for_reader

if TYPE_CHECKING:
    from api.language import Language
    from api.source import Source
    from api.waiting import WaitsFor
    from graders.report import Failure, Report
    from store.forecast import Place
    from store.models import Run
    from store.quota import QuotaStanding
    from store.repository import AssignmentDetails, SubmissionDetails

API = "/api/v1"
_NOTICES: Final = {"errored": "notice.errored", "superseded": "notice.superseded"}


def submission_links(submission_id: str) -> dict[str, str]:
    own = f"{API}/submissions/{submission_id}"
    return {
        "self": own,
        "report": f"{own}/report",
        "log": f"{own}/log",
        "page": f"/submissions/{submission_id}",
    }


def assignment_out(assignment: AssignmentDetails) -> AssignmentOut:
    own = f"{API}/assignments/{assignment.slug}"
    return AssignmentOut(
        slug=assignment.slug,
        title=assignment.spec.title,
        dataset=assignment.spec.dataset,
        version=assignment.version,
        max_points=assignment.spec.max_points,
        due_at=assignment.due_at,
        links={"self": own, "submissions": f"{own}/submissions"},
    )


def due_date_etag(assignment: AssignmentDetails) -> str:
    """What of an assignment can be changed but by a new version."""
    return etag_of(assignment.due_at)


def quota_out(standing: QuotaStanding | None) -> QuotaOut | None:
    return None if standing is None else QuotaOut(**asdict(standing))


def assignment_detail_out(
    assignment: AssignmentDetails, *, staff: bool, quota: QuotaStanding | None = None
) -> AssignmentDetailOut:
    spec = assignment.spec
    return AssignmentDetailOut(
        **assignment_out(assignment).model_dump(),
        description=spec.description,
        frameworks=list(spec.frameworks),
        repeats=spec.repeats,
        device=spec.device,
        supersede=spec.supersede,
        quota=quota_out(quota),
        limits=spec.limits.model_dump(),
        criteria=[
            CriterionOut(id=c.id, grader=c.grader, points=c.points, visibility=c.visibility)
            for c in spec.criteria
            if staff or c.visibility != "staff"
        ],
    )


def reader_report(details: SubmissionDetails, *, staff: bool) -> Report | None:
    if details.report is None:
        return None
    return report_for_reader(
        details.report, spec=details.spec, staff=staff, due_at=details.due_at, now=time.time()
    )


def submission_out(
    details: SubmissionDetails,
    *,
    staff: bool,
    place: Place | None = None,
    waits_for: WaitsFor | None = None,
    language: Language,
) -> SubmissionOut:
    report = reader_report(details, staff=staff)
    submission, run = details.submission, details.run
    return SubmissionOut(
        id=submission.id,
        assignment=details.assignment_slug,
        filename=submission.filename,
        user=details.user_name,
        display_name=details.user_display_name,
        state=run.state,
        notice=notice(run, language),
        queue_position=None if place is None else place.position,
        estimated_start_at=None if place is None else place.start_at,
        device=run.device,
        waits_for=waits_for,
        points=report.points if report else None,
        max_points=report.max_points if report else details.spec.max_points,
        created_at=submission.created_at,
        finished_at=run.finished_at,
        wall_s=report.resources.get("train_wall_s") if report else None,
        failure=failure_out(report.failure, submission, language) if report and report.failure else None,
        error=run.error if staff else None,
        flagged=bool(report and report.flags) if staff else None,
        diagnosis=DiagnosisOut(
            fit=report.diagnosis.fit,
            messages=[render(message, language) for message in report.diagnosis.messages],
        )
        if report and report.diagnosis
        else None,
        links=submission_links(submission.id),
    )


def notice(run: Run, language: Language) -> str | None:
    """One sentence about a state that is nobody's report; None: the state says it all."""
    if run.state == "queued" and run.attempt:
        return render_code("notice.tried_again", {}, language)
    code = _NOTICES.get(run.state)
    return render_code(code, {}, language) if code else None


def failure_out(failure: Failure, file: Source, language: Language) -> FailureOut:
    line, cell = failure.line, None
    if line is not None:
        place = cell_of_line(file.line_map, line)
        if place is not None:
            cell, line = place
    return FailureOut(code=failure.code, message=render_failure(failure, language), line=line, cell=cell)
