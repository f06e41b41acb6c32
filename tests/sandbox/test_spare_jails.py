"""A jail that was put up before its job gives what any jail gives, sooner."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from graders.spec import MIB, Limits
from worker.sandbox import client

LIMITS = Limits(wall_time_s=30, memory_bytes=1500 * MIB)
TRAININGS = {
    "pytorch": """
import torch
def train(lab):
    torch.randn(3)
    model = torch.nn.Sequential(torch.nn.Linear(4, 16), torch.nn.ReLU(), torch.nn.Dropout(0.2), torch.nn.Linear(16, 3))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    x, y = torch.from_numpy(lab.train_x), torch.from_numpy(lab.train_y)
    for _ in range(20):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    return model
""",
    "lightning": (Path("examples") / "iris-multi-layer" / "lightning" / "submission.py").read_text(),
    "tensorflow": (Path("examples") / "iris-multi-layer" / "tensorflow" / "submission.py").read_text(),
    "keras": """
import keras
def train(lab):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dropout(0.2),
                              keras.layers.Dense(3)])
    print("NAMES", model.name, [layer.name for layer in model.layers])
    model.compile(optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(lab.train_x, lab.train_y, epochs=2, verbose=0)
    return model
""",
}


def spares(jail):
    return client.status(jail.socket_path)["spares"]


def wait_for_spare(jail, seconds=20):
    """Of a jail that has just been used."""
    deadline = time.monotonic() + seconds
    while True:
        found = spares(jail)
        if found:
            return found[-1]
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("framework", TRAININGS)
def test_a_spare_gives_what_a_new_jail_gives(jail, framework):
    # Limits of its own: no spare of another test is taken for it.
    limits = LIMITS.model_copy(update={"scratch_bytes": LIMITS.scratch_bytes + MIB * len(framework)})
    new, failure = jail.run(TRAININGS[framework], framework=framework, limits=limits)
    assert failure is None
    wait_for_spare(jail)
    time.sleep(0.5)
    spare, failure = jail.run(TRAININGS[framework], framework=framework, limits=limits)
    assert failure is None
    np.testing.assert_array_equal(new.scores, spare.scores)
    assert new.log == spare.log


def test_no_trace_of_the_first_step_is_left_in_a_spare(jail):
    for _ in range(2):
        wait = jail.run(TRAININGS["keras"], framework="keras", limits=LIMITS)
        wait_for_spare(jail)
        time.sleep(0.5)
    assert "NAMES sequential ['dense', 'dropout', 'dense_1']" in wait[0].log.decode()


def test_a_spare_has_the_limits_that_its_job_asks_for(jail):
    """One that was made for much memory must not serve a job that is allowed little."""
    hog = "def train(lab):\n    held = bytearray(b'x') * (600 * 2**20)\n    raise ValueError(len(held))\n"
    generous, tight = Limits(wall_time_s=20, memory_bytes=1500 * MIB), Limits(wall_time_s=20, memory_bytes=400 * MIB)
    _, failure = jail.run(hog, limits=generous)
    assert failure.code == "raised"
    wait_for_spare(jail)
    _, failure = jail.run(hog, limits=tight)
    assert failure.code == "out_of_memory"


def test_a_spare_that_was_killed_costs_nobody_a_grade(jail):
    jail.run(TRAININGS["pytorch"], limits=LIMITS)
    uid = wait_for_spare(jail)["uid"]
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and entry.exists() and entry.stat().st_uid == uid:
            os.kill(int(entry.name), signal.SIGKILL)
    _, failure = jail.run(TRAININGS["pytorch"], limits=LIMITS)
    assert failure is None


def test_no_more_spares_than_slots(jail):
    for megabytes in range(410, 415):
        jail.run("import torch\ndef train(lab):\n    return torch.nn.Linear(4, 3)\n", limits=Limits(memory_bytes=megabytes * MIB))
        time.sleep(0.3)
    assert 0 < len(spares(jail)) <= 2
