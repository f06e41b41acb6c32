"""What the repository refuses."""

from __future__ import annotations


class IdempotencyConflictError(Exception):
    """The key was used before, with a different source."""


class IllegalTransitionError(Exception):
    """The state machine of a run has no such step: a fault of the caller, not of the run."""
