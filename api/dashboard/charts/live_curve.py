"""The learning curve of a run that is still training."""

from __future__ import annotations

from graders.learning_curve import summarize
from graders.report import CurvePoint


class LiveCurve:
    """Collects epochs as they come; a point is the mean over the repeats that reached it, as in a report."""

    def __init__(self) -> None:
        self._errors: dict[int, dict[int, tuple[float, float]]] = {}
        self.repeat = 0

    def add(self, *, repeat: int, epoch: int, training_error: float, validation_error: float) -> None:
        """Errors as shares in 0..1. An epoch told again by a second attempt replaces the first."""
        self._errors.setdefault(epoch, {})[repeat] = (training_error, validation_error)
        self.repeat = repeat

    def clear(self) -> None:
        """A new attempt starts from nothing."""
        self._errors.clear()
        self.repeat = 0

    def points(self) -> tuple[CurvePoint, ...]:
        return tuple(
            CurvePoint(
                epoch=epoch,
                training_error=sum(training for training, _ in pairs.values()) / len(pairs),
                validation_error=sum(validation for _, validation in pairs.values()) / len(pairs),
                repeats=len(pairs),
            )
            for epoch, pairs in sorted(self._errors.items())
        )

    def onset_epoch(self, *, rows: int) -> int | None:
        """After which it overfits, as the report will say if it goes on so; `rows` of one repeat's sample."""
        points = self.points()
        if not points:
            return None
        summary = summarize(points, validation_rows=rows * points[0].repeats)
        return summary.onset_epoch if summary else None
