"""A warm process whose children are in no jail, for whoever tries an own file on a machine that allows none.

Never started by a service. What is left of the sandbox: a process and a scratch folder of its own, the time
limit, the limit of output, and the memory limit as the warden counts it. Student code may read, write and
reach whatever its user may.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from functools import partial
from typing import Any, Final, NoReturn

from worker.harness import warm
from worker.harness.failures import SourcePlace
from worker.harness.run import serve_one_job
from worker.sandbox import protocol
from worker.sandbox.forking import preload, serve_forks
from worker.sandbox.protocol import Kind
from worker.sandbox.warden import MemoryMeter, guard

COMMAND: Final = (sys.executable, "-m", "worker.sandbox.unjailed")


def _child(family: str, asked: dict[str, Any], descriptors: dict[str, int]) -> NoReturn:
    """Become the warden of a job; clears its scratch folder away when it has ended."""
    os.setsid()
    for number in (1, 2):
        os.dup2(descriptors["stdout"], number)
    # The zygote's own TMPDIR was that of its imports, and is gone.
    scratch = tempfile.mkdtemp(prefix="labmark-scratch-", dir="/tmp")
    job = os.fork()
    if job == 0:
        os.close(descriptors["status"])
        os.close(descriptors["lifeline"])
        _work(family, asked, descriptors["jail"], scratch)
    os.close(descriptors["jail"])
    for number in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), number)
    _clear_when_over(scratch)
    proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
    meter = MemoryMeter(job, proc_fd=proc, limit_bytes=int(asked["limits"]["memory_bytes"]))
    guard(job, status_fd=descriptors["status"], lifeline_fd=descriptors["lifeline"], meter=meter)


def _work(family: str, asked: dict[str, Any], connection: int, scratch: str) -> NoReturn:
    os.environ.update(dict.fromkeys(warm.HOME_VARIABLES, scratch))
    tempfile.tempdir = None
    os.chdir(scratch)
    SourcePlace.path = f"{scratch}/submission.py"
    try:
        first_step = family if asked["warm"] else None
        serve_one_job(connection, threads=int(asked["limits"]["threads"]), first_step=first_step)
    finally:
        os._exit(0)


def _clear_when_over(scratch: str) -> None:
    """A process that waits for this one's end, and ends whatever else the job has started."""
    group = os.getpid()
    reader, _writer = os.pipe()
    if os.fork() == 0:
        os.setsid()
        os.closerange(0, reader)
        os.closerange(reader + 1, 1024)
        os.read(reader, 1)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
        shutil.rmtree(scratch, ignore_errors=True)
        os._exit(0)
    os.close(reader)


def main() -> None:
    family, control_fd = sys.argv[1], int(sys.argv[2])
    os.environ.update(warm.ENVIRONMENT)
    control, started = socket.socket(fileno=control_fd), time.monotonic()
    try:
        preload(family)
    except Exception as error:
        protocol.send(control, Kind.REFUSED, {"error": f"{type(error).__name__}: {error}"[:500]})
        raise
    ready = {"ready": family, "seconds": time.monotonic() - started}
    serve_forks(control, partial(_child, family), ready=ready)


if __name__ == "__main__":
    main()
