"""As in a container: no control group can be written, so the warden counts memory itself, of all processes together."""

from __future__ import annotations

import pytest
from real_jail import Jail
from test_self_test import runner_without

from graders.spec import MIB, Limits

LIMITS = Limits(wall_time_s=15, memory_bytes=300 * MIB)


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bare")
    with runner_without("cgroup", folder, SANDBOX_ACCEPT_MISSING="cgroup") as path:
        yield Jail(path)


BOMBS = {
    "one process": "def train(lab):\n    held = []\n    while True:\n        held.append(bytearray(b'x' * 10_000_000))\n",
    "many small ones": """
import os, time
def train(lab):
    for _ in range(20):
        if os.fork() == 0:
            held = bytearray(b'x' * 30_000_000)
            time.sleep(60)
    time.sleep(60)
""",
    "in place of what was inherited": """
import os, time
def train(lab):
    for _ in range(8):
        if os.fork() == 0:
            held = [bytearray(b'x' * 1_000_000) for _ in range(60)]
            time.sleep(60)
    time.sleep(60)
""",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_memory_bomb_is_told_as_such(bare, name):
    _, failure = bare.run(BOMBS[name], limits=LIMITS)
    assert failure.code == "out_of_memory", failure
    assert 300 * MIB < failure.parameters["peak_bytes"] < 3000 * MIB


def test_memory_that_stays_without_a_process_is_refused(bare):
    """A child could write to it and end, and no process would show it."""
    _, failure = bare.run("import mmap\ndef train(lab):\n    mmap.mmap(-1, 30_000_000)\n")
    assert failure.code == "raised"
    assert failure.parameters["exception"] == "PermissionError"


FORKS = """
import os, time
def train(lab):
    held = bytearray(150_000_000)
    for page in range(0, len(held), 4096):
        held[page] = 1
    for _ in range(10):
        if os.fork() == 0:
            time.sleep(1)
            os._exit(0)
    for _ in range(10):
        os.wait()
    return lambda x: x[:, :3]
"""


def test_what_forks_share_is_counted_once(bare):
    """Ten of 150 MB each, were they counted one by one."""
    outcome, failure = bare.run(FORKS, limits=LIMITS)
    assert failure is None
    assert 140 * MIB < outcome.ended["peak_memory_bytes"] < 300 * MIB


BUSY = """
import os, time
def train(lab):
    for _ in range(2):
        if os.fork() == 0:
            began = time.process_time()
            while time.process_time() - began < 0.5:
                pass
            os._exit(0)
    time.sleep(2.5)
    return lambda x: x[:, :3]
"""


def test_processor_time_of_children_that_nobody_waited_for_is_counted(bare):
    outcome, failure = bare.run(BUSY)
    assert failure is None
    assert 0.5 < outcome.ended["cpu_s"] < 2.5
    assert 2.4 < outcome.ended["train_wall_s"] < 8
