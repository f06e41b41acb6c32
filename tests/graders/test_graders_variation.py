"""Chance in the answers is seen, rounding is not taken for it, and no layers are read from what rolls dice."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from drawn_models import MANY_LAYERS, ONE_LAYER, OUTPUTS, draw, iris_rows, probe
from evidence_samples import criterion, evidence, repeat, spec
from hypothesis import given
from hypothesis import strategies as st

from graders.architecture import ArchitectureParameters, judge_architecture, measure_bend
from graders.evidence import AskedTwice
from graders.evidence_format import from_bytes, to_bytes
from graders.grade import grade
from graders.measures import measure
from graders.variation import CLASS_IDS_VARY_FROM, SCORES_VARY_FROM, measure_variation

ROWS = 32
LOGIT_CHANGES = {
    "logits": lambda y, noise: y + noise,
    "softmax": lambda y, noise: y * np.exp(noise) / (y * np.exp(noise)).sum(axis=-1, keepdims=True),
    "log_softmax": lambda y, noise: y + noise - np.log(np.exp(y + noise).sum(axis=-1, keepdims=True)),
    "sigmoid": lambda y, noise: y / (y + (1 - y) * np.exp(-noise)),
}


def shaken(probes, output, noise, rng):
    """The probes' scores with `noise` spreads of the logits added to each, as float32."""

    def shake(scores):
        y = scores.astype(np.float64)
        logs = {"logits": y, "log_softmax": y}.get(output)
        if logs is None:
            with np.errstate(divide="ignore"):
                logs = np.log(y) - (np.log1p(-y) if output == "sigmoid" else 0)
        spread = np.std(logs[np.isfinite(logs)])
        with np.errstate(over="ignore", invalid="ignore"):
            return LOGIT_CHANGES[output](y, rng.normal(scale=noise * spread, size=y.shape)).astype(np.float32)

    return tuple(replace(found, scores=shake(found.scores)) for found in probes)


def twice(first, second, scales=(1.0, 4.0)):
    """The same rows of two examinations, taken for one."""
    return tuple(
        AskedTwice(scale=a.scale, answers=np.stack([a.scores[:ROWS, 0], b.scores[:ROWS, 0]], axis=1))
        for a, b in zip(first, second, strict=True)
        if a.scale in scales
    )


def drawn(kind, output, seed=0):
    rng, rows = np.random.default_rng(seed), iris_rows()
    return probe(draw(rng, rows, kind=kind, output=output), rows, rng), rng


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("kind", ONE_LAYER + MANY_LAYERS)
def test_rounding_is_no_chance_and_noise_is(kind, output):
    for seed in range(5):
        probes, rng = drawn(kind, output, seed)
        rounded = shaken(probes, output, 1e-7, rng)
        assert measure_variation(probes, twice(probes, probes)).difference == 0
        assert not measure_variation(probes, twice(probes, rounded)).is_chance
        first, second = (shaken(probes, output, 0.04, rng) for _ in range(2))
        assert measure_variation(first, twice(first, second)).is_chance


@pytest.mark.parametrize("output", OUTPUTS)
def test_noise_that_passes_for_a_hidden_layer_is_always_seen(output):
    """From where a single layer would be several, or nearly, to where nothing else is left of it."""
    sold = 0
    for noise in np.geomspace(0.005, 1, 25):
        probes, rng = drawn("linear", output, seed=int(1e4 * noise))
        first, second = (shaken(probes, output, noise, rng) for _ in range(2))
        if measure_bend(first).found == "multi_layer":
            sold += 1
            assert measure_variation(first, twice(first, second)).is_chance
    assert sold >= 10


def test_noise_at_one_scale_alone_is_seen():
    probes, rng = drawn("linear", "logits")
    noisy = shaken(probes, "logits", 0.1, rng)
    for scale in (0, 1):
        second = tuple(noisy[i] if i == scale else probes[i] for i in range(3))
        assert measure_variation(probes, twice(probes, second)).is_chance


@pytest.mark.parametrize("expected", ["single_layer", "multi_layer"])
@pytest.mark.parametrize("kind", ["linear", "tanh"])
def test_no_layers_are_read_from_answers_with_chance_in_them(kind, expected):
    probes, rng = drawn(kind, "logits")
    first, second = (shaken(probes, "logits", 0.05, rng) for _ in range(2))
    odd = repeat(probes=first, asked_twice=twice(first, second))
    steady = repeat(probes=probes, asked_twice=twice(probes, probes))
    asked = ArchitectureParameters(expected=expected)
    found = judge_architecture(measure(evidence(steady, odd, steady)), asked)
    assert (found.verdict, found.share) == ("not_graded", 0)
    (message,) = found.messages
    assert message.code == "architecture.answers_vary"
    assert message.parameters["difference"] > SCORES_VARY_FROM
    assert judge_architecture(measure(evidence(steady)), asked).verdict in {"passed", "failed"}


def test_staff_see_by_how_much_after_storage_too():
    probes, rng = drawn("linear", "softmax")
    first, second = (shaken(probes, "softmax", 0.2, rng) for _ in range(2))
    stored = evidence(repeat(probes=first, asked_twice=twice(first, second)))
    asked = spec(criterion("architecture", expected="multi_layer"))
    report = grade(asked, from_bytes(to_bytes(stored)))
    assert report == grade(asked, stored)
    assert [flag.code for flag in report.flags] == ["integrity.answers_vary", "review.not_graded"]
    told = report.flags[0].parameters
    assert told["measure"] == "scores"
    assert told["difference"] == report.criteria[0].messages[0].parameters["difference"]
    json.dumps(told, allow_nan=False)


def test_what_was_not_asked_twice_is_judged_by_its_bend_alone():
    probes, _ = drawn("linear", "logits")
    assert measure_variation(probes, ()) is None
    found = judge_architecture(measure(evidence(repeat(probes=probes))), ArchitectureParameters(expected="single_layer"))
    assert found.verdict == "passed"


@pytest.mark.parametrize(("changed", "chance"), [(0, False), (3, False), (4, True), (64, True)])
def test_of_class_ids_the_share_that_changed(changed, chance):
    first = np.arange(64) % 3
    second = first.copy()
    second[:changed] = (second[:changed] + 1) % 3
    asked = [
        AskedTwice(scale=scale, answers=np.stack([first, second], axis=1)[rows])
        for scale, rows in ((1.0, slice(0, 32)), (4.0, slice(32, 64)))
    ]
    found = measure_variation((), asked)
    assert (found.measure, found.difference, found.is_chance) == ("class_ids", changed / 64, chance)
    assert (found.difference >= CLASS_IDS_VARY_FROM) == chance


def test_scores_that_are_all_alike_or_no_numbers_hide_nothing_and_break_nothing():
    probes, rng = drawn("linear", "logits")
    flat = tuple(replace(found, scores=np.full_like(found.scores, 1 / 3)) for found in probes)
    dusty = tuple(replace(p, scores=(p.scores + rng.normal(scale=3e-8, size=p.scores.shape)).astype(np.float32)) for p in flat)
    assert measure_variation(flat, twice(flat, dusty)).difference == 0
    broken = tuple(replace(found, scores=np.full_like(found.scores, np.nan)) for found in probes)
    assert measure_variation(broken, twice(broken, broken)).difference == 0
    assert measure_variation(probes, twice(probes, broken)).difference == 0


@given(st.floats(1e-4, 1e8), st.integers(0, 100))
def test_the_unit_of_the_scores_does_not_matter(factor, seed):
    probes, rng = drawn("relu", "logits", seed)
    second = shaken(probes, "logits", 0.1, rng)

    def scaled(found):
        return tuple(replace(p, scores=(p.scores * np.float32(factor)).astype(np.float32)) for p in found)

    plain = measure_variation(probes, twice(probes, second))
    assert measure_variation(scaled(probes), twice(scaled(probes), scaled(second))).difference == pytest.approx(
        plain.difference, rel=1e-3
    )
