"""Handing in, for the API and for the form on a page alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.errors import ProblemError
from api.waiting import gpu_is_there
from store import repository
from store.engine import reading, transaction

if TYPE_CHECKING:
    from api.dependencies import Services

_RETRY_AFTER_S = 30


def hand_in(
    services: Services, slug: str, who: repository.Principal, new: repository.NewSubmission
) -> repository.Submitted:
    """Stored and committed; the caller rings the doorbell. Raises ProblemError when it is not taken."""
    gpu = _gpu_matters(services, slug) and gpu_is_there(services)
    with transaction(services.engine) as session:
        assignment = repository.assignment_by_slug(session, slug)
        if assignment is None:
            raise ProblemError("not_found", f"There is no assignment {slug!r}.")
        if repository.course_role(session, who, assignment.course_id) is None:
            raise ProblemError("not_enrolled", f"You are not enrolled in the course of {slug!r}.")
        try:
            done = repository.submit(
                session,
                user_id=who.user_id,
                assignment_id=assignment.id,
                new=new,
                max_attempts=services.settings.max_attempts,
                gpu_is_there=gpu,
            )
        except repository.IdempotencyConflictError as error:
            raise ProblemError(
                "idempotency_conflict", "Use a new Idempotency-Key for a changed file."
            ) from error
        # Asked after submit, so that a replay is answered even when the queue is full; raising undoes it.
        if done.created and repository.queued_runs(session) > services.settings.max_queued_runs:
            raise ProblemError(
                "queue_full",
                "Nothing was stored; try again in a while.",
                headers={"Retry-After": str(_RETRY_AFTER_S)},
            )
        return done


def _gpu_matters(services: Services, slug: str) -> bool:
    """Looked up apart: Redis is not asked in a transaction that others wait for, nor where it matters not."""
    with reading(services.engine) as session:
        assignment = repository.assignment_by_slug(session, slug)
    return assignment is not None and assignment.spec.device == "any"
