"""What the repository refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from store.quota import QuotaStanding


class IdempotencyConflictError(Exception):
    """The key was used before, with a different source."""


class IllegalTransitionError(Exception):
    """The state machine of a run has no such step: a fault of the caller, not of the run."""


class QuotaExhaustedError(Exception):
    """No attempt is left now. `standing` says when the next one is."""

    def __init__(self, standing: QuotaStanding) -> None:
        super().__init__(f"the next attempt comes at {standing.next_at}")
        self.standing = standing
