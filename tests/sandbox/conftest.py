from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from gpu_machine import running
from real_jail import Jail


@pytest.fixture(scope="session")
def jail(runner_socket):
    return Jail(runner_socket)


@pytest.fixture(scope="session")
def fake():
    """A machine with two fake GPUs."""
    with tempfile.TemporaryDirectory(prefix="labmark-gpus-") as folder:
        Path(folder).chmod(0o755)  # as /dev is: a jail opens the nodes as a user of its own
        yield from running(Path(folder))
