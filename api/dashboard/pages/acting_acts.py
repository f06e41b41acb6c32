"""What staff did, as a sentence each: the page says who it was, when, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.dashboard.texts import CATALOGS, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.language import Language
    from store.repository import Act


@dataclass(frozen=True, kw_only=True)
class ActLine:
    """`reason` is empty where none was given."""

    id: str
    at: float
    who: str
    what: str
    reason: str


def act_lines(acts: Sequence[Act], language: Language) -> tuple[ActLine, ...]:
    return tuple(_line(act, language) for act in acts)


def just_done(lines: Sequence[ActLine], act_id: str) -> ActLine | None:
    """The one that the reader comes back from, by the id in the address: nothing else can be told by it."""
    return next((line for line in lines if line.id == act_id), None)


def done_line(acts: Sequence[Act], language: Language, act_id: str) -> ActLine | None:
    """`just_done` for a page that tells nothing else of them."""
    return just_done(act_lines(acts, language), act_id)


def _line(act: Act, language: Language) -> ActLine:
    key = f"act.{act.action.replace('.', '_')}"
    known = key in CATALOGS[language]
    return ActLine(
        id=act.id,
        at=act.at,
        who=act.actor or say(language, "act.system"),
        what=say(language, key, **act.detail) if known else act.action,
        reason=str(act.detail.get("reason") or ""),
    )
