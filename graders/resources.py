"""What the training took: seconds, measured outside the jail, and parameters, as the model declares them.

    seconds    = mean over the repeats of the wall time of `train(lab)`     >= 0 s, best low
    parameters = number of trainable and fixed weights                      >= 0, best low; a claim

Seconds depend on the machine: an assignment that asks for them should leave room. A parameter count comes
from beside student code, so the sentence says who says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from graders.judgement import GraderParameters, Judgement, not_graded
from graders.report import Message

if TYPE_CHECKING:
    from graders.measures import Measures


class ResourcesParameters(GraderParameters):
    """At least one of the two. `max_seconds` per repeat; `max_parameters` of the largest repeat's model."""

    max_seconds: float | None = Field(default=None, gt=0)
    max_parameters: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if self.max_seconds is None and self.max_parameters is None:
            raise ValueError("give max_seconds, max_parameters or both")
        return self


def judge_resources(measures: Measures, parameters: ResourcesParameters) -> Judgement:
    """All or nothing: every limit that was given must hold."""
    seconds = sum(measures.train_wall_s) / len(measures.train_wall_s)
    count = max((claims.parameter_count for claims in measures.claims), default=-1)
    messages, passed = [], True
    if parameters.max_seconds is not None:
        within = seconds <= parameters.max_seconds
        passed = passed and within
        code = "resources.fast_enough" if within else "resources.too_slow"
        messages.append(
            Message(code=code, parameters={"seconds": seconds, "limit": parameters.max_seconds})
        )
    if parameters.max_parameters is not None:
        if count < 0:
            return not_graded("resources.parameters_unknown")
        within = count <= parameters.max_parameters
        passed = passed and within
        code = "resources.small_enough" if within else "resources.too_large"
        messages.append(
            Message(code=code, parameters={"parameters": count, "limit": parameters.max_parameters})
        )
    return Judgement(
        verdict="passed" if passed else "failed",
        share=1.0 if passed else 0.0,
        messages=tuple(messages),
        measured={"seconds": seconds, "parameters": count},
    )
