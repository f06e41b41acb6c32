"""The state machine of a run, as one table."""

from __future__ import annotations

from typing import Final, Literal

State = Literal[
    "queued",
    "claimed",
    "training",
    "evaluating",
    "graded",
    "failed",
    "errored",
    "cancelled",
    "superseded",
]

# Which states a step may start from. Several repeats alternate between training and evaluating.
LEGAL_FROM: Final[dict[State, tuple[State, ...]]] = {
    "queued": ("claimed", "training", "evaluating"),
    "claimed": ("queued", "claimed", "training", "evaluating"),
    "training": ("claimed", "evaluating"),
    "evaluating": ("claimed", "training"),
    "graded": ("claimed", "training", "evaluating"),
    "failed": ("claimed", "training", "evaluating"),
    "errored": ("claimed", "training", "evaluating"),
    "cancelled": ("queued", "claimed", "training", "evaluating"),
    "superseded": ("queued",),
}
# A lease that ended this long ago should have been taken up again by beat.
STUCK_AFTER_S: Final = 60.0
# Under a lease: a worker answers for the run.
ACTIVE: Final[tuple[State, ...]] = ("claimed", "training", "evaluating")
ACTIVE_OR_QUEUED: Final[tuple[State, ...]] = ("queued", *ACTIVE)
FINAL: Final[tuple[State, ...]] = ("graded", "failed", "errored", "cancelled", "superseded")
