"""Training data that was gathered in huge pages is, in the jail, what it was: whole, private, and writable there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from worker.harness.mapping import HUGE_PAGE_BYTES
from worker.sandbox import client

CHANGES_ITS_DATA = """
import torch

def train(lab):
    print("sum", int(lab.train_x.astype("int64").sum()), lab.train_x.shape, lab.train_x.flags.writeable)
    lab.train_x += 1
    print("changed", int(lab.train_x.astype("int64").sum()))
    return torch.nn.Linear(4, 3)
"""


def test_each_jail_changes_its_own_copy_alone(jail):
    rows = np.random.default_rng(0).integers(0, 100, (2 * HUGE_PAGE_BYTES // 16 + 7, 4)).astype(np.float32)
    total, count = int(rows.sum(dtype=np.int64)), rows.size
    labels = client.Sealed("y", np.arange(len(rows)) % 3)
    job = replace(jail.job(CHANGES_ITS_DATA), train_x=client.Sealed("x", rows).gather(), train_y=labels)
    for _ in range(2):
        outcome = client.run(jail.socket_path, job, lambda: client.Sealed("e", jail.x))
        assert outcome.failure is None
        said = outcome.log.decode().split("\n")
        assert said[0] == f"sum {total} {rows.shape} True"
        assert said[1] == f"changed {total + count}"
