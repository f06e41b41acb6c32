"""Handing in, for the API and for the form on a page alike."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from api.errors import ProblemError
from api.reach import reachable_assignment
from api.told import Span
from api.waiting import gpu_is_there
from store import events, repository
from store.engine import reading, transaction
from store.queue import drain_outbox

if TYPE_CHECKING:
    from api.dependencies import Services
    from store.forecast import Place
    from store.quota import QuotaStanding

_RETRY_AFTER_S = 30
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """`place` as it was reckoned then; None: this was handed in before, and waits no more."""

    submitted: repository.Submitted
    place: Place | None


def hand_in(
    services: Services, slug: str, who: repository.Principal, new: repository.NewSubmission
) -> Accepted:
    """Stored and committed; the caller then has `announce` run. Raises ProblemError when it is not taken."""
    with reading(services.engine) as session:
        assignment, role = reachable_assignment(session, who, slug)
    # Redis is not asked in a transaction that others wait for, nor where it matters not.
    gpu = assignment.spec.device == "any" and gpu_is_there(services)
    place = services.queue.join(
        device=repository.device_for(assignment.spec.device, gpu_is_there=gpu),
        user_id=who.user_id,
        assignment_id=assignment.id,
        supersede=assignment.spec.supersede,
    )
    with transaction(services.engine) as session:
        try:
            done = repository.submit(
                session,
                user_id=who.user_id,
                assignment_id=assignment.id,
                new=new,
                max_attempts=services.settings.max_attempts,
                gpu_is_there=gpu,
                quota=assignment.spec.quota if role == "student" else None,
                supersede=assignment.spec.supersede,
                expected_start_at=place.start_at,
            )
        except repository.IdempotencyConflictError as error:
            raise ProblemError("idempotency_conflict") from error
        except repository.QuotaExhaustedError as error:
            raise _exhausted(error.standing) from error
        # Asked after submit, so that a replay is answered even when the queue is full; raising undoes it.
        if done.created and repository.queued_runs(session) > services.settings.max_queued_runs:
            raise ProblemError("queue_full", headers={"Retry-After": str(_RETRY_AFTER_S)})
    if not done.created:
        return Accepted(submitted=done, place=services.queue.place(done.run_id))
    services.queue.joined(done.run_id, place)
    return Accepted(submitted=done, place=place)


def announce(services: Services, done: repository.Submitted) -> None:
    """After the answer, so that a slow broker is never waited for; beat sends what this does not."""
    drain_outbox(services.engine, services.celery, run_id=done.run_id)
    for submission_id in done.superseded:
        events.publish(services.redis, submission_id, "state", {"state": "superseded", "attempt": 0})


def tell_accepted(done: repository.Submitted, slug: str) -> None:
    """The line that leads from a request to a submission and its run, by whose ids workers log."""
    _log.info(
        "submission.accepted",
        submission_id=done.submission_id,
        run_id=done.run_id,
        assignment=slug,
        replayed=not done.created,
    )


def _exhausted(standing: QuotaStanding) -> ProblemError:
    now = time.time()
    free_at = now if standing.next_at is None else standing.next_at
    wait_s = max(1, math.ceil(free_at - now))
    return ProblemError(
        "quota_exhausted",
        "attempts" if standing.failed_left else "failed",
        headers={"Retry-After": str(wait_s)},
        wait=Span(wait_s),
        free_at=float(free_at),
    )
