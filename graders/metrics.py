"""Rates, losses and their intervals. `accuracy` is better high, `error` and `cross_entropy` low."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from graders.evidence import Labels, Scores

Z_95 = 1.959963984540054  # the 97.5 % quantile of the standard normal distribution

# Rows of float32 (or half-precision) probabilities miss 1 by rounding.
_SUM_TOLERANCE = 1e-3
_ROUNDING = 1e-9
# A probability of exactly 0 has underflowed float32; it costs 87 nats rather than an infinite mean.
_SMALLEST_PROBABILITY = float(np.finfo(np.float32).tiny)


class Interval(NamedTuple):
    """A 95 % interval, both ends included."""

    low: float
    high: float


def accuracy(*, labels: Labels, predicted: Labels) -> float:
    """Share of rows whose class was found. 0..1, best 1.

    `labels`, `predicted`: int64 (n,), n >= 1. Raises ValueError when they are empty or differ in shape.

    >>> accuracy(labels=np.array([0, 1, 2, 2]), predicted=np.array([0, 1, 2, 0]))
    0.75
    """
    _require_same_rows(labels, predicted)
    return int(np.count_nonzero(labels == predicted)) / labels.size


def error(*, labels: Labels, predicted: Labels) -> float:
    """Share of rows whose class was missed, 1 - accuracy. 0..1, best 0. Arguments as `accuracy`.

    >>> error(labels=np.array([0, 1, 2, 2]), predicted=np.array([0, 1, 2, 0]))
    0.25
    """
    _require_same_rows(labels, predicted)
    return int(np.count_nonzero(labels != predicted)) / labels.size


def confusion_matrix(*, labels: Labels, predicted: Labels, n_classes: int) -> npt.NDArray[np.int64]:
    """Counts int64 (n_classes, n_classes): rows are the truth, columns the prediction; best is diagonal.

    `labels`, `predicted`: int64 (n,) in 0..n_classes-1. Raises ValueError for an id outside that range:
    the worker has refused such a prediction long before, so one here is our bug.

    >>> confusion_matrix(labels=np.array([0, 1, 1]), predicted=np.array([0, 0, 1]), n_classes=2).tolist()
    [[1, 0], [1, 1]]
    """
    _require_same_rows(labels, predicted)
    ids = np.concatenate([labels, predicted])
    if ids.min() < 0 or ids.max() >= n_classes:
        raise ValueError(f"class ids must lie in 0..{n_classes - 1}, found {ids.min()}..{ids.max()}")
    cells = np.bincount(labels * n_classes + predicted, minlength=n_classes * n_classes)
    return cells.reshape(n_classes, n_classes).astype(np.int64)


def are_probabilities(scores: npt.NDArray[np.floating]) -> bool:
    """Whether every row of `scores` (..., classes) is a distribution: in 0..1, summing to 1."""
    in_range = bool(np.all((scores >= 0) & (scores <= 1)))
    return in_range and bool(np.all(np.abs(scores.sum(axis=-1, dtype=np.float64) - 1) <= _SUM_TOLERANCE))


def row_cross_entropies(*, labels: Labels, scores: Scores) -> npt.NDArray[np.float64]:
    """Each row's loss in nats, float64 (n,), >= 0, best 0. Arguments as `cross_entropy`."""
    if scores.ndim != 2 or scores.shape[0] != labels.size or labels.size == 0:
        raise ValueError(f"scores {scores.shape} do not fit {labels.shape} labels")
    z = scores.astype(np.float64)
    if are_probabilities(z):
        log_p = np.log(np.maximum(z, _SMALLEST_PROBABILITY))
    else:
        # Log-probabilities need no case of their own: log-softmax leaves them as they are.
        z = z - z.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    loss: npt.NDArray[np.float64] = -log_p[np.arange(labels.size), labels]
    return np.maximum(loss, 0.0)


def cross_entropy(*, labels: Labels, scores: Scores) -> float:
    """Mean negative log-likelihood of the true class in nats. >= 0, best 0; log(classes) is a blind guess.

    `labels` int64 (n,); `scores` float32 (n, classes): probabilities when every row is a distribution,
    otherwise logits or log-probabilities. Raises ValueError when the shapes disagree or n is 0.
    Source: Goodfellow, Bengio and Courville 2016, Deep Learning, section 6.2.2.3.

    >>> round(cross_entropy(labels=np.array([0]), scores=np.array([[0.5, 0.5]], dtype=np.float32)), 4)
    0.6931
    """
    return float(row_cross_entropies(labels=labels, scores=scores).mean())


def wilson_interval(*, successes: float, n: int) -> Interval:
    """95 % score interval of a share `successes / n`, within 0..1. ValueError unless 0 <= successes <= n.

    `n` counts independent trials. Successes need not be whole: a share pooled over repeats that saw the same
    rows is carried over to the number of different rows.
    Source: Wilson 1927, Probable inference, the law of succession, and statistical inference, JASA 22.

    >>> [round(bound, 3) for bound in wilson_interval(successes=29, n=30)]
    [0.833, 0.994]
    """
    if n < 1 or not 0 <= successes <= n * (1 + _ROUNDING):
        raise ValueError(f"{successes} of {n} is not a share")
    p = min(successes / n, 1.0)
    squared = Z_95 * Z_95
    centre = (p + squared / (2 * n)) / (1 + squared / n)
    half = Z_95 / (1 + squared / n) * math.sqrt(p * (1 - p) / n + squared / (4 * n * n))
    # The ends are exact at 0 and n; the formula leaves a rounding error there.
    low = 0.0 if successes <= 0 else max(0.0, centre - half)
    high = 1.0 if successes >= n else min(1.0, centre + half)
    return Interval(low, high)


def newcombe_interval(
    *, validation_successes: float, validation_n: int, train_successes: float, train_n: int
) -> Interval:
    """95 % interval of p_validation - p_train, two independent shares; within -1..1.

    Source: Newcombe 1998, Interval estimation for the difference between independent proportions,
    Statistics in Medicine 17, method 10 (square and add, from the two Wilson intervals).

    >>> spread = newcombe_interval(validation_successes=6, validation_n=30, train_successes=2, train_n=90)
    >>> [round(bound, 3) for bound in spread]
    [0.059, 0.352]
    """
    validation, train = validation_successes / validation_n, train_successes / train_n
    of_validation = wilson_interval(successes=validation_successes, n=validation_n)
    of_train = wilson_interval(successes=train_successes, n=train_n)
    difference = validation - train
    below = math.hypot(validation - of_validation.low, of_train.high - train)
    above = math.hypot(of_validation.high - validation, train - of_train.low)
    return Interval(difference - below, difference + above)


def mean_difference_interval(
    *,
    validation: npt.NDArray[np.float64],
    train: npt.NDArray[np.float64],
    validation_n: int | None = None,
    train_n: int | None = None,
) -> Interval:
    """95 % interval of mean(validation) - mean(train), float64 (n,) and (m,), for losses.

    `*_n`: independent trials among them, where that is fewer than there are values.
    Normal approximation with unequal variances: Welch 1938, Biometrika 29. One row has no spread to
    estimate from, so an interval from fewer than two rows is unbounded.

    >>> rows = np.array([0.1, 0.2, 0.3])
    >>> [round(bound, 3) for bound in mean_difference_interval(validation=rows + 1, train=rows)]
    [0.84, 1.16]
    """
    difference = float(validation.mean() - train.mean())
    if min(validation.size, train.size) < 2:
        return Interval(-math.inf, math.inf)
    of_validation = validation.var(ddof=1) / (validation_n or validation.size)
    variance = float(of_validation + train.var(ddof=1) / (train_n or train.size))
    half = Z_95 * math.sqrt(variance)
    return Interval(difference - half, difference + half)


def _require_same_rows(labels: Labels, predicted: Labels) -> None:
    if labels.ndim != 1 or labels.shape != predicted.shape or labels.size == 0:
        raise ValueError(f"labels {labels.shape} and predictions {predicted.shape} differ or are empty")


def two_share_p_value(
    *, first_successes: float, first_n: int, second_successes: float, second_n: int
) -> float:
    """Two-sided p value, 0..1, that two independent shares are equal; small says that they differ.

    Pooled z test with the N - 1 correction, which keeps its level in small samples: Campbell 2007,
    Chi-squared and Fisher-Irwin tests of two-by-two tables with small sample recommendations, Statistics in
    Medicine 26.

    >>> round(two_share_p_value(first_successes=29, first_n=30, second_successes=20, second_n=30), 4)
    0.0029
    """
    n = first_n + second_n
    pooled = (first_successes + second_successes) / n
    variance = pooled * (1 - pooled) * (1 / first_n + 1 / second_n) * n / (n - 1)
    difference = abs(first_successes / first_n - second_successes / second_n)
    if difference == 0 or variance == 0:
        return 1.0
    return math.erfc(difference / math.sqrt(variance) / math.sqrt(2))
