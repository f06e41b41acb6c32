"""Trying again what errored, once what kept it from being done is mended: for the API and for the button."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.errors import ProblemError
from api.reach import require_staff
from api.security import reachable_submission
from store import events, repository
from store.engine import transaction
from store.queue import drain_outbox

if TYPE_CHECKING:
    from api.dependencies import Services


@dataclass(frozen=True, kw_only=True)
class Retried:
    submission_id: str
    run_id: str
    attempt: int


def retry(services: Services, who: repository.Principal, submission_id: str) -> Retried:
    """By staff of the course; it goes back to its place in the queue. Raises ProblemError."""
    with transaction(services.engine) as session:
        details, staff = reachable_submission(session, who, submission_id)
        require_staff("grader" if staff else None)
        found = repository.run_details(session, submission_id)
        assert found is not None  # a submission has a run from its first moment
        if not repository.retry_errored(
            session, found.run, attempts=services.settings.max_attempts, actor_id=who.user_id
        ):
            raise ProblemError("not_errored", f"It is {details.run.state}.")
    return Retried(submission_id=submission_id, run_id=found.run.run_id, attempt=found.run.attempt)


def announce_retried(services: Services, done: Retried) -> None:
    """After the answer: a worker hears its bell, and who watches is told."""
    drain_outbox(services.engine, services.celery, run_id=done.run_id)
    told = {"state": "queued", "attempt": done.attempt}
    events.publish(services.redis, done.submission_id, "state", told)
