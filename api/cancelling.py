"""Stopping a run, for the API and for the button on a page alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.errors import ProblemError
from api.security import reachable_submission
from store import events, repository
from store.engine import transaction

if TYPE_CHECKING:
    from api.dependencies import Services


@dataclass(frozen=True, kw_only=True)
class Cancelled:
    submission_id: str
    attempt: int


def cancel(services: Services, who: repository.Principal, submission_id: str) -> Cancelled:
    """By its student, or by staff of the course, whose doing is audited and costs the student no attempt.

    Raises ProblemError when it has ended.
    """
    with transaction(services.engine) as session:
        details, _ = reachable_submission(session, who, submission_id)
        own = details.submission.user_id == who.user_id
        attempt = repository.cancel(session, details.run.id, costs_attempt=own)
        if attempt is None:
            raise ProblemError("already_ended", state=details.run.state)
        if not own:
            repository.audit(
                session,
                actor_id=who.user_id,
                action="submission.cancelled",
                subject=submission_id,
                course_id=details.course_id,
                detail={"assignment": details.assignment_slug, "student": details.user_name},
            )
    return Cancelled(submission_id=submission_id, attempt=attempt)


def announce_cancelled(services: Services, done: Cancelled) -> None:
    """After the answer: who watches it is told."""
    told = {"state": "cancelled", "attempt": done.attempt}
    events.publish(services.redis, done.submission_id, "state", told)
