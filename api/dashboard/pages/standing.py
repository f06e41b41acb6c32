"""Where one student stands with an assignment, and how a class of them does: figures only, no words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from store.repository import Standing

_WITH_REPORT: Final = {"graded", "failed"}


@dataclass(frozen=True, kw_only=True)
class StudentStanding:
    """`counts`: with the student's best submission, or the newest while none is graded.

    `newer_state`: of a newer submission that is still under way. `training` and `validation` are errors as
    shares in 0..1, or losses in nats.
    """

    student: str
    counts: Standing
    newer_state: str | None
    training: float | None
    validation: float | None

    @property
    def gap(self) -> float | None:
        if self.training is None or self.validation is None:
            return None
        return self.validation - self.training


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """Of the points of those who have some. `sd`: of the sample, None for one student."""

    n: int
    mean: float
    sd: float | None
    median: float
    least: float
    most: float
    zeros: int
    full_marks: int


def student_standing(counts: Standing, *, loss: bool) -> StudentStanding:
    newest = counts.states[-1] if counts.states else None
    under_way = not counts.is_newest and newest not in _WITH_REPORT
    return StudentStanding(
        student=counts.display_name,
        counts=counts,
        newer_state=newest if under_way else None,
        training=counts.training_loss if loss else counts.training_error,
        validation=counts.validation_loss if loss else counts.validation_error,
    )


def statistics_of(points: Sequence[float], max_points: float) -> Statistics | None:
    """None without any.

    >>> statistics_of([0, 50, 100], 100).sd
    50.0
    """
    if not points:
        return None
    n, ordered = len(points), sorted(points)
    mean = math.fsum(ordered) / n
    middle = n // 2
    return Statistics(
        n=n,
        mean=mean,
        sd=math.sqrt(math.fsum((value - mean) ** 2 for value in ordered) / (n - 1)) if n > 1 else None,
        median=ordered[middle] if n % 2 else (ordered[middle - 1] + ordered[middle]) / 2,
        least=ordered[0],
        most=ordered[-1],
        zeros=sum(value == 0 for value in ordered),
        full_marks=sum(value >= max_points for value in ordered),
    )
