"""Judging again, asking what a changed specification would do, and looking for copies: for API and pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.errors import ProblemError
from api.reach import reachable_course
from api.security import reachable_submission
from api.staff_jobs import staffed_assignment, start_job
from api.starters import boilerplate, lab_of
from graders.spec import run_digest
from store import regrading, repository
from store.engine import reading, transaction
from store.evidence import SESSION_KEY, measure_before
from store.queue import ring_staff_job

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.dependencies import Services
    from api.schemas_regrading import CourseRegradeIn, RegradeIn, SimilarityIn
    from graders.spec import AssignmentSpec
    from store.models import StaffJob
    from store.regrading import Change


@dataclass(frozen=True, kw_only=True)
class RegradedOne:
    """Points before and after; `spec_version` is the version that it was judged by."""

    submission_id: str
    points_before: float
    points: float
    max_points: float
    spec_version: int


@dataclass(frozen=True, kw_only=True)
class WhatIf:
    """Of the newest submission of each student; `need_new_runs` ran something else than is asked now."""

    judged: int
    changes: list[Change]
    need_new_runs: int


def regrade_one(services: Services, who: repository.Principal, submission_id: str) -> RegradedOne:
    """Judge the stored evidence by the newest version, now. Raises ProblemError, EvidenceError."""
    _measure_one(services, who, submission_id)
    with transaction(services.engine) as session:
        details, staff = reachable_submission(session, who, submission_id)
        if not staff:
            raise ProblemError("forbidden", "regrading")
        assignment_id = details.submission.assignment_id
        version = repository.newest_version(session, assignment_id)
        spec = repository.spec_of_version(session, assignment_id, version)
        found = repository.graded_targets(session, assignment_id, scope="one", submission_id=submission_id)
        sort = regrading.sort_targets(session, assignment_id, found, digest=run_digest(spec))
        if not sort.judged:
            raise ProblemError("needs_new_run", "changed" if found else "unmeasured")
        (target,) = sort.judged
        (regraded,) = regrading.regrade(session, [target], spec, spec_version=version, author_id=who.user_id)
        repository.audit(
            session,
            actor_id=who.user_id,
            action="submission.regraded",
            subject=submission_id,
            course_id=details.course_id,
            detail={"from": target.points, "to": regraded.points, "version": version},
        )
    return RegradedOne(
        submission_id=submission_id,
        points_before=target.points,
        points=regraded.points,
        max_points=regraded.max_points,
        spec_version=version,
    )


def _measure_one(services: Services, who: repository.Principal, submission_id: str) -> None:
    """What would else be fetched from the evidence store in the middle of the transaction."""
    with reading(services.engine) as session:
        details, staff = reachable_submission(session, who, submission_id)
        if staff:
            session.info[SESSION_KEY] = services.evidence
            assignment_id = details.submission.assignment_id
            found = repository.graded_targets(
                session, assignment_id, scope="one", submission_id=submission_id
            )
            measure_before(session, found)


def regrade_assignment(
    services: Services, who: repository.Principal, slug: str, asked: RegradeIn
) -> StaffJob:
    """A worker does it, once `announce_job` has rung for it."""
    with transaction(services.engine) as session:
        assignment = staffed_assignment(session, who, slug)
        version = asked.version or assignment.version
        if version not in repository.run_digests(session, assignment.id):
            raise ProblemError("not_found", "version", slug=slug, version=str(version))
        parameters = {"scope": asked.scope, "version": version, "new_runs": asked.new_runs}
        return start_job(
            session, who, kind="regrade", course_id=assignment.course_id, assignment_id=assignment.id,
            parameters=parameters,
        )  # fmt: skip


def regrade_course(
    services: Services, who: repository.Principal, course: str, asked: CourseRegradeIn
) -> StaffJob:
    with transaction(services.engine) as session:
        found, role = reachable_course(session, who, course)
        if not repository.is_staff(role):
            raise ProblemError("forbidden", "regrading")
        parameters: dict[str, Any] = {"scope": asked.scope, "new_runs": asked.new_runs}
        return start_job(
            session, who, kind="regrade", course_id=found.id, assignment_id=None, parameters=parameters
        )


def start_similarity(
    services: Services, who: repository.Principal, slug: str, asked: SimilarityIn
) -> StaffJob:
    """As `regrade_assignment`: compare the newest submissions of all students with each other."""
    with transaction(services.engine) as session:
        assignment = staffed_assignment(session, who, slug)
        return start_job(
            session, who, kind="similarity", course_id=assignment.course_id, assignment_id=assignment.id,
            parameters=_with_starters(asked, assignment),
        )  # fmt: skip


def announce_job(services: Services, job: StaffJob) -> None:
    """After the answer, as for runs; beat rings for what this does not reach."""
    ring_staff_job(services.celery, job.id)


def what_if(session: Session, assignment: repository.AssignmentDetails, spec: AssignmentSpec) -> WhatIf:
    """Whose grade a regrade by `spec` would change. Saves no report. Raises EvidenceError."""
    targets = repository.graded_targets(session, assignment.id, scope="latest")
    sort = regrading.sort_targets(session, assignment.id, targets, digest=run_digest(spec))
    measure_before(session, sort.judged)
    return WhatIf(
        judged=len(sort.judged),
        changes=regrading.what_if(session, sort.judged, spec),
        need_new_runs=len(sort.to_run),
    )


def reachable_job(session: Session, who: repository.Principal, job_id: str) -> StaffJob:
    """Raises not_found, for a job of another course as for one that is not there."""
    job = repository.staff_job(session, job_id)
    if job is None or not repository.is_staff(repository.course_role(session, who, job.course_id)):
        raise ProblemError("not_found", "job", id=job_id)
    return job


def _with_starters(asked: SimilarityIn, assignment: repository.AssignmentDetails) -> dict[str, Any]:
    """What we gave to every student is nobody's own, besides what their instructor gave them."""
    lab = lab_of(assignment.spec)
    given = boilerplate(lab) if lab else ()
    return {**asked.model_dump(), "boilerplate": [*asked.boilerplate, *given]}
