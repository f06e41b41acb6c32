"""What the graders say of the evidence: numbers, verdicts and message codes. No prose."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from graders.spec import Visibility

Verdict = Literal["passed", "partial", "failed", "not_graded"]
Fit = Literal["underfitting", "overfitting", "balanced", "inconclusive"]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Message(_Value):
    """A stable code, rendered through a catalog in the reader's language with these parameters."""

    code: str
    parameters: dict[str, Any] = Field(default_factory=dict)


class Rate(_Value):
    """A share of rows in 0..1 with its 95 % Wilson interval; `n` rows pooled over repeats."""

    value: float
    low: float
    high: float
    n: int


class PartMeasure(_Value):
    """Pooled over repeats; `per_repeat` holds each repeat's error. `loss` is mean cross-entropy in nats."""

    accuracy: Rate
    error: Rate
    loss: float | None = None
    per_repeat_error: tuple[float, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()  # rows: truth, columns: predicted


class GapMeasure(_Value):
    """Validation error minus training error, with its 95 % Newcombe interval."""

    value: float
    low: float
    high: float


class CurvePoint(_Value):
    """Errors (0..1) at one recorded epoch (1-based), mean over the repeats that reached it."""

    epoch: int
    training_error: float
    validation_error: float


class Diagnosis(_Value):
    fit: Fit
    messages: tuple[Message, ...] = ()


class CriterionResult(_Value):
    id: str
    grader: str
    verdict: Verdict
    points: float
    max_points: float
    visibility: Visibility = "always"
    messages: tuple[Message, ...] = ()
    measured: dict[str, Any] = Field(default_factory=dict)  # numbers for tables, JSON-able


class Failure(_Value):
    """Why the student's code gave no model: the same code, line and traceback as in the evidence."""

    code: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    line: int | None = None
    traceback: str = ""
    repeat: int = 1  # 1-based: in which repeat it happened


class Report(_Value):
    """`outcome` is 'graded', or 'failed' when the student's code gave no model (then `failure` says why)."""

    outcome: Literal["graded", "failed"]
    points: float
    max_points: float
    criteria: tuple[CriterionResult, ...]
    diagnosis: Diagnosis | None = None
    failure: Failure | None = None
    parts: dict[str, PartMeasure] = Field(default_factory=dict)
    class_names: tuple[str, ...] = ()  # of the rows and columns of a confusion matrix
    gap: GapMeasure | None = None
    learning_curve: tuple[CurvePoint, ...] = ()
    claims: dict[str, Any] = Field(default_factory=dict)
    # train_wall_s, evaluation_wall_s, cpu_s, peak_memory_bytes
    resources: dict[str, float] = Field(default_factory=dict)
    notes: tuple[Message, ...] = ()
    provenance: dict[str, str] = Field(default_factory=dict)
    spec_version: int = 1
    evidence_version: int = 1
