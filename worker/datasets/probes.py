"""Probe rows that show whether a model bends: two points and their middle, inside the data and outside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from worker.datasets.splits import Indices, Split

Rows = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Probes:
    """One scale. `triples` float32 (n, 3, *input_shape) holds (a, b, (a+b)/2) of each.

    `ends` (n, 2): which held-out rows a and b are, counted through validation, test and board; None where
    they are points of their own.
    """

    scale: float
    triples: Rows
    ends: Indices | None = None

    @property
    def rows_to_ask(self) -> Rows:
        """Float32 (m, *input_shape): what is not asked as data anyway, m = n or 3n."""
        if self.ends is not None:
            return self.triples[:, 2]
        return self.triples.reshape(-1, *self.triples.shape[2:])

    def places(self, *, start: int, held_out_start: int) -> Indices:
        """Where a, b and their middle lie, (n, 3), when `rows_to_ask` begin at `start`."""
        n = len(self.triples)
        if self.ends is None:
            return np.arange(start, start + 3 * n).reshape(n, 3)
        return np.column_stack([held_out_start + self.ends, np.arange(start, start + n)])


def draw_probes(
    split: Split, *, rng: np.random.Generator, scales: tuple[float, ...] = (4, 16), triples: int = 128
) -> list[Probes]:
    """Scale 1, then each scale s of `scales`.

    At scale 1, a and b are held-out rows, and what the model says of them as data counts: whoever answers
    data by another model than what looks like a probe has middles that do not fit their ends. Beyond,
    a = c + s (x_i - c) and b = c + s (x_j - c), with c the mean of the training rows and i, j two of them.
    """
    held_out = (split.validation_x, split.test_x, split.board_x)
    ends = np.column_stack(_pairs(sum(map(len, held_out)), triples, rng=rng))
    a, b = (_rows_of(held_out, ends[:, side]) for side in (0, 1))
    probes = [Probes(scale=1, triples=_with_middles(a, b), ends=ends)]
    x, centre = split.train_x, split.train_centre
    for scale in scales:
        first, second = _pairs(len(x), triples, rng=rng)
        a, b = (centre + np.float32(scale) * (x[rows] - centre) for rows in (first, second))
        probes.append(Probes(scale=scale, triples=_with_middles(a, b)))
    return probes


def _pairs(rows: int, count: int, *, rng: np.random.Generator) -> tuple[Indices, Indices]:
    first = rng.integers(rows, size=count)
    # Never the row itself: an offset of 1..n-1 around the circle of rows.
    return first, (first + rng.integers(1, max(rows, 2), size=count)) % rows


def _rows_of(parts: tuple[Rows, ...], numbers: Indices) -> Rows:
    """Rows of all parts counted through; 20,000 images need not be copied for it."""
    found = np.empty((len(numbers), *parts[0].shape[1:]), np.float32)
    start = 0
    for part in parts:
        mine = (numbers >= start) & (numbers < start + len(part))
        found[mine] = part[numbers[mine] - start]
        start += len(part)
    return found


def _with_middles(a: Rows, b: Rows) -> Rows:
    # From the rounded ends, so that the middle is exact to one rounding.
    return np.stack([a, b, (a + b) / np.float32(2)], axis=1)
