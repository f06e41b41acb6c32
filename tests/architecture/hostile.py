"""What a student's `predict` may make of a model's logits: harmless rewritings, numerical accidents, tricks.

Each takes the logits `z`, float32 (n, classes), the inputs `x` and random numbers, and returns the scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from lessons import Lesson

    Rewrite = Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]

FAR = 9.0  # in spreads of the data: beyond the probes at 4, within those at 16


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def sigmoid(z: np.ndarray) -> np.ndarray:
    return np.exp(-np.logaddexp(0, -z))


def _factor(z: np.ndarray, rng: np.random.Generator, low: float, high: float) -> np.ndarray:
    return rng.uniform(low, high, (len(z), 1)).astype(np.float32)


def _range(z: np.ndarray) -> np.ndarray:
    low, high = z.min(axis=1, keepdims=True), z.max(axis=1, keepdims=True)
    return (z - low) / np.maximum(high - low, 1e-12)


def _normed(p: np.ndarray) -> np.ndarray:
    return p / p.sum(axis=1, keepdims=True)


REWRITES: dict[str, Rewrite] = {
    "logits, rows x random": lambda z, _x, rng: z * _factor(z, rng, 0.3, 3),
    "logits, rows / length": lambda z, _x, _r: z / np.linalg.norm(z, axis=1, keepdims=True),
    "logits, rows / range": lambda z, _x, _r: _range(z),
    "logits, rows + random": lambda z, _x, rng: z + _factor(z, rng, -20, 20),
    "logits, rows x and +": lambda z, _x, rng: z * _factor(z, rng, 0.3, 3) + _factor(z, rng, -20, 20),
    "logits / 1000": lambda z, _x, _r: z * np.float32(1e-3),
    "logits x 1000": lambda z, _x, _r: z * np.float32(1e3),
    "logits, clipped at 10": lambda z, _x, _r: np.clip(z, -10, 10),
    "logits, 3 decimals": lambda z, _x, _r: np.round(z, 3),
    "logits, half precision": lambda z, _x, _r: z.astype(np.float16),
    "logits, ReLU": lambda z, _x, _r: np.maximum(z, 0),
    "logits, tanh": lambda z, _x, _r: np.tanh(z),
    "log of clipped softmax": lambda z, _x, _r: np.log(np.clip(softmax(z), 1e-7, 1)),
    "log of softmax + 1e-7": lambda z, _x, _r: np.log(softmax(z) + np.float32(1e-7)),
    "softmax, rows x random": lambda z, _x, rng: softmax(z) * _factor(z, rng, 0.3, 1),
    "softmax, rows / greatest": lambda z, _x, _r: softmax(z) / softmax(z).max(axis=1, keepdims=True),
    "softmax, rows + random": lambda z, _x, rng: softmax(z) + _factor(z, rng, -1, 1),
    "softmax of z / 10": lambda z, _x, _r: softmax(z / 10),
    "softmax of 10 z": lambda z, _x, _r: softmax(z * 10),
    "softmax of z / 1000": lambda z, _x, _r: softmax(z / 1000),
    "softmax of 1000 z": lambda z, _x, _r: softmax(z * 1000),
    "softmax, clipped": lambda z, _x, _r: np.clip(softmax(z), 1e-7, 1 - 1e-7),
    "softmax, clipped, normed": lambda z, _x, _r: _normed(np.clip(softmax(z), 1e-7, 1)),
    "softmax, 3 decimals": lambda z, _x, _r: np.round(softmax(z), 3),
    "softmax, half precision": lambda z, _x, _r: softmax(z).astype(np.float16),
    "sigmoid, rows x random": lambda z, _x, rng: sigmoid(z) * _factor(z, rng, 0.3, 1),
    "sigmoid, rows / sum": lambda z, _x, _r: _normed(np.maximum(sigmoid(z), np.float32(1e-37))),
    "sigmoid, rows + random": lambda z, _x, rng: sigmoid(z) + _factor(z, rng, -1, 1),
    "sigmoid of z / 1000": lambda z, _x, _r: sigmoid(z / 1000),
    "sigmoid of 1000 z": lambda z, _x, _r: sigmoid(z * 1000),
    "sigmoid, clipped": lambda z, _x, _r: np.clip(sigmoid(z), 1e-7, 1 - 1e-7),
    "sigmoid, 3 decimals": lambda z, _x, _r: np.round(sigmoid(z), 3),
    "one-hot": lambda z, _x, _r: np.eye(z.shape[1], dtype=np.float32)[z.argmax(axis=1)],
}


# What once passed for several layers when drawn often enough: one classifier in eight.
DRAWN_OFTEN = {"sigmoid, rows x random", "sigmoid, rows / sum", "sigmoid, rows + random"}


@dataclass(frozen=True)
class Terms:
    """Non-linear functions of the inputs, float32 (n, classes), of size 1 inside the data."""

    centre: np.ndarray
    spread: float
    directions: np.ndarray

    @classmethod
    def of(cls, lesson: Lesson, rng: np.random.Generator) -> Terms:
        x = lesson.training_rows[0]
        x = x.reshape(len(x), -1)
        directions = rng.normal(size=(x.shape[1], lesson.split.n_classes)).astype(np.float32)
        return cls(x.mean(axis=0), float(np.sqrt(((x - x.mean(axis=0)) ** 2).sum(axis=1).mean())), directions)

    def along(self, x: np.ndarray) -> np.ndarray:
        flat = x.reshape(len(x), -1) - self.centre
        return flat @ self.directions / np.linalg.norm(self.directions, axis=0) * np.sqrt(flat.shape[1]) / self.spread

    def beyond(self, x: np.ndarray, *, spreads: float) -> np.ndarray:
        """0 up to so many spreads from the centre, then as steep as the data."""
        far = np.linalg.norm(x.reshape(len(x), -1) - self.centre, axis=1) / self.spread - spreads
        return np.maximum(far, 0)[:, None] * (-1.0) ** np.arange(self.directions.shape[1])


def tiny_terms(terms: Terms) -> dict[str, Rewrite]:
    """Added to sell a linear model as several layers: none may be taken for that."""
    small = np.float32(1e-4)
    return {
        "logits + tiny tanh": lambda z, x, _r: z + small * np.tanh(terms.along(x)),
        "logits + tiny ReLU": lambda z, x, _r: z + small * np.maximum(terms.along(x), 0),
        "logits + tiny square": lambda z, x, _r: z + small * terms.along(x) ** 2,
        "logits + tiny cube": lambda z, x, _r: z + small * terms.along(x) ** 3,
        "softmax of z + tiny square": lambda z, x, _r: softmax(z + small * terms.along(x) ** 2),
        "softmax + tiny sine": lambda z, x, _r: _normed(softmax(z) + small * (1 + np.sin(3 * terms.along(x)))),
        "sigmoid + tiny sine": lambda z, x, _r: (sigmoid(z) + small * (1 + np.sin(3 * terms.along(x)))) / (1 + 2 * small),
    }  # fmt: skip


def far_terms(terms: Terms) -> dict[str, Rewrite]:
    """Linear wherever data lie, bent far outside: neither one layer nor, by what it does with data, several.

    Where the model's own softmax is saturated that far out, no one can see the bend.
    """
    return {
        "logits, bent far outside": lambda z, x, _r: z + 10 * terms.beyond(x, spreads=FAR),
        "softmax, bent far outside": lambda z, x, _r: softmax(z / 10 + terms.beyond(x, spreads=FAR)),
    }
