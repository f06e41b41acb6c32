"""The public board of a course: what it shows after each submission, and who stands where.

A board that shows every measured error leaks its hidden rows: whoever submits often enough climbs it
without learning anything. The Ladder answers only when a submission is better than the best so far by
more than chance explains, so that most submissions tell nothing.

Source of all of it: Blum and Hardt 2015, The Ladder: A Reliable Leaderboard for Machine Learning
Competitions, ICML (arXiv 1502.04585).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Misses = npt.NDArray[np.bool_]

# Multiples of a step such as 0.1 are not exact in binary; a submission that is better by just one step
# must not pass because of the 17th digit.
_TIE = 1e-9


class Shown(NamedTuple):
    """What the board shows: the released error, 0..1, best 0, and the submission (from 0) that set it."""

    released_error: float
    set_by: int


class Standing(NamedTuple):
    """One competitor on the board. `set_at_s`: when the submission came that set `released_error`, in
    seconds since any one moment.
    """

    user: str
    released_error: float
    set_at_s: float


class Ranked(NamedTuple):
    """`rank` counts from 1."""

    rank: int
    standing: Standing


def ladder(*, misses: Sequence[Misses], least_step: float = 0.0) -> tuple[Shown, ...]:
    """What the board shows one competitor after each submission, by the Ladder without parameters.

    `misses`: a bool (n,) each, in the order of submission, True where a hidden row was missed; n >= 2.
    The first submission is shown. A later one is shown when its error is below that of the last one shown
    by more than s / sqrt(n), s the sample standard deviation of the row by row difference of their losses:
    a one-sided paired t-test at t > 1. Released errors are multiples of 1/n, which is the paper's rounding.
    Raises ValueError for rows that differ in number or are fewer than two, and for a least step outside 0..1.

    Someone who changes two rows a time passes that test by luck once in four tries, and so climbs by two
    rows. `least_step`, which is not in the paper, closes this: an improvement must exceed it too, so that
    the board changes at most 1 + 1 / least_step times; see `error_bound_after`.
    Source: the parameter-free variant, Algorithm 2.

    >>> chance, same, better = np.arange(100) < 50, np.arange(100) < 50, np.arange(100) < 40
    >>> [shown.released_error for shown in ladder(misses=[chance, same, better])]
    [0.5, 0.5, 0.4]
    """
    if not 0 <= least_step <= 1:
        raise ValueError(f"least_step ({least_step}) is not an error, 0..1")
    rows = _same_rows(misses)
    board: list[Shown] = []
    for index, submission in enumerate(misses):
        if not board:
            board.append(_shown(submission, index))
            continue
        best = misses[board[-1].set_by]
        fewer = int(np.count_nonzero(best)) - int(np.count_nonzero(submission))
        # Losses are 0 or 1, so n s^2 (n - 1) is n * differing - fewer^2, and fewer / n > s / sqrt(n) is
        # this comparison of whole numbers: no rounding decides a tie.
        significant = fewer > 0 and fewer**2 > int(np.count_nonzero(best != submission))
        passed = significant and fewer > least_step * rows + _TIE
        board.append(_shown(submission, index) if passed else board[-1])
    return tuple(board)


def fixed_step_ladder(*, misses: Sequence[Misses], step: float) -> tuple[Shown, ...]:
    """What the board shows one competitor after each submission, by the Ladder with a fixed step.

    Arguments and errors as `ladder`; `step` in 0..1, above 0. A submission is shown when its error is below
    the released one by more than `step`, and is released rounded to the nearest multiple of `step`; halves
    go up, to the worse. Source: section 3, Algorithm 1.

    >>> errors = [np.arange(100) < count for count in (52, 47, 38)]
    >>> [round(shown.released_error, 9) for shown in fixed_step_ladder(misses=errors, step=0.1)]
    [0.5, 0.5, 0.4]
    """
    if not 0 < step <= 1:
        raise ValueError(f"step ({step}) must lie above 0 and be at most 1")
    rows = _same_rows(misses)
    board: list[Shown] = []
    steps = math.inf  # the released error, counted in steps
    for index, submission in enumerate(misses):
        measured = int(np.count_nonzero(submission)) / rows / step
        if measured < steps - 1 - _TIE:
            steps = math.floor(measured + 0.5 + _TIE)
            board.append(Shown(min(1.0, steps * step), index))
        else:
            board.append(board[-1])
    return tuple(board)


def fixed_step_error_bound(
    *, rows: int, submissions: int, step: float, failure_probability: float = 0.05
) -> float:
    """How far `fixed_step_ladder` can be off, however cleverly the submissions are chosen.

    With probability 1 - `failure_probability` over the draw of the hidden rows, the released error and the
    true error of the best submission so far differ by at most this, at every one of `submissions`.
    Above 0; 1 or more says nothing. Raises ValueError for counts below 1 and for shares outside 0..1.

    Source: section 3, Theorem 3.1: P(|best true error - released| > e + step)
    <= exp(-2 e^2 rows + (1/step + 2) log(4 submissions / step) + 1), solved for e.

    >>> round(fixed_step_error_bound(rows=10_000, submissions=100, step=0.05), 3)
    0.15
    """
    _require_counts(rows, submissions, failure_probability)
    if not 0 < step <= 1:
        raise ValueError(f"step ({step}) must lie above 0 and be at most 1")
    histories = (1 / step + 2) * math.log(4 * submissions / step) + 1
    return math.sqrt((histories - math.log(failure_probability)) / (2 * rows)) + step


def error_bound_after(
    *, rows: int, submissions: int, changes: int, failure_probability: float = 0.05
) -> float:
    """How far below its true error a submission can be shown by a board that has changed `changes` times.

    For `ladder`, of which the paper gives no such theorem. It is the argument of Theorem 3.1 counted anew:
    a competitor learns only when the board changes and to which of rows + 1 values, so one strategy has at
    most C(submissions, c) (rows + 1)^c histories with c changes, and at most so many submissions times the
    length of a history. Hoeffding's inequality is made to hold for all of them at once; a factor 2^c pays
    for not knowing c beforehand. Arguments, probability and errors as `fixed_step_error_bound`; `changes`
    counts the first showing and is 1..submissions.

    >>> round(error_bound_after(rows=10_000, submissions=100, changes=3), 3)
    0.05
    """
    _require_counts(rows, submissions, failure_probability)
    if not 1 <= changes <= submissions:
        raise ValueError(f"{changes} changes in {submissions} submissions")
    histories = math.log(math.comb(submissions, changes)) + changes * math.log(rows + 1)
    strategies = histories + math.log(submissions) + changes * math.log(2)
    return math.sqrt((strategies - math.log(failure_probability)) / (2 * rows))


def rank(standings: Iterable[Standing]) -> tuple[Ranked, ...]:
    """The board from best to worst. Of equal errors, whoever was first stands higher.

    Equal in both, they share a rank, in the order given, and the next rank follows without a gap
    (1, 1, 2). Raises ValueError for an error outside 0..1: a competitor without one is not on the board.

    >>> board = rank([Standing("ana", 0.2, 20.0), Standing("dan", 0.2, 10.0), Standing("eva", 0.1, 30.0)])
    >>> [(ranked.rank, ranked.standing.user) for ranked in board]
    [(1, 'eva'), (2, 'dan'), (3, 'ana')]
    """
    ordered = sorted(standings, key=lambda standing: (standing.released_error, standing.set_at_s))
    ranked: list[Ranked] = []
    for standing in ordered:
        if not 0 <= standing.released_error <= 1 or math.isnan(standing.set_at_s):
            raise ValueError(f"{standing} cannot be ranked")
        above = ranked[-1] if ranked else None
        place = 1 if above is None else above.rank + (above.standing[1:] != standing[1:])
        ranked.append(Ranked(place, standing))
    return tuple(ranked)


def _shown(submission: Misses, index: int) -> Shown:
    return Shown(int(np.count_nonzero(submission)) / submission.size, index)


def _same_rows(misses: Sequence[Misses]) -> int:
    """The number of rows. Without submissions it is never used."""
    if not misses:
        return 0
    shapes = {submission.shape for submission in misses}
    if len(shapes) > 1 or misses[0].ndim != 1 or misses[0].size < 2:
        raise ValueError(f"submissions must miss the same two or more rows, found {sorted(shapes)}")
    if any(submission.dtype != np.bool_ for submission in misses):
        raise ValueError("misses must be bool")
    return misses[0].size


def _require_counts(rows: int, submissions: int, failure_probability: float) -> None:
    if rows < 1 or submissions < 1:
        raise ValueError(f"{rows} rows and {submissions} submissions must both be at least 1")
    if not 0 < failure_probability < 1:
        raise ValueError(f"failure_probability ({failure_probability}) is not a share")
