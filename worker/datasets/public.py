"""What of a data set a student may measure a model on at home: never the rows that a grade rests on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from graders.spec import SplitSizes

if TYPE_CHECKING:
    from worker.datasets.model import Dataset


def public_part(dataset: Dataset) -> Dataset:
    """Without the rows that are kept for testing, where the data set has such: all parts are then drawn of
    its training rows.
    """
    return replace(dataset, test_x=None, test_y=None)


def public_sizes(sizes: SplitSizes, rows: int) -> SplitSizes:
    """Parts that `rows` rows suffice for, to within one row a part.

    The training part keeps its size where that leaves at least half of what the others ask for, which they
    share; else all give up the same share.

    >>> public_sizes(SplitSizes(train=90, validation=30, test=30), 150)
    SplitSizes(train=90, validation=30, test=30, board=0)
    >>> public_sizes(SplitSizes(train=50_000, validation=10_000, test=10_000), 60_000)
    SplitSizes(train=50000, validation=5000, test=5000, board=0)
    >>> public_sizes(SplitSizes(train=100, validation=10, test=10), 100)
    SplitSizes(train=83, validation=8, test=8, board=0)
    """
    parts = [sizes.validation, sizes.test, sizes.board]
    asked, held_out = sizes.train + sum(parts), sum(parts)
    if asked <= rows:
        return sizes
    left = rows - sizes.train
    if left < held_out // 2:
        train, left = rows * sizes.train // asked, rows * held_out // asked
    else:
        train = sizes.train
    validation, test, board = (left * part // held_out for part in parts)
    return SplitSizes(train=max(train, 1), validation=max(validation, 1), test=max(test, 1), board=board)
