"""Output functions undone: scores as a function that is affine for a single layer, each with its error bound.

What is known of a score ends somewhere: at float32's digits, at a rounding, at a floor that a student clips
to. Every view carries that bound through its link, so that no bend is read from digits that are not there.

| scores look like                  | links tried                                        |
| --------------------------------- | -------------------------------------------------- |
| rows that sum to 1                | log (softmax)                                      |
| rows whose exponentials sum to 1  | none needed (log-softmax)                          |
| within 0..1                       | logit (sigmoids), log (softmax, rows scaled), none |
| within -1..1                      | none, logit of (y + 1)/2 (tanh)                    |
| >= 0                              | none, log (exp, softmax with rows scaled)          |
| anything else                     | none (logits)                                      |

Where rows moved to sum to 1 could be probabilities, the log of those is tried as well. Scores that sit on a
common floor or ceiling (clipped, ReLU) are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Form = Literal["probabilities", "log_probabilities", "unit", "signed_unit", "positive", "scores"]
Link = Literal["identity", "log", "log_shifted", "logit", "logit_signed"]

# The first is the one that a standard output function calls for.
_LINKS: dict[Form, tuple[Link, ...]] = {
    "probabilities": ("log",),
    "log_probabilities": ("log",),
    "unit": ("logit", "log", "identity"),
    "signed_unit": ("identity", "logit_signed"),
    "positive": ("identity", "log"),
    "scores": ("identity",),
}

# Row sums of float32 (or half-precision) probabilities miss 1 by rounding.
_SUM_TOLERANCE = 1e-3
# Softmax keeps its relative precision far below 1, down to 1.2e-38, where float32 begins to underflow.
_SMALLEST_PROBABILITY = 1e-37
_SMALLEST_LOG = float(np.log(_SMALLEST_PROBABILITY))
_LARGEST_EXPONENT = 700.0
_FLOAT32_EPSILON = 1.2e-7
# Digits lost between the input and a score, as a share of the greatest score.
_FLOAT32_ERROR = 2e-6
_HALF_EPSILON, _SMALLEST_HALF, _LARGEST_HALF = 2.0**-11, 6e-8, 6e4
_MAX_DECIMALS = 5
# Scores sit on a floor, or tie in a row, by more than chance from this share on.
_TIED_SHARE = 0.01
_TIED_WITHIN = 1e-6
_SAME_WITHIN = 1e-5
# Rows that spread over 1 at most, and somewhere over this much, may be sigmoids that were shifted.
_LEAST_RANGE = 0.5


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """The scores of all scales, float64 (triples, 3, classes) each, and what is known of their digits.

    A score is known to within `absolute_error` + `relative_error` * |score|. `floor` and `ceiling` are values
    that scores of several classes sit on, None where there is no such value. `rows_end_at_one`: no row
    spreads over more than 1, as of sigmoids to which each row had its own number added.
    """

    form: Form
    scores: tuple[Array, ...]
    absolute_error: float
    relative_error: float
    floor: float | None
    ceiling: float | None
    ties_in_rows: bool
    rows_have_one_range: bool
    rows_end_at_one: bool
    may_be_shifted: bool

    @property
    def links(self) -> tuple[Link, ...]:
        """All that the scores may have come out of, the likeliest first."""
        return (*_LINKS[self.form], "log_shifted") if self.may_be_shifted else _LINKS[self.form]

    @property
    def rows_may_be_scaled(self) -> bool:
        """Whether nothing in the scores would show that each row was multiplied by a number of its own."""
        return self.form in {"scores", "positive", "signed_unit"} and self.scores[0].shape[-1] > 2

    @property
    def is_plain(self) -> bool:
        """Whether a standard output function may have made them: none clips, ties or stretches whole rows."""
        unbounded = self.form in {"scores", "positive"}
        clipped = unbounded and self.ceiling is not None
        # Log-softmax ends at 0 as others end at 0 and 1, but has no floor.
        clipped |= (unbounded or self.form == "log_probabilities") and self.floor is not None
        return not (clipped or self.ties_in_rows or self.rows_have_one_range or self.rows_end_at_one)

    @property
    def rows_may_be_divided(self) -> bool:
        """Whether these may be sigmoids, each row divided by a number of its own. Two classes always may."""
        return self.form in {"probabilities", "unit"} and self.scores[0].shape[-1] > 2

    def log_probabilities(self) -> list[Array]:
        """For each scale the logarithms, (triples, 3, classes), of the triples whose digits are all known."""
        least = max(_SMALLEST_PROBABILITY, 2 * (self.floor or 0.0))
        known = [np.all(np.isfinite(y) & (y >= least), axis=(1, 2)) for y in self.scores]
        return [np.log(y[fine]) for y, fine in zip(self.scores, known, strict=True)]


@dataclass(frozen=True, kw_only=True)
class View:
    """One scale through one link. `z`, `error` float64 (triples, 3, classes), `usable` (triples, classes).

    |z - what it stands for| <= `error`. Both are 0 where not usable. Except under logit, `z` is centred over
    the usable classes of each row, since softmax forgets what was added to a whole row.
    """

    z: Array
    error: Array
    usable: Mask


def describe(scores: Sequence[Array]) -> Outputs:
    """What the outputs look like at all scales together: each float64 (triples, 3, classes).

    >>> describe([np.array([[[0.25, 0.75], [0.9, 0.1], [0.6, 0.4]]])]).form
    'probabilities'
    >>> describe([np.array([[[-3.0, 7.0], [2.0, 1.0], [0.5, 4.0]]])]).links
    ('identity',)
    """
    rows = np.concatenate([z.reshape(-1, z.shape[-1]) for z in scores])
    rows = rows[np.all(np.isfinite(rows), axis=1)]
    if rows.size == 0:
        rows = np.zeros((1, scores[0].shape[-1]))
    absolute, relative = _rounding(rows)
    form = _form(rows, tolerance=_SUM_TOLERANCE + absolute * rows.shape[-1])
    sums_to_one = form in {"probabilities", "log_probabilities"}
    shiftable = form in {"scores", "positive", "signed_unit"}
    return Outputs(
        form=form,
        scores=tuple(scores),
        absolute_error=absolute,
        relative_error=relative,
        floor=_tied(rows, float(rows.min())),
        ceiling=_tied(rows, float(rows.max())),
        ties_in_rows=_tie_in_rows(rows, form),
        rows_have_one_range=not sums_to_one and _have_one_range(rows),
        rows_end_at_one=shiftable and _LEAST_RANGE <= float(np.ptp(rows, axis=1).max()) <= 1 + _SAME_WITHIN,
        may_be_shifted=shiftable and bool(_sum_to_one(rows).min() > -_SAME_WITHIN),
    )


def view(outputs: Outputs, index: int, link: Link, *, tiny: float = 0.0, worst: float = 0.005) -> View:
    """Scale number `index` through `link`. Log and logit leave out scores whose error would exceed `worst`.

    `tiny` widens the error by what a term may add to each score that is to change nothing: as it is for
    probabilities, times the spread for scores without bounds.
    """
    y = outputs.scores[index]
    finite = np.isfinite(y)
    y = np.where(finite, y, 0.0)
    error = outputs.absolute_error + outputs.relative_error * np.abs(y)
    floor = outputs.floor or 0.0
    if link == "identity":
        size = float(np.abs(y).max())
        return _centred(y, error + _FLOAT32_ERROR * size + tiny * _spread(y), finite & ~_clipped(outputs, y))
    if link == "logit":
        return _logit(y, error + tiny + floor, finite, worst=worst)
    if link == "logit_signed":
        # -1 + p keeps only the digits of p that 1 leaves.
        return _logit((y + 1) / 2, error + tiny + _FLOAT32_EPSILON, finite, worst=worst)
    if outputs.form == "log_probabilities":
        size = float(np.abs(y).max())
        added = 0.0 if outputs.floor is None else float(np.exp(outputs.floor))
        error = error + _FLOAT32_ERROR * size + tiny * _spread(y) + _log_error(y, added, worst=worst)
        return _centred(y, error, finite)
    if link == "log_shifted":
        error = error + _FLOAT32_EPSILON * np.abs(y).max(axis=-1, keepdims=True)
        y = _sum_to_one(y)
    positive = finite & (y > 0)
    logs = np.log(np.where(positive, y, 1.0))
    # A floor may be the least value allowed, or what was added to every score.
    return _log(logs, _log_error(logs, error + tiny + max(floor, 0.0), worst=worst), positive)


def _form(rows: Array, *, tolerance: float) -> Form:
    low, high = float(rows.min()), float(rows.max())
    if low >= 0 and high <= 1 + tolerance:
        return "probabilities" if np.abs(rows.sum(axis=1) - 1).max() <= tolerance else "unit"
    if high <= tolerance and np.abs(np.exp(rows).sum(axis=1) - 1).max() <= tolerance:
        return "log_probabilities"
    if low >= 0:
        return "positive"
    return "signed_unit" if low >= -1 and high <= 1 else "scores"


def _rounding(rows: Array) -> tuple[float, float]:
    """(absolute, relative) half-width of the grid the scores lie on: decimals, half precision, or (0, 0)."""
    size = float(np.abs(rows).max())
    for decimals in range(_MAX_DECIMALS + 1):
        grid = 10.0**-decimals
        noise = _FLOAT32_EPSILON * size / grid
        if noise > 0.02:  # float32's own grid is as coarse: any number would look rounded
            break
        if np.abs(rows / grid - np.round(rows / grid)).max() <= noise + 1e-9:
            return grid / 2, 0.0
    half = size < _LARGEST_HALF and np.array_equal(rows.astype(np.float16).astype(np.float64), rows)
    return (_SMALLEST_HALF, _HALF_EPSILON) if half else (0.0, 0.0)


def _tied(rows: Array, extreme: float) -> float | None:
    """`extreme` where scores of several classes sit on it, as clipping and ReLU outputs leave them."""
    at = np.abs(rows - extreme) <= _TIED_WITHIN * abs(extreme)
    return extreme if at.mean() > _TIED_SHARE and at.any(axis=0).sum() > 1 else None


def _tie_in_rows(rows: Array, form: Form) -> bool:
    """Whether the two greatest scores of a row are often equal below 1.

    No standard output function brings that about; sigmoids that saturate and are divided by their sum do.
    """
    if rows.shape[1] < 2:
        return False
    second, first = np.sort(rows, axis=1)[:, -2:].T
    tied = first - second <= _TIED_WITHIN * np.abs(first)
    if form in {"unit", "signed_unit"}:
        tied &= first < 1 - _TIED_WITHIN
    return bool(tied.mean() > _TIED_SHARE)


def _have_one_range(rows: Array) -> bool:
    """Whether every row was stretched to one range, or to one greatest score."""
    within = _SAME_WITHIN * float(np.abs(rows).max())
    return bool(np.ptp(rows.max(axis=1)) <= within or np.ptp(np.ptp(rows, axis=1)) <= within)


def _sum_to_one(rows: Array) -> Array:
    moved: Array = rows - rows.mean(axis=-1, keepdims=True) + 1 / rows.shape[-1]
    return moved


def _spread(y: Array) -> float:
    centred = y - y.mean(axis=-1, keepdims=True)
    return float(np.std(centred[:, :2] - centred[:, :2].mean(axis=(0, 1))))


def _clipped(outputs: Outputs, y: Array) -> Mask:
    clipped: Mask = np.zeros(y.shape, dtype=np.bool_)
    for end in (outputs.floor, outputs.ceiling):
        if end is not None and outputs.form != "unit":
            clipped |= np.abs(y - end) <= _TIED_WITHIN * abs(end)
    return clipped


def _log_error(logs: Array, absolute: Array | float, *, worst: float) -> Array:
    """How far log p may move when p moves by `absolute`; infinite where that is more than `worst`."""
    share = absolute * np.exp(-np.maximum(logs, -_LARGEST_EXPONENT))
    error: Array = np.where(share < worst, -np.log1p(-np.minimum(share, worst)), np.inf)
    return error


def _log(logs: Array, error: Array, fine: Mask) -> View:
    fine = fine & (logs >= _SMALLEST_LOG) & np.isfinite(error)
    # The logits before softmax were at least so far apart, and had float32's digits.
    size = float(np.ptp(logs)) if fine.all() else 100.0
    return _centred(logs, error + 2 * _FLOAT32_EPSILON + _FLOAT32_ERROR * size, fine)


def _logit(p: Array, absolute: Array, finite: Mask, *, worst: float) -> View:
    """Classes are masked one by one: each sigmoid has its own affine function."""
    inside = finite & (p > 0) & (p < 1)
    q = np.where(inside, p, 0.5)
    error = (absolute + _FLOAT32_EPSILON / 2 * q) / (q * (1 - q))
    z = np.log(q) - np.log1p(-q)
    usable: Mask = np.all(inside & (error < worst) & (np.log(q) >= _SMALLEST_LOG), axis=1)
    keep = usable[:, None, :]
    z = np.where(keep, z, 0.0)
    error = np.where(keep, error + _FLOAT32_ERROR * float(np.abs(z).max()), 0.0)
    return View(z=z, error=error, usable=usable)


def _centred(z: Array, error: Array, fine: Mask) -> View:
    """Two classes already have an affine difference, so a class that is lost does not cost the triple."""
    usable: Mask = np.all(fine & np.isfinite(error), axis=1)
    usable = usable & (usable.sum(axis=1, keepdims=True) >= 2)
    keep = usable[:, None, :]
    count = np.maximum(usable.sum(axis=1), 1)[:, None, None]
    z, error = np.where(keep, z, 0.0), np.where(keep, error, 0.0)
    centre, centre_error = z.sum(axis=-1, keepdims=True) / count, error.sum(axis=-1, keepdims=True) / count
    return View(
        z=np.where(keep, z - centre, 0.0), error=np.where(keep, error + centre_error, 0.0), usable=usable
    )
