"""How much seed and split decide: the spread of a part's error over the repeats.

    sd = sqrt(sum((e_r - mean e)^2) / (R - 1))              0..0.5, best 0

A spread is not an uncertainty: repeats see the same rows again. Even a model that never changes spreads by
sqrt(e (1 - e) / n) when each repeat has n rows, so that share of the spread is told beside it, and an excess
counts only when chi^2 = (R - 1) sd^2 n / (e (1 - e)) lies above its 95 % quantile. Source: the index of
dispersion and the quantiles, Fisher 1925, Statistical Methods for Research Workers, section 19 and table III.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field

from graders.judgement import GraderParameters, Judgement, not_graded
from graders.report import Message

if TYPE_CHECKING:
    from graders.measures import Measures

# 95 % quantiles of chi-square with 1, 2, ... 19 degrees of freedom: an assignment has at most 20 repeats.
CHI_SQUARE_95: Final = (
    *(3.841459, 5.991465, 7.814728, 9.487729, 11.070498, 12.591587, 14.067140, 15.507313, 16.918978),
    *(18.307038, 19.675138, 21.026070, 22.362032, 23.684791, 24.995790, 26.296228, 27.587112, 28.869299),
    30.143527,
)
_ROUNDING: Final = 1e-9


class StabilityParameters(GraderParameters):
    """`max_sd`: the greatest standard deviation of the error over the repeats, in shares of rows, 0..0.5."""

    part: Literal["train", "validation", "test"] = "test"
    max_sd: float = Field(gt=0, le=0.5)


def judge_stability(measures: Measures, parameters: StabilityParameters) -> Judgement:
    """All or nothing. A spread above the limit that rows alone explain is held against nobody: it passes."""
    part = measures.parts.get(parameters.part)
    if part is None:
        return not_graded("stability.no_evidence", part=parameters.part)
    if part.sd_error is None:
        return not_graded("stability.one_repeat")
    repeats = len(part.per_repeat_error)
    by_chance = chance_sd(error=part.error.value, rows=part.predictions // repeats)
    found = {
        "part": parameters.part,
        "sd": part.sd_error,
        "limit": parameters.max_sd,
        "by_chance": by_chance,
        "repeats": repeats,
        "least": min(part.per_repeat_error),
        "most": max(part.per_repeat_error),
    }
    if part.sd_error <= parameters.max_sd + _ROUNDING:
        message = Message(code="stability.steady", parameters=found)
        return Judgement(verdict="passed", share=1.0, messages=(message,), measured=found)
    if part.sd_error <= by_chance * math.sqrt(CHI_SQUARE_95[repeats - 2] / (repeats - 1)) + _ROUNDING:
        message = Message(code="stability.chance_explains", parameters=found)
        return Judgement(verdict="passed", share=1.0, messages=(message,), measured=found)
    message = Message(code="stability.unsteady", parameters=found)
    return Judgement(verdict="failed", share=0.0, messages=(message,), measured=found)


def chance_sd(*, error: float, rows: int) -> float:
    """Standard deviation, 0..0.5, of the share of wrong rows among `rows` when each is wrong with `error`.

    `error` 0..1, `rows` >= 1.

    >>> round(chance_sd(error=0.1, rows=30), 4)
    0.0548
    """
    return math.sqrt(error * (1 - error) / rows)
