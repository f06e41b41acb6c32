"""The one job of a process that is in no jail, on any system: data in files, and a line over a TCP socket.

`python -P -m worker.harness.plain FAMILY FOLDER PORT`; the first line of stdin is the key with which it says
who it is. Started by `worker.plain` for whoever tries an own file, never by a service.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import socket
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from worker.harness import warm
from worker.harness.failures import SourcePlace
from worker.harness.lab import bound_threads
from worker.harness.work import Given, first_operation, work
from worker.sandbox import protocol
from worker.sandbox.protocol import Kind

if TYPE_CHECKING:
    import numpy.typing as npt

ARRAYS = ("train_x", "train_y", "curve_x")
SOURCE, EVALUATION = "source", "evaluation"


def main() -> None:
    family, folder, port = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    key = sys.stdin.buffer.readline()
    threading.Thread(target=_end_with_the_asker, daemon=True).start()
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(key)
    try:
        for name in warm.FAMILIES[family]:
            importlib.import_module(name)
    except Exception as error:
        protocol.send(connection, Kind.REFUSED, {"error": f"{type(error).__name__}: {error}"[:500]})
        raise
    protocol.send(connection, Kind.STATUS, {})
    frame = protocol.receive(connection)
    if frame is None:
        return
    job = frame.json()
    bound_threads(int(job["limits"]["threads"]))
    first_operation()
    scratch = folder / "scratch"
    os.chdir(scratch)
    tempfile.tempdir = None
    SourcePlace.path = str(scratch / "submission.py")
    given = Given(
        source=(folder / SOURCE).read_bytes(),
        facts=job["lab"],
        **{name: _array(folder / name, **job["arrays"][name]) for name in ARRAYS},
    )
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=connection.close)
    work(given, _FileLine(connection, folder))
    with contextlib.suppress(OSError):
        sys.stderr.flush()
    # Threads that student code left behind are not waited for, as in a jail.
    os._exit(0)


class _FileLine:
    def __init__(self, connection: socket.socket, folder: Path) -> None:
        self._connection, self._folder = connection, folder

    def send(self, kind: Kind, payload: bytes | dict[str, Any]) -> None:
        protocol.send(self._connection, kind, payload)

    def rows(self) -> npt.NDArray[Any] | None:
        request = protocol.receive(self._connection)
        if request is None:
            return None
        return _array(self._folder / EVALUATION, dtype="float32", shape=request.json()["shape"])


def _array(file: Path, *, dtype: str, shape: list[int]) -> npt.NDArray[Any]:
    return np.fromfile(file, dtype=dtype).reshape(shape)


def _end_with_the_asker() -> None:
    """Who started this holds its stdin open as long as there is somebody to answer to."""
    with contextlib.suppress(OSError, ValueError):
        while os.read(0, 4096):
            pass
    if hasattr(os, "killpg"):
        # With whatever student code has started: this process leads a group.
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


if __name__ == "__main__":
    main()
