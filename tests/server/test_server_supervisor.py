"""Parts that die and are started anew, and the order in which all of them end."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from server.demo import free_port
from server.supervisor import Part, StartError, Supervisor
from store.settings import Settings

# Ends a while after it was asked to, and tells both moments.
PART = """
import signal, sys, time
def end(*_):
    asked = time.time()
    time.sleep(float(sys.argv[2]))
    open(sys.argv[1], "a").write(f"{asked} {time.time()}\\n")
    sys.exit()
signal.signal(signal.SIGTERM, end)
open(sys.argv[1] + ".ready", "a").write("ready\\n")
while True:
    signal.pause()
"""


@pytest.fixture
def supervisor(tmp_path):
    supervisor = Supervisor(Settings().model_copy(update={"data_dir": tmp_path}), workers=1)
    supervisor.log_dir.mkdir()

    def part(name, seconds):
        return Part(name, [sys.executable, "-c", PART, str(tmp_path / name), str(seconds)], {})

    supervisor.parts = [part("runner", 0), part("worker", 1)]
    for each in supervisor.parts:
        each.start(supervisor.log_dir)
    threading.Thread(target=supervisor._revive, daemon=True).start()
    yield supervisor
    supervisor.stop()


def ready(tmp_path, name, times):
    file, deadline = tmp_path / f"{name}.ready", time.monotonic() + 30
    while not file.exists() or len(file.read_text().splitlines()) < times:
        assert time.monotonic() < deadline, name
        time.sleep(0.02)


def test_parts_that_were_started_anew_end_in_their_order_too(supervisor, tmp_path):
    """Their parent is another thread, whose end the kernel would tell them at once."""
    for part in supervisor.parts:
        ready(tmp_path, part.name, 1)
        part.process.send_signal(signal.SIGKILL)
    for part in supervisor.parts:
        ready(tmp_path, part.name, 2)
    supervisor.stop()
    asked = {name: [float(each) for each in (tmp_path / name).read_text().split()] for name in ("worker", "runner")}
    assert {name: len(times) for name, times in asked.items()} == {"worker": 2, "runner": 2}, "asked once each"
    assert asked["runner"][0] >= asked["worker"][1], "the runner was asked before the worker had ended"


def test_nothing_is_started_once_it_stops(supervisor, tmp_path):
    for part in supervisor.parts:
        ready(tmp_path, part.name, 1)
    supervisor.stop()
    time.sleep(2)  # longer than a dead part waits for its new start
    assert all(part.dead for part in supervisor.parts)
    assert [part.restarts for part in supervisor.parts] == [0, 0]


@pytest.fixture
def taken_port():
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def test_a_port_that_is_taken_is_told_with_what_to_do_and_nothing_is_started(taken_port, tmp_path):
    environment = {**os.environ, "LABMARK_DATA_DIR": str(tmp_path), "LABMARK_PORT": str(taken_port)}
    command = [sys.executable, "-m", "server.cli", "up"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (1, "Stopping.\n")
    assert done.stderr == (
        f"127.0.0.1, port {taken_port}: Address already in use. End that program, or set LABMARK_PORT to another, "
        f"say {taken_port + 1}\n"
    )
    assert not list(tmp_path.glob("log/*"))


def test_so_is_that_of_a_queue_of_its_own(taken_port, tmp_path):
    used = {"data_dir": tmp_path, "port": free_port(), "redis_url": f"redis://127.0.0.1:{taken_port}/0"}
    supervisor = Supervisor(Settings().model_copy(update=used), workers=1)
    with pytest.raises(StartError, match=f"or use what listens there, if it is a Redis: REDIS_URL={used['redis_url']}"):
        supervisor.start()
    assert not supervisor.log_dir.exists()
