# An answer that runs code where it is unpickled or compared.
import os

import numpy as np
import torch


class Pickled:
    def __reduce__(self):
        return os.system, ("touch /tmp/labmark-was-here",)

    def __array__(self, *_, **__):
        return np.array([[Pickled()] * 3] * self.rows, dtype=object)


def train(lab):
    return torch.nn.Linear(4, 3)


def predict(model, x):
    answer = Pickled()
    answer.rows = len(x)
    return answer
