"""What the API takes and answers about courses, and about how a class did."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True)


class NewCourseIn(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    slug: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64, description="Its name in addresses")
    title: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")


class CourseDetailOut(_Out):
    slug: str
    title: str
    role: str = Field(description="Yours there, with this token")
    assignments: int
    students: int | None = Field(description="For staff; null: you are none")
    created_at: float
    links: dict[str, str]


class CoursesOut(_Out):
    items: list[CourseDetailOut]
    next: str | None = Field(description="The address of those after these")


class PointsOut(_Out):
    """Of the grades of those who have one. `sd`: of a sample, null for fewer than two."""

    n: int
    mean: float | None
    sd: float | None
    median: float | None
    min: float | None
    max: float | None
    zeros: int
    full_marks: int


class BinOut(_Out):
    """`low` <= points < `high`; in the last one also what equals `high`."""

    low: float
    high: float
    students: int


class CriterionStatisticsOut(_Out):
    """Of the submissions that count. `pass_rate`: the share of those judged that passed; null: none was."""

    id: str
    grader: str
    judged: int
    passed: int
    partial: int
    failed: int
    not_graded: int
    pass_rate: float | None


class StatisticsOut(_Out):
    assignment: str
    version: int
    max_points: float
    students: int = Field(description="Enrolled")
    handed_in: int = Field(description="Students who handed in at all")
    submissions: int
    points: PointsOut
    histogram: list[BinOut]
    criteria: list[CriterionStatisticsOut]
    fits: dict[str, int] = Field(
        description="Students by what their errors say: underfitting, overfitting, ..."
    )
