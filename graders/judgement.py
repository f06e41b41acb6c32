"""What one grader hands back: how much of a criterion's points, under which verdict, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict

from graders.report import Message, Verdict


class GraderParameters(BaseModel):
    """Base of every grader's parameters: a misspelt name is an error, never a silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """`share` of the criterion's points, 0..1; `measured` holds JSON-able numbers for tables."""

    verdict: Verdict
    share: float
    messages: tuple[Message, ...]
    measured: dict[str, Any] = field(default_factory=dict)


def not_graded(code: str, **parameters: Any) -> Judgement:
    """The evidence to judge by is missing, or does not decide."""
    message = Message(code=code, parameters=parameters)
    return Judgement(verdict="not_graded", share=0.0, messages=(message,))


def verdict_of(share: float) -> Verdict:
    if share >= 1:
        return "passed"
    return "partial" if share > 0 else "failed"
