"""The machine with fake GPUs on which a real runner has been started, as `gpu_runner.py` describes it."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from fake_gpus import make_nodes, make_proc
from real_jail import Jail

from graders.spec import MIB, Limits
from worker.sandbox import client

ROOT = Path(__file__).resolve().parents[2]
LIMITS = Limits(wall_time_s=20, memory_bytes=700 * MIB)
# Tells as JSON what it finds; the first lines are for every probe.
PROBE = """
import errno, fcntl, json, os, resource, threading, ctypes, mmap, socket

def outcome(action):
    try:
        return action()
    except OSError as error:
        return errno.errorcode[error.errno]

def read(path, size=100):
    with open(path, "rb") as stream:
        return stream.read(size).decode("latin1")

def ioctl(path, request=0xC010462A):
    fd = os.open(path, os.O_RDWR)
    try:
        return outcome(lambda: fcntl.ioctl(fd, request, b"0" * 64))
    finally:
        os.close(fd)

def write(path, text):
    with open(path, "w") as out:
        out.write(text)
    return "written"

def train(lab):
    print("FOUND " + json.dumps(look(lab)))
    import torch
    return torch.nn.Linear(4, 3)
"""


class Machine:
    """Its runner's socket, and `use` to change how much memory of a GPU is in use."""

    def __init__(self, socket_path, folder):
        self.socket_path, self.folder = socket_path, folder
        self._jail = Jail(socket_path)

    def use(self, index, used_bytes):
        (self.folder / f"used-{index}").write_text(str(used_bytes))

    def run(self, look, *, device="gpu", limits=LIMITS):
        job = self._jail.job(PROBE + look, limits=limits)
        lab = {**job.lab, "device": {"gpu": "cuda", "cpu": "cpu"}[device]}
        job = dataclasses.replace(job, device=device, lab=lab)
        return client.run(self.socket_path, job, lambda: client.Sealed("e", self._jail.x))

    def found(self, look, **arguments):
        outcome = self.run(look, **arguments)
        assert outcome.ended.get("ended") == "completed", (outcome.ended, outcome.failure)
        (line,) = [line for line in outcome.log.decode().splitlines() if line.startswith("FOUND ")]
        return json.loads(line.removeprefix("FOUND "))


def running(folder):
    """Yields the machine once its runner takes jobs."""
    make_nodes(folder / "dev")
    make_proc(folder / "proc")
    socket_path, log = folder / "runner.sock", folder / "runner.log"
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("gpu_runner.py")), str(socket_path), str(folder)],
            env=environment, stdin=subprocess.PIPE, stdout=out, stderr=out,
        )  # fmt: skip
    deadline = time.monotonic() + 120
    while b"ready\n" not in log.read_bytes():
        assert process.poll() is None, log.read_text(errors="replace")
        assert time.monotonic() < deadline, log.read_text(errors="replace")
        time.sleep(0.1)
    yield Machine(socket_path, folder)
    process.stdin.close()
    process.wait(20)
