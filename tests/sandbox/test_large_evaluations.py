"""Many rows are predicted in batches, Keras models as one graph: the scores are the same either way."""

from __future__ import annotations

import numpy as np
import pytest

from graders.spec import MIB, Limits

# Its scores are a known function of the row, whatever way it is called.
PLAIN = """
import keras
def train(lab):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, kernel_initializer="ones", name="out")])
    return model
"""
UNTRACEABLE = """
import keras
class Odd(keras.layers.Layer):
    def call(self, x):
        return keras.ops.convert_to_tensor(x.numpy().sum(axis=1, keepdims=True) + [[0, 0, 0]])
def train(lab):
    return Wrapped()
class Wrapped(keras.Model):
    def __init__(self):
        super().__init__()
        self.odd = Odd()
    def call(self, x):
        return self.odd(x)
"""


@pytest.mark.parametrize("source", [PLAIN, UNTRACEABLE])
def test_keras_scores_of_many_rows(jail, source):
    rows = np.random.default_rng(1).random((9000, 4), dtype=np.float32)
    outcome, failure = jail.run(
        source, framework="keras", limits=Limits(wall_time_s=30, memory_bytes=1500 * MIB), evaluated=rows
    )
    assert failure is None
    np.testing.assert_allclose(outcome.scores, np.repeat(rows.sum(axis=1)[:, None], 3, axis=1), rtol=1e-5)


def test_what_a_completed_run_used_is_told_before_it_is_taken_down(jail):
    source = "import torch, time\ndef train(lab):\n    end = time.process_time() + 0.5\n    while time.process_time() < end: pass\n    hog = bytearray(80 * 2**20)\n    return torch.nn.Linear(4, 3)\n"
    outcome, failure = jail.run(source)
    assert failure is None
    assert 0.5 <= outcome.ended["cpu_s"] < 3
    assert outcome.ended["peak_memory_bytes"] > 80 * MIB
