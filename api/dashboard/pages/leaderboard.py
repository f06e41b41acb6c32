"""Ranks and errors; whose they are is told where the reader may know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.dashboard.pages.paging import Paging, page_number, paged
from api.dashboard.texts import say

if TYPE_CHECKING:
    from api.language import Language
    from api.schemas_grade import BoardRowOut, LeaderboardOut


@dataclass(frozen=True, kw_only=True)
class BoardRow:
    rank: int
    student: str
    own: bool
    error: float


@dataclass(frozen=True, kw_only=True)
class LeaderboardPage:
    """`own`: the reader's row, shown above the list too, since the list may be long."""

    is_final: bool
    own: BoardRow | None
    rows: tuple[BoardRow, ...]
    paging: Paging


def leaderboard_page(board: LeaderboardOut, language: Language, page: str) -> LeaderboardPage:
    rows = [_row(item, language) for item in board.items]
    shown, paging = paged(rows, page_number(page), {})
    return LeaderboardPage(
        is_final=board.stage == "final",
        own=next((row for row in rows if row.own), None),
        rows=tuple(shown),
        paging=paging,
    )


def _row(item: BoardRowOut, language: Language) -> BoardRow:
    hidden = say(language, "leaderboard.somebody")
    return BoardRow(rank=item.rank, student=item.display_name or hidden, own=item.own, error=item.error)
