"""Probe rows that show whether a model bends: two points and their middle, inside the data and outside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from worker.datasets.splits import Split


def draw_probes(
    split: Split, *, rng: np.random.Generator, scales: tuple[float, ...] = (1, 4, 16), triples: int = 128
) -> list[tuple[float, npt.NDArray[np.float32]]]:
    """For each scale s, float32 (triples, 3, *input_shape) holding (a, b, (a+b)/2).

    a = c + s (x_i - c) and b = c + s (x_j - c), with c the mean of the training rows and i, j two of them.
    """
    x = split.train_x
    centre = split.train_centre
    probes: list[tuple[float, npt.NDArray[np.float32]]] = []
    for scale in scales:
        first = rng.integers(len(x), size=triples)
        # Never the row itself: an offset of 1..n-1 around the circle of rows.
        second = (first + rng.integers(1, max(len(x), 2), size=triples)) % len(x)
        a = centre + np.float32(scale) * (x[first] - centre)
        b = centre + np.float32(scale) * (x[second] - centre)
        # From the rounded ends, so that the middle is exact to one rounding.
        probes.append((scale, np.stack([a, b, (a + b) / np.float32(2)], axis=1)))
    return probes
