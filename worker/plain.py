"""Trains an own file on a machine that allows no jail, or has none: any system that runs Python.

Never used by a service. A program of this user's in a process and a folder of its own; what is left of the
sandbox are the time limit and the limit of output. It may read, write and reach whatever its user may.
"""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from worker.harness.plain import ARRAYS, EVALUATION, SOURCE
from worker.harness.warm import FAMILY_OF
from worker.plain_process import END_S, PlainProcess
from worker.sandbox import protocol
from worker.sandbox.client import MAX_FRAME_BYTES, Conversation, SandboxUnavailableError
from worker.sandbox.protocol import Frame, Kind

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

    from worker.sandbox.client import Calls, Job, Outcome, Sealed


class PlainRunner:
    """Runs each job in a fresh process. `jobs` will come, `slots` at once: so many are started beforehand."""

    def __init__(self, framework: str, *, slots: int, jobs: int) -> None:
        self._family = FAMILY_OF[framework]
        self._left = jobs
        self._ready: queue.SimpleQueue[PlainProcess] = queue.SimpleQueue()
        self._all: list[PlainProcess] = []
        self._lock = threading.Lock()
        for _ in range(min(slots, jobs)):
            self._start()

    def _start(self) -> None:
        with self._lock:
            if self._left == 0:
                return
            self._left -= 1
            process = PlainProcess(self._family)
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


@dataclass
class _Trial:
    """One job in its process, as `worker.sandbox.supervise` watches one in a jail."""

    process: PlainProcess
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
            self.process.gone(within_s=END_S)
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
        if not self.calls.broken_off and self.process.gone(within_s=END_S):
            return "output_limit" if self.process.output.is_too_much else "died"
        raise SandboxUnavailableError("broken off")


def _peak_bytes(usage: Any) -> int:
    # getrusage(2): KiB on Linux, bytes on macOS.
    return int(usage.ru_maxrss) * (1 if sys.platform == "darwin" else 1024)


def processors() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
