"""The labs' own data for drawn models: the split, its probes, and rows to train on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from graders.architecture import NEAR_DATA
from graders.labs import LABS
from worker.datasets.fetch import fetch
from worker.datasets.probes import draw_probes
from worker.datasets.registry import DATASETS
from worker.datasets.splits import Split, draw

DATA_DIR = Path("var")
TRAINING_ROWS = 512
TWICE = 32
SECRET = b"drawn models"


@dataclass(frozen=True)
class Lesson:
    """What a drawn model sees of a lab: rows to train on, and the probe rows of all scales in one array.

    `again`: the first rows of the scales near the data, `twice` of each, to be asked once more.
    """

    split: Split
    probe_rows: np.ndarray
    scales: tuple[float, ...]
    triples: int
    again: np.ndarray
    twice: int

    @cached_property
    def training_rows(self) -> tuple[np.ndarray, np.ndarray]:
        return self.split.train_x[:TRAINING_ROWS], self.split.train_y[:TRAINING_ROWS]

    @cached_property
    def scaling(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and spread of the training rows: by feature where they have names, else one for all pixels."""
        x = self.split.train_x[:TRAINING_ROWS]
        if self.split.feature_names:
            return x.mean(axis=0), x.std(axis=0)
        return np.float32(x.mean()), np.float32(x.std())


def lesson(dataset: str, rng: np.random.Generator) -> Lesson:
    if dataset == "mnist":
        fetch(DATA_DIR)
    spec = LABS[f"{dataset}-multi-layer"]
    split = draw(DATASETS[dataset](DATA_DIR), spec, secret_seed=SECRET, repeat=0)
    probes = draw_probes(split, rng=rng)
    rows = [drawn.triples.reshape(-1, *split.input_shape) for drawn in probes]
    again = [found[:TWICE] for drawn, found in zip(probes, rows, strict=True) if drawn.scale <= NEAR_DATA]
    scales = tuple(drawn.scale for drawn in probes)
    return Lesson(split, np.concatenate(rows), scales, len(probes[0].triples), np.concatenate(again), TWICE)
