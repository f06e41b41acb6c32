"""Classifiers drawn at random, in numpy and float32, with the probe triples the worker would ask about."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from sklearn.datasets import load_iris

from graders.evidence import ProbeEvidence

if TYPE_CHECKING:
    from collections.abc import Callable

SCALES = (1.0, 4.0, 16.0)
TRIPLES = 64
ONE_LAYER = ("linear", "deep_linear")
MANY_LAYERS = ("relu", "tanh", "sigmoid")
OUTPUTS = ("logits", "softmax", "log_softmax", "sigmoid")

ACTIVATIONS: dict[str, Callable] = {
    "deep_linear": lambda z: z,
    "relu": lambda z: np.maximum(z, 0),
    "tanh": np.tanh,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
}


def _softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def _log_softmax(z):
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


LINKS: dict[str, Callable] = {
    "logits": lambda z: z,
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
}


@dataclass(frozen=True)
class Drawn:
    kind: str
    output: str
    weights: list[np.ndarray]
    biases: list[np.ndarray]
    centre: np.ndarray
    width: np.ndarray

    def __call__(self, x):
        z = (x.astype(np.float32) - self.centre) / self.width
        with np.errstate(over="ignore"):
            for w, b in zip(self.weights[:-1], self.biases[:-1], strict=True):
                z = ACTIVATIONS[self.kind](z @ w + b)
            return LINKS[self.output](z @ self.weights[-1] + self.biases[-1]).astype(np.float32)


def iris_rows():
    x = load_iris().data
    return (x - x.mean(axis=0)) / x.std(axis=0)


def image_rows(rng, n=150, inputs=784):
    """Rows as MNIST has them: correlated, mostly dark, in 0..1 before standardising by one global spread."""
    strokes = rng.random((12, inputs)) * (rng.random((12, inputs)) < 0.3)
    x = np.clip(rng.random((n, 12)) @ strokes / 3, 0, 1)
    return (x - x.mean()) / x.std()


def draw(rng, rows, *, kind, output, classes=3):
    """Weights as after training: of the usual initial size times a gain, the last layer the largest."""
    hidden_layers = 0 if kind == "linear" else int(rng.integers(1, 4))
    hidden = [int(rng.integers(8, 65)) for _ in range(hidden_layers)]
    sizes = [rows.shape[1], *hidden, classes]
    weights, biases = [], []
    for fan_in, fan_out in pairwise(sizes):
        gain = rng.uniform(1, 2.5)
        weights.append((rng.normal(size=(fan_in, fan_out)) * gain / np.sqrt(fan_in)).astype(np.float32))
        biases.append(rng.normal(scale=0.3, size=fan_out).astype(np.float32))
    centre, width = np.zeros(rows.shape[1]), np.ones(rows.shape[1])
    if rng.random() < 0.5:  # the student scales the inputs once more
        centre, width = rows.mean(axis=0), rows.std(axis=0) + 1e-3
    return Drawn(kind, output, weights, biases, centre.astype(np.float32), width.astype(np.float32))


def probe(model, rows, rng):
    centre = rows.mean(axis=0)
    probes = []
    for scale in SCALES:
        drawn = rows[rng.integers(0, len(rows), (2, TRIPLES))]
        first, second = centre + scale * (drawn - centre)
        inputs = np.stack([first, second, (first + second) / 2], axis=1).reshape(-1, rows.shape[1])
        scores = model(inputs).reshape(TRIPLES, 3, -1)
        probes.append(ProbeEvidence(scale=scale, scores=scores))
    return tuple(probes)
