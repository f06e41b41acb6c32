"""Whether probabilities may be independent sigmoids of a single layer, each row then multiplied by a number.

One-vs-rest classifiers divide their sigmoids by their sum (scikit-learn's do): the result looks like softmax,
but under log it bends. Per triple (a, b, m) the question is whether row factors exist under which the logits
of m are the mean of those of a and b. With K classes that is K - 1 equations in two unknowns, the greatest
logits of a and of b; the factor of m drops out on centring over the classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graders.output_links import Array

# Of 150 single layers on Iris, one against the rest, the worst missed by 0.25 and nine in ten by 0.11 (the
# search stops short, digits are lost); of 120 networks with softmax 99 in 100 by 0.36 and more.
MISSES_AT_LEAST = 0.33
_MIN_TRIPLES = 24
_MAX_TRIPLES_EACH = 64
_MISSED_BY = 0.01
# A row whose two greatest are closer has both saturated: what their logits were is lost.
_TIE = 2e-3
# Greatest logits from -20 to 400, denser near 0.
_GRID = np.linspace(-4.0, 8.0, 17)
_STARTS = 3
_ROUNDS = 30
_SHRINK = 0.75
_MOVES = np.array([[i, j] for i in (-1, 0, 1) for j in (-1, 0, 1)], dtype=np.float64)


def missed_share(log_probabilities: Sequence[Array]) -> float | None:
    """Share, 0..1, of triples that no row factors explain; 0 for one-vs-rest of a single layer.

    `log_probabilities`: for each scale float64 (triples, 3, classes), each row known up to a constant. None
    where fewer than three classes, or too few triples, leave nothing to contradict.

    >>> rng = np.random.default_rng(0)
    >>> a, b = rng.normal(size=(2, 64, 3)) * 3
    >>> z = np.stack([a, b, (a + b) / 2], axis=1)
    >>> p = 1 / (1 + np.exp(-z))
    >>> missed_share([np.log(p / p.sum(axis=-1, keepdims=True))]) < 0.1
    True
    """
    together = np.concatenate([_unsaturated(logs) for logs in log_probabilities])
    if together.shape[-1] < 3 or len(together) < _MIN_TRIPLES:
        return None
    a, b, m = together[:, 0], together[:, 1], together[:, 2]
    ends = together[:, :2] - together[:, :2].mean(axis=-1, keepdims=True)
    spread = float(np.std(ends - ends.mean(axis=(0, 1))))
    return float((_least_miss(a, b, m) > _MISSED_BY * spread).mean())


def _unsaturated(logs: Array) -> Array:
    top = np.sort(logs, axis=-1)[..., -2:]
    apart = np.all(top[..., 1] - top[..., 0] > _TIE, axis=1)
    kept: Array = logs[apart][:_MAX_TRIPLES_EACH]
    return kept


def _least_miss(a: Array, b: Array, m: Array) -> Array:
    """(triples,): a search on a grid of both unknowns, then by shrinking steps from the best few places."""
    grid = np.stack(np.meshgrid(_GRID, _GRID, indexing="ij"), axis=-1).reshape(-1, 1, 2)
    everywhere = _miss(np.broadcast_to(grid, (len(grid), len(m), 2)), a, b, m)
    best = np.full(len(m), np.inf)
    triples = np.arange(len(m))
    for start in np.argsort(everywhere, axis=0)[:_STARTS]:
        at, miss, step = grid[start, 0], everywhere[start, triples], _GRID[1] - _GRID[0]
        for _ in range(_ROUNDS):
            around = at[None] + step * _MOVES[:, None]
            misses = _miss(around, a, b, m)
            nearest = misses.argmin(axis=0)
            at, miss = around[nearest, triples], misses[nearest, triples]
            step *= _SHRINK
        best = np.minimum(best, miss)
    return best


def _miss(at: Array, a: Array, b: Array, m: Array) -> Array:
    """RMS over the classes of log p(m) as the ends foretell it, less what it is. `at`: (..., triples, 2)."""
    greatest = 2 * np.sinh(0.75 * at)
    logits = (_logits(a, greatest[..., 0]) + _logits(b, greatest[..., 1])) / 2
    off = -np.logaddexp(0, -logits) - m
    off = off - off.mean(axis=-1, keepdims=True)
    rms: Array = np.sqrt((off**2).mean(axis=-1))
    return rms


def _logits(logs: Array, greatest: Array) -> Array:
    """Logits of a row's classes (..., triples, classes), were that of its greatest one `greatest`."""
    relative = logs - logs.max(axis=-1, keepdims=True)
    log_p = np.minimum(relative - np.logaddexp(0, -greatest)[..., None], -1e-12)
    logits: Array = log_p - np.log(-np.expm1(log_p))
    return logits
