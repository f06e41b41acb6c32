"""What the API answers with."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True)


class ProblemOut(_Out):
    """RFC 9457. `code` is stable: switch on it."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    errors: list[dict[str, Any]] | None = None


class CriterionOut(_Out):
    id: str
    grader: str
    points: float
    visibility: str


class QuotaOut(_Out):
    """How often somebody may hand in. What fails by our fault, or never runs, costs nothing."""

    per_day: float = Field(description="Attempts that come back in 24 h")
    burst: int = Field(description="Attempts that there are at most, but for those given on top")
    left: int = Field(description="Submissions that are taken now")
    failed_left: int = Field(description="How many more may give no model: those are counted apart")
    extra_left: int = Field(description="Of `left`, those that staff gave on top")
    next_at: float | None = Field(description="When one more comes back, UTC seconds; null: all are there")


class AssignmentOut(_Out):
    slug: str
    title: str
    dataset: str
    version: int
    max_points: float
    due_at: float | None = Field(description="UTC seconds since the epoch")
    links: dict[str, str]


class AssignmentDetailOut(AssignmentOut):
    description: str
    frameworks: list[str]
    repeats: int
    device: Literal["cpu", "gpu", "any"]
    supersede: bool = Field(description="A newer submission replaces yours that still waits")
    quota: QuotaOut | None = Field(description="Yours; null: you may hand in as often as you like")
    limits: dict[str, Any]
    criteria: list[CriterionOut]


class AssignmentsOut(_Out):
    items: list[AssignmentOut]
    next: str | None = Field(description="The address of those after these")


_START = "When it is reckoned to begin, UTC seconds; null: it has, or there is nothing to reckon with"


class CreatedOut(_Out):
    id: str
    state: str
    queue_position: int | None = Field(description="1 is served next")
    estimated_start_at: float | None = Field(description=_START)
    quota: QuotaOut | None = Field(description="After this submission; null: you have none here")
    superseded: list[str] = Field(description="Your submissions that this one has replaced in the queue")
    links: dict[str, str]


class CancelledOut(_Out):
    id: str
    state: str


class FailureOut(_Out):
    code: str
    message: str
    line: int | None
    cell: int | None = Field(default=None, description="Notebooks: the code cell; `line` is then within it")


class DiagnosisOut(_Out):
    fit: str
    messages: list[str]


class SubmissionOut(_Out):
    id: str
    assignment: str
    filename: str
    user: str
    display_name: str
    state: str
    notice: str | None = Field(description="What there is to know about that state, in one sentence")
    queue_position: int | None = Field(description="1 is served next; null: it does not wait")
    estimated_start_at: float | None = Field(description=_START)
    device: str = Field(description="What it is trained on: `cpu` or `gpu`")
    waits_for: Literal["gpu_worker"] | None = Field(
        description="`gpu_worker`: it waits for a worker that has a GPU, and none is there"
    )
    points: float | None
    max_points: float
    created_at: float
    finished_at: float | None
    wall_s: float | None
    failure: FailureOut | None
    error: str | None = Field(description="For staff: what broke on our side, a line an attempt")
    flagged: bool | None = Field(
        description="For staff: whether a person is to look at it; null: you are none"
    )
    diagnosis: DiagnosisOut | None
    links: dict[str, str]


class HealthOut(_Out):
    status: str
    checks: dict[str, str] = Field(default_factory=dict)
