"""Recipes as an nn.Module and as a LightningModule, trained by a loop of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lightning
import torch
from torch import nn

if TYPE_CHECKING:
    import numpy as np
    from lessons import Lesson
    from recipes import Layer, Recipe

from recipes import BATCH_NORM_EPSILON


class Scale(nn.Module):
    def __init__(self, mean: np.ndarray, width: np.ndarray) -> None:
        super().__init__()
        self.register_buffer("mean", torch.as_tensor(mean))
        self.register_buffer("width", torch.as_tensor(width))

    def forward(self, x):
        return (x - self.mean) / self.width


class Channel(nn.Module):
    def forward(self, x):
        return x.unsqueeze(1)


def _parameters(module: nn.Module, **arrays: np.ndarray) -> nn.Module:
    with torch.no_grad():
        for name, array in arrays.items():
            getattr(module, name).copy_(torch.from_numpy(array))
    return module


def _dense(layer: Layer) -> nn.Module:
    w, b = layer.arrays
    return _parameters(nn.Linear(*w.shape), weight=w.T.copy(), bias=b)


def _conv(layer: Layer) -> nn.Module:
    w, b = layer.arrays
    return _parameters(
        nn.Conv2d(w.shape[2], w.shape[3], 3), weight=w.transpose(3, 2, 0, 1).copy(), bias=b
    )


def _batch_norm(layer: Layer) -> nn.Module:
    mean, variance, gamma, beta = layer.arrays
    return _parameters(
        nn.BatchNorm1d(len(mean), eps=BATCH_NORM_EPSILON),
        running_mean=mean, running_var=variance, weight=gamma, bias=beta,
    )  # fmt: skip


def module_of(layer: Layer, lesson: Lesson) -> nn.Module:
    return {
        "dense": lambda: _dense(layer),
        "conv": lambda: _conv(layer),
        "batch_norm": lambda: _batch_norm(layer),
        "scale": lambda: Scale(*lesson.scaling),
        "channel": Channel,
        "flatten": nn.Flatten,
        "dropout": lambda: nn.Dropout(layer.value),
        "max_pool": lambda: nn.MaxPool2d(2),
        "average_pool": lambda: nn.AvgPool2d(2),
        "relu": nn.ReLU,
        "leaky_relu": lambda: nn.LeakyReLU(layer.value),
        "tanh": nn.Tanh,
        "sigmoid": nn.Sigmoid,
    }[layer.op]()


OUTPUTS = {
    "logits": lambda z: z,
    "softmax": lambda z: torch.softmax(z, dim=1),
    "log_softmax": lambda z: torch.log_softmax(z, dim=1),
    "sigmoid": torch.sigmoid,
}


class Module(nn.Module):
    def __init__(self, recipe: Recipe, lesson: Lesson) -> None:
        super().__init__()
        self.body = nn.Sequential(*(module_of(layer, lesson) for layer in recipe.layers))
        self.output = OUTPUTS[recipe.output]

    def forward(self, x):
        return self.output(self.body(x.to(next(self.parameters()).dtype)))


class Lightning(lightning.LightningModule):
    def __init__(self, recipe: Recipe, lesson: Lesson) -> None:
        super().__init__()
        self.body = nn.Sequential(*(module_of(layer, lesson) for layer in recipe.layers))
        self.output = OUTPUTS[recipe.output]

    def forward(self, x):
        return self.output(self.body(x.to(next(self.parameters()).dtype)))

    def training_step(self, batch, _index):
        x, y = batch
        return nn.functional.cross_entropy(self.body(x), y)


MODELS = {"pytorch": Module, "lightning": Lightning}


def build(framework: str, recipe: Recipe, lesson: Lesson) -> nn.Module:
    torch.set_num_threads(1)
    torch.manual_seed(recipe.seed)
    model = MODELS[framework](recipe, lesson)
    if recipe.learning_rate is not None:
        _train(model, recipe, lesson)
    return model.half() if recipe.is_half else model


def _train(model: nn.Module, recipe: Recipe, lesson: Lesson) -> None:
    x, y = (torch.from_numpy(rows) for rows in lesson.training_rows)
    optimizer = torch.optim.Adam(model.parameters(), lr=recipe.learning_rate)
    model.train()
    for _ in range(recipe.steps):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model.body(x), y).backward()
        optimizer.step()


def logits(model: nn.Module, x: np.ndarray) -> np.ndarray:
    return model.body(torch.from_numpy(x)).numpy()
