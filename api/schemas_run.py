"""What the API answers about runs, and about what they left."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True)


class RunOut(_Out):
    """`kind` graded: what the submission is graded by. control, for staff: its code on changed labels."""

    id: str
    submission: str
    kind: Literal["graded", "control"]
    state: str
    spec_version: int = Field(description="Of the assignment: what it runs")
    device: str
    attempt: int = Field(description="How often a worker has begun it")
    attempts_allowed: int
    in_background: bool = Field(description="Behind everybody who waits: a regrade's, or a control run")
    created_at: float
    started_at: float | None
    finished_at: float | None
    reports: int = Field(description="How many there are: each regrade adds one")
    evidence_bytes: int | None = Field(description="null: it left none, or none is kept any more")
    error: str | None = Field(description="For staff: what broke on our side, a line an attempt")
    links: dict[str, str]


class RunsOut(_Out):
    items: list[RunOut]
    next: str | None = Field(description="The address of those before these")


class ReportSummaryOut(_Out):
    """`cause`: run, control (its control run came in) or regrade."""

    version: int
    cause: str
    spec_version: int
    points: float
    max_points: float
    author: str | None = Field(description="For staff: who asked for the regrade")
    created_at: float
    links: dict[str, str]


class ReportsOut(_Out):
    """The newest first; the newest is the one that counts."""

    items: list[ReportSummaryOut]
    next: str | None = Field(description="The address of those before these")


class EvidenceOut(_Out):
    """What the run left, and what was measured of it. The file itself is at `links.file`."""

    run: str
    version: int = Field(description="Of the file's format")
    size_bytes: int
    measures_version: int | None
    measures: dict[str, Any] | None = Field(description="null: not measured yet")
    links: dict[str, str]
