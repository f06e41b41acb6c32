"""Single-layer or multi-layer, judged by what the model does rather than by what its file calls it.

A single-layer classifier's scores are affine in its input once the output function is undone
(`output_links`); those of a network with hidden activations are not. Of each probe triple (a, b, m),
m = (a + b)/2, the score at the middle is compared with the ends (`bends`):

    bend = rms(z(m) - (z(a) + z(b))/2) / rms deviation of z(a), z(b) from their mean

at each scale and under each link that the outputs allow. 0 is affine and best for a single layer; there is no
upper end, and hidden activations usually bring it to 0.1 .. 1. A stack of linear layers without activation, a
convolution without one, batch norm and dropout as they predict are affine: in effect one layer.

A repeat is found to be

- `single_layer` where some link leaves no bend at any scale it resolves, beyond the data among them, since a
  ReLU network may bend only there;
- `multi_layer` where every link leaves a bend near the data, which neither a term of 2e-4 in each score nor,
  for logits of three classes or more, a number that multiplies each row can explain; or where middles reverse
  the order of two classes that both ends agree on, which no single layer does, however increasing its output
  function;
- undecided else, and so not graded, with the reason. Where only a disguise of a single layer is left beside
  several layers (what bends could be a tiny term added to probabilities, or sigmoids divided by their sum),
  the model's own declaration of two or more layers of weights breaks the tie, and the report says so. A
  claim decides nothing else.

What cannot be decided: scores that are the same for every input; probabilities so saturated that too few
triples show two classes; what is bent outside 4 times the data's spread only (a term added for show), or by
0.001 .. 0.02; logits of a single layer whose rows were multiplied by numbers of their own, sigmoids of one
that were divided by their sum, and whatever else clips or ties scores without reversing an order. Not seen
at all: bends below 0.001 (leaky ReLU with slope 0.99), beyond the farthest probe, or where the outputs are
saturated. Taken for a hidden layer: softplus or ELU on the outputs of a single one, logarithms of sigmoids
that were divided by their sum, and a fixed function of the input that was added to one (a wave, a hash).
Noise drawn anew for each row is not: where chance is in the answers (`variation`), nothing is decided.

Measured on drawn models (tests/architecture; logits, worst of the scales): affine ones bend by 6e-6 at most,
by 0.002 in half precision; ReLU, tanh and sigmoid networks by 0.07 at least, leaky ReLU with slope 0.3 by
0.03; at scale 1 alone either may bend by 1e-6. The limits stand between.

>>> from graders.evidence import ProbeEvidence
>>> rng = np.random.default_rng(0)
>>> a, b = rng.normal(size=(2, 64, 4)) * 4
>>> x = np.stack([a, b, (a + b) / 2], axis=1)
>>> w, v = rng.normal(size=(4, 8)), rng.normal(size=(8, 3))
>>> def of(scores):
...     return measure_bend([ProbeEvidence(scale=4, scores=scores.astype(np.float32))]).found
>>> of(x @ w @ v), of(np.maximum(x @ w, 0) @ v), of(0 * (x @ w @ v))
('single_layer', 'multi_layer', None)
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from graders.bends import is_constant, reversed_triples, scale_bends
from graders.judgement import GraderParameters, Judgement, not_graded
from graders.output_links import describe
from graders.report import Message
from graders.scaled_sigmoids import MISSES_AT_LEAST, missed_share
from graders.spec_sentences import broken_rule
from graders.variation import greatest_chance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graders.bends import ScaleBend
    from graders.evidence import Claims, ProbeEvidence
    from graders.measures import Measures
    from graders.output_links import Link, Outputs

Found = Literal["single_layer", "multi_layer"]

SINGLE_LAYER_AT_MOST = 0.001
MULTI_LAYER_AT_LEAST = 0.02
# Of rounded and half-precision scores: more, and a slight bend could hide in the rounding.
NOISE_AT_MOST = 0.004
# Rows scaled by numbers of their own leave nothing here, hidden layers 0.001 and more at some scale.
OUTSIDE_FAN_AT_LEAST = 0.0005
# In spreads of the data. A bend farther out only speaks against one layer, not for several.
NEAR_DATA = 4.0
# One might be chance in a model that is noisy.
REVERSED_AT_LEAST = 2


class ArchitectureParameters(GraderParameters):
    """`min_hidden_units`: of the widest hidden layer. Behaviour does not tell; the model's claim does."""

    expected: Found
    min_hidden_units: int | None = Field(default=None, ge=1, le=1_000_000)

    @model_validator(mode="after")
    def _one_layer_hides_nothing(self) -> Self:
        if self.expected == "single_layer" and self.min_hidden_units is not None:
            raise broken_rule("no_hidden_layer", at="min_hidden_units")
        return self


@dataclass(frozen=True, kw_only=True)
class Bend:
    """One repeat's departure from affine, >= 0 and 0 for an affine model; None where no score resolves it.

    `found` is None where the probes do not decide; `reason` is then the code that says why, and `leans` what
    they would say of outputs that nobody has rewritten.
    """

    value: float | None
    found: Found | None = None
    reason: str = ""
    leans: Found | None = None


def judge_architecture(measures: Measures, parameters: ArchitectureParameters) -> Judgement:
    """All or nothing. The repeats vote, so one odd training does not decide; chance in any ends the vote."""
    layers = list(measures.claims[0].layers)
    chance = greatest_chance(measures.variations, measure="scores")
    if chance is not None:
        return not_graded("architecture.answers_vary", difference=chance, claimed_layers=layers)
    bends = [_with_claim(*pair) for pair in zip(measures.bends, measures.claims, strict=True)]
    found = _vote(bends)
    if found is None:
        return _undecided(bends, layers)
    agreeing = [b.value for b in bends if b.found == found and b.value is not None]
    passed = found == parameters.expected
    code = f"architecture.{found}" if passed else f"architecture.not_{parameters.expected}"
    if found != _vote(measures.bends):
        code = "architecture.multi_layer_as_declared" if passed else code
    told: dict[str, Any] = {"bend": float(median(agreeing)), "claimed_layers": layers}
    messages = [Message(code=code, parameters=told)]
    if passed and parameters.min_hidden_units is not None:
        units = _claimed_hidden_units(measures)
        if units is None:
            return not_graded("architecture.units_unknown", **told)
        passed = units >= parameters.min_hidden_units
        counted = {"units": units, "asked": parameters.min_hidden_units}
        code = "architecture.units_enough" if passed else "architecture.units_too_few"
        messages.append(Message(code=code, parameters=counted))
    return Judgement(
        verdict="passed" if passed else "failed",
        share=1.0 if passed else 0.0,
        messages=tuple(messages),
        measured={**told, "expected": parameters.expected, "found": found},
    )


def _with_claim(bend: Bend, claims: Claims) -> Bend:
    """Between several layers and one in disguise, what the model declares breaks the tie; nothing else."""
    declares_several = len(claims.layer_outputs) > 1
    return replace(bend, found=bend.leans, reason="") if bend.leans and declares_several else bend


def _claimed_hidden_units(measures: Measures) -> int | None:
    """Of the widest layer before the last, in the repeat that claims the fewest; None: none is said."""
    claimed = [claims.layer_outputs for claims in measures.claims]
    if any(len(outputs) < 2 or min(outputs) < 1 for outputs in claimed):
        return None
    return min(max(outputs[:-1]) for outputs in claimed)


def measure_bend(probes: Sequence[ProbeEvidence]) -> Bend:
    """What one repeat's probes show, whatever scales they were drawn at.

    The value is the least over the links, each with its greatest bend over the scales it resolves.
    """
    if not probes or any(probe.scores.size == 0 for probe in probes):
        return Bend(value=None, reason="architecture.no_scores")
    ordered = sorted(probes, key=lambda probe: probe.scale)
    scales = [probe.scale for probe in ordered]
    outputs = describe([probe.scores.astype(np.float64) for probe in ordered])
    if all(is_constant(y) for y in outputs.scores):
        return Bend(value=None, reason="architecture.constant_output")
    found = {link: scale_bends(outputs, link, scales=scales) for link in outputs.links}
    greatest = [max(seen.bend for seen in bends) for bends in found.values() if bends]
    value = min(greatest) if greatest else None
    near = [scale for scale in scales if scale <= NEAR_DATA]
    if reversed_triples(outputs, scales=near) >= REVERSED_AT_LEAST:
        # Where saturation hides how much it bends, that it does is still certain.
        return Bend(value=1.0 if value is None else value, found="multi_layer")
    return _decide(outputs, found, value)


def _decide(outputs: Outputs, found: Mapping[Link, Sequence[ScaleBend]], value: float | None) -> Bend:
    affine = [max(seen.bend for seen in bends) for bends in found.values() if _is_affine(bends)]
    if affine:
        return Bend(value=min(affine), found="single_layer")
    if not outputs.is_plain or not _bends_under_every_link(outputs, found):
        return Bend(value=value, reason="architecture.undecided")
    if _is_no_disguise(outputs, found):
        return Bend(value=value, found="multi_layer")
    return Bend(value=value, reason="architecture.undecided", leans="multi_layer")


def _is_affine(bends: Sequence[ScaleBend]) -> bool:
    """Affine wherever it is resolved, and resolved beyond the data."""
    straight = all(
        seen.bend <= SINGLE_LAYER_AT_MOST + seen.noise and seen.noise <= NOISE_AT_MOST for seen in bends
    )
    return straight and bool(bends) and bends[-1].scale >= NEAR_DATA


def _is_no_disguise(outputs: Outputs, found: Mapping[Link, Sequence[ScaleBend]]) -> bool:
    """Bent near the data by more than tiny terms, scaled rows and divided sigmoids do to a single layer."""
    likeliest = outputs.links[0]
    if not any(s.excess >= MULTI_LAYER_AT_LEAST for s in found[likeliest] if s.scale <= NEAR_DATA):
        return False
    if outputs.rows_may_be_scaled and all(s.outside_fan < OUTSIDE_FAN_AT_LEAST for s in found[likeliest]):
        return False
    if outputs.rows_may_be_divided:
        missed = missed_share(outputs.log_probabilities())
        return missed is not None and missed >= MISSES_AT_LEAST
    return True


def _bends_under_every_link(outputs: Outputs, found: Mapping[Link, Sequence[ScaleBend]]) -> bool:
    """Near the data, by more than noise."""
    # Sigmoids are no affine function of anything: where they saturate, nothing of that need be resolved.
    links = [link for link in outputs.links if (outputs.form, link) != ("unit", "identity")]
    return bool(links) and all(
        any(s.bend - s.noise >= MULTI_LAYER_AT_LEAST for s in found[link] if s.scale <= NEAR_DATA)
        for link in links
    )


def _vote(bends: Sequence[Bend]) -> Found | None:
    """A bend seen is proof, one not seen is not: `single_layer` has to outvote the undecided repeats too."""
    votes = Counter(bend.found or bend.reason for bend in bends)
    single, multi = votes["single_layer"], votes["multi_layer"]
    if multi > single:
        return "multi_layer"
    return "single_layer" if single > max(multi, votes["architecture.undecided"]) else None


def _undecided(bends: Sequence[Bend], layers: list[str]) -> Judgement:
    """With the reason that all repeats share; `undecided` where they differ, or outvote each other."""
    reasons = {bend.reason for bend in bends}
    reason = bends[0].reason if len(reasons) == 1 else ""
    seen = [bend.value for bend in bends if bend.value is not None]
    told: dict[str, Any] = {"bend": float(median(seen))} if seen else {}
    return not_graded(reason or "architecture.undecided", **told, claimed_layers=layers)
