"""Recipes as a functional Keras model, trained batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf
from recipes import BATCH_NORM_EPSILON

if TYPE_CHECKING:
    import numpy as np
    from lessons import Lesson
    from recipes import Layer, Recipe



def layer_of(layer: Layer, lesson: Lesson) -> Any:
    """Under the data type policy in force."""
    layers, arrays = keras.layers, layer.arrays
    if layer.op == "scale":
        mean, width = lesson.scaling
        axis = -1 if lesson.split.feature_names else None
        return layers.Normalization(axis=axis, mean=mean, variance=width**2)
    return {
        "dense": lambda: layers.Dense(arrays[0].shape[1]),
        "conv": lambda: layers.Conv2D(arrays[0].shape[3], 3),
        "batch_norm": lambda: layers.BatchNormalization(epsilon=BATCH_NORM_EPSILON, momentum=0.9),
        "channel": lambda: layers.Reshape((28, 28, 1)),
        "flatten": layers.Flatten,
        "dropout": lambda: layers.Dropout(layer.value),
        "max_pool": lambda: layers.MaxPooling2D(2),
        "average_pool": lambda: layers.AveragePooling2D(2),
        "relu": layers.ReLU,
        "leaky_relu": lambda: layers.LeakyReLU(negative_slope=layer.value),
        "tanh": lambda: layers.Activation("tanh"),
        "sigmoid": lambda: layers.Activation("sigmoid"),
    }[layer.op]()


OUTPUTS = {"softmax": "softmax", "log_softmax": "log_softmax", "sigmoid": "sigmoid", "logits": "linear"}


def build(_framework: str, recipe: Recipe, lesson: Lesson) -> Any:
    keras.utils.set_random_seed(recipe.seed)
    keras.config.set_dtype_policy("float16" if recipe.is_half else "float32")
    inputs = z = keras.Input(lesson.split.input_shape)
    for layer in recipe.layers:
        built = layer_of(layer, lesson)
        z = built(z)
        if layer.op == "batch_norm":
            mean, variance, gamma, beta = layer.arrays
            built.set_weights([gamma, beta, mean, variance])
        elif layer.arrays:
            built.set_weights(list(layer.arrays))
    outputs = keras.layers.Activation(OUTPUTS[recipe.output])(z)
    keras.config.set_dtype_policy("float32")
    model = keras.Model(inputs, outputs)
    if recipe.learning_rate is not None:
        _train(keras.Model(inputs, z), recipe, lesson)
    return model


def _train(logits: Any, recipe: Recipe, lesson: Lesson) -> None:
    x, y = (tf.constant(rows) for rows in lesson.training_rows)
    optimizer = keras.optimizers.Adam(recipe.learning_rate)
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    for _ in range(recipe.steps):
        with tf.GradientTape() as tape:
            loss = loss_of(y, logits(x, training=True))
        variables = logits.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))


def logits(model: Any, x: np.ndarray) -> np.ndarray:
    """Of a model built with output `logits`."""
    return model(x, training=False).numpy()
