"""Where the architecture grader must not decide, what it sees through, and scales other than today's."""

from __future__ import annotations

import doctest

import drawn_models
import numpy as np
import pytest
from drawn_models import draw, iris_rows, probe
from evidence_samples import evidence, repeat
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

from graders import architecture, bends, output_links, scaled_sigmoids
from graders.architecture import ArchitectureParameters, judge_architecture, measure_bend
from graders.evidence import ProbeEvidence
from graders.measures import measure

SCALES = (1.0, 4.0, 16.0)


def found(model, rows, rng, *, scales=SCALES, triples=128, rewrite=lambda z: z):
    centre, probes = rows.mean(axis=0), []
    for scale in scales:
        a, b = centre + scale * (rows[rng.integers(0, len(rows), (2, triples))] - centre)
        inputs = np.stack([a, b, (a + b) / 2], axis=1).reshape(3 * triples, -1)
        scores = rewrite(np.asarray(model(inputs), np.float32))
        probes.append(ProbeEvidence(scale=scale, scores=scores.reshape(triples, 3, -1).astype(np.float32)))
    return measure_bend(probes)


@pytest.mark.parametrize("module", [architecture, bends, output_links, scaled_sigmoids])
def test_examples_in_docstrings_hold(module):
    told = doctest.testmod(module)
    assert told.attempted > 0
    assert told.failed == 0


@pytest.mark.parametrize("scales", [(1.0,), (4.0,), (16.0,), (1.0, 2.0), (2.0, 8.0, 32.0), (16.0, 1.0, 4.0)])
def test_any_scales_will_do_and_one_layer_has_to_show_beyond_the_data(scales):
    rng, rows = np.random.default_rng(0), iris_rows()
    for output in ("logits", "softmax"):
        for _ in range(5):
            straight = found(draw(rng, rows, kind="linear", output=output), rows, rng, scales=scales)
            bent = found(draw(rng, rows, kind="tanh", output=output), rows, rng, scales=scales)
            assert straight.found == ("single_layer" if max(scales) >= 4 else None)
            assert bent.found == ("multi_layer" if min(scales) <= 4 else None)


@pytest.mark.parametrize(("slope", "bent_at_least"), [(0.3, 50), (0.7, 45), (0.9, 20), (0.95, 0)])
def test_a_slight_kink_is_never_one_layer(monkeypatch, slope, bent_at_least):
    """A limit of 0.05 took 74 of 100 networks with slope 0.9 for one layer."""
    monkeypatch.setitem(drawn_models.ACTIVATIONS, "relu", lambda z: np.where(z > 0, z, slope * z))
    rng, rows = np.random.default_rng(0), iris_rows()
    seen = [found(draw(rng, rows, kind="relu", output="logits"), rows, rng).found for _ in range(50)]
    assert "single_layer" not in seen
    assert seen.count("multi_layer") >= bent_at_least


@pytest.mark.parametrize("output", ["logits", "softmax"])
def test_two_classes_are_told_apart_too(output):
    rng, rows = np.random.default_rng(1), iris_rows()
    for kind, right in (("linear", "single_layer"), ("tanh", "multi_layer")):
        seen = [found(draw(rng, rows, kind=kind, output=output, classes=2), rows, rng).found for _ in range(20)]
        assert set(seen) <= {right, None}
        assert seen.count(right) >= 18


def test_one_against_the_rest_is_no_hidden_layer():
    """scikit-learn divides the sigmoids by their sum: bent under log, and yet one layer."""
    x, y = load_iris(return_X_y=True)
    rng = np.random.default_rng(2)
    for strength in (0.01, 0.1, 1, 10, 100):
        for _ in range(4):
            kept = rng.permutation(len(x))[:90]
            model = OneVsRestClassifier(LogisticRegression(C=strength, max_iter=2000)).fit(x[kept], y[kept])
            assert found(model.predict_proba, x[kept], rng).found != "multi_layer"


def test_factors_of_rows_sell_no_single_layer_as_several():
    rng, rows = np.random.default_rng(3), iris_rows()
    for kind, right in (("linear", None), ("tanh", "multi_layer")):
        for _ in range(20):
            model = draw(rng, rows, kind=kind, output="logits")
            seen = found(model, rows, rng, rewrite=lambda z: z * rng.uniform(0.2, 5, (len(z), 1)))
            assert seen.found == right


def test_a_term_that_grows_far_outside_is_no_hidden_layer():
    rng, rows = np.random.default_rng(4), iris_rows()
    model = draw(rng, rows, kind="linear", output="logits")

    def with_cube(x):
        return model(x) + 1e-4 * x[:, :3] ** 3

    assert found(with_cube, rows, rng).found is None


def test_rows_that_are_not_finite_are_left_out():
    """A softmax written with exp alone overflows outside the data."""
    rng, rows = np.random.default_rng(5), iris_rows()
    model = draw(rng, rows, kind="linear", output="logits")

    def naive_softmax(x):
        with np.errstate(over="ignore", invalid="ignore"):
            e = np.exp(8 * model(x))
            return e / e.sum(axis=1, keepdims=True)

    inputs = 16 * rows.astype(np.float32)
    assert not np.isfinite(naive_softmax(inputs)).all()
    assert found(naive_softmax, rows, rng).found == "single_layer"


def test_the_reversal_of_an_order_is_proof_where_too_few_triples_show_a_bend():
    sharp = np.array([[0.9, 0.06, 0.04], [0.8, 0.15, 0.05], [0.1, 0.85, 0.05]]) + 1e-7
    scores = np.tile(sharp, (6, 1, 1)).astype(np.float32)
    assert measure_bend([ProbeEvidence(scale=1, scores=scores)]).found == "multi_layer"
    scores[:, 2] = scores[:, 1]
    assert measure_bend([ProbeEvidence(scale=1, scores=scores)]).found is None
    # Far outside the data it proves nothing: a term added for show grows there.
    scores = np.tile(sharp, (6, 1, 1)).astype(np.float32)
    assert measure_bend([ProbeEvidence(scale=16, scores=scores)]).found is None


def test_undecided_repeats_outvote_one_layer_but_not_several():
    rng, rows = np.random.default_rng(6), iris_rows()
    straight = probe(draw(rng, rows, kind="linear", output="logits"), rows, rng)
    bent = probe(draw(rng, rows, kind="tanh", output="logits"), rows, rng)
    inside = straight[:1]

    def verdict(expected, *probes):
        measures = measure(evidence(*(repeat(probes=one) for one in probes)))
        return judge_architecture(measures, ArchitectureParameters(expected=expected)).verdict

    assert verdict("single_layer", straight, inside, inside) == "not_graded"
    assert verdict("single_layer", straight, straight, inside) == "passed"
    assert verdict("multi_layer", bent, inside, inside) == "passed"
    assert verdict("multi_layer", bent, straight) == "not_graded"
