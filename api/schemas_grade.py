"""What the API takes and answers about grades."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

# A database refuses NUL in text.
Reason = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=3, max_length=1000, pattern=r"^[^\x00]*$")
]
_YEAR_3000 = 32_503_680_000


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True)


class _In(BaseModel):
    # Strict: `false` is no number of attempts.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ExtensionIn(_In):
    due_at: float = Field(gt=0, lt=_YEAR_3000, description="UTC seconds since the epoch")
    reason: Reason


class ExtensionOut(_Out):
    user: str
    display_name: str
    due_at: float
    reason: str
    author: str
    created_at: float
    etag: str = Field(description="What to send as If-Match to change it")


class ExtensionsOut(_Out):
    items: list[ExtensionOut]
    next: str | None = Field(description="The address of those after these")


class QuotaGrantIn(_In):
    """At least one of the three."""

    per_day: float | None = Field(default=None, gt=0, le=1000, description="Attempts that come back in 24 h")
    burst: int | None = Field(default=None, ge=1, le=1000, description="Attempts that there are at most")
    extra: int = Field(default=0, ge=0, le=1000, description="Attempts on top, given once")
    reason: Reason

    @model_validator(mode="after")
    def _gives_something(self) -> QuotaGrantIn:
        if self.per_day is None and self.burst is None and not self.extra:
            raise PydanticCustomError("grants_nothing", "one of per_day, burst and extra must be given")
        return self


class QuotaGrantOut(_Out):
    user: str
    display_name: str
    per_day: float | None
    burst: int | None
    extra: int
    reason: str
    author: str
    created_at: float
    etag: str = Field(description="What to send as If-Match to change it")


class QuotaGrantsOut(_Out):
    items: list[QuotaGrantOut]
    next: str | None = Field(description="The address of those after these")


class OverrideIn(_In):
    points: float = Field(ge=0, allow_inf_nan=False, description="In place of the computed, after lateness")
    reason: Reason


class OverrideOut(_Out):
    submission: str
    points: float
    computed_points: float | None = Field(description="As they were when it was given")
    reason: str
    author: str
    created_at: float
    etag: str = Field(description="What to send as If-Match to change it")


class ChoiceIn(_In):
    submission: str = Field(max_length=64, pattern=r"^[^\x00]*$")


class ChoiceOut(_Out):
    submission: str


class ExplanationOut(_Out):
    """`code` and `parameters` are stable, `text` is for people."""

    code: str
    parameters: dict[str, Any]
    text: str


class GradedSubmissionOut(_Out):
    id: str
    handed_in_at: float
    counts: bool
    points: float | None = Field(description="After lateness and override; null: it does not count")
    max_points: float
    reported_points: float | None
    computed_points: float | None = Field(description="After lateness, before an override")
    override_points: float | None
    late_days: int
    taken: float = Field(description="Points that lateness takes off")


class GradeOut(_Out):
    """One student's grade on one assignment, and how it came about."""

    assignment: str
    user: str
    display_name: str
    points: float | None = Field(description="null: no submission counts yet")
    max_points: float
    provisional: bool = Field(description="Criteria that are not shown yet are not in it")
    counting: str
    due_at: float | None = Field(description="Their own, with an extension")
    explanation: list[ExplanationOut]
    submissions: list[GradedSubmissionOut]


class GradeRowOut(GradeOut):
    """As staff read it: with the overrides that stand."""

    extended_to: float | None
    overrides: list[OverrideOut]


class GradesOut(_Out):
    assignment: str
    max_points: float
    counting: str
    due_at: float | None
    items: list[GradeRowOut]
    next: str | None = Field(description="The address of those after these")


class AuditEntryOut(_Out):
    id: str
    at: float
    actor: str | None = Field(description="null: the system itself")
    action: str
    subject: str
    detail: dict[str, Any]


class AuditOut(_Out):
    items: list[AuditEntryOut]
    next: str | None = Field(description="The address of the entries before these")


class BoardRowOut(_Out):
    """`user` and `display_name` are null where the reader is not told whose row it is."""

    rank: int
    user: str | None
    display_name: str | None
    own: bool
    error: float = Field(description="Share of rows missed, 0..1")


class LeaderboardOut(_Out):
    """`stage` public: released errors on rows that nobody sees. final: errors on the test part."""

    assignment: str
    stage: str
    items: list[BoardRowOut]
    next: str | None = Field(default=None, description="The address of those after these")
