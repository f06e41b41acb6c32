"""The runner with the grants that deploy/kubernetes gives it, in a user namespace as `hostUsers: false` makes one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pod
import pytest
from real_jail import Jail

from worker.sandbox import client

ROOT = Path(__file__).resolve().parents[2]
GRANTED = "00000000000000c0"  # SETGID and SETUID
SOCKET, LOG = "socket/runner.sock", "runner.log"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root maps so many ids")


@pytest.fixture(scope="module")
def runner():
    # Not under pytest's folder, which only root may enter.
    with tempfile.TemporaryDirectory(prefix="labmark-pod-") as folder:
        yield from running(Path(folder))


def running(folder):
    folder.chmod(0o755)
    scratch, sockets = folder / "tmp", folder / "socket"
    for own in (scratch, sockets):
        own.mkdir()
        os.chown(own, pod.FIRST_ID_OUTSIDE, pod.FIRST_ID_OUTSIDE)
    with (folder / LOG).open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, pod.__file__, sys.executable, "-m", "worker.sandbox.runner", folder / SOCKET, "1"],
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TMPDIR": str(scratch), "SANDBOX_ACCEPT_MISSING": "cgroup"},
            cwd=ROOT, stdout=out, stderr=out,
        )  # fmt: skip
    deadline = time.monotonic() + 180
    while "runner.ready" not in (folder / LOG).read_text(errors="replace"):
        assert process.poll() is None, (folder / LOG).read_text(errors="replace")
        assert time.monotonic() < deadline, (folder / LOG).read_text(errors="replace")
        time.sleep(0.1)
    yield folder / SOCKET
    process.send_signal(signal.SIGTERM)
    process.wait(20)
    print((folder / LOG).read_text(errors="replace"))


def test_every_layer_is_there_but_the_control_group(runner):
    status = client.status(runner)
    assert (status["missing"], status["accepted"]) == ({}, ["cgroup"])


def test_the_runner_has_two_capabilities_and_can_get_no_more():
    shown = subprocess.run(
        [sys.executable, pod.__file__, "cat", "/proc/self/status", "/proc/self/uid_map"], capture_output=True, text=True, check=True
    ).stdout  # fmt: skip
    fields = dict(line.split(":\t", 1) for line in shown.splitlines() if ":\t" in line)
    assert {fields[name].strip() for name in ("CapPrm", "CapEff", "CapBnd")} == {GRANTED}
    assert fields["NoNewPrivs"] == "1"
    assert shown.splitlines()[-1].split() == ["0", str(pod.FIRST_ID_OUTSIDE), str(pod.IDS)]


def test_a_submission_is_trained_there(runner):
    assert Jail(runner).run("def train(lab):\n    return lambda x: x[:, :3]\n")[1] is None


def test_a_jail_is_nobody_on_the_machine(runner):
    source = """
import time
def train(lab):
    time.sleep(3)
    return lambda x: x[:, :3]
"""
    job = threading.Thread(target=Jail(runner).run, args=(source,))
    job.start()
    time.sleep(1.5)
    ids = {path.stat().st_uid for path in Path("/proc").glob("[0-9]*")}
    job.join()
    jails = {uid for uid in ids if uid >= pod.FIRST_ID_OUTSIDE + 61_000}
    assert jails
    assert all(uid < pod.FIRST_ID_OUTSIDE + pod.IDS for uid in jails)
