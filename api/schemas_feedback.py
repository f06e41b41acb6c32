"""A submission and its report as a program shows them to a person, and what belongs to whoever asks."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from api.schemas import DiagnosisOut, FailureOut, SubmissionOut


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True)


class CourseOut(_Out):
    slug: str
    title: str
    role: str
    assignments: list[str] = Field(description="Slugs")


class MeOut(_Out):
    user: str
    display_name: str
    role: str = Field(description="The most that this token lets them be in any course")
    courses: list[CourseOut]


class SubmissionsOut(_Out):
    items: list[SubmissionOut]
    next: str | None = Field(description="The address of those before these")


class CodeLineOut(_Out):
    """`line`: as in the file, or within its cell of a notebook."""

    line: int
    text: str
    failed: bool = Field(description="It is the line that the failure is about")


class FailureFeedbackOut(FailureOut):
    repeat: int = Field(description="From 1: in which repeat it happened")
    code_lines: list[CodeLineOut] = Field(description="The student's own, around the line that failed")
    traceback: str = Field(description="Cut to the student's own frames")


class CriterionFeedbackOut(_Out):
    """`measured` and `asked` are ready to read, and empty where the sentences say it all."""

    id: str
    grader: str
    verdict: str
    points: float
    max_points: float
    measured: str
    asked: str
    sentences: list[str]


class AdviceOut(_Out):
    """What to try. `line` and `cell`: where to look in the student's file; `text`: what stands there."""

    code: str
    sentence: str
    line: int | None
    cell: int | None
    text: str


class PartFeedbackOut(_Out):
    """Shares of rows in 0..1; `low` and `high`: of the error, with 95 % confidence."""

    name: str
    rows: int
    accuracy: float
    error: float
    low: float
    high: float


class CurvePointOut(_Out):
    epoch: int
    training_error: float
    validation_error: float


class FeedbackOut(_Out):
    """`criteria`, `parts` and `curve` are empty until there is a report. Sentences are for people."""

    submission: SubmissionOut
    repeats: int
    criteria: list[CriterionFeedbackOut]
    diagnosis: DiagnosisOut | None
    failure: FailureFeedbackOut | None
    advice: list[AdviceOut] = Field(description="None where the result leaves nothing to wish for")
    failed_repeats: list[FailureFeedbackOut] = Field(description="Of a submission that was graded by others")
    notes: list[str]
    dropped_lines: list[str] = Field(description="Of a notebook: what is not Python")
    parts: list[PartFeedbackOut]
    curve: list[CurvePointOut]


class StarterOut(_Out):
    framework: str
    title: str
    links: dict[str, str] = Field(description="By format: `py` and `ipynb`")


class TrialOut(_Out):
    """`spec`: a document as authors write it, without what students are not told."""

    assignment: str
    version: int
    spec: dict[str, Any]
    hidden_criteria: int = Field(description="How many criteria are not in it, since they are for staff")


class StartersOut(_Out):
    assignment: str
    languages: list[str]
    items: list[StarterOut]
    links: dict[str, str]
