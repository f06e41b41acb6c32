"""What an assignment asks: the data, the limits, the criteria. Values only; nothing here reads a file."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from graders.spec_sentences import broken_rule

Part = Literal["train", "validation", "test", "board"]
Framework = Literal["pytorch", "lightning", "tensorflow", "keras"]
# What it is trained on; any: on a GPU where a worker has one, else on processors.
Device = Literal["cpu", "gpu", "any"]
Visibility = Literal["always", "after_due", "staff"]
Counting = Literal["best", "last", "chosen"]

MIB = 1024 * 1024
_LEAST_BOARD_ROWS = 10
_MOST_ROWS = 10_000_000


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Limits(_Value):
    """What one training may use. Enforced by the jail, told to the student when hit."""

    wall_time_s: float = Field(default=60, gt=0, le=3600)
    evaluation_time_s: float = Field(default=30, gt=0, le=600)
    memory_bytes: int = Field(default=2048 * MIB, ge=256 * MIB, le=1024 * 1024 * MIB)
    processes: int = Field(default=64, ge=16, le=1024)  # Keras starts 24 threads (measured)
    output_bytes: int = Field(default=8 * MIB, ge=1024, le=1024 * MIB)
    scratch_bytes: int = Field(default=64 * MIB, ge=MIB, le=64 * 1024 * MIB)
    threads: int = Field(default=1, ge=1, le=64)


class SplitSizes(_Value):
    """Rows of each part. `test` of MNIST is always drawn from the original test images.

    `board`: rows that only the leaderboard sees. Nothing measured on them is ever shown.
    """

    train: int = Field(gt=0, le=_MOST_ROWS)
    validation: int = Field(gt=0, le=_MOST_ROWS)
    test: int = Field(gt=0, le=_MOST_ROWS)
    board: int = Field(default=0, ge=0, le=_MOST_ROWS)


class CriterionSpec(_Value):
    """One thing judged. `parameters` are checked by the grader's own model in `graders.registry`."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)
    grader: str
    points: float = Field(ge=0, le=10_000)
    parameters: dict[str, Any] = Field(default_factory=dict)
    visibility: Visibility = "always"


class IntegritySpec(_Value):
    """What is looked at beside the criteria. Flags for a person, never points.

    `control_run`: the same code is trained again on labels that are permuted between classes, and on labels
    that are shuffled. `disagreement_p_value`: validation and test accuracy that differ this improbably are
    flagged.
    """

    control_run: bool = False
    disagreement_p_value: float = Field(default=1e-4, gt=0, le=0.05)


class LatePolicy(_Value):
    """What a submission after its due date loses, per day begun; after `cut_off_days` it counts nothing.

    Days of 24 h from the student's own due date. Without a cut-off the percentages end at 100.
    """

    percent_per_day: float = Field(ge=0, le=100)
    cut_off_days: float | None = Field(default=None, ge=0)


class Quota(_Value):
    """How often a student may hand in: a bucket of `burst` attempts, into which `per_day` come in 24 h.

    Code that gives no model is counted in a bucket of its own (`failed_per_day`, `failed_burst`), and what
    fails by our fault in neither.
    """

    per_day: float = Field(gt=0, le=1000)
    burst: int = Field(ge=1, le=1000)
    failed_per_day: float = Field(default=50, gt=0, le=1000)
    failed_burst: int = Field(default=10, ge=1, le=1000)


class LeaderboardSpec(_Value):
    """A public board by the Ladder mechanism on the rows of `split.board`; a final one on `test` once due.

    `step` is the least improvement, in shares of rows, that moves a place, where it is also more than chance
    explains; None: one standard error of the rows. `names_shown`: students read each other's names on it.
    """

    step: float | None = Field(default=None, gt=0, lt=1)
    names_shown: bool = False


class AssignmentSpec(_Value):
    slug: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)
    title: str = Field(min_length=1, max_length=200)
    description: str = Field(default="", max_length=20_000)
    dataset: str = Field(min_length=1, max_length=100)
    split: SplitSizes
    # A small data set needs several draws: each repeat has a split, a seed and a jail of its own.
    repeats: int = Field(default=1, ge=1, le=20)
    # The zygote used when a file imports both systems, or none, is the first of these.
    frameworks: tuple[Framework, ...] = Field(
        default=("pytorch", "lightning", "tensorflow", "keras"), min_length=1
    )
    device: Device = "cpu"
    limits: Limits = Limits()
    # Rows of each of train and validation predicted at every recorded epoch.
    curve_rows_per_part: int = Field(default=2000, ge=10, le=20_000)
    # Training rows on which the training error is measured; a sample where the part is larger.
    evaluated_train_rows: int = Field(default=10_000, ge=10, le=100_000)
    integrity: IntegritySpec = IntegritySpec()
    criteria: tuple[CriterionSpec, ...] = Field(min_length=1, max_length=50)
    # No more than this, whatever the criteria add up to: some of them are then a bonus.
    points_at_most: float | None = Field(default=None, gt=0)
    late: LatePolicy | None = None
    counting: Counting = "best"
    leaderboard: LeaderboardSpec | None = None
    quota: Quota | None = None
    # A newer submission replaces the same student's one that still waits.
    supersede: bool = False

    @property
    def max_points(self) -> float:
        return self.capped(sum(criterion.points for criterion in self.criteria))

    def capped(self, points: float) -> float:
        return points if self.points_at_most is None else min(points, self.points_at_most)

    @model_validator(mode="after")
    def _ids_are_unique(self) -> AssignmentSpec:
        ids = [criterion.id for criterion in self.criteria]
        repeated = sorted({i for i in ids if ids.count(i) > 1})
        if repeated:
            raise broken_rule("ids_repeated", at="criteria", ids=", ".join(repeated))
        return self

    @model_validator(mode="after")
    def _board_has_rows(self) -> AssignmentSpec:
        if self.leaderboard is not None and self.split.board < _LEAST_BOARD_ROWS:
            raise broken_rule(
                "few_board_rows", at="leaderboard", least=_LEAST_BOARD_ROWS, rows=self.split.board
            )
        return self


def run_digest(spec: AssignmentSpec) -> str:
    """Hex sha256 of the part of the spec that decides what is run and measured.

    Two specs of one digest judge the same evidence: going from the one to the other is a regrade, and needs
    no new run. What is left out is thresholds, points, lateness, visibility, counting and texts.
    """
    document = {name: getattr(spec, name) for name in _RUN_FIELDS}
    plain = {
        name: value.model_dump(mode="json") if isinstance(value, BaseModel) else value
        for name, value in document.items()
    }
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


_RUN_FIELDS = (
    *("dataset", "split", "repeats", "frameworks", "device", "limits"),
    *("curve_rows_per_part", "evaluated_train_rows"),
)
