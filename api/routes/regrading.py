"""Judging again, asking what a changed specification would do, and looking for copies. For staff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, BackgroundTasks, Depends

from api.dependencies import ReadingDep, ServicesDep  # noqa: TC001 - FastAPI reads them at run time
from api.errors import ProblemError, documented
from api.parameters import AssignmentSlug, CourseSlug, JobId, SubmissionId  # noqa: TC001 - as above
from api.reach import reachable_assignment, reachable_course, require_staff
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
from api.security import PrincipalDep, principal, reachable_submission
from api.spec_upload import SENDING, SPEC_BODY, SentSpecDep, document_of
from api.starters import boilerplate, lab_of
from api.views import API
from graders.spec import run_digest
from store import regrading, repository
from store.engine import transaction
from store.queue import ring_staff_job

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.dependencies import Services
    from store.models import StaffJob
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
        assignment = _staffed(session, who, slug)
        version = asked.version or assignment.version
        if version not in repository.run_digests(session, assignment.id):
            raise ProblemError("not_found", f"{slug!r} has no version {version}.")
        parameters = {"scope": asked.scope, "version": version, "new_runs": asked.new_runs}
        job = _start(
            session, who, kind="regrade", course_id=assignment.course_id, assignment_id=assignment.id,
            parameters=parameters,
        )  # fmt: skip
    return _rung(services, background, job)


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
        job = _start(
            session, who, kind="regrade", course_id=found.id, assignment_id=None, parameters=parameters
        )
    return _rung(services, background, job)


@router.post(
    "/assignments/{slug}/what-if",
    dependencies=_KNOWN,
    responses=documented(*SENDING, "not_found", "spec_invalid"),
    openapi_extra=SPEC_BODY,
)
def what_if(slug: AssignmentSlug, session: ReadingDep, who: PrincipalDep, sent: SentSpecDep) -> WhatIfOut:
    """Whose grade the specification in the body would change, of the newest submission of each student."""
    assignment = _staffed(session, who, slug)
    spec = document_of(sent).spec
    targets = repository.graded_targets(session, assignment.id, scope="latest")
    sort = regrading.sort_targets(session, assignment.id, targets, digest=run_digest(spec))
    changes = regrading.what_if(session, sort.judged, spec)
    return WhatIfOut(
        judged=len(sort.judged),
        changes=[_change_out(change) for change in changes],
        need_new_runs=len(sort.to_run),
    )


@router.post(
    "/assignments/{slug}/similarity", status_code=202, dependencies=_KNOWN, responses=documented(*_STAFF)
)
def check_similarity(
    slug: AssignmentSlug,
    asked: SimilarityIn,
    who: PrincipalDep,
    services: ServicesDep,
    background: BackgroundTasks,
) -> JobOut:
    """Compare the newest submissions of all students with each other; a worker does it."""
    with transaction(services.engine) as session:
        assignment = _staffed(session, who, slug)
        job = _start(
            session, who, kind="similarity", course_id=assignment.course_id, assignment_id=assignment.id,
            parameters=_with_starters(asked, assignment),
        )  # fmt: skip
    return _rung(services, background, job)


@router.get("/assignments/{slug}/similarity", responses=documented(*_STAFF, "no_similarity_yet"))
def get_similarity(slug: AssignmentSlug, session: ReadingDep, who: PrincipalDep) -> SimilarityOut:
    """The newest check that has ended: pairs for review, most alike first."""
    assignment = _staffed(session, who, slug)
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
def get_job(job_id: JobId, session: ReadingDep, who: PrincipalDep) -> JobOut:
    """How far it has come, and at its end what came of it. For staff of its course."""
    job = repository.staff_job(session, job_id)
    if job is None or not repository.is_staff(repository.course_role(session, who, job.course_id)):
        raise ProblemError("not_found", f"You have no job {job_id}.")
    return _job_out(job)


def _staffed(session: Session, who: repository.Principal, slug: str) -> repository.AssignmentDetails:
    assignment, role = reachable_assignment(session, who, slug)
    require_staff(role)
    return assignment


def _with_starters(asked: SimilarityIn, assignment: repository.AssignmentDetails) -> dict[str, Any]:
    """What we gave to every student is nobody's own, besides what their instructor gave them."""
    lab = lab_of(assignment.spec)
    given = boilerplate(lab) if lab else ()
    return {**asked.model_dump(), "boilerplate": [*asked.boilerplate, *given]}


def _start(
    session: Session,
    who: repository.Principal,
    *,
    kind: repository.StaffJobKind,
    course_id: str,
    assignment_id: str | None,
    parameters: dict[str, Any],
) -> StaffJob:
    job = repository.create_staff_job(
        session,
        kind=kind,
        course_id=course_id,
        assignment_id=assignment_id,
        parameters=parameters,
        author_id=who.user_id,
    )
    repository.audit(
        session,
        actor_id=who.user_id,
        action=f"{kind}.started",
        subject=assignment_id or course_id,
        course_id=course_id,
        detail={"job": job.id, **{k: v for k, v in parameters.items() if k != "boilerplate"}},
    )
    return job


def _rung(services: Services, background: BackgroundTasks, job: StaffJob) -> JobOut:
    """After the answer, as for runs; beat rings for what this does not reach."""
    background.add_task(ring_staff_job, services.celery, job.id)
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
