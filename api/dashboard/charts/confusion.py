"""The confusion matrix as a table that is its own picture: the darker a cell, the more rows are in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from api.dashboard.texts import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.language import Language

SHADES: Final = 6
_TOLD: Final = 3


@dataclass(frozen=True, kw_only=True)
class Cell:
    """`shade` 0..SHADES by the share of its row, on a square root: errors are few. `hit`: on the diagonal."""

    count: int
    shade: int
    hit: bool


@dataclass(frozen=True, kw_only=True)
class ConfusionTable:
    """Rows: truth, columns: predicted. `recalls`: of each row, the share that was predicted right."""

    part: str
    description: str
    class_names: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    recalls: tuple[float | None, ...]


def confusion_table(
    counts: Sequence[Sequence[int]], class_names: Sequence[str], *, part: str, language: Language
) -> ConfusionTable:
    names = tuple(class_names) or tuple(map(str, range(len(counts))))
    return ConfusionTable(
        part=part,
        description=_description(counts, names, language),
        class_names=names,
        rows=tuple(
            tuple(
                Cell(count=count, shade=_shade(count, sum(row)), hit=truth == predicted)
                for predicted, count in enumerate(row)
            )
            for truth, row in enumerate(counts)
        ),
        recalls=tuple(row[truth] / sum(row) if sum(row) else None for truth, row in enumerate(counts)),
    )


def _shade(count: int, total: int) -> int:
    if not count or not total:
        return 0
    return max(1, min(SHADES, round(SHADES * math.sqrt(count / total))))


def _description(counts: Sequence[Sequence[int]], names: tuple[str, ...], language: Language) -> str:
    missed = sorted(
        (
            (count, truth, predicted)
            for truth, row in enumerate(counts)
            for predicted, count in enumerate(row)
            if truth != predicted and count
        ),
        key=lambda found: -found[0],
    )
    if not missed:
        return say(language, "charts.confusion_none")
    told = ", ".join(
        say(language, "charts.confused_pair", truth=names[truth], predicted=names[predicted], count=count)
        for count, truth, predicted in missed[:_TOLD]
    )
    return say(language, "charts.confusion_most", told=told)
