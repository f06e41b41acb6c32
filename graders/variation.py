"""Whether a model answers the same row alike: the examination holds some rows twice, where nobody can tell.

    of scores      greatest |z(first) - z(second)| beyond what their digits tell, over the spread of z  >= 0
    of class ids   share of the rows that got two answers                                               0..1

0 is best, and what a model that rolls no dice has: its answers differ by float32's rounding alone, since a
row's place in a batch changes the order of a sum. z are the scores once the likeliest output function is
undone (`output_links`), and their spread is that of the ends of the probes at the same scale: both as a bend
is read from them (`bends`), so that noise in tiny probabilities is seen as well.

Dropout left on while predicting is the usual cause. It also bends scores, as a hidden layer does, and so
would noise that somebody adds to a single layer to have it taken for several: no layers are read from such
scores. Not seen: noise that is the same whenever the same row comes, which is a function of the row and no
chance.

Measured (tests/architecture, asked again a few rows at a time): real models of four frameworks differ by 2e-4
of the spread at most, and by 1e-5 beyond their digits.

>>> from graders.evidence import AskedTwice, ProbeEvidence
>>> rng = np.random.default_rng(0)
>>> probes = [ProbeEvidence(scale=1, scores=rng.normal(size=(128, 3, 3)).astype(np.float32))]
>>> first = probes[0].scores[:32, 0]
>>> def of(second):
...     return measure_variation(probes, [AskedTwice(scale=1, answers=np.stack([first, second], axis=1))])
>>> of(first).is_chance, of(first * np.float32(1.1)).is_chance
(False, True)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from graders.bends import spread_and_noise
from graders.output_links import describe, view

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graders.evidence import AskedTwice, ProbeEvidence
    from graders.output_links import Outputs

# Of the spread. Noise that passes for a hidden layer (a bend of 0.02) differs by more.
SCORES_VARY_FROM: Final = 0.01
# Two classes may tie, and rounding decides.
CLASS_IDS_VARY_FROM: Final = 0.05


@dataclass(frozen=True, kw_only=True)
class Variation:
    """How far two answers to one row differ, in one repeat."""

    measure: Literal["scores", "class_ids"]
    difference: float

    @property
    def is_chance(self) -> bool:
        limit = SCORES_VARY_FROM if self.measure == "scores" else CLASS_IDS_VARY_FROM
        return self.difference >= limit


def greatest_chance(
    variations: Sequence[Variation | None], *, measure: Literal["scores", "class_ids"]
) -> float | None:
    """The greatest difference over the repeats that only chance explains; None where there is none."""
    found = [v.difference for v in variations if v is not None and v.measure == measure and v.is_chance]
    return max(found, default=None)


def measure_variation(probes: Sequence[ProbeEvidence], asked_twice: Sequence[AskedTwice]) -> Variation | None:
    """None where no row was asked twice. Of scores, the greatest over the scales where a bend can be read."""
    asked = [found for found in asked_twice if found.answers.size]
    if not asked:
        return None
    if asked[0].answers.ndim == 2:
        differs = np.concatenate([found.answers[:, 0] != found.answers[:, 1] for found in asked])
        return Variation(measure="class_ids", difference=float(differs.mean()))
    scores = [probe.scores for probe in probes] + [found.answers for found in asked]
    outputs = describe([found.astype(np.float64) for found in scores])
    place = {probe.scale: index for index, probe in enumerate(probes)}
    differences = [
        _difference(outputs, probes=place[found.scale], twice=index)
        for index, found in enumerate(asked, start=len(probes))
        if found.scale in place
    ]
    return Variation(measure="scores", difference=max(differences, default=0.0))


def _difference(outputs: Outputs, *, probes: int, twice: int) -> float:
    """Of one scale, whose two arrays have these numbers; 0 where no digit that is known differs."""
    link = outputs.links[0]
    resolved = spread_and_noise(view(outputs, probes, link))
    if resolved is None:
        return 0.0
    seen = view(outputs, twice, link)
    beyond = np.abs(seen.z[:, 0] - seen.z[:, 1]) - seen.error.sum(axis=1)
    return max(0.0, float(np.where(seen.usable, beyond, 0.0).max())) / resolved[0]
