from __future__ import annotations

import numpy as np
from sklearn.datasets import load_iris

from graders.spec import MIB, Limits
from worker.sandbox import client
from worker.verdict import failure_of


class Jail:
    """Runs a source text in the real jail on Iris and returns (outcome, failure)."""

    def __init__(self, socket_path):
        self.socket_path = socket_path
        iris = load_iris()
        self.x, self.y = iris.data.astype(np.float32), iris.target.astype(np.int64)
        self.sealed = {"train_x": client.Sealed("x", self.x), "train_y": client.Sealed("y", self.y)}
        self.curve = client.Sealed("c", self.x[:60])

    def job(self, source, framework="pytorch", limits=None):
        facts = {"n_classes": 3, "input_shape": [4], "class_names": ["a", "b", "c"], "seed": 7, "device": "cpu",
                 "feature_names": ["1", "2", "3", "4"]}  # fmt: skip
        source = source if isinstance(source, bytes) else source.encode()
        limits = limits or Limits(wall_time_s=15, memory_bytes=700 * MIB)
        return client.Job(framework=framework, source=source, curve_x=self.curve, lab=facts,
                          limits=limits.model_dump(), **self.sealed)  # fmt: skip

    def run(self, source, framework="pytorch", limits=None, evaluated=None):
        limits = limits or Limits(wall_time_s=15, memory_bytes=700 * MIB)
        job = self.job(source, framework, limits)
        inputs = self.x if evaluated is None else evaluated
        outcome = client.run(self.socket_path, job, lambda: client.Sealed("e", inputs))
        return outcome, failure_of(outcome, limits)

    def printed(self, source, **arguments):
        outcome, _ = self.run(source, **arguments)
        return outcome.log.decode("utf-8", "replace")
