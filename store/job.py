"""One run as whoever trains it needs to know it, wherever it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graders.spec import AssignmentSpec


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a worker runs. `secret_seed` draws the splits and never enters a jail."""

    run_id: str
    kind: str  # graded | control
    submission_id: str
    assignment_id: str
    source: str
    filename: str
    source_kind: str
    spec: AssignmentSpec
    spec_version: int
    secret_seed: bytes
    device: str = "cpu"  # cpu | gpu
    waited_s: float = 0.0  # before it was first claimed
