"""What instructors give one student: another due date, other attempts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from api.dashboard.pages.acting_acts import ActLine
    from graders.spec import Quota
    from store.repository import ExtensionRow, QuotaGrantRow, StudentRow


@dataclass(frozen=True, kw_only=True)
class SentForm:
    """The fields of a form as they were sent, where they were not taken; `wrong` names those at fault."""

    user: str = ""
    due_at: str = ""
    per_day: str = ""
    burst: str = ""
    extra: str = ""
    reason: str = ""
    wrong: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class ExtensionsPage:
    """`seen`: of each student's own, by login, the ETag."""

    slug: str
    due_at: float | None
    may_decide: bool
    rows: tuple[ExtensionRow, ...]
    seen: dict[str, str]
    students: tuple[StudentRow, ...]
    form: SentForm
    done: ActLine | None


@dataclass(frozen=True, kw_only=True)
class AttemptsPage:
    """`quota`: what the assignment itself says; None: everybody may hand in as often as they like.

    `seen`: of each student's own, by login, the ETag.
    """

    slug: str
    quota: Quota | None
    may_decide: bool
    rows: tuple[QuotaGrantRow, ...]
    seen: dict[str, str]
    students: tuple[StudentRow, ...]
    form: SentForm
    done: ActLine | None
