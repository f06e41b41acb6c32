"""Where one student stands with an assignment, and how a class of them does: figures only, no words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from store.repository import Standing

_WITH_REPORT: Final = {"graded", "failed"}


@dataclass(frozen=True, kw_only=True)
class StudentStanding:
    """`counts`: the student's best graded submission, or the newest while none is graded.

    `newer_state`: of a newer submission that is still under way. `training` and `validation` are errors as
    shares in 0..1, or losses in nats.
    """

    student: str
    counts: Standing
    attempts: int
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


def student_standings(standings: Sequence[Standing], *, loss: bool) -> list[StudentStanding]:
    """In the order of `standings`, in which each student's own stand together, the oldest first."""
    return [_student(list(own), loss=loss) for _, own in groupby(standings, key=lambda found: found.user_id)]


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


def _student(own: list[Standing], *, loss: bool) -> StudentStanding:
    newest = own[-1]
    graded = [standing for standing in own if standing.state in _WITH_REPORT]
    # Of several with the same points, the first: later ones did not get better.
    counts = max(graded, key=lambda standing: standing.points or 0.0) if graded else newest
    under_way = newest is not counts and newest.state not in _WITH_REPORT
    return StudentStanding(
        student=newest.display_name,
        counts=counts,
        attempts=sum(standing.submission_id is not None for standing in own),
        newer_state=newest.state if under_way else None,
        training=counts.training_loss if loss else counts.training_error,
        validation=counts.validation_loss if loss else counts.validation_error,
    )
