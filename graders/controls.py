"""A control run in figures: what the same code predicted after it was trained on changed labels.

    a_original = share of held-out rows whose prediction is the true class          honest: at most chance
    a_permuted = share whose prediction is the permuted class                       honest: as good as before

Shares 0..1 over validation and test rows together, of which the jail never saw a label. What they mean is
said in `graders.integrity`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from pydantic import BaseModel, ConfigDict

from graders.evidence import ControlKind
from graders.metrics import newcombe_interval, wilson_interval

if TYPE_CHECKING:
    from graders.evidence import ControlEvidence

_HELD_OUT: Final = ("validation", "test")


class ControlFigures(BaseModel):
    """`chance`: the share of the most frequent class, which always guessing it reaches.

    `above_chance`: a_original is, by more than its 95 % interval. `ignores`: above chance and above
    a_permuted, with the interval of their difference on one side of 0. `follows`: the other way round.
    `failure`: the code of a control that gave no model; it then has no figures.
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
    parts = [control.parts[name] for name in _HELD_OUT if name in control.parts]
    if not parts:
        return ControlFigures(kind=control.kind, failure=control.failure.code if control.failure else None)
    labels = np.concatenate([part.labels for part in parts])
    predicted = np.concatenate([part.predicted for part in parts])
    n = labels.size
    original = int(np.count_nonzero(predicted == labels))
    chance = int(np.bincount(labels).max()) / n
    above_chance = wilson_interval(successes=original, n=n).low > chance
    found = ControlFigures(
        kind=control.kind, rows=n, original=original / n, chance=chance, above_chance=above_chance
    )
    if not control.permutation:
        return found
    permuted = int(np.count_nonzero(predicted == np.asarray(control.permutation)[labels]))
    difference = newcombe_interval(
        validation_successes=original, validation_n=n, train_successes=permuted, train_n=n
    )
    return found.model_copy(
        update={
            "permuted": permuted / n,
            "ignores": above_chance and difference.low > 0,
            "follows": difference.high < 0 and wilson_interval(successes=permuted, n=n).low > chance,
        }
    )
