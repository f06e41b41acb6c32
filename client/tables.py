"""Rows as a table that fits: what people copy stays whole, and what matters least goes first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rich.box import ASCII, SIMPLE
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from client.messages import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from client.screen import Screen


@dataclass(frozen=True, kw_only=True)
class Column:
    """`name`: in the catalog. `spare`: left out where there is no room, the highest first; 0: never."""

    name: str
    is_figure: bool = False
    spare: int = 0


def show_table(screen: Screen, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    """With all columns that fit side by side. Where not even the needed ones do, their cells are folded."""
    kept = list(columns)
    while True:
        made = _table(screen, columns, kept, rows)
        spare = max(kept, key=lambda column: column.spare)
        if _columns_needed(screen, made) <= screen.out.width or not spare.spare:
            break
        kept.remove(spare)
    screen.show(made)


def _columns_needed(screen: Screen, made: Table) -> int:
    wide = screen.out.options.update(max_width=1000)
    return Measurement.get(screen.out, wide, made).maximum


def _table(
    screen: Screen, columns: Sequence[Column], kept: Sequence[Column], rows: Sequence[Sequence[str]]
) -> Table:
    box = SIMPLE if screen.is_unicode else ASCII
    made = Table(box=box, show_edge=False, pad_edge=False)
    for column in kept:
        side: Literal["right", "left"] = "right" if column.is_figure else "left"
        made.add_column(Text(say(f"column.{column.name}")), justify=side, overflow="fold")
    for row in rows:
        cells = dict(zip((column.name for column in columns), row, strict=True))
        made.add_row(*(Text(cells[column.name]) for column in kept))
    return made
