"""A control run in figures: what the same code predicted after it was trained on changed labels.

    a_original = share of held-out rows whose prediction is the true class          honest: at most chance
    a_permuted = share whose prediction is the permuted class                       honest: as good as before

Shares 0..1 over validation and test rows together, of which the jail never saw a label. What they mean is
said in `graders.integrity`.

On n rows, with counts O and P of the two kinds of prediction (none is both, so they are not independent) and
the share c of the most frequent class, a count K is beyond guessing, and one of them above the other, where

    (K/n - c) / sqrt(c (1 - c) / n) > z        |O - P| / sqrt(O + P) > z

z = 3.29, one in a thousand, for what accuses: a course has hundreds of honest weak learners. z = 1.96 for
what clears. Sources: Wilson 1927, JASA 22 (the score test); McNemar 1947, Note on the sampling error of the
difference between correlated proportions or percentages, Psychometrika 12.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
from pydantic import BaseModel, ConfigDict

from graders.evidence import ControlKind
from graders.metrics import Z_95

if TYPE_CHECKING:
    from graders.evidence import ControlEvidence

_HELD_OUT: Final = ("validation", "test")
_ACCUSES_Z: Final = 3.290526731491894  # the 99.95 % quantile of the standard normal distribution
_CLEARS_Z: Final = Z_95


class ControlFigures(BaseModel):
    """`chance`: the share of the most frequent class, which always guessing it reaches.

    `above_chance`: a_original is, beyond accusing doubt. `ignores`: so is it, and above a_permuted too.
    `follows`: a_permuted is above both, at the level that clears. `failure`: the code of a control that gave
    no model; it then has no figures.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ControlKind
    failure: str | None = None
    rows: int = 0
    original: float = 0.0
    permuted: float | None = None
    chance: float = 0.0
    above_chance: bool = False
    ignores: bool = False
    follows: bool = False


def control_figures(control: ControlEvidence) -> ControlFigures:
    """The figures of one control run.

    >>> from graders.evidence import ControlEvidence, PartEvidence
    >>> labels = np.arange(60) % 3
    >>> permuted = {"test": PartEvidence(labels=labels, predicted=(labels + 1) % 3, scores=None)}
    >>> found = control_figures(ControlEvidence(kind="permuted", permutation=(1, 2, 0), parts=permuted))
    >>> found.original, found.permuted, found.follows
    (0.0, 1.0, True)
    """
    parts = [control.parts[name] for name in _HELD_OUT if name in control.parts]
    if not parts:
        return ControlFigures(kind=control.kind, failure=control.failure.code if control.failure else None)
    labels = np.concatenate([part.labels for part in parts])
    predicted = np.concatenate([part.predicted for part in parts])
    n = labels.size
    original = int(np.count_nonzero(predicted == labels))
    chance = int(np.bincount(labels).max()) / n
    above_chance = _is_beyond_guessing(original, n, chance, _ACCUSES_Z)
    found = ControlFigures(
        kind=control.kind, rows=n, original=original / n, chance=chance, above_chance=above_chance
    )
    if not control.permutation:
        return found
    permuted = int(np.count_nonzero(predicted == np.asarray(control.permutation)[labels]))
    return found.model_copy(
        update={
            "permuted": permuted / n,
            "ignores": above_chance and _is_above(original, permuted, _ACCUSES_Z),
            "follows": _is_beyond_guessing(permuted, n, chance, _CLEARS_Z)
            and _is_above(permuted, original, _CLEARS_Z),
        }
    )


def _is_beyond_guessing(count: int, n: int, chance: float, z: float) -> bool:
    return count / n - chance > z * math.sqrt(chance * (1 - chance) / n)


def _is_above(more: int, fewer: int, z: float) -> bool:
    return more - fewer > z * math.sqrt(more + fewer)
