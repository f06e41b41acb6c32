"""Judging again, and asking what a changed specification would do. For staff."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from fastapi import APIRouter, BackgroundTasks, Depends

from api import regrading
from api.dependencies import ReadingDep, ServicesDep  # noqa: TC001 - FastAPI reads them at run time
from api.errors import documented
from api.parameters import AssignmentSlug, CourseSlug, JobId, SubmissionId  # noqa: TC001 - as above
from api.schemas_regrading import (
    ChangeOut,
    CourseRegradeIn,
    CriterionChangeOut,
    JobOut,
    RegradedOut,
    RegradeIn,
    WhatIfOut,
)
from api.security import PrincipalDep, principal
from api.spec_upload import SENDING, SPEC_BODY, SentSpecDep, document_of
from api.staff_jobs import job_out, rung, staffed_assignment

if TYPE_CHECKING:
    from store.regrading import Change

router = APIRouter(prefix="/api/v1", tags=["regrading"])
_KNOWN = [Depends(principal)]
_STAFF = ("unauthenticated", "forbidden", "not_found", "validation_failed")


@router.post(
    "/submissions/{submission_id}/regrade",
    responses=documented(*_STAFF, "needs_new_run", "evidence_unavailable"),
)
def regrade_one(submission_id: SubmissionId, who: PrincipalDep, services: ServicesDep) -> RegradedOut:
    """Judge the stored evidence by the newest version, now."""
    found = asdict(regrading.regrade_one(services, who, submission_id))
    return RegradedOut(submission=found.pop("submission_id"), **found)


@router.post(
    "/assignments/{slug}/regrade", status_code=202, dependencies=_KNOWN, responses=documented(*_STAFF)
)
def regrade_assignment(
    slug: AssignmentSlug,
    asked: RegradeIn,
    who: PrincipalDep,
    services: ServicesDep,
    background: BackgroundTasks,
) -> JobOut:
    """Judge stored evidence again; a worker does it, and the job says how far it has come."""
    return rung(services, background, regrading.regrade_assignment(services, who, slug, asked))


@router.post("/courses/{course}/regrade", status_code=202, dependencies=_KNOWN, responses=documented(*_STAFF))
def regrade_course(
    course: CourseSlug,
    asked: CourseRegradeIn,
    who: PrincipalDep,
    services: ServicesDep,
    background: BackgroundTasks,
) -> JobOut:
    """Judge stored evidence of the whole course again; a worker does it."""
    return rung(services, background, regrading.regrade_course(services, who, course, asked))


@router.post(
    "/assignments/{slug}/what-if",
    dependencies=_KNOWN,
    responses=documented(*SENDING, "not_found", "spec_invalid", "evidence_unavailable"),
    openapi_extra=SPEC_BODY,
)
def what_if(slug: AssignmentSlug, session: ReadingDep, who: PrincipalDep, sent: SentSpecDep) -> WhatIfOut:
    """Whose grade the specification in the body would change, of the newest submission of each student."""
    assignment = staffed_assignment(session, who, slug)
    found = regrading.what_if(session, assignment, document_of(sent).spec)
    return WhatIfOut(
        judged=found.judged,
        changes=[_change_out(change) for change in found.changes],
        need_new_runs=found.need_new_runs,
    )


@router.get("/jobs/{job_id}", responses=documented("unauthenticated", "not_found", "validation_failed"))
def get_job(job_id: JobId, session: ReadingDep, who: PrincipalDep) -> JobOut:
    """How far it has come, and at its end what came of it. For staff of its course."""
    return job_out(regrading.reachable_job(session, who, job_id))


def _change_out(change: Change) -> ChangeOut:
    return ChangeOut(
        submission=change.target.submission_id,
        student=change.target.student,
        points_before=change.points_before,
        points_after=change.points_after,
        criteria=[CriterionChangeOut(id=i, before=was, after=now) for i, was, now in change.criteria],
    )
