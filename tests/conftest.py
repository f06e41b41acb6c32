"""Real processes shared by all tests: one runner with its warm zygotes, one whole service."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
# A test asks as often as a whole class would. Those of the limits switch them on again.
os.environ.setdefault("LABMARK_LIMIT_REQUESTS", "false")


# Elapsed time is other tests' too.
settings.register_profile("beside", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("beside")


def _configure_logs(configure=structlog.configure, **arguments):
    """A logger that keeps what it was first given would log into what an earlier test has set up."""
    configure(**arguments | {"cache_logger_on_first_use": False})


structlog.configure = _configure_logs


if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # As a shell starts what runs in the background; a program that is started here would ignore it too.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def runner_socket(tmp_path_factory):
    """Socket of a real runner whose self-test passed."""
    folder = tmp_path_factory.mktemp("runner")
    socket_path, log = folder / "runner.sock", folder / "runner.log"
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TMPDIR": str(folder),
                   "LABMARK_CANARY": "canary-of-the-runner"}  # fmt: skip
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "worker.sandbox.runner", str(socket_path), "2"],
            env=environment, cwd=ROOT, stdout=out, stderr=out,
        )  # fmt: skip
    deadline = time.monotonic() + 180
    while "runner.ready" not in log.read_text(errors="replace"):
        assert process.poll() is None, log.read_text(errors="replace")
        assert time.monotonic() < deadline, log.read_text(errors="replace")
        time.sleep(0.1)
    assert "runner.refuses_jobs" not in log.read_text(errors="replace"), log.read_text(errors="replace")
    yield socket_path
    process.send_signal(signal.SIGTERM)
    process.wait(20)
