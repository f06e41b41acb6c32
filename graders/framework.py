"""Which system built the model. The jail says so itself, so the sentence calls it a claim.

    share = 1 if every repeat's claim is one of `allowed`, else 0

Source of the claim: the class of the returned model, or of the tensors in it, decides
(`worker.harness.models.framework_of`). What the scores do is judged by `graders.architecture`, whatever is
claimed here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from graders.judgement import GraderParameters, Judgement
from graders.report import Message
from graders.spec import Framework

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graders.measures import Measures


class FrameworkParameters(GraderParameters):
    allowed: tuple[Framework, ...] = Field(min_length=1)


def judge_framework(measures: Measures, parameters: FrameworkParameters) -> Judgement:
    """All or nothing. One repeat that names another system is enough to fail."""
    claimed = [claims.framework for claims in measures.claims]
    outside = outsiders(claimed, parameters)
    found = {"framework": (outside or claimed)[0], "allowed": list(parameters.allowed)}
    code = "framework.not_allowed" if outside else "framework.allowed"
    return Judgement(
        verdict="failed" if outside else "passed",
        share=0.0 if outside else 1.0,
        messages=(Message(code=code, parameters=found),),
        measured=found,
    )


def outsiders(claimed: Sequence[str], parameters: FrameworkParameters) -> list[str]:
    """The claims that are not allowed, in the order of the repeats.

    >>> outsiders(["keras", "pytorch", "other"], FrameworkParameters(allowed=("pytorch",)))
    ['keras', 'other']
    """
    return [name for name in claimed if name not in parameters.allowed]
