"""Trains an own file on a machine that allows no jail, or has none: any system that runs Python.

Never used by a service. A program of this user's in a process and a folder of its own; what is left of the
sandbox are the time limit and the limit of output. It may read, write and reach whatever its user may.
"""

from __future__ import annotations

import contextlib
import os
import queue
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Self

from worker.harness.plain import ARRAYS, EVALUATION, SOURCE
from worker.harness.warm import ENVIRONMENT, FAMILY_OF, HOME_VARIABLES
from worker.sandbox import protocol
from worker.sandbox.client import MAX_FRAME_BYTES, Conversation, SandboxUnavailableError
from worker.sandbox.protocol import Frame, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

    from worker.sandbox.client import Calls, Job, Outcome, Sealed

_COMMAND: Final = (sys.executable, "-P", "-m", "worker.harness.plain")
_ROOT: Final = Path(__file__).resolve().parents[1]
_START_S: Final = 180.0
_END_S: Final = 10.0
_LOG_BYTES: Final = 64 * 1024
# Where Windows puts temporary files.
_MORE_HOMES: Final = ("TEMP", "TMP")


class FrameworkError(Exception):
    """It cannot be imported here."""


class PlainRunner:
    """Runs each job in a fresh process. `jobs` will come, `slots` at once: so many are started beforehand."""

    def __init__(self, framework: str, *, slots: int, jobs: int) -> None:
        self._family = FAMILY_OF[framework]
        self._left = jobs
        self._ready: queue.SimpleQueue[_Process] = queue.SimpleQueue()
        self._all: list[_Process] = []
        self._lock = threading.Lock()
        for _ in range(min(slots, jobs)):
            self._start()

    def _start(self) -> None:
        with self._lock:
            if self._left == 0:
                return
            self._left -= 1
            process = _Process(self._family)
            self._all.append(process)
        self._ready.put(process)

    def run(
        self,
        job: Job,
        evaluation_inputs: Callable[[], Sealed],
        *,
        on_phase: Callable[[str], None],
        on_epoch: Callable[[int, npt.NDArray[np.int16]], None],
        calls: Calls,
    ) -> Outcome:
        """As `worker.sandbox.client.run`. Raises FrameworkError, SandboxUnavailableError."""
        process = self._ready.get()
        # While this one trains, the next one imports.
        self._start()
        with process:
            connection = process.connect()
            with calls.holding(connection):
                trial = _Trial(process, connection, calls, job, evaluation_inputs, on_phase, on_epoch)
                return trial.run()

    def close(self) -> None:
        with self._lock:
            self._left = 0
            for process in self._all:
                process.end()


class _Process:
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
        self.output = _Output(self.process.stdout, on_too_much=self.kill)
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
        self.gone(within_s=_END_S)
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


class _Output:
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
        self._thread.join(_END_S)
        self._stream.close()

    def last_words(self) -> str:
        told = (self.head + self.tail).decode("utf-8", "replace")
        lines = [line for line in told.splitlines() if line.strip()]
        return lines[-1] if lines else "it ended and said nothing"


@dataclass
class _Trial:
    """One job in its process, as `worker.sandbox.supervise` watches one in a jail."""

    process: _Process
    connection: socket.socket
    calls: Calls
    job: Job
    evaluation_inputs: Callable[[], Sealed]
    on_phase: Callable[[str], None]
    on_epoch: Callable[[int, npt.NDArray[np.int16]], None]
    phase: str = "training"
    walls_s: dict[str, float] = field(default_factory=dict)

    def run(self) -> Outcome:
        """Raises SandboxUnavailableError where it was broken off."""
        self.conversation = Conversation(
            self.job, self.evaluation_inputs, self.on_phase, self.on_epoch, examine=self._examine
        )
        self._give()
        self._enter("training", self.job.limits["wall_time_s"])
        self.conversation.take(Frame(Kind.STARTED, b""))
        ended = self._until_ended()
        self._leave()
        outcome = self.conversation.outcome
        if ended in {"completed", "failed"}:
            # It ends by itself when it has answered, and prints to the end.
            self.process.gone(within_s=_END_S)
        self.process.end()
        output, usage = self.process.output, self.process.usage
        outcome.log = output.head
        outcome.ended = {
            "ended": ended, "phase": self.phase, "why": "",
            "train_wall_s": self.walls_s.get("training", 0.0),
            "evaluation_wall_s": self.walls_s.get("evaluating", 0.0),
            "output_bytes": output.size_bytes, "log_tail": output.tail.decode("utf-8", "replace"),
            "status": self.process.process.returncode,
            "cpu_s": 0.0 if usage is None else usage.ru_utime + usage.ru_stime,
            "peak_memory_bytes": 0 if usage is None else _peak_bytes(usage),
        }  # fmt: skip
        return outcome

    def _give(self) -> None:
        folder, job = self.process.folder, self.job
        (folder / SOURCE).write_bytes(job.source)
        arrays = {name: getattr(job, name) for name in ARRAYS}
        for name, sealed in arrays.items():
            sealed.copy_to(folder / name)
        self.process.output.forget()
        self.process.output.limit_bytes = int(job.limits["output_bytes"])
        specs = {name: sealed.spec for name, sealed in arrays.items()}
        request = {"lab": job.lab, "limits": job.limits, "arrays": specs}
        protocol.send(self.connection, Kind.JOB, request)

    def _examine(self, inputs: Sealed) -> None:
        self._leave()
        inputs.copy_to(self.process.folder / EVALUATION)
        self._enter("evaluating", self.job.limits["evaluation_time_s"])
        with contextlib.suppress(OSError):
            protocol.send(self.connection, Kind.EVALUATE, {"shape": inputs.spec["shape"]})

    def _enter(self, phase: str, limit_s: float) -> None:
        self.phase, self._began = phase, time.monotonic()
        self._deadline = self._began + limit_s

    def _leave(self) -> None:
        self.walls_s[self.phase] = time.monotonic() - self._began

    def _until_ended(self) -> str:
        while True:
            left_s = self._deadline - time.monotonic()
            if left_s <= 0:
                return "time_limit"
            self.connection.settimeout(left_s)
            try:
                frame = protocol.receive(self.connection, max_bytes=MAX_FRAME_BYTES)
                if frame is None:
                    return self._why_it_hung_up()
                self.conversation.take(frame)
            except TimeoutError:
                return "time_limit"
            except ConnectionError:
                return self._why_it_hung_up()
            except protocol.ProtocolError:
                return self._why_it_hung_up() if self.process.output.is_too_much else "broken_frame"
            if frame.kind in {Kind.SCORES, Kind.FAILED}:
                return "completed" if frame.kind is Kind.SCORES else "failed"

    def _why_it_hung_up(self) -> str:
        if not self.calls.broken_off and self.process.gone(within_s=_END_S):
            return "output_limit" if self.process.output.is_too_much else "died"
        raise SandboxUnavailableError("broken off")


def _peak_bytes(usage: Any) -> int:
    # getrusage(2): KiB on Linux, bytes on macOS.
    return int(usage.ru_maxrss) * (1 if sys.platform == "darwin" else 1024)


def processors() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
