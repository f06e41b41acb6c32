"""What the host itself does to a service: its disk is full, its clock jumps."""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import time

import pytest
from fault_place import GOOD

_DISK_BYTES = 256 * 1024**2
_FULL_S = 8.0
_JUMP_S = 7 * 3600  # further than anything of ours waits, and than the broker hides a message


@contextlib.contextmanager
def small_disk(folder):
    """A file system of its own, of _DISK_BYTES. Needs root."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_DISK_BYTES},mode=755", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


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
    folder = tmp_path / "disk"
    with small_disk(folder), own_place(home=folder, servers_folder=folder) as full:
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
        assert set(refused) <= {500, 503}
        hit.settle(list(full.expected))
        print([answer.status_code for answer in answers], [answer.text[:150] for answer in answers if answer.status_code != 201][:2])
        died = {part.name: part.restarts for part in full.supervisor.parts if part.restarts}
        print({part.name: full.log_of(part.name)[-3000:] for part in full.supervisor.parts if part.restarts})
        assert died == {}
