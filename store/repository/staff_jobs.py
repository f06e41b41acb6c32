"""Long work of the staff: under a lease with a fencing token, as runs are, and told how far it has come."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import or_, select, update

from store.ids import new_id
from store.models import Assignment, StaffJob, User

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

StaffJobKind = Literal["regrade", "similarity"]
STAFF_JOB_LEASE_S = 60.0
_ATTEMPTS = 3
# A doorbell that nobody followed for this long was lost with the Redis that carried it.
_RING_AGAIN_S = 15.0


def create_staff_job(
    session: Session,
    *,
    kind: StaffJobKind,
    course_id: str,
    assignment_id: str | None,
    parameters: dict[str, Any],
    author_id: str,
    now: float | None = None,
) -> StaffJob:
    job = StaffJob(
        id=new_id(),
        kind=kind,
        course_id=course_id,
        assignment_id=assignment_id,
        parameters=parameters,
        state="queued",
        attempt=0,
        lease_until=None,
        done=0,
        total=0,
        result=None,
        error=None,
        author_id=author_id,
        created_at=time.time() if now is None else now,
        finished_at=None,
    )
    session.add(job)
    session.flush()
    return job


def staff_job(session: Session, job_id: str) -> StaffJob | None:
    return session.get(StaffJob, job_id)


def newest_staff_job(
    session: Session, assignment_id: str, kind: StaffJobKind, *, state: str = "done"
) -> StaffJob | None:
    return session.scalar(
        select(StaffJob)
        .where(StaffJob.assignment_id == assignment_id, StaffJob.kind == kind, StaffJob.state == state)
        .order_by(StaffJob.id.desc())
        .limit(1)
    )


def recent_staff_jobs(
    session: Session, assignment_id: str, *, kind: StaffJobKind | None = None, limit: int = 5
) -> list[tuple[StaffJob, str]]:
    """The newest first, in whatever state, each with who started it, as people read their name."""
    query = (
        select(StaffJob, User.display_name)
        .join(User, User.id == StaffJob.author_id)
        .where(StaffJob.assignment_id == assignment_id)
        .order_by(StaffJob.id.desc())
        .limit(limit)
    )
    if kind is not None:
        query = query.where(StaffJob.kind == kind)
    return [(job, author) for job, author in session.execute(query)]


def origin_of_staff_job(session: Session, job_id: str) -> tuple[str, str | None]:
    """Who started it, as people read their name, and the slug of its assignment; None: a whole course's."""
    author, slug = session.execute(
        select(User.display_name, Assignment.slug)
        .select_from(StaffJob)
        .join(User, User.id == StaffJob.author_id)
        .outerjoin(Assignment, Assignment.id == StaffJob.assignment_id)
        .where(StaffJob.id == job_id)
    ).one()
    return author, slug


def claim_staff_job(session: Session, job_id: str, *, now: float | None = None) -> StaffJob | None:
    """None: it is done, in other hands, or out of attempts (then it is `errored`)."""
    now = time.time() if now is None else now
    free = or_(StaffJob.state == "queued", (StaffJob.state == "running") & (StaffJob.lease_until < now))
    given_up = session.execute(
        update(StaffJob)
        .where(StaffJob.id == job_id, free, StaffJob.attempt >= _ATTEMPTS)
        .values(state="errored", lease_until=None, finished_at=now, error="its workers stopped answering")
        .returning(StaffJob.id)
    ).first()
    if given_up is not None:
        return None
    claimed = session.execute(
        update(StaffJob)
        .where(StaffJob.id == job_id, free)
        .values(state="running", attempt=StaffJob.attempt + 1, lease_until=now + STAFF_JOB_LEASE_S)
        .returning(StaffJob.id)
    ).first()
    session.expire_all()
    return None if claimed is None else session.get(StaffJob, job_id)


def progress_staff_job(
    session: Session,
    job_id: str,
    attempt: int,
    *,
    done_before: int,
    done: int,
    total: int,
    result: dict[str, Any],
    finished: bool = False,
    now: float | None = None,
) -> bool:
    """How far it has come, and the lease for the next stretch. False: fenced out, stop and roll back.

    `done_before`: where this stretch began. A stretch that is tried again because the answer to its commit
    was lost finds its own place already written, and is rolled back too.
    """
    now = time.time() if now is None else now
    ending = {"state": "done", "lease_until": None, "finished_at": now}
    written = session.execute(
        update(StaffJob)
        .where(
            StaffJob.id == job_id,
            StaffJob.attempt == attempt,
            StaffJob.state == "running",
            StaffJob.done == done_before,
        )
        .values(
            done=done,
            total=total,
            result=result,
            **(ending if finished else {"lease_until": now + STAFF_JOB_LEASE_S}),
        )
        .returning(StaffJob.id)
    )
    return written.first() is not None


def renew_staff_job(session: Session, job_id: str, attempt: int, *, now: float | None = None) -> bool:
    """The lease, for work that has no stretches. False: fenced out."""
    now = time.time() if now is None else now
    written = session.execute(
        update(StaffJob)
        .where(StaffJob.id == job_id, StaffJob.attempt == attempt, StaffJob.state == "running")
        .values(lease_until=now + STAFF_JOB_LEASE_S)
        .returning(StaffJob.id)
    )
    return written.first() is not None


def fail_staff_job(
    session: Session, job_id: str, attempt: int, why: str, *, now: float | None = None
) -> bool:
    """Our fault, said where the staff look. False: fenced out."""
    now = time.time() if now is None else now
    written = session.execute(
        update(StaffJob)
        .where(StaffJob.id == job_id, StaffJob.attempt == attempt, StaffJob.state == "running")
        .values(state="errored", lease_until=None, finished_at=now, error=why)
        .returning(StaffJob.id)
    )
    return written.first() is not None


def forgotten_staff_jobs(session: Session, *, now: float | None = None) -> list[str]:
    """Ids of those that wait too long, or whose worker fell silent: their doorbell rings again."""
    now = time.time() if now is None else now
    return list(
        session.scalars(
            select(StaffJob.id).where(
                or_(
                    (StaffJob.state == "queued") & (StaffJob.created_at < now - _RING_AGAIN_S),
                    (StaffJob.state == "running") & (StaffJob.lease_until < now),
                )
            )
        )
    )
