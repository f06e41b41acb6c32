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

PARTS: tuple[Part, ...] = ("train", "validation", "test", "board")


@dataclass(frozen=True, kw_only=True)
class Measures:
    """One run, measured once and read by every grader.

    Of the repeats that gave a model; `claims`, `probes` and `train_wall_s` hold one item for each of them.
    `curve_rows` are the validation rows behind one point of the curve, all repeats together.
    """

    parts: dict[str, PartMeasure]
    error_gap: GapMeasure | None
    loss_gap: GapMeasure | None
    learning_curve: tuple[CurvePoint, ...]
    curve_rows: int
    claims: tuple[Claims, ...]
    probes: tuple[tuple[ProbeEvidence, ...], ...]
    train_wall_s: tuple[float, ...]


def measure(evidence: Evidence) -> Measures:
    """Pool the repeats that gave a model. Raises ValueError when there are none: nothing can be measured."""
    made = [repeat for repeat in evidence.repeats if repeat.failure is None]
    if not made:
        raise ValueError("evidence holds no repeat that gave a model")
    pooled = {part: [repeat.parts[part] for repeat in made if part in repeat.parts] for part in PARTS}
    rows = evidence.distinct_rows
    groups = {part: _Pooled(group, rows.get(part)) for part, group in pooled.items() if group}
    return Measures(
        parts={part: _part_measure(group, evidence.n_classes) for part, group in groups.items()},
        error_gap=_error_gap(groups),
        loss_gap=_loss_gap(groups),
        learning_curve=learning_curve(evidence.repeats),
        curve_rows=sum(len(repeat.curve.validation_labels) for repeat in made if repeat.curve.n_epochs),
        claims=tuple(repeat.claims for repeat in made),
        probes=tuple(repeat.probes for repeat in made),
        train_wall_s=tuple(repeat.train_wall_s for repeat in made),
    )


def learning_curve(repeats: tuple[RepeatEvidence, ...]) -> tuple[CurvePoint, ...]:
    """Errors at each recorded epoch, the mean over the repeats that reached it.

    Repeats may stop at different epochs, so the last points can rest on fewer of them.
    """
    last = max((repeat.curve.n_epochs for repeat in repeats), default=0)
    errors = np.full((2, len(repeats), last), np.nan)
    for index, repeat in enumerate(repeats):
        curve = repeat.curve
        if curve.n_epochs:
            train = (curve.train_predicted != curve.train_labels).mean(axis=1)
            validation = (curve.validation_predicted != curve.validation_labels).mean(axis=1)
            errors[:, index, : curve.n_epochs] = train, validation
    reached = ~np.isnan(errors[0])
    means = np.nansum(errors, axis=1) / np.maximum(reached.sum(axis=0), 1)
    return tuple(
        CurvePoint(
            epoch=index + 1,
            training_error=float(means[0, index]),
            validation_error=float(means[1, index]),
            repeats=int(reached[:, index].sum()),
        )
        for index in range(last)
    )


class _Pooled:
    """One part over all repeats. `rows`: how many trials its intervals may count on."""

    def __init__(self, group: list[PartEvidence], distinct_rows: int | None) -> None:
        self.group = group
        self.labels: Labels = np.concatenate([part.labels for part in group])
        self.predicted: Labels = np.concatenate([part.predicted for part in group])
        self.per_repeat_error = tuple(
            metrics.error(labels=part.labels, predicted=part.predicted) for part in group
        )
        # Unknown in old evidence: then no more than one repeat's, which is too careful rather than too sure.
        known = max(len(part.labels) for part in group) if distinct_rows is None else distinct_rows
        self.rows = max(1, min(known, self.labels.size))
        self.error = int(np.count_nonzero(self.labels != self.predicted)) / self.labels.size

    def losses(self) -> npt.NDArray[np.float64] | None:
        """Each prediction's loss; None when a repeat gave class ids only, or scores that are not finite."""
        found = []
        for part in self.group:
            if part.scores is None or not np.all(np.isfinite(part.scores)):
                return None
            found.append(metrics.row_cross_entropies(labels=part.labels, scores=part.scores))
        return np.concatenate(found)


def _part_measure(pooled: _Pooled, n_classes: int) -> PartMeasure:
    confusion = metrics.confusion_matrix(
        labels=pooled.labels, predicted=pooled.predicted, n_classes=n_classes
    )
    losses = pooled.losses()
    spread = pooled.per_repeat_error
    return PartMeasure(
        accuracy=_rate(1 - pooled.error, pooled.rows),
        error=_rate(pooled.error, pooled.rows),
        loss=None if losses is None else float(losses.mean()),
        per_repeat_error=spread,
        sd_error=float(np.std(spread, ddof=1)) if len(spread) > 1 else None,
        predictions=pooled.labels.size,
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
    )


def _rate(share: float, rows: int) -> Rate:
    low, high = metrics.wilson_interval(successes=share * rows, n=rows)
    return Rate(value=share, low=low, high=high, n=rows)


def _error_gap(groups: dict[Part, _Pooled]) -> GapMeasure | None:
    if "train" not in groups or "validation" not in groups:
        return None
    train, validation = groups["train"], groups["validation"]
    low, high = metrics.newcombe_interval(
        validation_successes=validation.error * validation.rows,
        validation_n=validation.rows,
        train_successes=train.error * train.rows,
        train_n=train.rows,
    )
    return GapMeasure(value=validation.error - train.error, low=low, high=high)


def _loss_gap(groups: dict[Part, _Pooled]) -> GapMeasure | None:
    if "train" not in groups or "validation" not in groups:
        return None
    train, validation = groups["train"].losses(), groups["validation"].losses()
    if train is None or validation is None:
        return None
    low, high = metrics.mean_difference_interval(
        validation=validation,
        train=train,
        validation_n=groups["validation"].rows,
        train_n=groups["train"].rows,
    )
    return GapMeasure(value=float(validation.mean() - train.mean()), low=low, high=high)
