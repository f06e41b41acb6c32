"""Single-layer or multi-layer, judged by what the model does rather than by what its file calls it.

A single-layer classifier's scores are affine in its input once the output function is undone; those of a
network with hidden activations are not. Of each probe triple (a, b, (a+b)/2) the score at the middle is
compared with the mean of the ends. A stack of linear layers without activation is affine: in effect one.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from graders.judgement import GraderParameters, Judgement, not_graded
from graders.metrics import are_probabilities
from graders.report import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from graders.evidence import ProbeEvidence
    from graders.measures import Measures

# Trials on drawn models: affine ones stay below 0.03 in float32, tanh and sigmoid nets above 0.24.
SINGLE_LAYER_AT_MOST = 0.05
MULTI_LAYER_AT_LEAST = 0.12
# Affine inside the data is weak evidence: ReLU networks can bend by 0.007 there. Float32 noise is 1e-5.
SINGLE_LAYER_INSIDE_DATA_AT_MOST = 0.003

_MIN_TRIPLES = 8
# Scores that vary by less than this share of their size have lost the digits a bend is measured in.
_RESOLUTION = 1e-5
# Softmax keeps its relative precision far below 1; under 1e-30 float32 nears its underflow.
_SMALLEST_PROBABILITY = 1e-30
# logit(p) divides by 1 - p, of which float32 keeps three digits here.
_LARGEST_LOGIT_PROBABILITY = 1 - 1e-4

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Link = Literal["identity", "log", "logit"]


class ArchitectureParameters(GraderParameters):
    expected: Literal["single_layer", "multi_layer"]


@dataclass(frozen=True, kw_only=True)
class Bend:
    """How far from affine, 0 for an affine model; None when `reason` says why it cannot be told."""

    value: float | None
    reason: str = ""


def judge_architecture(measures: Measures, parameters: ArchitectureParameters) -> Judgement:
    """All or nothing. The median over the repeats decides, so one odd training does not."""
    layers = list(measures.claims[0].layers)
    bends = [measure_bend(probes) for probes in measures.probes]
    values = [bend.value for bend in bends if bend.value is not None]
    if not values:
        return not_graded(bends[0].reason, claimed_layers=layers)
    bend = float(median(values))
    if SINGLE_LAYER_AT_MOST < bend < MULTI_LAYER_AT_LEAST:
        return not_graded("architecture.undecided", bend=bend, claimed_layers=layers)
    found = "single_layer" if bend <= SINGLE_LAYER_AT_MOST else "multi_layer"
    passed = found == parameters.expected
    code = f"architecture.{found}" if passed else f"architecture.not_{parameters.expected}"
    told: dict[str, Any] = {"bend": bend, "claimed_layers": layers}
    return Judgement(
        verdict="passed" if passed else "failed",
        share=1.0 if passed else 0.0,
        messages=(Message(code=code, parameters=told),),
        measured={**told, "expected": parameters.expected, "found": found},
    )


def measure_bend(probes: Sequence[ProbeEvidence]) -> Bend:
    """One repeat's departure from affine, >= 0: the least over the links its outputs allow.

    Each link takes its greatest bend over the scales it resolves: a ReLU network can be affine inside the
    data and bent outside. An output function whose link resolves nowhere (all saturated) leaves it undecided,
    since the probabilities themselves are bent for every model.
    """
    if not probes or any(probe.scores.size == 0 for probe in probes):
        return Bend(value=None, reason="architecture.no_scores")
    scores = [probe.scores.astype(np.float64) for probe in sorted(probes, key=lambda probe: probe.scale)]
    found = {link: [_bend_at_scale(z, link) for z in scores] for link in _links(scores)}
    known = {link: [bend for bend in bends if bend is not None] for link, bends in found.items()}
    if not any(known.values()):
        return Bend(value=None, reason="architecture.constant_output")
    least, link = min((max(bends), link) for link, bends in known.items() if bends)
    saturated = not all(known.values()) and least > SINGLE_LAYER_AT_MOST
    # The least scale lies inside the data.
    inside_only = len(found[link]) > 1 and not any(bend is not None for bend in found[link][1:])
    if saturated or (inside_only and SINGLE_LAYER_INSIDE_DATA_AT_MOST < least < MULTI_LAYER_AT_LEAST):
        return Bend(value=None, reason="architecture.undecided")
    return Bend(value=least)


def _links(scores: list[Array]) -> tuple[Link, ...]:
    """Identity always. A link must fit the outputs at every scale, or it is not the output function."""
    if all(are_probabilities(z) for z in scores):
        return ("identity", "log")
    if all(bool(np.all((z >= 0) & (z <= 1))) for z in scores):
        return ("identity", "logit")
    return ("identity",)


def _bend_at_scale(scores: Array, link: Link) -> float | None:
    """RMS of z(middle) - (z(a) + z(b))/2 over the spread of z at the ends; None where it is not resolved.

    `scores`: float64 (triples, 3, classes).
    """
    z, usable = _LINKS[link](scores)
    if int(usable.any(axis=1).sum()) < _MIN_TRIPLES:
        return None
    both = np.repeat(usable[:, None, :], 2, axis=1)
    ends = np.where(both, z[:, :2], 0.0)
    count = np.maximum(both.sum(axis=(0, 1)), 1)
    deviations = np.where(both, ends - ends.sum(axis=(0, 1)) / count, 0.0)
    spread = float(np.sqrt((deviations**2).sum() / both.sum()))
    size = float(np.abs(scores[np.isfinite(scores)]).max()) if link == "identity" else 1.0
    if spread <= _RESOLUTION * max(1.0, size):
        return None
    bends = np.where(usable, z[:, 2] - (z[:, 0] + z[:, 1]) / 2, 0.0)
    return float(np.sqrt((bends**2).sum() / usable.sum())) / spread


def _identity(scores: Array) -> tuple[Array, Mask]:
    """Centred over the classes, so that log-softmax outputs, shifted row by row, are affine as well."""
    whole: Mask = np.all(np.isfinite(scores), axis=(1, 2))
    usable: Mask = np.repeat(whole[:, None], scores.shape[2], axis=1)
    z = np.where(usable[:, None, :], scores, 0.0)
    return z - z.mean(axis=-1, keepdims=True), usable


def _log(scores: Array) -> tuple[Array, Mask]:
    """Undoes softmax up to a shift of each row, removed by centring over the classes its triple resolves.

    Two such classes already have an affine difference, so one that underflowed does not cost the triple.
    """
    fine: Mask = np.all(scores >= _SMALLEST_PROBABILITY, axis=1)
    usable: Mask = fine & (fine.sum(axis=1, keepdims=True) >= 2)
    z = np.log(np.where(usable[:, None, :], scores, 1.0))
    centre = z.sum(axis=-1, keepdims=True) / np.maximum(usable.sum(axis=1), 1)[:, None, None]
    return np.where(usable[:, None, :], z - centre, 0.0), usable


def _logit(scores: Array) -> tuple[Array, Mask]:
    """Undoes independent sigmoids. Classes are masked one by one: each has its own affine function."""
    fine: Mask = (scores >= _SMALLEST_PROBABILITY) & (scores <= _LARGEST_LOGIT_PROBABILITY)
    usable: Mask = np.all(fine, axis=1)
    p = np.where(usable[:, None, :], scores, 0.5)
    return np.log(p) - np.log1p(-p), usable


_LINKS: dict[Link, Callable[[Array], tuple[Array, Mask]]] = {
    "identity": _identity,
    "log": _log,
    "logit": _logit,
}
