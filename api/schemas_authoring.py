"""What the API answers to those who write assignments."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

# Beyond these, what is reckoned from a due date is no date any more.
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)


def _in_reach(moment: datetime) -> datetime:
    if not _FIRST <= moment < _LAST:
        raise PydanticCustomError("out_of_reach", "must lie between the years 2000 and 3000")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_in_reach)]


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True)


class FaultOut(_Out):
    """`location`: the path in the document, `criteria[1].parameters.full_at`; empty: all of it."""

    location: str
    code: str = Field(description="Of the message, and the same in every language")
    message: str
    allowed: str | None = Field(default=None, description="What would be right there")
    line: int | None = Field(description="Of the document that was sent, from 1")


class CheckedOut(_Out):
    """Of a dry run. `max_points` only where it is a specification."""

    valid: bool
    faults: list[FaultOut]
    warnings: list[FaultOut]
    max_points: float | None = None


class AuthoredOut(_Out):
    slug: str
    version: int
    due_at: float | None = Field(description="UTC seconds since the epoch")
    warnings: list[FaultOut]
    links: dict[str, str]


class OlderGradesOut(_Out):
    """Submissions that stay graded by an older version until somebody regrades or runs them again."""

    submissions: int
    regrade_suffices: int = Field(description="Their runs measured what the newest version asks")
    need_new_runs: int = Field(description="What is run has changed since")


class PublishedOut(AuthoredOut):
    published: bool = Field(description="False: the newest version asks just this already")
    graded_under_older_versions: OlderGradesOut


class VersionOut(_Out):
    version: int
    author: str | None = Field(description="null: the command line")
    note: str | None
    created_at: float = Field(description="UTC seconds since the epoch")
    runs_as_newest: bool = Field(description="What it runs and measures is what the newest version does")
    links: dict[str, str]


class VersionsOut(_Out):
    items: list[VersionOut]
    next: str | None = Field(description="The address of those before these")


class DueDateIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    due_at: Moment | None = Field(description="RFC 3339, with its offset; null: none")
