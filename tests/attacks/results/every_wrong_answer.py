# Answers of every wrong kind and shape, one after the other: does one of them break the harness?
import datetime

import numpy as np
import torch


class Answers:
    """A model that answers as it is told to."""

    def __init__(self, make):
        self.make = make

    def predict(self, x):
        return self.make(len(x))


class Short:
    def __len__(self):
        return 10**12

    def __getitem__(self, _):
        raise IndexError


WRONG = {
    "None": lambda n: None,
    "text": lambda n: "a" * n,
    "generator": lambda n: ([0, 0, 0] for _ in range(n)),
    "iterator": lambda n: iter([[0, 0, 0]] * n),
    "dict": lambda n: dict.fromkeys(range(n)),
    "set": lambda n: set(range(n)),
    "ragged": lambda n: [[0] * (i % 4) for i in range(n)],
    "one row less": lambda n: np.zeros((n - 1, 3)),
    "one row more": lambda n: np.zeros((n + 1, 3)),
    "one class more": lambda n: np.zeros((n, 4)),
    "transposed": lambda n: np.zeros((3, n)),
    "three axes": lambda n: np.zeros((n, 3, 1)),
    "no axis": lambda n: np.float32(1),
    "sixty axes": lambda n: np.zeros((1,) * 32),
    "empty": lambda n: np.zeros((0, 3)),
    "complex": lambda n: np.full((n, 3), 1j),
    "objects": lambda n: np.full((n, 3), object()),
    "strings": lambda n: np.full((n, 3), "1"),
    "bytes": lambda n: np.full((n, 3), b"1"),
    "dates": lambda n: np.full((n, 3), np.datetime64("2020-01-01")),
    "spans": lambda n: np.full((n, 3), np.timedelta64(1)),
    "records": lambda n: np.zeros((n, 3), "f4,O"),
    "float ids": lambda n: np.zeros(n),
    "true and false ids": lambda n: np.zeros(n, bool),
    "id -1": lambda n: np.full(n, -1),
    "id 3": lambda n: np.full(n, 3),
    "id 2**63": lambda n: np.full(n, 2**63, np.uint64),
    "id 10**30": lambda n: [10**30] * n,
    "says it is longer": lambda n: Short(),
    "sparse": lambda n: torch.zeros(n, 3).to_sparse(),
    "quantized": lambda n: torch.quantize_per_tensor(torch.zeros(n, 3, 1), 1.0, 0, torch.quint8),
    "on no device": lambda n: torch.empty(n, 3, device="meta"),
    "bfloat": lambda n: torch.zeros(n, 3, dtype=torch.bfloat16, requires_grad=True)[:, :2],
    "not a number": lambda n: np.full((n, 3), np.nan),
    "infinite": lambda n: np.full((n, 3), np.inf),
    "too large for float32": lambda n: np.full((n, 3), 1e300),
    "virtual": lambda n: np.broadcast_to(np.float32(0), (10**12, 3)),
    "raises": lambda n: 1 / 0,
}


def train(lab):
    for what, make in WRONG.items():
        try:
            lab.epoch(Answers(make))
            print("DONE", what)
        except Exception as error:
            print("REFUSED", what, type(error).__name__, getattr(error, "code", ""))
    return torch.nn.Linear(4, 3)
