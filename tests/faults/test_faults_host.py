"""What the host itself does to a service: its disk is full, its clock jumps."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
import servers
from fault_place import GOOD

_DISK_BYTES = 256 * 1024**2
_FULL_S = 8.0
_JUMP_S = 7 * 3600  # further than anything of ours waits, and than the broker hides a message


@contextlib.contextmanager
def small_disk(logs):
    """A folder on a file system of its own, of _DISK_BYTES; its logs outlive it. Needs root."""
    # Not under pytest's folder, which PostgreSQL's user may not enter.
    folder = Path(tempfile.mkdtemp(prefix="labmark-disk-"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_DISK_BYTES},mode=755", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        shutil.copytree(folder / "log", logs)
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


def fill(folder):
    """Until nothing more can be written; the file that did it."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as out:
        for size in (1024**2, 4096, 1):
            with contextlib.suppress(OSError):
                while out.write(b"\0" * size):
                    pass
    return filler


def large(source):
    """With so much that does not compress that it needs new blocks of the disk."""
    comment = random.Random(8).randbytes(200_000).hex()
    return f"{source}\n# {comment}\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small file system")
def test_the_disk_is_full(place, own_place, tmp_path):
    """The database's, the broker's and the logs'. What was taken is graded; what cannot be stored is not taken."""
    with small_disk(tmp_path / "log") as folder, own_place(home=folder, servers_folder=folder) as full:
        full.at_work()
        hit = full.hit(f"full for {_FULL_S:.0f} s", "nothing: no byte more can be written")
        filler, until_s = fill(folder), time.monotonic() + _FULL_S
        answers = []
        while time.monotonic() < until_s:
            answers.append(full.post(large(GOOD)))
        filler.unlink()
        hit.over()
        for answer in answers:
            if answer.status_code == 201:
                full.expected[answer.json()["id"]] = "graded"
        refused = [answer.status_code for answer in answers if answer.status_code != 201]
        assert refused, "the disk was not full"
        assert set(refused) == {503}, "who is not told 201 is told when to come back"
        hit.settle(list(full.expected))
        # Celery ends when the broker takes nothing any more, and is started anew; ours wait.
        assert {part.name for part in full.supervisor.parts if part.restarts} <= {"worker"}


@pytest.fixture
def jumping(own_place, tmp_path):
    """A service all of whose processes take the time from a file: how far they are from the real one."""
    clock = tmp_path / "clock"
    variables = {
        "LD_PRELOAD": str(servers.faketime_library()), "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_RESET": "1",
        "PYTHONPATH": str(Path(__file__).with_name("under_libfaketime")),
    }  # fmt: skip

    def set_ahead(seconds):
        beside = clock.with_suffix(".new")
        beside.write_text(f"+{seconds}s")
        beside.replace(clock)  # as a whole: nobody reads half of it

    set_ahead(0)
    with own_place(variables=variables) as opened:
        yield opened, set_ahead


def test_the_clock_jumps_ahead_and_back(jumping):
    """libfaketime, in api, worker and beat; the runner measures with a clock that does not jump."""
    place, set_ahead = jumping
    batch = place.at_work()
    hit = place.hit(f"ahead {_JUMP_S / 3600:.0f} h", "nothing: the clock jumps, in two runs")
    set_ahead(_JUMP_S)
    hit.settle(batch)
    told = place.http.get(f"/api/v1/submissions/{place.accepted(GOOD, 'graded')}").json()
    ahead_s = told["created_at"] - time.time()
    assert abs(ahead_s - _JUMP_S) < 60, "the clock did not jump"
    place.wait(place.expected)

    batch = place.at_work()
    hit = place.hit(f"back {_JUMP_S / 3600:.0f} h", "nothing: the clock jumps, in two runs")
    set_ahead(0)
    hit.settle(batch)

    set_ahead(_JUMP_S)
    batch = place.at_work()
    hit = place.hit(f"back {_JUMP_S / 3600:.0f} h, and kill -9", "the whole worker, whose leases end in hours")
    os.killpg(place.pid("worker"), signal.SIGKILL)
    set_ahead(0)
    hit.settle(batch)

    set_ahead(_JUMP_S)
    place.broker.kill()
    batch = place.hand_in()
    set_ahead(0)
    place.broker.start()
    hit = place.hit(f"back {_JUMP_S / 3600:.0f} h", "nothing: doorbells that are due in hours")
    hit.settle(batch)
    assert {part.name: part.restarts for part in place.supervisor.parts if part.restarts} == {"worker": 1}
