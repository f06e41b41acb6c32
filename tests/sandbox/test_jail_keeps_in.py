"""Hostile code in the real jail; what it managed is asserted from what the host sees, or from what it printed."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from pathlib import Path

import pytest

from graders.spec import MIB, Limits
from worker.sandbox import client

TRY = """
import os, sys, socket, ctypes, json
def attempt(action):
    try:
        return "DONE " + str(action())[:300]
    except BaseException as error:
        return "REFUSED " + type(error).__name__
def train(lab):
    print(attempt(lambda: {expression}))
"""


@pytest.mark.parametrize(
    "expression",
    [
        "socket.socket(socket.AF_INET)",
        "socket.socket(socket.AF_INET6)",
        "socket.socket(socket.AF_UNIX)",
        "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
        "socket.socket(40, socket.SOCK_STREAM)",
        "open('/etc/passwd').read()",
        "open('/proc/1/environ', 'rb').read() and os.listdir('/proc/1/root/root')",
        "open('/proc/2/mem')",
        "os.listdir('/')",
        "os.listdir('/root')",
        "open('/usr/bin/python3', 'r+')",
        "open('/proc/sys/kernel/core_pattern', 'w')",
        "open('/sys/fs/cgroup/memory/cgroup.procs').read()",
        "open(os.path.join(sys.prefix, 'x.pth'), 'w')",
        "os.setuid(0)",
        "os.chroot('/scratch')",
        "os.mknod('/scratch/sda', 0o60600, os.makedev(8, 0))",
        "__import__('fcntl').flock(open('/dev/null'), 2)",
        "__import__('fcntl').lockf(open('/scratch/l', 'w'), 2)",
        "__import__('sklearn.datasets').datasets.load_iris()",
        "__import__('sklearn.datasets').datasets.load_digits()",
        "os.execv('/scratch/submission.py', ['x'])",
        "open('/scratch/big', 'wb').truncate(10**12)",
    ],
)
def test_is_refused(jail, expression):
    assert jail.printed(TRY.format(expression=expression)).strip().splitlines()[-1].startswith("REFUSED")


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("unshare a user namespace", "libc.unshare(0x10000000)"),
        ("mount", "libc.mount(b'tmpfs', b'/scratch', b'tmpfs', 0, None)"),
        ("remount writable", "libc.mount(None, b'/usr', None, 4096 | 32, None)"),
        ("ptrace", "libc.ptrace(16, 1, 0, 0)"),
        ("bpf", "libc.syscall(321, 0, 0, 0)"),
        ("userfaultfd", "libc.syscall(323, 0)"),
        ("io_uring", "libc.syscall(425, 1, ctypes.create_string_buffer(256))"),
        ("keyctl", "libc.syscall(250, 0, -3, 1)"),
        ("perf_event_open", "libc.syscall(298, 0, 0, -1, -1, 0)"),
        ("process_vm_readv", "libc.syscall(310, 2, 0, 0, 0, 0, 0)"),
        ("setns", "libc.setns(0, 0)"),
        ("clone with a namespace", "libc.syscall(56, 0x10000011, 0, 0, 0, 0)"),
        ("a second seccomp filter", "libc.prctl(22, 1, 0, 0, 0)"),
        ("kill everything", "libc.kill(-1, 9)"),
    ],
)
def test_system_call_fails(jail, name, call):
    source = "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\ndef train(lab):\n    print('RESULT', " + call + ")\n"
    assert jail.printed(source).strip().splitlines()[-1] == "RESULT -1", name


def test_sees_only_itself_and_a_clean_environment(jail):
    source = (
        "import os\ndef train(lab):\n"
        "    print('PIDS', sorted(p for p in os.listdir('/proc') if p.isdigit()))\n    print('ENV', dict(os.environ))\n"
    )
    printed = jail.printed(source)
    assert "PIDS ['1']" in printed
    assert "canary" not in printed
    assert "LABMARK" not in printed


def test_inherits_only_its_own_descriptors(jail):
    source = (
        "import os\ndef train(lab):\n    for fd in os.listdir('/proc/self/fd'):\n"
        "        try:\n            print('FD', os.readlink(f'/proc/self/fd/{fd}'))\n        except OSError:\n            pass\n"
    )
    targets = [line.split(" ", 1)[1] for line in jail.printed(source).splitlines() if line.startswith("FD")]
    allowed = ("socket:", "pipe:", "/dev/null", "/memfd:", "/proc/")
    assert targets
    assert all(target.startswith(allowed) for target in targets), targets


def test_holds_no_label_that_it_was_not_given(jail):
    source = (
        "import gc\ndef train(lab):\n    names = {type(o).__module__ for o in gc.get_objects()}\n"
        "    print('OURS', sorted(n for n in names if n.split('.')[0] in ('graders', 'store', 'api') or n.startswith('worker.material')))\n"
    )
    assert "OURS []" in jail.printed(source)


def _with_marker(marker):
    out = subprocess.run(["pgrep", "-fc", marker], capture_output=True, text=True, check=False)
    return int(out.stdout or 0)


def _jail_processes(jail):
    """Of jails that have, or had, a job: spare ones wait for theirs, each with a uid of its own."""
    status = client.status(jail.socket_path)
    spare, uids, found = {spare["uid"] for spare in status["spares"]}, range(*status["uids"]), []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if entry.stat().st_uid in uids and entry.stat().st_uid not in spare:
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def test_nothing_outlives_its_run(jail):
    source = (
        "import os, time\ndef train(lab):\n    for _ in range(5):\n        if os.fork() == 0:\n            os.setsid()\n"
        "            time.sleep(600)\n    raise ValueError('leaving children behind')\n"
    )
    _, failure = jail.run(source)
    assert failure.code == "raised"
    deadline = time.monotonic() + 3
    while _jail_processes(jail) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _jail_processes(jail) == []


def test_dies_when_the_worker_hangs_up(jail):
    source = "import time\ndef train(lab):\n    print('up')\n    time.sleep(600)\n"
    connections = []
    original = client.connect

    def remember(path):
        connection = original(path)
        if threading.current_thread() is not threading.main_thread():
            connections.append(connection)
        return connection

    client.connect = remember
    try:
        def work():
            try:
                jail.run(source, limits=Limits(wall_time_s=60))
            except (client.SandboxUnavailableError, OSError):
                pass

        thread = threading.Thread(target=work)
        thread.start()
        deadline = time.monotonic() + 10
        while not _jail_processes(jail) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert _jail_processes(jail)
        connections[0].shutdown(2)
        thread.join(10)
    finally:
        client.connect = original
    deadline = time.monotonic() + 5
    while _jail_processes(jail) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _jail_processes(jail) == []


def test_one_run_leaves_nothing_for_the_next(jail):
    jail.run("import torch, os\ntorch.poisoned = 1\nopen('/scratch/left', 'w').write('x')\ndef train(lab):\n    return None\n")
    printed = jail.printed(
        "import torch, os\ndef train(lab):\n    print('FOUND', hasattr(torch, 'poisoned'), os.listdir('/scratch'))\n"
    )
    assert "FOUND False ['submission.py']" in printed


def test_fork_bomb_is_contained_and_told(jail):
    started = time.monotonic()
    _, failure = jail.run(
        "import os\ndef train(lab):\n    while True:\n        try:\n            os.fork()\n        except OSError:\n            pass\n",
        limits=Limits(wall_time_s=3),
    )
    assert failure.code in {"time_limit", "killed_by_sandbox"}
    assert time.monotonic() - started < 15
    assert os.getloadavg()  # the host still answers


def test_memory_bomb_is_out_of_memory(jail):
    _, failure = jail.run(
        "def train(lab):\n    held = []\n    while True:\n        held.append(bytearray(b'x' * 10_000_000))\n",
        limits=Limits(wall_time_s=30, memory_bytes=300 * MIB),
    )
    assert failure.code == "out_of_memory"
    assert failure.parameters["limit_bytes"] == 300 * MIB
    assert failure.parameters["peak_bytes"] > 200 * MIB


def test_forged_frames_are_not_believed(jail):
    source = (
        "import os, struct\ndef train(lab):\n    for fd in range(3, 10):\n        try:\n"
        "            os.write(fd, struct.pack('!IB', 12, 7) + b'scores scores')\n        except OSError:\n            pass\n"
        "    os._exit(0)\n"
    )
    outcome, failure = jail.run(source)
    assert outcome.scores is None
    assert failure.code == "killed_by_sandbox"


def test_huge_header_asks_for_no_memory(jail):
    source = (
        "import os, struct\ndef train(lab):\n    for fd in range(3, 10):\n        try:\n"
        "            os.write(fd, struct.pack('!IB', 2**32 - 1, 4))\n        except OSError:\n            pass\n"
        "    os._exit(0)\n"
    )
    _, failure = jail.run(source)
    assert failure.code == "killed_by_sandbox"
    assert failure.parameters["rule"] == "results"
