"""A runner whose jails lack one layer refuses every job, names the layer, and says what to do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import sabotage
from real_jail import Jail

from worker.sandbox import client, selftest

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def runner_without(layer, folder, **environment):
    socket_path, log = folder / "runner.sock", folder / "runner.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, sabotage.__file__, "runner", layer, str(socket_path)], stdout=out, stderr=out, cwd=ROOT,
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TMPDIR": str(folder), "PYTHONPATH": str(ROOT), **environment},
        )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while "runner.ready" not in log.read_text(errors="replace"):
            assert process.poll() is None, log.read_text(errors="replace")
            assert time.monotonic() < deadline, log.read_text(errors="replace")
            time.sleep(0.05)
        yield socket_path
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        print(log.read_text(errors="replace"))


TRAINED = "def train(lab):\n    return lambda x: x[:, :3]\n"


def test_with_every_layer_it_takes_jobs(tmp_path):
    with runner_without("nothing", tmp_path) as path:
        assert client.status(path)["missing"] == {}
        assert Jail(path).run(TRAINED)[1] is None


@pytest.mark.parametrize("layer", sabotage.LAYERS)
def test_without_one_layer_it_refuses_and_names_it(tmp_path, layer):
    with runner_without(layer, tmp_path) as path:
        missing = client.status(path)["missing"]
        name = next(known for known in selftest.REMEDIES if layer.startswith(known))
        assert missing.get(name) == selftest.REMEDIES[name], missing
        with pytest.raises(client.SandboxUnavailableError, match=name):
            Jail(path).run(TRAINED)


def test_what_the_operator_accepts_by_name_is_taken_and_told(tmp_path):
    with runner_without("landlock", tmp_path, SANDBOX_ACCEPT_MISSING="landlock") as path:
        status = client.status(path)
        assert (status["missing"], status["accepted"]) == ({}, ["landlock"])
        assert Jail(path).run(TRAINED)[1] is None


def test_accepting_one_layer_accepts_no_other(tmp_path):
    with runner_without("seccomp", tmp_path, SANDBOX_ACCEPT_MISSING="landlock, cgroup") as path:
        assert "seccomp" in client.status(path)["missing"]


def test_every_remedy_is_a_layer_that_a_test_takes_away():
    """`user_id`, `processes` and `network` hang on others, and are seen with those."""
    tried = {next(known for known in selftest.REMEDIES if layer.startswith(known)) for layer in sabotage.LAYERS}
    assert set(selftest.REMEDIES) - tried == {"user_id", "processes", "network"}
