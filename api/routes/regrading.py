"""Judging again, and asking what a changed specification would do. For staff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, BackgroundTasks, Depends

from api.dependencies import ReadingDep, ServicesDep  # noqa: TC001 - FastAPI reads them at run time
from api.errors import ProblemError, documented
from api.parameters import AssignmentSlug, CourseSlug, JobId, SubmissionId  # noqa: TC001 - as above
from api.reach import reachable_course
from api.schemas_regrading import (
    ChangeOut,
    CourseRegradeIn,
    CriterionChangeOut,
    JobOut,
    RegradedOut,
    RegradeIn,
    WhatIfOut,
)
from api.security import PrincipalDep, principal, reachable_submission
from api.spec_upload import SENDING, SPEC_BODY, SentSpecDep, document_of
from api.staff_jobs import job_out, rung, staffed_assignment, start_job
from graders.spec import run_digest
from store import regrading, repository
from store.engine import transaction

if TYPE_CHECKING:
    from store.regrading import Change

router = APIRouter(prefix="/api/v1", tags=["regrading"])
_KNOWN = [Depends(principal)]
_STAFF = ("unauthenticated", "forbidden", "not_found", "validation_failed")


@router.post("/submissions/{submission_id}/regrade", responses=documented(*_STAFF, "needs_new_run"))
def regrade_one(submission_id: SubmissionId, who: PrincipalDep, services: ServicesDep) -> RegradedOut:
    """Judge the stored evidence by the newest version, now."""
    with transaction(services.engine) as session:
        details, staff = reachable_submission(session, who, submission_id)
        if not staff:
            raise ProblemError("forbidden", "Regrading is for staff.")
        assignment_id = details.submission.assignment_id
        version = repository.newest_version(session, assignment_id)
        spec = repository.spec_of_version(session, assignment_id, version)
        found = repository.graded_targets(session, assignment_id, scope="one", submission_id=submission_id)
        sort = regrading.sort_targets(session, assignment_id, found, digest=run_digest(spec))
        if not sort.judged:
            why = "ran something else than the newest version asks" if found else "has not been measured yet"
            raise ProblemError("needs_new_run", f"The submission {why}.")
        (target,) = sort.judged
        (regraded,) = regrading.regrade(session, [target], spec, spec_version=version, author_id=who.user_id)
        change = {"from": target.points, "to": regraded.points, "version": version}
        repository.audit(
            session,
            actor_id=who.user_id,
            action="submission.regraded",
            subject=submission_id,
            course_id=details.course_id,
            detail=change,
        )
        return RegradedOut(
            submission=submission_id,
            points_before=target.points,
            points=regraded.points,
            max_points=regraded.max_points,
            spec_version=version,
        )


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
    with transaction(services.engine) as session:
        assignment = staffed_assignment(session, who, slug)
        version = asked.version or assignment.version
        if version not in repository.run_digests(session, assignment.id):
            raise ProblemError("not_found", f"{slug!r} has no version {version}.")
        parameters = {"scope": asked.scope, "version": version, "new_runs": asked.new_runs}
        job = start_job(
            session, who, kind="regrade", course_id=assignment.course_id, assignment_id=assignment.id,
            parameters=parameters,
        )  # fmt: skip
    return rung(services, background, job)


@router.post("/courses/{course}/regrade", status_code=202, dependencies=_KNOWN, responses=documented(*_STAFF))
def regrade_course(
    course: CourseSlug,
    asked: CourseRegradeIn,
    who: PrincipalDep,
    services: ServicesDep,
    background: BackgroundTasks,
) -> JobOut:
    """Judge stored evidence of the whole course again; a worker does it."""
    with transaction(services.engine) as session:
        found, role = reachable_course(session, who, course)
        if not repository.is_staff(role):
            raise ProblemError("forbidden", "Regrading is for staff.")
        parameters: dict[str, Any] = {"scope": asked.scope, "new_runs": asked.new_runs}
        job = start_job(
            session, who, kind="regrade", course_id=found.id, assignment_id=None, parameters=parameters
        )
    return rung(services, background, job)


@router.post(
    "/assignments/{slug}/what-if",
    dependencies=_KNOWN,
    responses=documented(*SENDING, "not_found", "spec_invalid"),
    openapi_extra=SPEC_BODY,
)
def what_if(slug: AssignmentSlug, session: ReadingDep, who: PrincipalDep, sent: SentSpecDep) -> WhatIfOut:
    """Whose grade the specification in the body would change, of the newest submission of each student."""
    assignment = staffed_assignment(session, who, slug)
    spec = document_of(sent).spec
    targets = repository.graded_targets(session, assignment.id, scope="latest")
    sort = regrading.sort_targets(session, assignment.id, targets, digest=run_digest(spec))
    changes = regrading.what_if(session, sort.judged, spec)
    return WhatIfOut(
        judged=len(sort.judged),
        changes=[_change_out(change) for change in changes],
        need_new_runs=len(sort.to_run),
    )


@router.get("/jobs/{job_id}", responses=documented("unauthenticated", "not_found", "validation_failed"))
def get_job(job_id: JobId, session: ReadingDep, who: PrincipalDep) -> JobOut:
    """How far it has come, and at its end what came of it. For staff of its course."""
    job = repository.staff_job(session, job_id)
    if job is None or not repository.is_staff(repository.course_role(session, who, job.course_id)):
        raise ProblemError("not_found", f"You have no job {job_id}.")
    return job_out(job)


def _change_out(change: Change) -> ChangeOut:
    return ChangeOut(
        submission=change.target.submission_id,
        student=change.target.student,
        points_before=change.points_before,
        points_after=change.points_after,
        criteria=[CriterionChangeOut(id=i, before=was, after=now) for i, was, now in change.criteria],
    )
