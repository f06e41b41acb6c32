"""Every version of what an assignment asks, and what changed between two of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.dashboard.texts import say
from graders.spec import run_digest

if TYPE_CHECKING:
    from api.dashboard.pages.acting_differences import Differences
    from api.language import Language
    from store.repository import AssignmentDetails, VersionRow


@dataclass(frozen=True, kw_only=True)
class VersionLine:
    """`runs_as_newest`: what was measured under it can be judged by the newest version."""

    version: int
    author: str
    note: str
    created_at: float
    runs_as_newest: bool


@dataclass(frozen=True, kw_only=True)
class VersionsPage:
    """`before` and `after`: the two that are compared; `text`: the document of the latter."""

    slug: str
    versions: tuple[VersionLine, ...]
    before: int
    after: int
    differences: Differences
    text: str


def version_lines(
    assignment: AssignmentDetails, rows: list[VersionRow], language: Language
) -> tuple[VersionLine, ...]:
    newest = run_digest(assignment.spec)
    return tuple(
        VersionLine(
            version=row.version,
            author=row.author or say(language, "act.system"),
            note=row.note or "",
            created_at=row.created_at,
            runs_as_newest=row.digest == newest,
        )
        for row in rows
    )
