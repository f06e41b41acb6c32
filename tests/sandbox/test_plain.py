"""A file that is tried without a jail, in a process of this user's: how it ends, and that nothing stays."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from real_jail import Jail

from graders.spec import MIB, Limits
from worker.plain import PlainRunner
from worker.plain_process import FrameworkError
from worker.sandbox import client
from worker.verdict import failure_of

HONEST = """
import torch
def train(lab):
    print("hello")
    model = torch.nn.Linear(4, 3)
    lab.epoch(model)
    return model
"""
ENDINGS = {
    "raised": "def train(lab):\n    raise ValueError('no')\n",
    "output_limit": "def train(lab):\n    while True:\n        print('x' * 100_000)\n",
    "killed_by_sandbox": "import os\ndef train(lab):\n    os._exit(3)\n",
    "time_limit": "import os, time\ndef train(lab):\n    os.fork()\n    time.sleep(1000)\n",
}


def tried(runner, source, *, limits=None, evaluated=None):
    limits = limits or Limits(wall_time_s=20, memory_bytes=700 * MIB)
    jail = Jail(None)
    phases, epochs = [], []
    outcome = runner.run(
        jail.job(source, limits=limits), lambda: client.Sealed("e", jail.x if evaluated is None else evaluated),
        on_phase=phases.append, on_epoch=lambda number, ids: epochs.append((number, len(ids))), calls=client.Calls(),
    )  # fmt: skip
    return outcome, failure_of(outcome, limits), phases, epochs


@pytest.fixture(scope="module")
def runner():
    found = set(Path(tempfile.gettempdir()).glob("labmark-plain-*"))
    made = PlainRunner("pytorch", slots=2, jobs=20)
    yield made
    made.close()
    assert set(Path(tempfile.gettempdir()).glob("labmark-plain-*")) == found


def test_an_honest_file_gives_scores_a_curve_and_what_it_printed(runner):
    outcome, failure, phases, epochs = tried(runner, HONEST)
    assert failure is None
    assert outcome.scores.shape == (150, 3)
    assert (phases, epochs) == (["training", "evaluating"], [(1, 60)])
    assert outcome.log == b"hello\n"
    assert outcome.claims["framework"] == "pytorch"
    assert outcome.ended["train_wall_s"] > 0
    assert outcome.ended["peak_memory_bytes"] > 50 * MIB


def test_scores_are_those_of_a_jail(runner, jail):
    here, *_ = tried(runner, HONEST)
    there, _ = jail.run(HONEST)
    assert here.scores.tobytes() == there.scores.tobytes()


@pytest.mark.parametrize("code", ENDINGS)
def test_every_end_is_told_as_a_jails_is(runner, code):
    limits = Limits(wall_time_s=2, memory_bytes=700 * MIB) if code == "time_limit" else None
    outcome, failure, *_ = tried(runner, ENDINGS[code], limits=limits)
    assert failure.code == code
    assert outcome.ended["phase"] == "training"


def test_what_student_code_has_started_ends_with_it(runner, tmp_path):
    marked = tmp_path / "pid"
    source = f"import subprocess\ndef train(lab):\n    made = subprocess.Popen(['sleep', '1000'])\n    open({str(marked)!r}, 'w').write(str(made.pid))\n    1/0\n"
    _, failure, *_ = tried(runner, source)
    assert failure.code == "raised"
    process, deadline = Path("/proc") / marked.read_text(), time.monotonic() + 10
    while process.exists() and "(zombie)" not in (process / "status").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_check_that_is_broken_off_is_nobodys_failure(runner):
    calls = client.Calls()
    calls.break_off()
    jail = Jail(None)
    with pytest.raises(client.SandboxUnavailableError, match="broken off"):
        runner.run(
            jail.job(HONEST), lambda: client.Sealed("e", np.zeros((1, 4), np.float32)),
            on_phase=print, on_epoch=print, calls=calls,
        )  # fmt: skip


def test_a_framework_that_cannot_be_imported_is_told(tmp_path, monkeypatch):
    (tmp_path / "torch.py").write_text("raise ImportError('libtorch is broken')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path) + os.pathsep + os.environ.get("PYTHONPATH", ""))
    made = PlainRunner("pytorch", slots=1, jobs=1)
    try:
        with pytest.raises(FrameworkError, match="libtorch is broken"):
            tried(made, HONEST)
    finally:
        made.close()
