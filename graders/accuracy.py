"""Accuracy on a part the student did not train on, with linear partial credit between two cut-offs.

    accuracy = rows whose class was found / rows                        0..1, best 1
    share    = (accuracy - zero_at) / (full_at - zero_at), within 0..1

Pooled over the repeats, with a Wilson interval over the different rows (see `graders.metrics`). Chance is
said to decide when `full_at` lies strictly inside that interval. Source: Goodfellow, Bengio and Courville
2016, Deep Learning, section 5.1.2 (the performance measure, and why on rows the model has not seen).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from graders.judgement import GraderParameters, Judgement, not_graded, verdict_of
from graders.report import Message, Verdict
from graders.spec_sentences import broken_rule

if TYPE_CHECKING:
    from graders.measures import Measures

_CODES: dict[Verdict, str] = {
    "passed": "accuracy.reached",
    "partial": "accuracy.partial",
    "failed": "accuracy.too_low",
}


class AccuracyParameters(GraderParameters):
    """Accuracies, 0..1: all points from `full_at`, none up to `zero_at`; equal cut-offs make a step."""

    part: Literal["validation", "test"] = "test"
    full_at: float = Field(ge=0, le=1)
    zero_at: float = Field(ge=0, le=1)

    @model_validator(mode="after")
    def _cut_offs_are_ordered(self) -> Self:
        if self.zero_at > self.full_at:
            given = {"zero": str(self.zero_at), "full": str(self.full_at)}
            raise broken_rule("zero_above_full", at="zero_at", **given)
        return self


def judge_accuracy(measures: Measures, parameters: AccuracyParameters) -> Judgement:
    part = measures.parts.get(parameters.part)
    if part is None:
        return not_graded("accuracy.no_evidence", part=parameters.part)
    rate = part.accuracy
    share = share_of(rate.value, parameters)
    verdict = verdict_of(share)
    interval = {"low": rate.low, "high": rate.high, "n": rate.n}
    found = {"part": parameters.part, "measured": rate.value, "asked": parameters.full_at, **interval}
    messages = [Message(code=_CODES[verdict], parameters=found)]
    # At an end of the interval (29 of 29, asked 1.0) chance no longer decides which side it fell on.
    if rate.low < parameters.full_at < rate.high:
        doubt = {"part": parameters.part, "threshold": parameters.full_at, **interval}
        messages.append(Message(code="accuracy.threshold_inside_interval", parameters=doubt))
    return Judgement(
        verdict=verdict,
        share=share,
        messages=tuple(messages),
        measured={**found, "zero_at": parameters.zero_at},
    )


def share_of(measured: float, parameters: AccuracyParameters) -> float:
    """Of the points, 0..1.

    >>> round(share_of(0.9, AccuracyParameters(full_at=0.95, zero_at=0.75)), 2)
    0.75
    """
    if measured >= parameters.full_at:
        return 1.0
    if measured <= parameters.zero_at:
        return 0.0
    return (measured - parameters.zero_at) / (parameters.full_at - parameters.zero_at)
