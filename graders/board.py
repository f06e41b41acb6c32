"""The two boards of an assignment: a public one while it runs, a final one when it is over.

The public board ranks by `graders.leaderboard`, on rows that nobody sees scored; the final one by the test
accuracy of what each student is graded by.
"""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from graders.leaderboard import Standing, ladder, rank

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graders.leaderboard import Misses, Ranked


@dataclass(frozen=True, kw_only=True)
class BoardEntry:
    """One submission: when it came, in seconds, and what it missed of `rows` hidden rows, packed."""

    at_s: float
    packed_misses: str
    rows: int


def public_board(
    entries: Mapping[str, Sequence[BoardEntry]], *, rows: int, step: float | None
) -> tuple[Ranked, ...]:
    """Who stands where by released errors. `entries`: by user, in the order of handing in.

    `rows`: of all repeats together. A submission that was measured on fewer, since one of its repeats gave
    no model, missed other rows than the rest and is left out. `step`: an improvement must exceed it, as well
    as what chance explains, to be shown; None: `default_step`. Raises ValueError for unreadable misses.

    >>> missed = [BoardEntry(at_s=1.0, packed_misses="8A==", rows=8)]  # the first four of eight
    >>> board = public_board({"ana": missed}, rows=8, step=None)
    >>> [(ranked.rank, ranked.standing.user, ranked.standing.released_error) for ranked in board]
    [(1, 'ana', 0.5)]
    """
    standings = []
    least_step = default_step(rows) if step is None else step
    for user, sent in entries.items():
        whole = [entry for entry in sent if entry.rows == rows]
        if whole:
            misses = [misses_of(packed=entry.packed_misses, rows=rows) for entry in whole]
            shown = ladder(misses=misses, least_step=least_step)[-1]
            standings.append(Standing(user, shown.released_error, whole[shown.set_by].at_s))
    return rank(standings)


def default_step(rows: int) -> float:
    """One standard error of a share at its most uncertain, 0..0.5.

    Without any least step the parameter-free Ladder can be climbed by changing two rows at a time (see
    `graders.leaderboard`), which a step of this size stops.

    >>> round(default_step(2000), 4)
    0.0112
    """
    return 0.5 / math.sqrt(rows)


def final_board(results: Mapping[str, tuple[float, float]]) -> tuple[Ranked, ...]:
    """Who stands where by test error. `results`: by user, test accuracy (0..1) and when it was handed in.

    >>> [ranked.standing.user for ranked in final_board({"ana": (0.8, 1.0), "dan": (0.9, 2.0)})]
    ['dan', 'ana']
    """
    # 1 - 0.9 is 0.09999999999999998: a share of rows has no such digits.
    return rank(Standing(user, round(1 - accuracy, 12), at_s) for user, (accuracy, at_s) in results.items())


def misses_of(*, packed: str, rows: int) -> Misses:
    """Array bool (rows,) from base64 of `np.packbits`. Raises ValueError for text that is no such thing.

    >>> misses_of(packed="oA==", rows=3).tolist()
    [True, False, True]
    """
    packed_bytes = np.frombuffer(base64.b64decode(packed, validate=True), dtype=np.uint8)
    if packed_bytes.size != (rows + 7) // 8:
        raise ValueError(f"{packed_bytes.size} bytes do not hold {rows} rows")
    return np.unpackbits(packed_bytes, count=rows).astype(np.bool_)
