"""Every error that a student can cause inside the jail comes back as its code, with the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from graders.spec import MIB, Limits

LINEAR = """
import torch
def train(lab):
    model = torch.nn.Linear(4, 3)
    lab.epoch(model)
    return model
"""


def test_a_model_comes_back_as_scores(jail):
    outcome, failure = jail.run(LINEAR)
    assert failure is None
    assert outcome.scores.shape == (150, 3)
    assert len(outcome.epochs) == 1
    assert outcome.claims["framework"] == "pytorch"
    assert outcome.claims["parameter_count"] == 15


@pytest.mark.parametrize(
    ("code", "line", "source"),
    [
        ("syntax_error", 2, "x = 1\ndef train(lab:\n    pass\n"),
        ("no_train_function", None, "def fit(lab):\n    pass\n"),
        ("import_failed", 1, "import seaborn_not_there\ndef train(lab):\n    pass\n"),
        ("raised", 3, "import torch\ndef train(lab):\n    return torch.nn.Linear(4, 3)(lab.train_y)\n"),
        ("raised", 2, "def train(lab):\n    raise SystemExit(0)\n"),
        ("no_model_returned", None, "def train(lab):\n    pass\n"),
        ("no_model_returned", None, "def train(lab):\n    return 3\n"),
        ("wrong_prediction_shape", None, "def train(lab):\n    return 1\ndef predict(model, x):\n    return x[:, :2]\n"),
        (
            "predictions_not_finite",
            2,
            "def train(lab):\n    lab.epoch(1)\n    return 1\ndef predict(model, x):\n    return x[:, :3] * float('nan')\n",
        ),
    ],
)
def test_code_and_line(jail, code, line, source):
    _, failure = jail.run(source)
    assert failure.code == code, failure
    assert failure.line == line


@pytest.mark.parametrize("ends", ["raise ValueError('in the child')", "return None", "return torch.nn.Linear(4, 2)"])
def test_what_a_forked_child_does_is_not_the_runs_answer(jail, ends):
    source = LINEAR.replace("    lab.epoch", f"    import os\n    child = os.fork()\n    if child == 0:\n        {ends}\n    os.waitpid(child, 0)\n    lab.epoch")
    outcome, failure = jail.run(source)
    assert failure is None
    assert outcome.scores.shape == (150, 3)


@pytest.mark.parametrize("ends", ["raise ValueError('in the child')", "return model(torch.from_numpy(x))[:, :2]"])
def test_nor_does_a_child_that_is_forked_while_the_model_predicts(jail, ends):
    source = f"{LINEAR}\ndef predict(model, x):\n    import os\n    child = os.fork()\n    if child == 0:\n        {ends}\n    os.waitpid(child, 0)\n    return model(torch.from_numpy(x))\n"
    outcome, failure = jail.run(source)
    assert failure is None
    assert outcome.scores.shape == (150, 3)


def test_a_forked_child_cannot_record_epochs(jail):
    source = LINEAR.replace("    lab.epoch", "    import os\n    if os.fork() == 0:\n        lab.epoch(model)\n    os.wait()\n    lab.epoch")
    outcome, failure = jail.run(source)
    assert failure is None
    assert b"Bad file descriptor" in outcome.log
    assert len(outcome.epochs) == 1


def test_endless_training_is_a_time_limit_that_keeps_the_curve(jail):
    source = "import torch, time\ndef train(lab):\n    m = torch.nn.Linear(4, 3)\n    lab.epoch(m)\n    lab.epoch(m)\n    while True: time.sleep(1)\n"
    outcome, failure = jail.run(source, limits=Limits(wall_time_s=2))
    assert failure.code == "time_limit"
    assert failure.parameters["epochs"] == len(outcome.epochs) == 2


def test_a_flood_of_output_is_cut_and_told(jail):
    source = "def train(lab):\n    while True: print('x' * 10_000)\n"
    outcome, failure = jail.run(source, limits=Limits(wall_time_s=20, output_bytes=2 * MIB))
    assert failure.code == "output_limit"
    assert len(outcome.log) == 65536
    assert len(outcome.ended["log_tail"]) <= 65536


@pytest.mark.parametrize(
    ("signal", "crash"),
    [("SIGSEGV", "ctypes.string_at(0)"), ("SIGABRT", "os.abort()")],
)
def test_a_crash_inside_a_library_is_told_with_its_signal_and_the_line(jail, signal, crash):
    _, failure = jail.run(f"import ctypes, os, signal\ndef train(lab):\n    print('on the way')\n    {crash}\n")
    assert (failure.code, failure.line) == ("killed_by_sandbox", 4)
    assert failure.parameters == {"rule": "signal", "signal": signal}


@pytest.mark.parametrize("framework", ["keras", "lightning"])
def test_fit_records_each_epoch_by_itself(jail, framework):
    keras = """
import keras
def train(lab):
    model = keras.Sequential([keras.layers.Dense(3)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(lab.train_x, lab.train_y, epochs=3, batch_size=150, verbose=0)
    return model
"""
    lightning = """
import torch, lightning
from torch.utils.data import DataLoader, TensorDataset
class Net(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.body = torch.nn.Linear(4, 3)
    def forward(self, x):
        return self.body(x)
    def training_step(self, batch, _):
        return torch.nn.functional.cross_entropy(self(batch[0]), batch[1])
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)
def train(lab):
    data = TensorDataset(torch.from_numpy(lab.train_x), torch.from_numpy(lab.train_y))
    model = Net()
    trainer = lightning.Trainer(max_epochs=3, logger=False, enable_checkpointing=False, enable_progress_bar=False)
    trainer.fit(model, DataLoader(data, batch_size=150, num_workers=2))
    return model
"""
    outcome, failure = jail.run({"keras": keras, "lightning": lightning}[framework], framework=framework)
    assert failure is None, (failure, outcome.log)
    assert len(outcome.epochs) == 3
    assert outcome.claims["framework"] == framework


AUTOGRAPH = """
import tensorflow as tf

@tf.function
def total(x):
    found = tf.constant(0.0)
    for row in x:
        found += tf.reduce_sum(row)
    return found

def train(lab):
    print("total", float(total(tf.constant(lab.train_x))) > 0)
"""


def test_autograph_writes_what_it_generates_into_the_scratch(jail):
    """It remembers the folder for temporary files from its import, which happened outside."""
    assert "total True" in jail.printed(AUTOGRAPH, framework="tensorflow")


def test_warming_up_leaves_no_file_on_the_host(runner_socket):
    assert not Path("/scratch").exists()
    assert list(runner_socket.parent.glob("labmark-zygote-*")) == []


def test_same_seed_gives_the_same_scores(jail):
    first, _ = jail.run(LINEAR)
    second, _ = jail.run(LINEAR)
    assert (first.scores == second.scores).all()
