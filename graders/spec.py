"""What an assignment asks: the data, the limits, the criteria. Values only; nothing here reads a file."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Part = Literal["train", "validation", "test"]
Framework = Literal["pytorch", "lightning", "tensorflow", "keras"]
Visibility = Literal["always", "after_due", "staff"]

MIB = 1024 * 1024


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Limits(_Value):
    """What one training may use. Enforced by the jail, told to the student when hit."""

    wall_time_s: float = Field(default=60, gt=0, le=3600)
    evaluation_time_s: float = Field(default=30, gt=0, le=600)
    memory_bytes: int = Field(default=2048 * MIB, ge=256 * MIB)
    processes: int = Field(default=64, ge=16, le=1024)  # Keras starts 24 threads (measured)
    output_bytes: int = Field(default=8 * MIB, ge=1024)
    scratch_bytes: int = Field(default=64 * MIB, ge=MIB)
    threads: int = Field(default=1, ge=1, le=64)


class SplitSizes(_Value):
    """Rows of each part. `test` of MNIST is always drawn from the original test images."""

    train: int = Field(gt=0)
    validation: int = Field(gt=0)
    test: int = Field(gt=0)


class CriterionSpec(_Value):
    """One thing judged. `parameters` are checked by the grader's own model in `graders.registry`."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)
    grader: str
    points: float = Field(ge=0)
    parameters: dict[str, Any] = Field(default_factory=dict)
    visibility: Visibility = "always"


class AssignmentSpec(_Value):
    slug: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)
    title: str = Field(min_length=1, max_length=200)
    description: str = ""
    dataset: str
    split: SplitSizes
    # A small data set needs several draws: each repeat has a split, a seed and a jail of its own.
    repeats: int = Field(default=1, ge=1, le=20)
    # The zygote used when a file imports both systems, or none, is the first of these.
    frameworks: tuple[Framework, ...] = ("pytorch", "lightning", "tensorflow", "keras")
    limits: Limits = Limits()
    # Rows of each of train and validation predicted at every recorded epoch.
    curve_rows_per_part: int = Field(default=2000, ge=10)
    # Training rows on which the training error is measured; a sample where the part is larger.
    evaluated_train_rows: int = Field(default=10_000, ge=10)
    criteria: tuple[CriterionSpec, ...]

    @property
    def max_points(self) -> float:
        return sum(criterion.points for criterion in self.criteria)

    @model_validator(mode="after")
    def _ids_are_unique(self) -> AssignmentSpec:
        ids = [criterion.id for criterion in self.criteria]
        repeated = sorted({i for i in ids if ids.count(i) > 1})
        if repeated:
            raise ValueError(f"criteria: ids must be unique, repeated: {', '.join(repeated)}")
        return self
