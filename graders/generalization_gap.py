"""How much worse the model does on rows it has not trained on, and what that says of its fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from graders.judgement import GraderParameters, Judgement, not_graded, verdict_of
from graders.report import CurvePoint, Diagnosis, Fit, GapMeasure, Message, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graders.measures import Measures

# Shares are quotients of row counts: 0.4 - 0.3 must not exceed 0.1 by a rounding error.
_ROUNDING = 1e-9
# Prechelt 1998, Early Stopping - But When?, the GL criterion: per cent above the best validation error.
GENERALIZATION_LOSS_LIMIT = 5.0

_CODES: dict[Verdict, str] = {
    "passed": "gap.small",
    "partial": "gap.partial",
    "failed": "gap.too_large",
}


class GeneralizationGapParameters(GraderParameters):
    """All points for a gap up to `full_at_most`, none from `zero_at_least`; equal cut-offs make a step.

    Both, and `training_error_target` (above it the diagnosis is underfitting), are in the unit of `measure`:
    shares of rows for `error`, nats for `loss`.
    """

    full_at_most: float = Field(ge=0)
    zero_at_least: float = Field(ge=0)
    measure: Literal["error", "loss"] = "error"
    training_error_target: float = Field(default=0.1, ge=0)

    @model_validator(mode="after")
    def _cut_offs_are_ordered(self) -> Self:
        if self.zero_at_least < self.full_at_most:
            raise ValueError(
                f"zero_at_least ({self.zero_at_least}) must not be below full_at_most ({self.full_at_most})"
            )
        return self


def judge_generalization_gap(measures: Measures, parameters: GeneralizationGapParameters) -> Judgement:
    gap = measures.error_gap if parameters.measure == "error" else measures.loss_gap
    if gap is None:
        return not_graded("gap.no_evidence", measure=parameters.measure)
    limit = parameters.full_at_most
    share = _share(gap.value, parameters)
    verdict = verdict_of(share)
    interval = {"low": gap.low, "high": gap.high, "measure": parameters.measure}
    messages = [Message(code=_CODES[verdict], parameters={"gap": gap.value, "limit": limit, **interval})]
    if gap.low < limit < gap.high:
        doubt = {"gap": gap.value, "threshold": limit, **interval}
        messages.append(Message(code="gap.threshold_inside_interval", parameters=doubt))
    training, validation = _errors(measures, parameters.measure)
    return Judgement(
        verdict=verdict,
        share=share,
        messages=tuple(messages),
        measured={
            "gap": gap.value,
            "training": training,
            "validation": validation,
            "limit": limit,
            "zero_at_least": parameters.zero_at_least,
            **interval,
        },
    )


def diagnose_measures(measures: Measures, parameters: GeneralizationGapParameters) -> Diagnosis | None:
    """The diagnosis by a criterion's own parameters; None when its evidence is missing."""
    gap = measures.error_gap if parameters.measure == "error" else measures.loss_gap
    training, validation = _errors(measures, parameters.measure)
    if gap is None or training is None or validation is None:
        return None
    return diagnose(
        training_error=training,
        validation_error=validation,
        training_error_target=parameters.training_error_target,
        gap_limit=parameters.full_at_most,
        gap_interval=gap,
        learning_curve=measures.learning_curve,
    )


def diagnose(
    *,
    training_error: float,
    validation_error: float,
    training_error_target: float,
    gap_limit: float,
    gap_interval: GapMeasure | None = None,
    learning_curve: Sequence[CurvePoint] = (),
) -> Diagnosis:
    """Name the fit and what to try next. All figures in one unit, whichever; errors go down, best 0.

    Overfitting comes first, because a model with both faults is told the one it can see; then underfitting;
    then `balanced` when the gap's whole interval is within the limit, `inconclusive` when it spans it.

    >>> diagnose(training_error=0, validation_error=20, training_error_target=6, gap_limit=5).fit
    'overfitting'
    """
    gap = validation_error - training_error
    low = gap if gap_interval is None else gap_interval.low
    high = gap if gap_interval is None else gap_interval.high
    found = {"training": training_error, "validation": validation_error, "gap": gap, "limit": gap_limit}
    interval = {} if gap_interval is None else {"low": low, "high": high}
    if gap > gap_limit + _ROUNDING and low > gap_limit + _ROUNDING:
        return _diagnosis("overfitting", {**found, **interval}, _advice_against_overfitting(learning_curve))
    if training_error > training_error_target + _ROUNDING:
        advice = (Message(code="advice.stronger_model"), Message(code="advice.train_longer"))
        return _diagnosis("underfitting", {**found, "target": training_error_target}, advice)
    if high <= gap_limit + _ROUNDING:
        return _diagnosis("balanced", {**found, **interval}, ())
    return _diagnosis("inconclusive", {**found, **interval}, ())


def _diagnosis(fit: Fit, parameters: dict[str, float], advice: tuple[Message, ...]) -> Diagnosis:
    return Diagnosis(fit=fit, messages=(Message(code=f"fit.{fit}", parameters=parameters), *advice))


def _advice_against_overfitting(learning_curve: Sequence[CurvePoint]) -> tuple[Message, ...]:
    advice = [
        Message(code="advice.more_data"),
        Message(code="advice.simpler_model"),
        Message(code="advice.regularisation"),
    ]
    best = best_epoch(learning_curve)
    if best is not None:
        parameters = {
            "epoch": best.epoch,
            "validation_error": best.validation_error,
            "last_validation_error": learning_curve[-1].validation_error,
        }
        advice.append(Message(code="advice.stop_at_best_epoch", parameters=parameters))
    return tuple(advice)


def best_epoch(learning_curve: Sequence[CurvePoint]) -> CurvePoint | None:
    """The first epoch of least validation error, if the last one is clearly worse (GL above 5)."""
    if not learning_curve:
        return None
    best = min(learning_curve, key=lambda point: point.validation_error)
    worst_allowed = best.validation_error * (1 + GENERALIZATION_LOSS_LIMIT / 100)
    return best if learning_curve[-1].validation_error > worst_allowed + _ROUNDING else None


def _errors(measures: Measures, measure: Literal["error", "loss"]) -> tuple[float | None, float | None]:
    """Training and validation error (or loss), pooled over the repeats."""
    train, validation = measures.parts.get("train"), measures.parts.get("validation")
    if measure == "loss":
        return train.loss if train else None, validation.loss if validation else None
    return train.error.value if train else None, validation.error.value if validation else None


def _share(gap: float, parameters: GeneralizationGapParameters) -> float:
    full, zero = parameters.full_at_most, parameters.zero_at_least
    if gap <= full + _ROUNDING:
        return 1.0
    if gap >= zero - _ROUNDING:
        return 0.0
    return (zero - gap) / (zero - full)
