"""What the graders judge by: the repeats of one run pooled into rates, a gap and a learning curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from graders import metrics
from graders.report import CurvePoint, GapMeasure, PartMeasure, Rate

if TYPE_CHECKING:
    from graders.evidence import Claims, Evidence, Labels, PartEvidence, ProbeEvidence, RepeatEvidence
    from graders.spec import Part

PARTS: tuple[Part, ...] = ("train", "validation", "test")


@dataclass(frozen=True, kw_only=True)
class Measures:
    """One run, measured once and read by every grader. `claims` and `probes` hold one item per repeat."""

    parts: dict[str, PartMeasure]
    error_gap: GapMeasure | None
    loss_gap: GapMeasure | None
    learning_curve: tuple[CurvePoint, ...]
    claims: tuple[Claims, ...]
    probes: tuple[tuple[ProbeEvidence, ...], ...]


def measure(evidence: Evidence) -> Measures:
    """Pool the repeats. Raises ValueError when there are none: no run leaves such evidence."""
    if not evidence.repeats:
        raise ValueError("evidence holds no repeats")
    pooled = {
        part: [repeat.parts[part] for repeat in evidence.repeats if part in repeat.parts] for part in PARTS
    }
    present = {part: group for part, group in pooled.items() if group}
    return Measures(
        parts={part: _part_measure(group, evidence.n_classes) for part, group in present.items()},
        error_gap=_error_gap(present),
        loss_gap=_loss_gap(present),
        learning_curve=learning_curve(evidence.repeats),
        claims=tuple(repeat.claims for repeat in evidence.repeats),
        probes=tuple(repeat.probes for repeat in evidence.repeats),
    )


def learning_curve(repeats: tuple[RepeatEvidence, ...]) -> tuple[CurvePoint, ...]:
    """Errors at each recorded epoch, the mean over the repeats that reached it.

    Repeats may stop at different epochs, so the last points can rest on fewer of them.
    """
    last = max((len(repeat.epochs) for repeat in repeats), default=0)
    points = []
    for index in range(last):
        reached = [repeat for repeat in repeats if len(repeat.epochs) > index]
        train = [
            metrics.error(labels=repeat.curve_train_labels, predicted=repeat.epochs[index].train_predicted)
            for repeat in reached
        ]
        validation = [
            metrics.error(
                labels=repeat.curve_validation_labels, predicted=repeat.epochs[index].validation_predicted
            )
            for repeat in reached
        ]
        points.append(
            CurvePoint(
                epoch=index + 1,
                training_error=float(np.mean(train)),
                validation_error=float(np.mean(validation)),
            )
        )
    return tuple(points)


def _part_measure(group: list[PartEvidence], n_classes: int) -> PartMeasure:
    labels, predicted = _pool(group)
    correct = int(np.count_nonzero(labels == predicted))
    confusion = metrics.confusion_matrix(labels=labels, predicted=predicted, n_classes=n_classes)
    losses = _pool_losses(group)
    return PartMeasure(
        accuracy=_rate(correct, labels.size),
        error=_rate(labels.size - correct, labels.size),
        loss=None if losses is None else float(losses.mean()),
        per_repeat_error=tuple(metrics.error(labels=part.labels, predicted=part.predicted) for part in group),
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
    )


def _pool(group: list[PartEvidence]) -> tuple[Labels, Labels]:
    labels = np.concatenate([part.labels for part in group])
    return labels, np.concatenate([part.predicted for part in group])


def _pool_losses(group: list[PartEvidence]) -> npt.NDArray[np.float64] | None:
    """Each row's loss, or None when a repeat gave class ids only, or scores without a finite loss."""
    losses = []
    for part in group:
        if part.scores is None or not np.all(np.isfinite(part.scores)):
            return None
        losses.append(metrics.row_cross_entropies(labels=part.labels, scores=part.scores))
    return np.concatenate(losses)


def _rate(successes: int, n: int) -> Rate:
    low, high = metrics.wilson_interval(successes=successes, n=n)
    return Rate(value=successes / n, low=low, high=high, n=n)


def _error_gap(present: dict[Part, list[PartEvidence]]) -> GapMeasure | None:
    if "train" not in present or "validation" not in present:
        return None
    train_labels, train_predicted = _pool(present["train"])
    labels, predicted = _pool(present["validation"])
    train_errors = int(np.count_nonzero(train_labels != train_predicted))
    errors = int(np.count_nonzero(labels != predicted))
    low, high = metrics.newcombe_interval(
        validation_successes=errors,
        validation_n=labels.size,
        train_successes=train_errors,
        train_n=train_labels.size,
    )
    return GapMeasure(value=errors / labels.size - train_errors / train_labels.size, low=low, high=high)


def _loss_gap(present: dict[Part, list[PartEvidence]]) -> GapMeasure | None:
    if "train" not in present or "validation" not in present:
        return None
    train, validation = _pool_losses(present["train"]), _pool_losses(present["validation"])
    if train is None or validation is None:
        return None
    low, high = metrics.mean_difference_interval(validation=validation, train=train)
    return GapMeasure(value=float(validation.mean() - train.mean()), low=low, high=high)
