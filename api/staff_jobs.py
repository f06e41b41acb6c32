"""Long work that staff ask for: begun with its entry in the audit, rung for after the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.reach import reachable_assignment, require_staff
from api.schemas_regrading import JobOut
from api.views import API
from store import repository
from store.queue import ring_staff_job

if TYPE_CHECKING:
    from fastapi import BackgroundTasks
    from sqlalchemy.orm import Session

    from api.dependencies import Services
    from store.models import StaffJob


def staffed_assignment(
    session: Session, who: repository.Principal, slug: str
) -> repository.AssignmentDetails:
    assignment, role = reachable_assignment(session, who, slug)
    require_staff(role)
    return assignment


def start_job(
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


def rung(services: Services, background: BackgroundTasks, job: StaffJob) -> JobOut:
    """After the answer, as for runs; beat rings for what this does not reach."""
    background.add_task(ring_staff_job, services.celery, job.id)
    return job_out(job)


def job_out(job: StaffJob) -> JobOut:
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
