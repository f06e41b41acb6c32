"""What may befall a runner, its zygotes and its connections; each time the next honest job is graded."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from real_jail import Jail
from test_self_test import TRAINED, runner_without

from graders.spec import MIB, Limits
from worker.sandbox import client, protocol
from worker.sandbox.cgroup import Cgroups
from worker.sandbox.protocol import Kind


def until(holds, seconds=20):
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def honest(path):
    _, failure = Jail(path).run(TRAINED)
    return failure is None


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    with runner_without("nothing", tmp_path_factory.mktemp("quick")) as path:
        yield path


FIRST_BYTES = st.binary(max_size=60) | st.builds(
    lambda length, kind, body: struct.pack("!IB", length, kind) + body,
    st.integers(0, 2**32 - 1) | st.integers(0, 60), st.integers(0, 13), st.binary(max_size=60),
)  # fmt: skip


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FIRST_BYTES)
def test_any_first_bytes_are_survived(quick, data):
    with client.connect(quick) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(protocol.ProtocolError, OSError):
            protocol.receive(connection, max_bytes=65536)
    assert client.status(quick)["missing"] == {}


@pytest.mark.parametrize(
    ("job", "told"),
    [
        ({}, "unknown framework"),
        ({"framework": "pytorch"}, "descriptors"),
        ({"framework": "pytorch", "limits": {}, "lab": {}, "arrays": {}}, "missing"),
        ({"framework": "pytorch", "limits": 3, "lab": {}, "arrays": {}}, "needed"),
    ],
)
def test_a_job_that_no_jail_could_be_made_for_is_refused_with_the_reason(quick, job, told):
    rows = client.Sealed("x", np.zeros((4, 4), np.float32))
    descriptors = (rows.descriptor,) * 4 if "limits" in job else ()
    with client.connect(quick) as connection:
        protocol.send(connection, Kind.JOB, job, descriptors)
        answer = protocol.receive(connection)
    assert answer.kind is Kind.REFUSED
    assert told in answer.json()["error"]
    assert honest(quick)


def test_a_worker_that_hangs_up_at_any_moment_leaves_nothing(quick):
    before = set(os.listdir("/proc/self/fd"))
    jail = Jail(quick)
    job = jail.job("import time\ndef train(lab):\n    time.sleep(5)\n")
    for pause in (0, 0.005, 0.02, 0.05, 0.2):
        request = {"framework": job.framework, "lab": job.lab, "limits": job.limits, "self_test": False,
                   "arrays": {name: getattr(job, name).spec for name in ("train_x", "train_y", "curve_x")}}  # fmt: skip
        source = client.Sealed("source", job.source)
        with client.connect(quick) as connection:
            data = (source.descriptor, job.train_x.descriptor, job.train_y.descriptor, job.curve_x.descriptor)
            protocol.send(connection, Kind.JOB, request, data)
            time.sleep(pause)
    assert honest(quick)
    assert len(os.listdir("/proc/self/fd")) <= len(before) + 6


def test_several_jails_stand_at_once_on_every_slot(runner_socket):
    source = "import time\ndef train(lab):\n    time.sleep(1)\n    return lambda x: x[:, :3]\n"
    jail = Jail(runner_socket)
    jail.run(source)
    began = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        endings = list(pool.map(lambda _: jail.run(source)[0].ended["ended"], range(2)))
    assert endings == ["completed"] * 2
    assert time.monotonic() - began < 1.9


@pytest.mark.parametrize("trouble", ["recycled", "grown"])
def test_a_zygote_is_replaced_in_the_background_while_the_old_one_serves(tmp_path, trouble):
    with runner_without(trouble, tmp_path) as path:
        for number in range(8):
            # Other limits each time, so that no spare serves.
            limits = Limits(memory_bytes=300 * MIB, scratch_bytes=(1 + number) * MIB)
            assert Jail(path).run(TRAINED, limits=limits)[1] is None
        until(lambda: client.status(path)["zygotes_recycled"] >= 1)
        assert honest(path)


def test_a_zygote_that_dies_in_the_middle_of_a_fork_is_replaced_and_the_job_goes_on(tmp_path):
    with runner_without("dies_mid_fork", tmp_path) as path:
        for number in range(3):
            limits = Limits(memory_bytes=300 * MIB, scratch_bytes=(1 + number) * MIB)
            assert Jail(path).run(TRAINED, limits=limits)[1] is None
        status = client.status(path)
        assert status["zygotes_recycled"] == 1
        until(lambda: not _strays(status, path))


def _strays(status, path):
    """Processes of this runner's uids, those of its spares left out."""
    spares = {spare["uid"] for spare in client.status(path)["spares"]}
    return [e.name for e in Path("/proc").iterdir() if e.name.isdigit() and _uid(e) in set(range(*status["uids"])) - spares]


def _uid(entry):
    try:
        return entry.stat().st_uid
    except OSError:
        return -1


def test_a_killed_zygote_is_replaced(tmp_path):
    with runner_without("nothing", tmp_path) as path:
        runner = int(subprocess.run(["pgrep", "-f", f"runner nothing {path}"], capture_output=True, text=True, check=True).stdout.split()[0])
        for _ in range(2):
            zygote = subprocess.run(["pgrep", "-P", str(runner)], capture_output=True, text=True, check=True).stdout.split()[0]
            os.kill(int(zygote), signal.SIGKILL)
            limits = Limits(memory_bytes=300 * MIB, scratch_bytes=(3 + _) * MIB)
            assert Jail(path).run(TRAINED, limits=limits)[1] is None
        assert client.status(path)["zygotes_recycled"] == 2


def test_a_missing_framework_is_told_and_the_others_work(tmp_path):
    with runner_without("no_tensorflow", tmp_path) as path:
        status = client.status(path)
        assert list(status["frameworks_missing"]) == ["tensorflow"]
        assert "No module named 'tensorflow'" in status["frameworks_missing"]["tensorflow"]
        assert status["missing"] == {}
        assert honest(path)
        with pytest.raises(client.SandboxUnavailableError, match="No module named 'tensorflow'"):
            Jail(path).run(TRAINED, framework="keras")


def test_a_killed_runner_takes_its_jails_along_and_the_next_one_cleans_up(tmp_path):
    socket_path = tmp_path / "runner.sock"
    root = Path(__file__).resolve().parents[2]
    log = (tmp_path / "log").open("wb")
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("sabotage.py")), "runner", "nothing", str(socket_path)], stdout=log, stderr=log,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TMPDIR": str(tmp_path), "PYTHONPATH": str(root)}, cwd=root,
    )  # fmt: skip
    until(lambda: socket_path.exists() and _ready(socket_path), 60)
    status = client.status(socket_path)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(lambda: Jail(socket_path).run("import time\ndef train(lab):\n    time.sleep(60)\n"))
        until(lambda: [e for e in Path("/proc").iterdir() if e.name.isdigit() and _uid(e) in range(*status["uids"])])
        groups = list(Path("/sys/fs/cgroup").glob(f"*/labmark-{process.pid}"))
        assert groups, "control groups need an owner to be cleaned up"
        process.kill()
        process.wait()
        with pytest.raises(client.SandboxUnavailableError):
            running.result(20)
    until(lambda: not [e for e in Path("/proc").iterdir() if e.name.isdigit() and _uid(e) in range(*status["uids"])])
    # Any runner that starts does it; another one on this machine may have been first.
    Cgroups("labmark-0").remove_orphans("labmark")
    assert [folder for folder in groups if folder.exists()] == []
    log.close()


def _ready(path):
    with contextlib.suppress(client.SandboxUnavailableError):
        return not client.status(path)["missing"]
    return False
