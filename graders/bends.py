"""How far a view of probe scores departs from affine: RMS figures over the spread of the scores at the ends.

All are >= 0 and best (affine) at 0, and rest on z(a), z(b), z(m) of each triple (a, b, m = (a+b)/2):
`bend` on z(m) - (z(a) + z(b))/2; `outside_fan` on the distance of z(m) from every p z(a) + q z(b), p, q >= 0,
which stays 0 when an affine model's rows are multiplied by numbers of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from graders.output_links import view

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graders.output_links import Array, Link, Outputs, View

# What a term may add that is to change no verdict, of probabilities or of the spread of unbounded scores.
TINY_TERM = 2e-4
_MIN_TRIPLES = 8
# Scores that vary by less than this share of their size are constant to float32.
_CONSTANT = 1e-5


@dataclass(frozen=True, kw_only=True)
class ScaleBend:
    """One scale under one link. The true bend lies within `noise` of `bend`.

    `excess`, `outside_fan`: what errors widened by TINY_TERM leave of the bend, of the distance from the fan.
    """

    scale: float
    bend: float
    noise: float
    excess: float
    outside_fan: float


def scale_bends(outputs: Outputs, link: Link, *, scales: Sequence[float]) -> list[ScaleBend]:
    """The scales that `link` resolves: enough triples, and a spread well above the error. `scales` ascending.

    >>> from graders.output_links import describe
    >>> ends = np.random.default_rng(0).normal(size=(64, 2, 3))
    >>> straight = np.concatenate([ends, ends.mean(axis=1, keepdims=True)], axis=1)
    >>> [found] = scale_bends(describe([straight]), "identity", scales=[1])
    >>> round(found.bend, 6), found.outside_fan
    (0.0, 0.0)
    """
    found = []
    for index, scale in enumerate(scales):
        close, wide = view(outputs, index, link), view(outputs, index, link, tiny=TINY_TERM, worst=0.5)
        resolved = spread_and_noise(close)
        if resolved is None:
            continue
        spread, noise = resolved
        found.append(
            ScaleBend(
                scale=scale,
                bend=_rms(_bends(close), close) / spread,
                noise=noise / spread,
                excess=_excess(_bends(wide), wide),
                outside_fan=_excess(_outside_fan(wide), wide),
            )
        )
    return found


def spread_and_noise(seen: View) -> tuple[float, float] | None:
    """RMS spread of z at the ends, and what digits do not tell of a bend; None where none can be read."""
    spread, noise = _ends_spread(seen), _rms(_bend_errors(seen), seen)
    return None if _count(seen) < _MIN_TRIPLES or spread <= 3 * noise else (spread, noise)


def reversed_triples(outputs: Outputs, *, scales: Sequence[float]) -> int:
    """Triples of which a and b rank a pair of classes alike and m the other way, beyond every error.

    No single layer does that, whatever strictly increasing function its outputs went through and whatever was
    done to whole rows: where z_j > z_k at both ends of a line, it is so between them.
    """
    count = 0
    for y in outputs.scores[: len(scales)]:
        finite = y[np.all(np.isfinite(y), axis=(1, 2))]
        if not len(finite):
            continue
        if outputs.form == "log_probabilities":
            finite = np.exp(finite)
        size = raw_spread(finite) if outputs.form in {"scores", "positive"} else 1.0
        lost = outputs.absolute_error + outputs.relative_error * float(np.abs(finite).max())
        margin = 4 * (TINY_TERM * size + lost)
        gaps = finite[:, :, :, None] - finite[:, :, None, :]
        turned = np.all(gaps[:, :2] > margin, axis=1) & (gaps[:, 2] < -margin)
        count += int(turned.any(axis=(1, 2)).sum())
    return count


def raw_spread(y: Array) -> float:
    """RMS of the scores (triples, 3, classes) about each row's mean and each class's."""
    centred = y - y.mean(axis=-1, keepdims=True)
    return float(np.std(centred - centred.mean(axis=(0, 1))))


def is_constant(y: Array) -> bool:
    """Whether the scores (triples, 3, classes) are those of a model that ignores its input."""
    finite = y[np.all(np.isfinite(y), axis=(1, 2))]
    return not len(finite) or raw_spread(finite) <= _CONSTANT * float(np.abs(finite).max())


def _count(seen: View) -> int:
    return int(seen.usable.any(axis=1).sum())


def _ends_spread(seen: View) -> float:
    """RMS deviation of each class's score at the ends from its mean there."""
    both = np.repeat(seen.usable[:, None, :], 2, axis=1)
    ends = np.where(both, seen.z[:, :2], 0.0)
    mean = ends.sum(axis=(0, 1)) / np.maximum(both.sum(axis=(0, 1)), 1)
    return float(np.sqrt((np.where(both, ends - mean, 0.0) ** 2).sum() / max(int(both.sum()), 1)))


def _rms(values: Array, seen: View) -> float:
    kept = np.where(seen.usable, values, 0.0)
    return float(np.sqrt((kept**2).sum() / max(int(seen.usable.sum()), 1)))


def _bends(seen: View) -> Array:
    bends: Array = seen.z[:, 2] - (seen.z[:, 0] + seen.z[:, 1]) / 2
    return bends


def _bend_errors(seen: View) -> Array:
    errors: Array = seen.error[:, 2] + (seen.error[:, 0] + seen.error[:, 1]) / 2
    return errors


def _excess(values: Array, seen: View) -> float:
    spread = _ends_spread(seen)
    if _count(seen) < _MIN_TRIPLES or spread == 0:
        return 0.0
    return _rms(np.maximum(np.abs(values) - _bend_errors(seen), 0.0), seen) / spread


def _outside_fan(seen: View) -> Array:
    """z(m) less its nearest mix of z(a), z(b), weights >= 0: least squares, else the nearer of two rays."""
    a, b, m = seen.z[:, 0], seen.z[:, 1], seen.z[:, 2]
    aa, bb, ab = (a * a).sum(axis=1), (b * b).sum(axis=1), (a * b).sum(axis=1)
    am, bm = (a * m).sum(axis=1), (b * m).sum(axis=1)
    determinant = aa * bb - ab * ab
    solvable = np.where(determinant > 1e-12 * aa * bb, determinant, np.inf)
    p, q = (am * bb - bm * ab) / solvable, (bm * aa - am * ab) / solvable
    along_a = np.maximum(am, 0) / np.where(aa > 0, aa, 1.0)
    along_b = np.maximum(bm, 0) / np.where(bb > 0, bb, 1.0)
    off_a, off_b = m - along_a[:, None] * a, m - along_b[:, None] * b
    nearer = np.where(((off_a**2).sum(axis=1) <= (off_b**2).sum(axis=1))[:, None], off_a, off_b)
    off: Array = np.where(((p > 0) & (q > 0))[:, None], m - p[:, None] * a - q[:, None] * b, nearer)
    return off
