"""Recipes as a tf.Module on variables, trained with GradientTape and an Adam of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf
from recipes import BATCH_NORM_EPSILON

if TYPE_CHECKING:
    from lessons import Lesson
    from recipes import Recipe

MOMENTUM = 0.9

OUTPUTS = {
    "logits": lambda z: z,
    "softmax": tf.nn.softmax,
    "log_softmax": tf.nn.log_softmax,
    "sigmoid": tf.sigmoid,
}


class Module(tf.Module):
    def __init__(self, recipe: Recipe, lesson: Lesson) -> None:
        super().__init__()
        self.recipe = recipe
        self.dtype = tf.float16 if recipe.is_half else tf.float32
        self.scaling = tuple(tf.constant(part, self.dtype) for part in lesson.scaling)
        self.weights = [tuple(self._variable(array) for array in layer.arrays) for layer in recipe.layers]

    def _variable(self, array: np.ndarray) -> Any:
        return tf.Variable(tf.cast(array, self.dtype))

    def __call__(self, x: Any) -> Any:
        return OUTPUTS[self.recipe.output](self.logits(x, training=False))

    def logits(self, x: Any, *, training: bool) -> Any:
        x = tf.cast(x, self.dtype)
        for layer, weights in zip(self.recipe.layers, self.weights, strict=True):
            x = self._apply(layer.op, weights, layer.value, x, training=training)
        return x

    def _apply(self, op: str, weights: tuple[Any, ...], value: Any, x: Any, *, training: bool) -> Any:
        if op == "scale":
            mean, width = self.scaling
            return (x - mean) / width
        if op == "dropout":
            return tf.nn.dropout(x, value) if training else x
        if op == "batch_norm":
            return _batch_norm(x, *weights, training=training)
        return OPS[op](x, weights, value)


OPS = {
    "dense": lambda x, w, _: x @ w[0] + w[1],
    "conv": lambda x, w, _: tf.nn.conv2d(x, w[0], strides=1, padding="VALID") + w[1],
    "channel": lambda x, _w, _: x[..., tf.newaxis],
    "flatten": lambda x, _w, _: tf.reshape(x, [len(x), -1]),
    "max_pool": lambda x, _w, _: tf.nn.max_pool2d(x, 2, 2, "VALID"),
    "average_pool": lambda x, _w, _: tf.nn.avg_pool2d(x, 2, 2, "VALID"),
    "relu": lambda x, _w, _: tf.nn.relu(x),
    "leaky_relu": lambda x, _w, slope: tf.nn.leaky_relu(x, slope),
    "tanh": lambda x, _w, _: tf.tanh(x),
    "sigmoid": lambda x, _w, _: tf.sigmoid(x),
}


def _batch_norm(x: Any, mean: Any, variance: Any, gamma: Any, beta: Any, *, training: bool) -> Any:
    if training:
        batch_mean, batch_variance = tf.nn.moments(x, axes=[0])
        mean.assign(MOMENTUM * mean + (1 - MOMENTUM) * batch_mean)
        variance.assign(MOMENTUM * variance + (1 - MOMENTUM) * batch_variance)
        return tf.nn.batch_normalization(x, batch_mean, batch_variance, beta, gamma, BATCH_NORM_EPSILON)
    return tf.nn.batch_normalization(x, mean, variance, beta, gamma, BATCH_NORM_EPSILON)


def build(_framework: str, recipe: Recipe, lesson: Lesson) -> Module:
    tf.random.set_seed(recipe.seed)
    model = Module(recipe, lesson)
    if recipe.learning_rate is not None:
        _train(model, recipe, lesson)
    return model


def _train(model: Module, recipe: Recipe, lesson: Lesson) -> None:
    x, y = (tf.constant(rows) for rows in lesson.training_rows)
    moments: dict[Any, tuple[Any, Any]] = {}
    for step in range(1, recipe.steps + 1):
        with tf.GradientTape() as tape:
            logits = model.logits(x, training=True)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
        variables = model.trainable_variables
        for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
            if gradient is None:  # running statistics
                continue
            first, second = moments.get(variable.ref(), (0.0, 0.0))
            first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
            moments[variable.ref()] = first, second
            rate = recipe.learning_rate * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
            variable.assign_sub(rate * first / (tf.sqrt(second) + 1e-7))


def logits(model: Module, x: np.ndarray) -> np.ndarray:
    return model.logits(tf.constant(x), training=False).numpy()
