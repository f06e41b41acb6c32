"""No false verdict on models drawn at random, whatever their output function, inputs and activations."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_models import MANY_LAYERS, ONE_LAYER, OUTPUTS, SCALES, draw, image_rows, iris_rows, probe
from evidence_samples import evidence, repeat

from graders.architecture import ArchitectureParameters, judge_architecture, measure_bend
from graders.evidence import Claims, ProbeEvidence
from graders.measures import measure

MODELS_EACH = 8  # of 5 kinds x 4 outputs x 2 data sets: 320 drawn models


def judged(expected, *probes):
    repeats = [repeat(probes=found) for found in probes]
    return judge_architecture(measure(evidence(*repeats)), ArchitectureParameters(expected=expected))


def rows_of(dataset, rng):
    return iris_rows() if dataset == "iris" else image_rows(rng)


@pytest.mark.parametrize("dataset", ["iris", "images"])
@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("kind", ONE_LAYER + MANY_LAYERS)
def test_drawn_models_are_told_apart(dataset, output, kind):
    rng = np.random.default_rng(7)
    rows = rows_of(dataset, rng)
    classes = 3 if dataset == "iris" else 10
    right, wrong = ("single", "multi") if kind in ONE_LAYER else ("multi", "single")
    graded = 0
    for _ in range(MODELS_EACH):
        probes = probe(draw(rng, rows, kind=kind, output=output, classes=classes), rows, rng)
        yes, no = judged(f"{right}_layer", probes), judged(f"{wrong}_layer", probes)
        assert yes.verdict in {"passed", "not_graded"}, measure_bend(probes)
        assert no.verdict in {"failed", "not_graded"}, measure_bend(probes)
        graded += yes.verdict == "passed"
    assert graded >= MODELS_EACH - 1


@pytest.mark.parametrize("kind", ONE_LAYER + MANY_LAYERS)
@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
@pytest.mark.parametrize("gain", [0.01, 5, 30, 200])
def test_saturated_and_faint_outputs_never_give_a_false_verdict(kind, output, gain):
    rng, rows = np.random.default_rng(11), iris_rows()
    right = "single_layer" if kind in ONE_LAYER else "multi_layer"
    for _ in range(5):
        model = draw(rng, rows, kind=kind, output=output)
        model.weights[-1][:] *= np.float32(gain)
        assert judged(right, probe(model, rows, rng)).verdict in {"passed", "not_graded"}


def test_relu_network_whose_softmax_saturates_outside_the_data_is_not_taken_for_one_layer():
    """Nearly affine where the probabilities can still be read: 12 of 3,000 once passed as single-layer."""
    rng, rows = np.random.default_rng(5), iris_rows()
    for _ in range(300):
        model = draw(rng, rows, kind="relu", output="softmax")
        model.weights[-1][:] *= np.float32(rng.choice([5, 10, 20]))
        model.biases[0][:] += np.float32(rng.uniform(0, 3))
        assert judged("single_layer", probe(model, rows, rng)).verdict in {"failed", "not_graded"}


def test_all_saturated_is_undecided_rather_than_bent():
    rng, rows = np.random.default_rng(1), iris_rows()
    model = draw(rng, rows, kind="linear", output="softmax")
    model.weights[-1][:] *= np.float32(1e4)
    found = judged("multi_layer", probe(model, rows, rng))
    assert (found.verdict, found.messages[0].code) == ("not_graded", "architecture.undecided")


@pytest.mark.parametrize("output", OUTPUTS)
def test_dead_network_is_not_graded_and_told_so(output):
    rng, rows = np.random.default_rng(2), iris_rows()
    model = draw(rng, rows, kind="relu", output=output)
    model.biases[0][:] = -1e6
    found = judged("multi_layer", probe(model, rows, rng))
    assert (found.verdict, found.share) == ("not_graded", 0)
    assert found.messages[0].code == "architecture.constant_output"


def test_relu_network_affine_inside_the_data_shows_its_bend_outside():
    rng, rows = np.random.default_rng(3), iris_rows()
    model = draw(rng, rows, kind="relu", output="logits")
    del model.weights[1:-1], model.biases[1:-1]
    model.weights[0] = rng.normal(size=(4, 32)).astype(np.float32)
    model.weights[-1] = rng.normal(size=(32, 3)).astype(np.float32)
    model.biases[0] = np.full(32, 9, dtype=np.float32)
    model.centre[:], model.width[:] = 0, 1
    probes = probe(model, rows, rng)
    assert measure_bend(probes[:1]).value <= 0.05
    assert judged("multi_layer", probes).verdict == "passed"


def test_linear_stack_is_not_multi_layer_and_the_message_shows_the_claim():
    rng, rows = np.random.default_rng(4), iris_rows()
    found = judged("multi_layer", probe(draw(rng, rows, kind="deep_linear", output="logits"), rows, rng))
    assert found.verdict == "failed"
    message = found.messages[0]
    assert message.code == "architecture.not_multi_layer"
    assert message.parameters["bend"] < 1e-5
    assert message.parameters["claimed_layers"] == ["Linear(4, 3)"]


def test_class_ids_alone_are_not_graded():
    found = judged("single_layer", ())
    assert (found.verdict, found.messages[0].code) == ("not_graded", "architecture.no_scores")


def test_one_odd_repeat_is_outvoted():
    rng, rows = np.random.default_rng(5), iris_rows()
    bent = [probe(draw(rng, rows, kind="tanh", output="softmax"), rows, rng) for _ in range(2)]
    dead = tuple(ProbeEvidence(scale=s, scores=np.full((64, 3, 3), 1 / 3, np.float32)) for s in SCALES)
    affine = probe(draw(rng, rows, kind="linear", output="softmax"), rows, rng)
    assert judged("multi_layer", bent[0], affine, bent[1]).verdict == "passed"
    assert judged("multi_layer", dead, *bent).verdict == "passed"
    assert judged("multi_layer", dead).verdict == "not_graded"


@pytest.mark.parametrize(
    ("claimed", "verdict", "code"),
    [
        ((16, 3), "passed", "architecture.units_enough"),
        ((4, 16, 3), "passed", "architecture.units_enough"),
        ((15, 3), "failed", "architecture.units_too_few"),
        ((3,), "not_graded", "architecture.units_unknown"),
        ((), "not_graded", "architecture.units_unknown"),
        ((-1, 3), "not_graded", "architecture.units_unknown"),
    ],
)
def test_hidden_units_are_counted_as_the_model_claims_them(claimed, verdict, code):
    rng, rows = np.random.default_rng(5), iris_rows()
    probes = probe(draw(rng, rows, kind="tanh", output="logits"), rows, rng)
    own = repeat(probes=probes, claims=Claims(framework="pytorch", layer_outputs=claimed))
    asked = ArchitectureParameters(expected="multi_layer", min_hidden_units=16)
    found = judge_architecture(measure(evidence(own)), asked)
    assert (found.verdict, found.messages[-1].code) == (verdict, code)


def test_a_single_layer_cannot_be_asked_for_hidden_units():
    with pytest.raises(ValueError, match="no hidden units"):
        ArchitectureParameters(expected="single_layer", min_hidden_units=3)


class TrainedOnIris:
    """A ReLU network in numpy, trained on raw centimetres by plain gradient descent until it is sure of itself."""

    def __init__(self, seed):
        from sklearn.datasets import load_iris

        rng = np.random.default_rng(seed)
        self.x, labels = load_iris(return_X_y=True)
        self.w, self.b = rng.normal(size=(4, 32)) / 2, rng.normal(size=32) / 2
        self.v, self.c = rng.normal(size=(32, 3)) / 6, np.zeros(3)
        for _ in range(3000):
            h = np.maximum(self.x @ self.w + self.b, 0)
            g = (_softmax(h @ self.v + self.c) - np.eye(3)[labels]) / len(labels)
            back = (g @ self.v.T) * (h > 0)
            self.v -= 0.05 * h.T @ g
            self.c -= 0.05 * g.sum(0)
            self.w -= 0.05 * self.x.T @ back
            self.b -= 0.05 * back.sum(0)

    def __call__(self, x):
        return _softmax(np.maximum(x @ self.w + self.b, 0) @ self.v + self.c).astype(np.float32)


def _softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("seed", range(6))
def test_a_declared_network_with_softmax_on_raw_inputs_is_not_left_in_doubt(seed):
    """Its probabilities are so sure that a disguised single layer could be behind them, were it not declared."""
    model = TrainedOnIris(seed)
    probes = probe(model, model.x, np.random.default_rng(seed))
    asked = ArchitectureParameters(expected="multi_layer")
    declared = repeat(probes=probes, claims=Claims(framework="pytorch", layer_outputs=(32, 3)))
    assert judge_architecture(measure(evidence(declared)), asked).verdict == "passed"
    unnamed = judge_architecture(measure(evidence(repeat(probes=probes, claims=Claims()))), asked)
    assert unnamed.verdict in {"passed", "not_graded"}


@pytest.mark.parametrize("kind", ONE_LAYER)
@pytest.mark.parametrize("output", OUTPUTS)
def test_declaring_layers_makes_no_single_layer_into_several(kind, output):
    rng, rows = np.random.default_rng(8), iris_rows()
    for _ in range(10):
        model = draw(rng, rows, kind=kind, output=output)
        model.weights[-1][:] *= np.float32(rng.choice([1, 5, 30]))
        lying = repeat(probes=probe(model, rows, rng), claims=Claims(framework="pytorch", layer_outputs=(64, 64, 3)))
        found = judge_architecture(measure(evidence(lying)), ArchitectureParameters(expected="multi_layer"))
        assert found.verdict in {"failed", "not_graded"}
