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
    """A share of rows in 0..1 with its 95 % Wilson interval.

    `n`: the different rows that it rests on. Repeats that see a row again make no further trial of it.
    """

    value: float
    low: float
    high: float
    n: int


class PartMeasure(_Value):
    """Pooled over repeats: `predictions` in all. `loss` is mean cross-entropy in nats.

    `per_repeat_error` and its standard deviation `sd_error` (None for one repeat) tell how much seed and
    split decide; they are a spread, not the uncertainty of the pooled error.
    """

    accuracy: Rate
    error: Rate
    loss: float | None = None
    per_repeat_error: tuple[float, ...] = ()
    sd_error: float | None = None
    predictions: int = 0
    confusion: tuple[tuple[int, ...], ...] = ()  # rows: truth, columns: predicted


class GapMeasure(_Value):
    """Validation error minus training error, with its 95 % Newcombe interval."""

    value: float
    low: float
    high: float


class CurvePoint(_Value):
    """Errors (0..1) at one recorded epoch (1-based), mean over the `repeats` that reached it."""

    epoch: int
    training_error: float
    validation_error: float
    repeats: int = 1


class CurveSummary(_Value):
    """What the learning curve says, over the epochs that every repeat reached. Errors and regret in 0..1.

    `best_epoch`: the first of least validation error. `regret`: how much the last epoch's validation error is
    above that, 0 is best; `clearly_worse`: by more than 5 % of it, and by more than chance moves it.
    `onset_epoch`: after it the model overfits; None where it does not.
    """

    epochs: int
    best_epoch: int
    best_training_error: float
    best_validation_error: float
    last_training_error: float
    last_validation_error: float
    regret: float
    clearly_worse: bool = False
    onset_epoch: int | None = None


class StoppingEstimate(_Value):
    """What the model of the best epoch would have scored: `points` of those criteria that errors decide.

    An estimate from the curve's sample; `points_now` are what the same criteria give at the end.
    """

    epoch: int
    validation_accuracy: float
    points: float
    points_now: float
    max_points: float


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
    curve: CurveSummary | None = None
    stopping: StoppingEstimate | None = None
    # Repeats that gave no model, where others did; `repeats_planned` is 0 in reports of before 0.2.
    repeats_planned: int = 0
    repeats_failed: tuple[Failure, ...] = ()
    # For a person of the staff to look at; never points, and never shown to students.
    flags: tuple[Message, ...] = ()
    # Which hidden board rows were missed, as base64 of packed bits; for the leaderboard alone.
    board_misses: str = ""
    board_rows: int = 0
    claims: dict[str, Any] = Field(default_factory=dict)
    # train_wall_s, evaluation_wall_s, cpu_s, peak_memory_bytes
    resources: dict[str, float] = Field(default_factory=dict)
    notes: tuple[Message, ...] = ()
    provenance: dict[str, str] = Field(default_factory=dict)
    spec_version: int = 1
    evidence_version: int = 1
