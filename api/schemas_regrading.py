"""What the API answers of regrades, what-ifs and similarity checks."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class RegradeIn(_Value):
    """`latest`: the newest submission of each student that was measured; `all`: every one.

    `new_runs`: what was run with something else than the version asks is run again, behind live submissions.
    """

    scope: Literal["latest", "all"] = "latest"
    version: int | None = Field(
        default=None, ge=1, le=10**9, description="Of the assignment; the newest if left out"
    )
    new_runs: bool = False


class CourseRegradeIn(_Value):
    """Every assignment of the course by its own newest version."""

    scope: Literal["latest", "all"] = "latest"
    new_runs: bool = False


class SimilarityIn(_Value):
    """`boilerplate`: what was given to everybody, as Python source; it is nobody's own.

    The starters that the service itself hands out need not be named: they are always taken away.
    """

    boilerplate: list[str] = Field(default_factory=list, max_length=20)
    threshold: float = Field(default=0.8, gt=0, le=1)


class JobOut(BaseModel):
    """`result` of a regrade: {regraded, changed, new_runs, need_new_runs}; runs on their way are in neither.

    Until it is done, also `after`: the ids of the assignment and the submission that it has come to.
    """

    id: str
    kind: str
    state: str
    done: int
    total: int
    result: dict[str, Any] | None
    error: str | None
    created_at: float
    finished_at: float | None
    links: dict[str, str]


class CriterionChangeOut(BaseModel):
    id: str
    before: str | None = Field(description="The verdict; null where the criterion was not there")
    after: str | None


class ChangeOut(BaseModel):
    submission: str
    student: str
    points_before: float
    points_after: float
    criteria: list[CriterionChangeOut]


class WhatIfOut(BaseModel):
    """What the specification would change, of the newest submission of each student. Nothing was saved."""

    judged: int
    changes: list[ChangeOut]
    need_new_runs: int = Field(description="They ran something else: what they would get is not known")


class RegradedOut(BaseModel):
    submission: str
    points_before: float
    points: float
    max_points: float
    spec_version: int


class SpanOut(BaseModel):
    first_lines: tuple[int, int]
    second_lines: tuple[int, int]


class SimilarPairOut(BaseModel):
    """For review: shares of each one's own code that stand in the other, 0..1."""

    first: str
    first_student: str
    second: str
    second_student: str
    share_first: float
    share_second: float
    spans: list[SpanOut]


class SimilarityOut(BaseModel):
    checked_at: float
    compared: int
    pairs: list[SimilarPairOut]
    next: str | None = Field(description="The address of the pairs after these")
    skipped: list[dict[str, str]]
