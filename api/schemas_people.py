"""What the API takes and answers about people: a course's, and one's own account."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from api.language import Language
from api.scopes import Scope
from store.roster_csv import MAX_NAME_CHARS, clean_name, fault_of_name

CourseRole = Literal["student", "grader", "instructor"]
# A login as it may stand in an address; a database refuses NUL in text.
LoginIn = Annotated[str, StringConstraints(min_length=1, max_length=254, pattern=r"^[^\x00]*$")]


def _part(description: str, example: str) -> Any:
    return Path(max_length=254, pattern=r"^[^\x00]+$", description=description, examples=[example])


CoursePart = Annotated[str, _part("The course's name in addresses", "ml-2026")]
UserPart = Annotated[str, _part("Somebody's login", "ana-popescu")]
InvitationPart = Annotated[str, _part("The invitation's id", "01a2119c-4f3e-7d10-9c1b-5a7e1d0b2f44")]
TokenPart = Annotated[str, _part("The token's id", "01a2119c-52c8-7f31-b0aa-93e2b17c5d18")]


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True)


class _In(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RosterRowOut(_Out):
    """What became of one row, or would."""

    line: int
    user: str = Field(description="Their login")
    display_name: str
    email: str
    role: str
    outcome: Literal["created", "enrolled", "role_changed", "unchanged", "refused"]
    was: str | None = Field(description="Their role in this course before")
    reason: Literal["login_of_another", "above_own_role", "yourself"] | None = Field(
        description="Why it was refused"
    )


class RosterOut(_Out):
    dry_run: bool
    counts: dict[str, int] = Field(description="Rows by outcome")
    rows: list[RosterRowOut]


class EnrollmentOut(_Out):
    user: str
    display_name: str
    email: str | None
    role: CourseRole
    signs_in: bool = Field(description="They have a way to: a password, a token, or an OpenID provider")
    invited_until: float | None = Field(description="When their open link ends, UTC seconds")


class EnrollmentsOut(_Out):
    items: list[EnrollmentOut]
    next: str | None


class EnrollmentIn(_In):
    role: CourseRole


class InvitationsIn(_In):
    users: list[LoginIn] | None = Field(
        default=None, max_length=5000, description="Logins; left out: everybody who cannot sign in yet"
    )
    days: float = Field(default=14, gt=0, le=90, description="How long the links open something")


class NewInvitationOut(_Out):
    user: str
    display_name: str
    email: str | None
    link: str = Field(description="Shown this once: whoever opens it chooses the account's password")
    expires_at: float


class NotInvitedOut(_Out):
    """`signs_in`: the account is somebody's own. `staff_elsewhere`: an administrator must make the link."""

    user: str
    reason: Literal["signs_in", "staff_elsewhere", "not_in_course"]


class NewInvitationsOut(_Out):
    items: list[NewInvitationOut]
    not_invited: list[NotInvitedOut]


class InvitationOut(_Out):
    id: str
    user: str
    display_name: str
    email: str | None
    author: str | None
    created_at: float
    expires_at: float


class InvitationsOut(_Out):
    items: list[InvitationOut]
    next: str | None


class TokenIn(_In):
    label: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00]*$")
    ] = Field(description="What it is for, to know it by")
    role: Literal["student", "grader", "instructor", "admin"] | None = Field(
        default=None, description="A ceiling on what it may do; left out: that of the token that asks"
    )
    scopes: list[Scope] | None = Field(
        default=None, min_length=1, max_length=6, description="What it is for; null: whatever its role may do"
    )
    days: float | None = Field(
        default=None, gt=0, le=3660, description="How long it holds; null: as long as the token that asks"
    )


class TokenOut(_Out):
    id: str
    label: str
    role: str
    scopes: list[str] | None
    created_at: float
    expires_at: float | None
    is_this_one: bool = Field(description="The one that asks")


class NewTokenOut(TokenOut):
    token: str = Field(description="Shown this once")


class TokensOut(_Out):
    items: list[TokenOut]


def _display_name(given: str) -> str:
    name = clean_name(given)
    if fault := fault_of_name(name):
        raise PydanticCustomError(f"name_{fault}", "this name is not taken")
    return name


class ProfileIn(_In):
    """What is left out stays as it is."""

    display_name: Annotated[str, AfterValidator(_display_name)] | None = Field(
        default=None, max_length=4 * MAX_NAME_CHARS
    )
    language: Language | None = Field(default=None, description="null: as the browser asks")


class ProfileOut(_Out):
    user: str
    display_name: str
    email: str | None
    language: Language | None
