"""Classifiers drawn at random as plain arrays, which each framework then builds with layers of its own.

A recipe names the truth: `single_layer` where its logits are affine in the input, else `multi_layer`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

OUTPUTS = ("logits", "log_softmax", "softmax", "sigmoid")
ACTIVATIONS = ("relu", "leaky_relu", "tanh", "sigmoid")
# Leaky ReLU's slope below zero: PyTorch's default is 0.01, Keras' 0.3.
LEAKY_SLOPES = (0.01, 0.1, 0.3)
TRAINED_SHARE = 0.3
BATCH_NORM_EPSILON = 1e-3


@dataclass(frozen=True)
class Layer:
    """`op` names what a framework's builder makes of `arrays` (weights first) and `value`."""

    op: str
    arrays: tuple[np.ndarray, ...] = ()
    value: Any = None


@dataclass(frozen=True, kw_only=True)
class Recipe:
    dataset: str
    kind: str
    output: str
    truth: str
    layers: tuple[Layer, ...]
    # Adam on the lab's own rows: a few steps of a large size. None: the weights stay as drawn.
    learning_rate: float | None = None
    steps: int = 12
    # Weights and arithmetic in half precision, as students save memory.
    is_half: bool = False
    seed: int = 0


@dataclass
class Drawing:
    """Layers drawn one after the other; `shape` is what the next one is given."""

    rng: np.random.Generator
    shape: tuple[int, ...]
    layers: list[Layer] = field(default_factory=list)

    def add(self, op: str, *arrays: np.ndarray, value: Any = None) -> None:
        self.layers.append(Layer(op, tuple(np.asarray(a, np.float32) for a in arrays), value))

    def flatten(self) -> None:
        if len(self.shape) > 1:
            self.add("flatten")
            self.shape = (int(np.prod(self.shape)),)

    def dense(self, units: int, *, gain: float) -> None:
        self.flatten()
        fan_in = self.shape[0]
        w = self.rng.normal(scale=gain / np.sqrt(fan_in), size=(fan_in, units))
        self.add("dense", w, self.rng.normal(scale=0.3, size=units))
        self.shape = (units,)

    def activation(self, name: str) -> None:
        self.add(name, value=float(self.rng.choice(LEAKY_SLOPES)) if name == "leaky_relu" else None)

    def batch_norm(self) -> None:
        """With running statistics as training leaves them: neither 0 nor 1."""
        n = self.shape[-1]
        mean, variance = self.rng.normal(size=n), self.rng.uniform(0.2, 4, n)
        self.add("batch_norm", mean, variance, self.rng.uniform(0.5, 2, n), self.rng.normal(scale=0.3, size=n))

    def conv(self, channels: int) -> None:
        """3 x 3, no padding; images without a channel axis get one."""
        if len(self.shape) == 2:
            self.add("channel")
            self.shape = (*self.shape, 1)
        rows, columns, depth = self.shape
        w = self.rng.normal(scale=np.sqrt(2 / (9 * depth)), size=(3, 3, depth, channels))
        self.add("conv", w, self.rng.normal(scale=0.1, size=channels))
        self.shape = (rows - 2, columns - 2, channels)

    def pool(self, op: str) -> None:
        self.add(op)
        rows, columns, depth = self.shape
        self.shape = (rows // 2, columns // 2, depth)


def _hidden(drawing: Drawing, *, activation: str | None, batch_norm: bool = False, dropout: bool = False) -> None:
    for _ in range(int(drawing.rng.integers(1, 4))):
        drawing.dense(int(drawing.rng.integers(8, 65)), gain=drawing.rng.uniform(0.8, 2.5))
        if batch_norm:
            drawing.batch_norm()
        if activation:
            drawing.activation(activation)
        if dropout:
            drawing.add("dropout", value=0.4)


def _small(drawing: Drawing, *, activation: str) -> None:
    drawing.add("scale", value="train")
    drawing.dense(16, gain=1)
    drawing.activation(activation)


def _nothing(_drawing: Drawing) -> None:
    """One linear layer is the output layer alone."""


def _scaled(drawing: Drawing, *, then: Callable[[Drawing], None]) -> None:
    """Standardised inside the model, as the examples do; the statistics stand in for the lab's own."""
    drawing.add("scale", value="train")
    then(drawing)


def _batch_normed_input(drawing: Drawing) -> None:
    drawing.flatten()
    drawing.batch_norm()


def _dropped_input(drawing: Drawing) -> None:
    drawing.add("dropout", value=0.3)


def _convolutions(drawing: Drawing, *, activation: str | None, pool: str) -> None:
    for channels in (6, 12)[: int(drawing.rng.integers(1, 3))]:
        drawing.conv(channels)
        if activation:
            drawing.activation(activation)
        drawing.pool(pool)


SINGLE_LAYER: dict[str, Callable[[Drawing], None]] = {
    "linear": _nothing,
    "linear, scaled": partial(_scaled, then=_nothing),
    "linear, batch norm": _batch_normed_input,
    "linear, dropout": _dropped_input,
    "linear stack": partial(_hidden, activation=None),
    "linear stack, batch norm": partial(_hidden, activation=None, batch_norm=True, dropout=True),
}
MULTI_LAYER: dict[str, Callable[[Drawing], None]] = {
    "ReLU": partial(_hidden, activation="relu"),
    "leaky ReLU": partial(_hidden, activation="leaky_relu"),
    "tanh": partial(_hidden, activation="tanh"),
    "sigmoid": partial(_hidden, activation="sigmoid"),
    "ReLU, scaled": partial(_scaled, then=partial(_hidden, activation="relu")),
    "tanh, scaled": partial(_scaled, then=partial(_hidden, activation="tanh")),
    "ReLU, batch norm": partial(_hidden, activation="relu", batch_norm=True),
    "ReLU, dropout": partial(_hidden, activation="relu", dropout=True),
}
IMAGES_ONLY: dict[str, tuple[str, Callable[[Drawing], None]]] = {
    "convolution, linear": ("single_layer", partial(_convolutions, activation=None, pool="average_pool")),
    "convolution, ReLU": ("multi_layer", partial(_convolutions, activation="relu", pool="max_pool")),
}
SATURATED: dict[str, tuple[str, Callable[[Drawing], None]]] = {
    "linear, saturated": ("single_layer", partial(_scaled, then=_nothing)),
    "ReLU, saturated": ("multi_layer", partial(_scaled, then=partial(_hidden, activation="relu"))),
    "tanh, saturated": ("multi_layer", partial(_scaled, then=partial(_hidden, activation="tanh"))),
}
# As the examples are: sizes and training that make a good classifier of Iris, and a fair one of MNIST.
TRAINED_WELL: dict[str, tuple[str, Callable[[Drawing], None]]] = {
    "linear, trained well": ("single_layer", partial(_scaled, then=_nothing)),
    "ReLU, trained well": ("multi_layer", partial(_small, activation="relu")),
    "tanh, trained well": ("multi_layer", partial(_small, activation="tanh")),
    "sigmoid, trained well": ("multi_layer", partial(_small, activation="sigmoid")),
}
WELL_STEPS, WELL_LEARNING_RATE = 40, 0.05
HALF: dict[str, tuple[str, Callable[[Drawing], None]]] = {
    "linear, half precision": ("single_layer", partial(_scaled, then=_nothing)),
    "tanh, half precision": ("multi_layer", partial(_scaled, then=partial(_hidden, activation="tanh"))),
}
SATURATION = (10, 30, 100, 1000)


def kinds_of(dataset: str) -> dict[str, tuple[str, Callable[[Drawing], None]]]:
    """Kind -> (truth, what draws its body)."""
    kinds = {kind: ("single_layer", body) for kind, body in SINGLE_LAYER.items()}
    kinds |= {kind: ("multi_layer", body) for kind, body in MULTI_LAYER.items()}
    return kinds | SATURATED | HALF | TRAINED_WELL | (IMAGES_ONLY if dataset == "mnist" else {})


def draw_recipe(
    rng: np.random.Generator, *, dataset: str, kind: str, output: str, input_shape: tuple[int, ...], classes: int
) -> Recipe:
    truth, body = kinds_of(dataset)[kind]
    drawing = Drawing(rng, input_shape)
    body(drawing)
    is_well = kind in TRAINED_WELL
    gain = 1 if is_well else rng.uniform(1, 4) * (float(rng.choice(SATURATION)) if kind in SATURATED else 1)
    drawing.dense(classes, gain=gain)
    trained = is_well or (rng.random() < TRAINED_SHARE and kind not in HALF)
    learning_rate = WELL_LEARNING_RATE if is_well else float(rng.choice([0.01, 0.03, 0.1]))
    return Recipe(
        dataset=dataset, kind=kind, output=output, truth=truth, layers=tuple(drawing.layers),
        learning_rate=learning_rate if trained else None,
        steps=WELL_STEPS if is_well else 12,
        is_half=kind in HALF,
        seed=int(rng.integers(2**31)),
    )  # fmt: skip
