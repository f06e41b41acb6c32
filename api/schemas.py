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
    limits: dict[str, Any]
    criteria: list[CriterionOut]


class AssignmentsOut(_Out):
    items: list[AssignmentOut]


class CreatedOut(_Out):
    id: str
    state: str
    links: dict[str, str]


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
    state: str
    queue_position: int | None
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
    diagnosis: DiagnosisOut | None
    links: dict[str, str]


class HealthOut(_Out):
    status: str
    checks: dict[str, str] = Field(default_factory=dict)
