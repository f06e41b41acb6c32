"""How much worse the model does on rows it has not trained on, and what that says of its fit.

    gap = E_validation - E_training            -1..1 for errors, any number of nats for losses; best <= 0

E is the share of rows missed (`measure: error`) or the mean cross-entropy (`measure: loss`). Points fall in a
straight line from `full_at_most` to `zero_at_least`. A model that has learnt nothing has no gap either, so a
gap earns points only where the training error is at most `learnt_error_at_most`. Source of the two kinds of
error: Goodfellow, Bengio and Courville 2016, Deep Learning, section 5.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from graders.judgement import GraderParameters, Judgement, not_graded, verdict_of
from graders.learning_curve import summarize
from graders.report import CurveSummary, Diagnosis, Fit, GapMeasure, Message, Verdict
from graders.spec_sentences import broken_rule

if TYPE_CHECKING:
    from graders.measures import Measures

# Shares are quotients of row counts: 0.4 - 0.3 must not exceed 0.1 by a rounding error.
_ROUNDING = 1e-9

_CODES: dict[Verdict, str] = {
    "passed": "gap.small",
    "partial": "gap.partial",
    "failed": "gap.too_large",
}


class GeneralizationGapParameters(GraderParameters):
    """All points for a gap up to `full_at_most`, none from `zero_at_least`; equal cut-offs make a step.

    Both, and `training_error_target` (above it the diagnosis is underfitting), are in the unit of `measure`:
    shares of rows for `error`, nats for `loss`.

    `learnt_error_at_most`: the training error, in shares of rows, up to which the model counts as having
    learnt something; None: half the error of always guessing the most frequent class.
    """

    full_at_most: float = Field(ge=0)
    zero_at_least: float = Field(ge=0)
    measure: Literal["error", "loss"] = "error"
    training_error_target: float = Field(default=0.1, ge=0)
    learnt_error_at_most: float | None = Field(default=None, ge=0, le=1)

    @model_validator(mode="after")
    def _cut_offs_are_ordered(self) -> Self:
        if self.zero_at_least < self.full_at_most:
            given = {"zero": str(self.zero_at_least), "full": str(self.full_at_most)}
            raise broken_rule("zero_below_full", at="zero_at_least", **given)
        return self


def judge_generalization_gap(measures: Measures, parameters: GeneralizationGapParameters) -> Judgement:
    gap = measures.error_gap if parameters.measure == "error" else measures.loss_gap
    if gap is None:
        return not_graded("gap.no_evidence", measure=parameters.measure)
    limit = parameters.full_at_most
    interval = {"low": gap.low, "high": gap.high, "measure": parameters.measure}
    training_error = measures.parts["train"].error.value
    if not has_learnt(training_error, measures, parameters):
        share: float = 0.0
        unlearnt = {"training_error": training_error, "learnt_at": _learnt_at(measures, parameters)}
        messages = [Message(code="gap.nothing_learnt", parameters=unlearnt)]
    else:
        share = share_of(gap.value, parameters)
        told = {"gap": gap.value, "limit": limit, **interval}
        messages = [Message(code=_CODES[verdict_of(share)], parameters=told)]
        if gap.low < limit < gap.high:
            doubt = {"gap": gap.value, "threshold": limit, **interval}
            messages.append(Message(code="gap.threshold_inside_interval", parameters=doubt))
    verdict = verdict_of(share)
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
        curve=summarize(measures.learning_curve, validation_rows=measures.curve_rows),
    )


def diagnose(
    *,
    training_error: float,
    validation_error: float,
    training_error_target: float,
    gap_limit: float,
    gap_interval: GapMeasure | None = None,
    curve: CurveSummary | None = None,
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
        return _diagnosis("overfitting", {**found, **interval}, _advice_against_overfitting(curve))
    if training_error > training_error_target + _ROUNDING:
        advice = (Message(code="advice.stronger_model"), Message(code="advice.train_longer"))
        return _diagnosis("underfitting", {**found, "target": training_error_target}, advice)
    if high <= gap_limit + _ROUNDING:
        return _diagnosis("balanced", {**found, **interval}, ())
    return _diagnosis("inconclusive", {**found, **interval}, ())


def _diagnosis(fit: Fit, parameters: dict[str, float], advice: tuple[Message, ...]) -> Diagnosis:
    return Diagnosis(fit=fit, messages=(Message(code=f"fit.{fit}", parameters=parameters), *advice))


def _advice_against_overfitting(curve: CurveSummary | None) -> tuple[Message, ...]:
    advice = [
        Message(code="advice.more_data"),
        Message(code="advice.simpler_model"),
        Message(code="advice.regularisation"),
    ]
    if curve is not None and curve.clearly_worse:
        parameters = {
            "epoch": curve.best_epoch,
            "validation_error": curve.best_validation_error,
            "last_validation_error": curve.last_validation_error,
        }
        advice.append(Message(code="advice.stop_at_best_epoch", parameters=parameters))
    return tuple(advice)


def _errors(measures: Measures, measure: Literal["error", "loss"]) -> tuple[float | None, float | None]:
    """Training and validation error (or loss), pooled over the repeats."""
    train, validation = measures.parts.get("train"), measures.parts.get("validation")
    if measure == "loss":
        return train.loss if train else None, validation.loss if validation else None
    return train.error.value if train else None, validation.error.value if validation else None


def has_learnt(training_error: float, measures: Measures, parameters: GeneralizationGapParameters) -> bool:
    """Whether a gap is worth points at all, with this training error in shares of rows."""
    return training_error <= _learnt_at(measures, parameters) + _ROUNDING


def _learnt_at(measures: Measures, parameters: GeneralizationGapParameters) -> float:
    """Training error up to which a model has learnt something."""
    if parameters.learnt_error_at_most is not None:
        return parameters.learnt_error_at_most
    rows_of_class = [sum(row) for row in measures.parts["train"].confusion]
    return (1 - max(rows_of_class) / sum(rows_of_class)) / 2


def share_of(gap: float, parameters: GeneralizationGapParameters) -> float:
    """Of the points, 0..1, of a model that has learnt something.

    >>> round(share_of(0.15, GeneralizationGapParameters(full_at_most=0.1, zero_at_least=0.3)), 2)
    0.75
    """
    full, zero = parameters.full_at_most, parameters.zero_at_least
    if gap <= full + _ROUNDING:
        return 1.0
    if gap >= zero - _ROUNDING:
        return 0.0
    return (zero - gap) / (zero - full)
