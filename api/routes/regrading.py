"""Judging again, asking what a changed specification would do, and looking for copies. For staff."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, BackgroundTasks, Depends

from api import regrading
from api.dependencies import ReadingDep, ServicesDep  # noqa: TC001 - FastAPI reads them at run time
from api.errors import ProblemError, documented
from api.schemas_regrading import (
    ChangeOut,
    CourseRegradeIn,
    CriterionChangeOut,
    JobOut,
    RegradedOut,
    RegradeIn,
    SimilarityIn,
    SimilarityOut,
    SimilarPairOut,
    SpanOut,
    WhatIfOut,
)
from api.security import PrincipalDep, principal
from api.spec_upload import SENDING, SPEC_BODY, SentSpecDep, document_of
from api.views import API
from store import repository

if TYPE_CHECKING:
    from api.dependencies import Services
    from store.models import StaffJob
    from store.regrading import Change

router = APIRouter(prefix="/api/v1", tags=["regrading"])
_KNOWN = [Depends(principal)]
_STAFF = ("unauthenticated", "forbidden", "not_found", "validation_failed")


@router.post("/submissions/{submission_id}/regrade", responses=documented(*_STAFF, "needs_new_run"))
def regrade_one(submission_id: str, who: PrincipalDep, services: ServicesDep) -> RegradedOut:
    """Judge the stored evidence by the newest version, now."""
    found = asdict(regrading.regrade_one(services, who, submission_id))
    return RegradedOut(submission=found.pop("submission_id"), **found)


@router.post(
    "/assignments/{slug}/regrade", status_code=202, dependencies=_KNOWN, responses=documented(*_STAFF)
)
def regrade_assignment(
    slug: str, asked: RegradeIn, who: PrincipalDep, services: ServicesDep, background: BackgroundTasks
) -> JobOut:
    """Judge stored evidence again; a worker does it, and the job says how far it has come."""
    return _rung(services, background, regrading.regrade_assignment(services, who, slug, asked))


@router.post(
    "/courses/{course}/regrade", status_code=202, dependencies=_KNOWN, responses=documented(*_STAFF)
)
def regrade_course(
    course: str, asked: CourseRegradeIn, who: PrincipalDep, services: ServicesDep, background: BackgroundTasks
) -> JobOut:
    return _rung(services, background, regrading.regrade_course(services, who, course, asked))


@router.post(
    "/assignments/{slug}/what-if",
    dependencies=_KNOWN,
    responses=documented(*SENDING, "not_found", "spec_invalid"),
    openapi_extra=SPEC_BODY,
)
def what_if(slug: str, session: ReadingDep, who: PrincipalDep, sent: SentSpecDep) -> WhatIfOut:
    """Whose grade the specification in the body would change, of the newest submission of each student."""
    assignment = regrading.staffed_assignment(session, who, slug)
    found = regrading.what_if(session, assignment, document_of(sent).spec)
    return WhatIfOut(
        judged=found.judged,
        changes=[_change_out(change) for change in found.changes],
        need_new_runs=found.need_new_runs,
    )


@router.post(
    "/assignments/{slug}/similarity", status_code=202, dependencies=_KNOWN, responses=documented(*_STAFF)
)
def check_similarity(
    slug: str, asked: SimilarityIn, who: PrincipalDep, services: ServicesDep, background: BackgroundTasks
) -> JobOut:
    """Compare the newest submissions of all students with each other; a worker does it."""
    return _rung(services, background, regrading.start_similarity(services, who, slug, asked))


@router.get("/assignments/{slug}/similarity", responses=documented(*_STAFF, "no_similarity_yet"))
def get_similarity(slug: str, session: ReadingDep, who: PrincipalDep) -> SimilarityOut:
    """The newest check that has ended: pairs for review, most alike first."""
    assignment = regrading.staffed_assignment(session, who, slug)
    job = repository.newest_staff_job(session, assignment.id, "similarity")
    if job is None or job.result is None or job.finished_at is None:
        raise ProblemError("no_similarity_yet", "Nothing has been compared yet, or it is not done.")
    named = repository.students_of(
        session, {pair[side] for pair in job.result["pairs"] for side in ("first", "second")}
    )
    return SimilarityOut(
        checked_at=job.finished_at,
        compared=job.result["compared"],
        skipped=job.result["skipped"],
        pairs=[_pair_out(pair, named) for pair in job.result["pairs"]],
    )


@router.get("/jobs/{job_id}", responses=documented("unauthenticated", "not_found", "validation_failed"))
def get_job(job_id: str, session: ReadingDep, who: PrincipalDep) -> JobOut:
    return _job_out(regrading.reachable_job(session, who, job_id))


def _rung(services: Services, background: BackgroundTasks, job: StaffJob) -> JobOut:
    background.add_task(regrading.announce_job, services, job)
    return _job_out(job)


def _job_out(job: StaffJob) -> JobOut:
    return JobOut(
        id=job.id,
        kind=job.kind,
        state=job.state,
        done=job.done,
        total=job.total,
        result=job.result,
        error=job.error,
        created_at=job.created_at,
        finished_at=job.finished_at,
        links={"self": f"{API}/jobs/{job.id}"},
    )


def _change_out(change: Change) -> ChangeOut:
    return ChangeOut(
        submission=change.target.submission_id,
        student=change.target.student,
        points_before=change.points_before,
        points_after=change.points_after,
        criteria=[CriterionChangeOut(id=i, before=was, after=now) for i, was, now in change.criteria],
    )


def _pair_out(pair: dict[str, Any], named: dict[str, str]) -> SimilarPairOut:
    return SimilarPairOut(
        first=pair["first"],
        first_student=named.get(pair["first"], ""),
        second=pair["second"],
        second_student=named.get(pair["second"], ""),
        share_first=pair["share_first"],
        share_second=pair["share_second"],
        spans=[SpanOut(first_lines=(s[0], s[1]), second_lines=(s[2], s[3])) for s in pair["spans"]],
    )
