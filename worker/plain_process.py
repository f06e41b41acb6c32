"""A process of this user that trains one own file: how it starts, what it prints, and its end."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Self

from worker.harness.warm import ENVIRONMENT, HOME_VARIABLES
from worker.sandbox import protocol
from worker.sandbox.protocol import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

END_S: Final = 10.0
_COMMAND: Final = (sys.executable, "-P", "-m", "worker.harness.plain")
_ROOT: Final = Path(__file__).resolve().parents[1]
_START_S: Final = 180.0
_LOG_BYTES: Final = 64 * 1024
# Where Windows puts temporary files.
_MORE_HOMES: Final = ("TEMP", "TMP")


class FrameworkError(Exception):
    """It cannot be imported here."""


class PlainProcess:
    """Imports at once; takes one job."""

    def __init__(self, family: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="labmark-plain-"))
        scratch = self.folder / "scratch"
        scratch.mkdir()
        self._key = secrets.token_hex(16).encode()
        self._server = socket.create_server(("127.0.0.1", 0))
        homes = dict.fromkeys((*HOME_VARIABLES, *_MORE_HOMES), str(scratch))
        found = os.environ.get("PYTHONPATH")
        path = os.pathsep.join([str(_ROOT), *([found] if found else [])])
        port = self._server.getsockname()[1]
        self.process = subprocess.Popen(
            [*_COMMAND, family, str(self.folder), str(port)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, **ENVIRONMENT, **homes, "PYTHONPATH": path}, start_new_session=True,
        )  # fmt: skip
        assert self.process.stdin is not None
        self.process.stdin.write(self._key + b"\n")
        self.process.stdin.flush()
        assert self.process.stdout is not None
        self.output = Output(self.process.stdout, on_too_much=self.kill)
        self.usage: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def connect(self) -> socket.socket:
        """Once it has imported. Raises FrameworkError, SandboxUnavailableError."""
        self._server.settimeout(1.0)
        deadline = time.monotonic() + _START_S
        while True:
            try:
                connection, _ = self._server.accept()
            except TimeoutError:
                if self.gone(within_s=0) or time.monotonic() > deadline:
                    raise FrameworkError(self.output.last_words()) from None
                continue
            connection.settimeout(_START_S)
            if _first_line(connection) == self._key:  # whoever else knocks there does not know it
                break
            connection.close()
        frame = protocol.receive(connection)
        if frame is None or frame.kind is not Kind.STATUS:
            raise FrameworkError(frame.json()["error"] if frame else self.output.last_words())
        return connection

    def kill(self) -> None:
        """With whatever it has started, where a system has groups of processes."""
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.kill()

    def gone(self, *, within_s: float) -> bool:
        """Whether it has ended. `status` is then its own, `usage` what the kernel counted, where it does."""
        deadline = time.monotonic() + within_s
        while self.process.returncode is None:
            if hasattr(os, "wait4"):
                found, status, usage = os.wait4(self.process.pid, os.WNOHANG)
                if found:
                    self.usage, self.process.returncode = usage, os.waitstatus_to_exitcode(status)
            else:
                self.process.poll()
            if self.process.returncode is None:
                if time.monotonic() > deadline:
                    return False
                time.sleep(0.01)
        return True

    def end(self) -> None:
        """Nothing is left of it. May be said twice."""
        self.kill()
        self.gone(within_s=END_S)
        self._server.close()
        if self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()
        self.output.join()
        shutil.rmtree(self.folder, ignore_errors=True)


def _first_line(connection: socket.socket) -> bytes:
    line = b""
    while len(line) < 100 and not line.endswith(b"\n"):
        byte = connection.recv(1)
        if not byte:
            break
        line += byte
    return line.rstrip(b"\n")


class Output:
    """What a process prints: its beginning and its end are kept."""

    def __init__(self, stream: IO[bytes], *, on_too_much: Callable[[], None]) -> None:
        self.limit_bytes, self.is_too_much = sys.maxsize, False
        self._stream, self._on_too_much = stream, on_too_much
        self._lock = threading.Lock()
        self.forget()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def forget(self) -> None:
        """What the frameworks said of themselves while they were imported."""
        with self._lock:
            self.size_bytes, self.head, self.tail = 0, b"", b""

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while data := os.read(self._stream.fileno(), 65536):
                with self._lock:
                    kept = data[: max(0, _LOG_BYTES - self.size_bytes)]
                    self.size_bytes += len(data)
                    self.head += kept
                    self.tail = (self.tail + data[len(kept) :])[-_LOG_BYTES:]
                if self.size_bytes > self.limit_bytes:
                    self.is_too_much = True
                    self._on_too_much()
                    return

    def join(self) -> None:
        self._thread.join(END_S)
        self._stream.close()

    def last_words(self) -> str:
        told = (self.head + self.tail).decode("utf-8", "replace")
        lines = [line for line in told.splitlines() if line.strip()]
        return lines[-1] if lines else "it ended and said nothing"
