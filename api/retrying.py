"""A run that ended by a fault on our side, once more: for the API, and for whoever else offers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.errors import ProblemError
from store import events, repository
from store.engine import transaction
from store.queue import drain_outbox

if TYPE_CHECKING:
    from api.dependencies import Services
    from store.repository import OperatorRun, Principal


def retry_run(services: Services, who: Principal, run_id: str) -> OperatorRun:
    """Queued again with new attempts, and audited. Raises ProblemError where it is not errored."""
    with transaction(services.engine) as session:
        found = repository.run_details(session, run_id)
        if found is None:
            raise ProblemError("not_found", "run", id=run_id)
        attempts = services.settings.max_attempts
        if not repository.retry_errored(session, found.run, attempts=attempts, actor_id=who.user_id):
            raise ProblemError("not_errored", state=found.run.state)
    return found.run


def announce_retried(services: Services, run: OperatorRun) -> None:
    """After the answer: a worker is rung for, and who watches it is told."""
    drain_outbox(services.engine, services.celery, run_id=run.run_id)
    if run.kind == "graded":
        told = {"state": "queued", "attempt": run.attempt}
        events.publish(services.redis, run.submission_id, "state", told)
