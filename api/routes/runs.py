"""Each attempt to train and evaluate a submission, and what it left."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, BackgroundTasks, Query, Response
from fastapi.responses import PlainTextResponse

from api.dependencies import ReadingDep, ServicesDep  # noqa: TC001 - FastAPI reads them at run time
from api.errors import ProblemError, documented
from api.paging import next_page
from api.parameters import ID, Limit, ReportVersion, RunId, SubmissionId
from api.retrying import announce_retried, retry_run
from api.schemas_run import EvidenceOut, ReportsOut, ReportSummaryOut, RunOut, RunsOut
from api.security import PrincipalDep, reachable_submission
from api.views import API, reader_report
from graders.report import Report  # noqa: TC001 - FastAPI reads it at run time
from store import repository

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from store.repository import Principal, ReportRow, RunRecord, SubmissionDetails

router = APIRouter(prefix="/api/v1", tags=["runs"])
_READING = ("unauthenticated", "not_found", "validation_failed")
_STAFF = ("unauthenticated", "forbidden", "not_found", "validation_failed")
_BYTES = {"schema": {"type": "string", "format": "binary"}, "example": "LME2..."}


@router.get("/submissions/{submission_id}/runs", responses=documented(*_READING))
def list_runs(
    submission_id: SubmissionId,
    session: ReadingDep,
    who: PrincipalDep,
    before: Annotated[
        str | None,
        Query(
            pattern=ID,
            description="The last one that was read",
            examples=["01a2119c-4f40-7a52-8f0e-2b9d64c1e7a0"],
        ),
    ] = None,
    limit: Limit = 50,
) -> RunsOut:
    """The newest first. Staff also read the control runs, on changed labels, that flags rest on."""
    _, staff = reachable_submission(session, who, submission_id)
    # One more than is shown tells whether there are others.
    found = repository.runs_of_submission(
        session, submission_id, controls=staff, before=before, limit=limit + 1
    )
    shown, own = found[:limit], f"{API}/submissions/{submission_id}/runs"
    more = len(found) > limit
    return RunsOut(
        items=[_run_out(run, staff=staff) for run in shown],
        next=next_page(own, before=shown[-1].id, limit=limit) if more else None,
    )


@router.get("/runs/{run_id}", responses=documented(*_READING))
def get_run(run_id: RunId, session: ReadingDep, who: PrincipalDep) -> RunOut:
    """Where it stands, and how much it left."""
    run, _, staff = _reachable_run(session, who, run_id)
    return _run_out(run, staff=staff)


@router.post("/runs/{run_id}/retry", status_code=202, responses=documented(*_STAFF, "not_errored"))
def retry_errored_run(
    run_id: RunId, who: PrincipalDep, services: ServicesDep, session: ReadingDep, background: BackgroundTasks
) -> RunOut:
    """Into the queue again, with new attempts, once what broke is mended. For staff; it is audited."""
    _, _, staff = _reachable_run(session, who, run_id)
    _require_staff(staff=staff)
    # Read anew below: what was seen before the change is not what there is.
    session.rollback()
    background.add_task(announce_retried, services, retry_run(services, who, run_id))
    run, _, _ = _reachable_run(session, who, run_id)
    return _run_out(run, staff=True)


@router.get(
    "/runs/{run_id}/log",
    response_class=PlainTextResponse,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": "epoch 1: loss 0.93\n"}}},
        **documented(*_READING),
    },
)
def get_run_log(run_id: RunId, session: ReadingDep, who: PrincipalDep) -> str:
    """What the code printed. Written by the student: plain text, never HTML."""
    run, _, _ = _reachable_run(session, who, run_id)
    return repository.run_log(session, run.id)


@router.get("/runs/{run_id}/reports", responses=documented(*_READING))
def list_reports(
    run_id: RunId,
    session: ReadingDep,
    who: PrincipalDep,
    before: Annotated[
        int | None, Query(ge=1, le=10**9, description="The last version that was read", examples=[2])
    ] = None,
    limit: Limit = 50,
) -> ReportsOut:
    """What it was judged to be worth, each time that it was judged. Students read the one that counts."""
    run, details, staff = _reachable_run(session, who, run_id)
    found = repository.reports_of_run(session, run.id, before=before, limit=limit + 1)
    if not staff:
        found = [row for row in found if _counts(row, run, details)]
    shown, own = found[:limit], f"{API}/runs/{run_id}/reports"
    more = len(found) > limit
    return ReportsOut(
        items=[_summary_out(session, row, run, details, staff=staff) for row in shown],
        next=next_page(own, before=shown[-1].version, limit=limit) if more else None,
    )


@router.get("/runs/{run_id}/reports/{version}", responses=documented(*_READING))
def get_run_report(run_id: RunId, version: ReportVersion, session: ReadingDep, who: PrincipalDep) -> Report:
    """One of its reports as a whole; for staff also an older one."""
    run, details, staff = _reachable_run(session, who, run_id)
    for row in repository.reports_of_run(session, run.id, version=version):
        if staff or _counts(row, run, details):
            return _as_read(session, row, details, staff=staff)
    raise ProblemError("not_found", "report", version=str(version))


@router.get("/runs/{run_id}/evidence", responses=documented(*_STAFF, "no_evidence"))
def get_evidence(run_id: RunId, session: ReadingDep, who: PrincipalDep) -> EvidenceOut:
    """What was measured of what the run left. For staff."""
    run, _, staff = _reachable_run(session, who, run_id)
    _require_staff(staff=staff)
    found = repository.evidence_facts(session, run.id)
    if found is None:
        raise ProblemError("no_evidence", state=run.state)
    return EvidenceOut(
        run=run.id,
        version=found.version,
        size_bytes=found.size_bytes,
        measures_version=found.measures_version,
        measures=found.measures,
        links={"run": f"{API}/runs/{run.id}", "file": f"{API}/runs/{run.id}/evidence/file"},
    )


@router.get(
    "/runs/{run_id}/evidence/file",
    response_class=Response,
    responses={
        200: {"content": {"application/octet-stream": _BYTES}},
        **documented(*_STAFF, "no_evidence", "evidence_unavailable"),
    },
)
def get_evidence_file(
    run_id: RunId, session: ReadingDep, who: PrincipalDep, services: ServicesDep
) -> Response:
    """As it is stored, with predictions and labels: `graders.evidence_format.from_bytes` reads it."""
    run, _, staff = _reachable_run(session, who, run_id)
    _require_staff(staff=staff)
    # The evidence store is asked while no transaction is open.
    session.close()
    found = services.evidence.read(run.id)
    if found is None:
        raise ProblemError("no_evidence", state=run.state)
    headers = {"Content-Disposition": f'attachment; filename="{run.id}.evidence"'}
    return Response(found, media_type="application/octet-stream", headers=headers)


def _reachable_run(
    session: Session, who: Principal, run_id: str
) -> tuple[RunRecord, SubmissionDetails, bool]:
    """With its submission, and whether it is read as staff: what is not reached is not there."""
    run = repository.run_record(session, run_id)
    if run is not None:
        try:
            details, staff = reachable_submission(session, who, run.submission_id)
        except ProblemError:
            run = None
        else:
            if staff or run.kind == "graded":
                return run, details, staff
    raise ProblemError("not_found", "run", id=run_id)


def _require_staff(*, staff: bool) -> None:
    if not staff:
        raise ProblemError("forbidden", "staff")


def _counts(row: ReportRow, run: RunRecord, details: SubmissionDetails) -> bool:
    """Earlier ones may show what an instructor has hidden since."""
    return run.id == details.run.id and row.version == run.reports


def _as_read(session: Session, row: ReportRow, details: SubmissionDetails, *, staff: bool) -> Report:
    """With the criteria that its reader may see, as the version that it was judged by hides them."""
    spec = repository.spec_of_version(session, details.submission.assignment_id, row.spec_version)
    shown = reader_report(replace(details, report=row.report, spec=spec), staff=staff)
    assert shown is not None  # it has a report: the one that was just put in
    return shown


def _summary_out(
    session: Session, row: ReportRow, run: RunRecord, details: SubmissionDetails, *, staff: bool
) -> ReportSummaryOut:
    shown = _as_read(session, row, details, staff=staff)
    return ReportSummaryOut(
        version=row.version,
        cause=row.cause,
        spec_version=row.spec_version,
        points=shown.points,
        max_points=shown.max_points,
        author=row.author if staff else None,
        created_at=row.created_at,
        links={"self": f"{API}/runs/{run.id}/reports/{row.version}"},
    )


def _run_out(run: RunRecord, *, staff: bool) -> RunOut:
    own = f"{API}/runs/{run.id}"
    links = {
        "self": own,
        "submission": f"{API}/submissions/{run.submission_id}",
        "reports": f"{own}/reports",
        "log": f"{own}/log",
    }
    return RunOut(
        id=run.id,
        submission=run.submission_id,
        kind="control" if run.kind == "control" else "graded",
        state=run.state,
        spec_version=run.spec_version,
        device=run.device,
        attempt=run.attempt,
        attempts_allowed=run.attempts_allowed,
        in_background=run.is_background,
        created_at=run.created_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        reports=run.reports,
        evidence_bytes=run.evidence_bytes,
        error=run.error if staff else None,
        links={**links, "evidence": f"{own}/evidence"} if staff else links,
    )
