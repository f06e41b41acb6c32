"""What a repeat took: seconds, measured outside the jail, and parameters, as the model declares them.

    seconds    = mean over the repeats of the wall time of `train(lab)` and evaluation   >= 0 s, best low
    parameters = number of trainable and fixed weights                     >= 0, best low; a claim

The evaluation counts because a file may train in `predict` as well as in `train`. Seconds depend on the
machine: an assignment that asks for them should leave room. A parameter count comes
from beside student code, so the sentence says who says so. Source of counting weights as the size of a model:
Akaike 1974, A new look at the statistical model identification, IEEE Transactions on Automatic Control 19.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Self, cast

from pydantic import Field, model_validator

from graders.judgement import GraderParameters, Judgement
from graders.report import Message
from graders.spec_sentences import broken_rule

if TYPE_CHECKING:
    from graders.measures import Measures
    from graders.report import Verdict


class ResourcesParameters(GraderParameters):
    """At least one of the two. `max_seconds` per repeat; `max_parameters` of the largest repeat's model."""

    max_seconds: float | None = Field(default=None, gt=0)
    max_parameters: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if self.max_seconds is None and self.max_parameters is None:
            raise broken_rule("no_limit")
        return self


def judge_resources(measures: Measures, parameters: ResourcesParameters) -> Judgement:
    """All or nothing: every limit that was given must hold.

    A parameter count that nobody told is not judged; seconds over their limit fail all the same.
    """
    seconds = math.fsum(measures.wall_s) / len(measures.wall_s)
    count = max((claims.parameter_count for claims in measures.claims), default=-1)
    found: list[tuple[Verdict, Message]] = []
    if parameters.max_seconds is not None:
        found.append(_of_seconds(seconds, parameters.max_seconds))
    if parameters.max_parameters is not None:
        found.append(_of_parameters(count, parameters.max_parameters))
    verdicts = [verdict for verdict, _ in found]
    verdict = next((v for v in ("failed", "not_graded") if v in verdicts), "passed")
    return Judgement(
        verdict=cast("Verdict", verdict),
        share=1.0 if verdict == "passed" else 0.0,
        messages=tuple(message for _, message in found),
        measured={"seconds": seconds, "parameters": count},
    )


def _of_seconds(seconds: float, limit: float) -> tuple[Verdict, Message]:
    """Verdict and reason for the seconds alone.

    >>> _of_seconds(2.5, 10)[0], _of_seconds(12.0, 10)[1].code
    ('passed', 'resources.too_slow')
    """
    told = {"seconds": seconds, "limit": limit}
    if seconds <= limit:
        return "passed", Message(code="resources.fast_enough", parameters=told)
    return "failed", Message(code="resources.too_slow", parameters=told)


def _of_parameters(count: int, limit: int) -> tuple[Verdict, Message]:
    told = {"parameters": count, "limit": limit}
    if count < 0:
        return "not_graded", Message(code="resources.parameters_unknown")
    if count <= limit:
        return "passed", Message(code="resources.small_enough", parameters=told)
    return "failed", Message(code="resources.too_large", parameters=told)
