"""Against independent implementations: scikit-learn for rates and losses, statsmodels for intervals."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as oracle
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from graders import generalization_gap, metrics


def drawn(seed, n=40, classes=4):
    rng = np.random.default_rng(seed)
    return rng.integers(0, classes, n), rng.integers(0, classes, n), rng


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(2, 10))
def test_rates_and_confusion_agree_with_scikit_learn(seed, n, classes):
    labels, predicted, _ = drawn(seed, n, classes)
    assert metrics.accuracy(labels=labels, predicted=predicted) == pytest.approx(
        oracle.accuracy_score(labels, predicted)
    )
    assert metrics.error(labels=labels, predicted=predicted) == pytest.approx(
        oracle.zero_one_loss(labels, predicted)
    )
    confusion = metrics.confusion_matrix(labels=labels, predicted=predicted, n_classes=classes)
    expected = oracle.confusion_matrix(labels, predicted, labels=range(classes))
    np.testing.assert_array_equal(confusion, expected)


@pytest.mark.parametrize("output", ["logits", "probabilities", "log_probabilities"])
def test_cross_entropy_agrees_with_scikit_learn_for_each_kind_of_output(output):
    labels, _, rng = drawn(3)
    z = rng.normal(scale=4, size=(40, 4))
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    scores = {"logits": z, "probabilities": p, "log_probabilities": np.log(p)}[output].astype(np.float32)
    expected = oracle.log_loss(labels, p, labels=range(4))
    assert metrics.cross_entropy(labels=labels, scores=scores) == pytest.approx(expected, rel=1e-4)


def test_cross_entropy_of_a_certain_miss_is_large_and_finite():
    scores = np.array([[1, 0]], dtype=np.float32)
    assert metrics.cross_entropy(labels=np.array([1]), scores=scores) == pytest.approx(87.3, abs=0.1)
    huge = np.array([[1e30, -1e30]], dtype=np.float32)
    assert np.isfinite(metrics.cross_entropy(labels=np.array([1]), scores=huge))


@given(st.integers(1, 2000), st.data())
def test_wilson_agrees_with_statsmodels(n, data):
    successes = data.draw(st.integers(0, n))
    low, high = metrics.wilson_interval(successes=successes, n=n)
    assert (low, high) == pytest.approx(proportion_confint(successes, n, method="wilson"), abs=1e-12)
    assert 0 <= low <= successes / n <= high <= 1


def test_29_of_30_is_anything_from_833_to_994():
    low, high = metrics.wilson_interval(successes=29, n=30)
    assert (round(low, 3), round(high, 3)) == (0.833, 0.994)


@given(st.integers(1, 500), st.integers(1, 500), st.data())
def test_newcombe_agrees_with_statsmodels(n, m, data):
    validation, train = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    found = metrics.newcombe_interval(
        validation_successes=validation, validation_n=n, train_successes=train, train_n=m
    )
    expected = confint_proportions_2indep(validation, n, train, m, method="newcomb", compare="diff")
    assert found == pytest.approx(expected, abs=1e-9)


def test_mean_difference_interval_covers_the_true_difference_about_19_times_in_20():
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(400):
        validation, train = rng.exponential(0.8, 200), rng.exponential(0.5, 600)
        low, high = metrics.mean_difference_interval(validation=validation, train=train)
        covered += low <= 0.3 <= high
    assert 0.91 <= covered / 400 <= 0.98


def test_ids_and_shapes_that_no_worker_sends_are_our_bug():
    with pytest.raises(ValueError, match=r"0\.\.2"):
        metrics.confusion_matrix(labels=np.array([0]), predicted=np.array([3]), n_classes=3)
    with pytest.raises(ValueError, match="empty"):
        metrics.accuracy(labels=np.array([], dtype=int), predicted=np.array([], dtype=int))
    with pytest.raises(ValueError, match="not a share"):
        metrics.wilson_interval(successes=2, n=1)


@pytest.mark.parametrize("module", [metrics, generalization_gap])
def test_examples_in_docstrings_hold(module):
    found = doctest.testmod(module)
    assert found.attempted > 0
    assert found.failed == 0
