"""What the graders judge by: one run measured once, its repeats pooled into rates, a gap and a curve.

Measuring reads the whole evidence and knows nothing of the assignment's thresholds; judging reads the
measures alone. So measures can be stored beside the evidence they came from, and a changed threshold is
judged for ten thousand submissions in seconds. `MEASURES_VERSION` says when stored ones must be made anew.
"""

from __future__ import annotations

import base64
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from graders import metrics
from graders.architecture import Bend, measure_bend
from graders.controls import ControlFigures, control_figures
from graders.evidence import Claims
from graders.report import CurvePoint, Failure, GapMeasure, PartMeasure, Rate
from graders.variation import Variation, measure_variation

if TYPE_CHECKING:
    from graders.evidence import Evidence, Labels, PartEvidence, RepeatEvidence
    from graders.spec import Part

# Raise it with every change to what is measured here, or below in metrics, architecture, variation, controls.
MEASURES_VERSION: Final = 3
PARTS: Final[tuple[Part, ...]] = ("train", "validation", "test", "board")


class Measures(BaseModel):
    """One run. `parts` to `wall_s` are of the repeats that gave a model; empty where none did.

    `claims`, `bends`, `variations` (None: no row was asked twice) and `wall_s` (of training and evaluation)
    hold one item for each of those. `curve_rows` are the validation rows behind one point of the curve, all
    repeats together. `board_misses`: base64 of packed bits, 1 for a miss.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    class_names: tuple[str, ...]
    parts: dict[str, PartMeasure]
    error_gap: GapMeasure | None
    loss_gap: GapMeasure | None
    learning_curve: tuple[CurvePoint, ...]
    curve_rows: int
    claims: tuple[Claims, ...]
    bends: tuple[Bend, ...]
    variations: tuple[Variation | None, ...]
    wall_s: tuple[float, ...]
    failures: tuple[Failure, ...]
    repeats: int
    repeats_planned: int
    resources: dict[str, float]
    controls: tuple[ControlFigures, ...]
    board_misses: str
    board_rows: int
    provenance: dict[str, str]
    evidence_version: int

    @property
    def made_share(self) -> float:
        """Share of the planned repeats, 0..1, that the code did not fail in."""
        return 1 - len(self.failures) / self.repeats_planned


def measure(evidence: Evidence) -> Measures:
    """Pool the repeats. Raises ValueError without any: a control is measured with its run."""
    if not evidence.repeats:
        raise ValueError("evidence holds no repeats")
    made = [repeat for repeat in evidence.repeats if repeat.failure is None]
    pooled = {part: [repeat.parts[part] for repeat in made if part in repeat.parts] for part in PARTS}
    rows = evidence.distinct_rows
    groups = {part: _Pooled(group, rows.get(part)) for part, group in pooled.items() if group}
    shown = {part: group for part, group in groups.items() if part != "board"}
    misses = groups["board"].misses if "board" in groups else np.zeros(0, dtype=np.bool_)
    return Measures(
        class_names=evidence.class_names,
        parts={part: _part_measure(group, evidence.n_classes) for part, group in shown.items()},
        error_gap=_error_gap(groups),
        loss_gap=_loss_gap(groups),
        learning_curve=learning_curve(tuple(made) or evidence.repeats),
        curve_rows=sum(len(r.curve.validation_labels) for r in made if r.curve.n_epochs),
        claims=tuple(_claims(repeat.claims) for repeat in made or evidence.repeats),
        bends=tuple(measure_bend(repeat.probes) for repeat in made),
        variations=tuple(measure_variation(repeat.probes, repeat.asked_twice) for repeat in made),
        wall_s=tuple(repeat.train_wall_s + repeat.evaluation_wall_s for repeat in made),
        failures=_failures(evidence.repeats),
        repeats=len(evidence.repeats),
        repeats_planned=max(evidence.planned_repeats, len(evidence.repeats)),
        resources=_resources(evidence.repeats),
        controls=tuple(map(control_figures, evidence.controls)),
        board_misses=base64.b64encode(np.packbits(misses).tobytes()).decode(),
        board_rows=misses.size,
        provenance=evidence.provenance,
        evidence_version=evidence.version,
    )


class ControlMeasures(BaseModel):
    """What a control run leaves: it is measured with the run that it controls."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    controls: tuple[ControlFigures, ...]


def measured_json(evidence: Evidence) -> str:
    """As it is kept beside the evidence: `Measures`, or of a control run `ControlMeasures`, as JSON."""
    if evidence.repeats:
        return measure(evidence).model_dump_json()
    return ControlMeasures(controls=tuple(map(control_figures, evidence.controls))).model_dump_json()


def learning_curve(repeats: tuple[RepeatEvidence, ...]) -> tuple[CurvePoint, ...]:
    """Errors at each recorded epoch, the mean over the repeats that reached it.

    Repeats may stop at different epochs, so the last points can rest on fewer of them.

    >>> from graders.evidence import CurveEvidence, RepeatEvidence
    >>> labels, predicted = np.array([0, 1, 2, 0]), np.array([[0, 0, 0, 0], [0, 1, 2, 1]])
    >>> one = CurveEvidence(
    ...     train_labels=labels, train_predicted=predicted,
    ...     validation_labels=labels, validation_predicted=predicted,
    ... )
    >>> repeats = (RepeatEvidence(seed=0, split_id="", curve=one),)
    >>> [point.validation_error for point in learning_curve(repeats)]
    [0.5, 0.25]
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
    # Epochs that missed equally many rows are equal, in whichever order the repeats came.
    means = np.round(np.nansum(errors, axis=1) / np.maximum(reached.sum(axis=0), 1), 12)
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
        self.misses: npt.NDArray[np.bool_] = self.labels != self.predicted
        self.error = int(np.count_nonzero(self.misses)) / self.labels.size
        self.losses = self._losses()

    def _losses(self) -> npt.NDArray[np.float64] | None:
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
    spread = pooled.per_repeat_error
    return PartMeasure(
        accuracy=_rate(1 - pooled.error, pooled.rows),
        error=_rate(pooled.error, pooled.rows),
        loss=None if pooled.losses is None else float(pooled.losses.mean()),
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
    train, validation = groups["train"], groups["validation"]
    if train.losses is None or validation.losses is None:
        return None
    low, high = metrics.mean_difference_interval(
        validation=validation.losses, train=train.losses, validation_n=validation.rows, train_n=train.rows
    )
    if not math.isfinite(high - low):
        return None  # from a single row: it has no spread to tell an interval from
    return GapMeasure(value=float(validation.losses.mean() - train.losses.mean()), low=low, high=high)


def _failures(repeats: tuple[RepeatEvidence, ...]) -> tuple[Failure, ...]:
    return tuple(
        Failure(
            code=repeat.failure.code,
            parameters=_plain(repeat.failure.parameters),
            line=repeat.failure.line,
            traceback=_text(repeat.failure.traceback),
            repeat=number,
        )
        for number, repeat in enumerate(repeats, start=1)
        if repeat.failure is not None
    )


def _claims(claims: Claims) -> Claims:
    return replace(
        claims, framework=_text(claims.framework), layers=tuple(_text(layer) for layer in claims.layers)
    )


def _plain(value: Any) -> Any:
    """What came from beside student code, as JSON can say it: NaN and half a character cannot be stored."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {_text(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _text(value: str) -> str:
    """`value` with what is no character replaced.

    >>> _text("half a character: " + chr(0xD800))
    'half a character: ?'
    """
    return value.encode("utf-8", "replace").decode("utf-8")


def _resources(repeats: tuple[RepeatEvidence, ...]) -> dict[str, float]:
    """Mean seconds per repeat, and the greatest memory any of them used."""
    n = len(repeats)
    return {
        "train_wall_s": sum(repeat.train_wall_s for repeat in repeats) / n,
        "evaluation_wall_s": sum(repeat.evaluation_wall_s for repeat in repeats) / n,
        "cpu_s": sum(repeat.cpu_s for repeat in repeats) / n,
        "peak_memory_bytes": float(max(repeat.peak_memory_bytes for repeat in repeats)),
    }
