"""What the model of the best epoch would have scored.

Nothing is trained or predicted again for it: the criteria that errors decide are judged once more with the
errors of that epoch. On the curve's sample the validation error of epoch b and of the last epoch T are known,
so that

    accuracy on validation at b = 1 - E_va(b)
    accuracy on test at b       = accuracy on test at T + E_va(T) - E_va(b)      an estimate, kept within 0..1
    gap at b                    = E_va(b) - E_tr(b)

Source of keeping the best model: Prechelt 1998, Early Stopping - But When?, section 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from graders import accuracy, generalization_gap
from graders.accuracy import AccuracyParameters
from graders.generalization_gap import GeneralizationGapParameters
from graders.report import StoppingEstimate

if TYPE_CHECKING:
    from graders.measures import Measures
    from graders.report import CriterionResult, CurveSummary
    from graders.spec import AssignmentSpec, CriterionSpec


def estimate_stopping(
    spec: AssignmentSpec, measures: Measures, curve: CurveSummary | None, results: tuple[CriterionResult, ...]
) -> StoppingEstimate | None:
    """None where stopping would not have helped beyond chance, or where no criterion is decided by errors.

    `results`: as they count, one for each criterion, scaled where repeats gave no model.
    """
    if curve is None or not curve.clearly_worse:
        return None
    points = points_now = most = 0.0
    for criterion, result in zip(spec.criteria, results, strict=True):
        share = _share_at_best(criterion, measures, curve)
        if share is not None and result.verdict != "not_graded":
            points += round(share * criterion.points * measures.made_share, 2)
            points_now += result.points
            most += criterion.points
    if not most:
        return None
    return StoppingEstimate(
        epoch=curve.best_epoch,
        validation_accuracy=1 - curve.best_validation_error,
        points=round(points, 2),
        points_now=round(points_now, 2),
        max_points=round(most, 2),
    )


def _share_at_best(criterion: CriterionSpec, measures: Measures, curve: CurveSummary) -> float | None:
    if criterion.grader == "accuracy":
        asked = AccuracyParameters.model_validate(criterion.parameters)
        part = measures.parts.get(asked.part)
        if part is None:
            return None
        at_best = _accuracy_at_best(asked.part, part.accuracy.value, curve)
        return accuracy.share_of(at_best, asked)
    if criterion.grader == "generalization_gap":
        limits = GeneralizationGapParameters.model_validate(criterion.parameters)
        if limits.measure == "error":
            if not generalization_gap.has_learnt(curve.best_training_error, measures, limits):
                return 0.0
            gap = curve.best_validation_error - curve.best_training_error
            return generalization_gap.share_of(gap, limits)
    return None


def _accuracy_at_best(part: Literal["validation", "test"], accuracy_now: float, curve: CurveSummary) -> float:
    """0..1.

    >>> from graders.report import CurveSummary
    >>> curve = CurveSummary(
    ...     epochs=9, best_epoch=4, best_training_error=0.1, best_validation_error=0.2,
    ...     last_training_error=0, last_validation_error=0.25, regret=0.05,
    ... )
    >>> _accuracy_at_best("validation", 0.74, curve), round(_accuracy_at_best("test", 0.74, curve), 2)
    (0.8, 0.79)
    """
    if part == "validation":
        return 1 - curve.best_validation_error
    return min(1.0, accuracy_now + curve.last_validation_error - curve.best_validation_error)
