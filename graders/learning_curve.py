"""What the learning curve says: the best epoch, what was lost after it, and when overfitting set in.

The curve is measured outside the jail, from class ids that the model gave on a mix of rows; a curve that a
student prints is a line in the log.

Formulas, with E_va(t) the validation error after epoch t and E_opt(t) the least of it up to t:

    regret  = E_va(T) - min_t E_va(t)                       0..1, best 0
    GL(t)   = 100 (E_va(t) / E_opt(t) - 1)                  >= 0 per cent, best 0

Overfitting has set in after the last epoch with GL <= 5, if at least two epochs follow it, training error has
fallen since, and validation error has risen by more than chance moves it. Sources: Prechelt 1998, Early
Stopping - But When?, criteria GL (section 2.1) and UP; one standard error as what chance moves: Breiman,
Friedman, Olshen and Stone 1984, Classification and Regression Trees, section 3.4.3.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from pydantic import Field

from graders.judgement import GraderParameters, Judgement
from graders.metrics import newcombe_interval
from graders.report import CurvePoint, CurveSummary, Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graders.measures import Measures

GENERALIZATION_LOSS_LIMIT: Final = 5.0
_STRIP_EPOCHS: Final = 2
# Errors are quotients of row counts.
_ROUNDING: Final = 1e-9


class LearningCurveParameters(GraderParameters):
    """`min_epochs`: recorded at least. `max_regret`: how far above its least the validation error may end.

    Regret is a difference of shares, 0..1; None asks for the epochs alone.
    """

    min_epochs: int = Field(default=2, ge=1, le=2000)
    max_regret: float | None = Field(default=None, ge=0, le=1)


def judge_learning_curve(measures: Measures, parameters: LearningCurveParameters) -> Judgement:
    """All or nothing. A run that recorded nothing has failed: recording is what is asked."""
    curve = summarize(measures.learning_curve, validation_rows=measures.curve_rows)
    if curve is None or curve.epochs < parameters.min_epochs:
        epochs = 0 if curve is None else curve.epochs
        code = "learning_curve.too_short" if epochs else "learning_curve.not_recorded"
        found: dict[str, Any] = {"epochs": epochs, "asked": parameters.min_epochs}
        return Judgement(
            verdict="failed", share=0.0, messages=(Message(code=code, parameters=found),), measured=found
        )
    found = {"epochs": curve.epochs, "best_epoch": curve.best_epoch, "regret": curve.regret}
    if parameters.max_regret is None:
        message = Message(code="learning_curve.recorded", parameters=found)
        return Judgement(verdict="passed", share=1.0, messages=(message,), measured=found)
    low, high = _regret_interval(curve, measures.curve_rows)
    found |= {"limit": parameters.max_regret, "low": low, "high": high}
    passed = curve.regret <= parameters.max_regret + _ROUNDING
    code = "learning_curve.ends_well" if passed else "learning_curve.ends_worse"
    messages = [Message(code=code, parameters=found)]
    if low < parameters.max_regret < high:
        messages.append(Message(code="learning_curve.threshold_inside_interval", parameters=found))
    return Judgement(
        verdict="passed" if passed else "failed",
        share=1.0 if passed else 0.0,
        messages=tuple(messages),
        measured=found,
    )


def summarize(points: Sequence[CurvePoint], *, validation_rows: int) -> CurveSummary | None:
    """None when nothing was recorded. Over the epochs that every repeat reached, so that like is compared.

    `validation_rows`: rows behind each point, all repeats together; they say what chance moves.

    >>> errors = [0.5, 0.2, 0.1, 0.2, 0.3]
    >>> curve = [
    ...     CurvePoint(epoch=i, training_error=0.5 / i, validation_error=e)
    ...     for i, e in enumerate(errors, start=1)
    ... ]
    >>> found = summarize(curve, validation_rows=500)
    >>> found.best_epoch, round(found.regret, 3), found.onset_epoch
    (3, 0.2, 3)
    """
    shared = [point for point in points if point.repeats == points[0].repeats]
    if not shared:
        return None
    best, last = min(shared, key=lambda point: point.validation_error), shared[-1]
    rise = last.validation_error - best.validation_error
    beyond_chance = rise > _standard_error(best, last, validation_rows) + _ROUNDING
    return CurveSummary(
        epochs=len(shared),
        best_epoch=best.epoch,
        best_training_error=best.training_error,
        best_validation_error=best.validation_error,
        last_training_error=last.training_error,
        last_validation_error=last.validation_error,
        regret=rise,
        clearly_worse=beyond_chance and not _is_as_good(last, best),
        onset_epoch=_onset(shared) if beyond_chance else None,
    )


def _onset(points: Sequence[CurvePoint]) -> int | None:
    """The last epoch from which GL does not stay above its limit to the end; None when it does not."""
    best, good = points[0], 0
    for index, point in enumerate(points):
        best = point if point.validation_error < best.validation_error else best
        if _is_as_good(point, best):
            good = index
    after = len(points) - 1 - good
    fell = points[-1].training_error < points[good].training_error
    return points[good].epoch if after >= _STRIP_EPOCHS and fell else None


def _is_as_good(point: CurvePoint, best: CurvePoint) -> bool:
    """GL within its limit. Multiplied out: GL itself has no bound where the least error is 0."""
    rise = point.validation_error - best.validation_error
    return 100 * rise <= GENERALIZATION_LOSS_LIMIT * best.validation_error + _ROUNDING


def _standard_error(best: CurvePoint, last: CurvePoint, rows: int) -> float:
    """Of the difference of two errors, as if on different rows: too large rather than too small."""
    variances = (error * (1 - error) for error in (best.validation_error, last.validation_error))
    return math.sqrt(sum(variances) / max(rows, 1))


def _regret_interval(curve: CurveSummary, rows: int) -> tuple[float, float]:
    low, high = newcombe_interval(
        validation_successes=curve.last_validation_error * rows,
        validation_n=rows,
        train_successes=curve.best_validation_error * rows,
        train_n=rows,
    )
    return max(low, 0.0), high
