"""One job seen from outside: relays frames, counts bytes, keeps time, and says how it ended."""

from __future__ import annotations

import json
import os
import selectors
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from worker.sandbox import protocol
from worker.sandbox.protocol import Kind, ProtocolError

if TYPE_CHECKING:
    import socket

    from worker.sandbox.jails import Jail

LOG_HEAD_BYTES = LOG_TAIL_BYTES = 64 * 1024
_MAX_RELAYED_BYTES = 256 * 1024 * 1024
_FROM_JAIL = {Kind.EPOCH, Kind.TRAINED, Kind.SCORES, Kind.FAILED}


@dataclass
class Watch:
    """Drives one job in its jail. `worker` is a stream socket.

    `run` goes on until the job has ended, `reap` until nothing is left of it. `facts` are those of the ENDED
    frame: {"ended", "phase", "train_wall_s", "evaluation_wall_s", "output_bytes", "log_tail", "why"} and,
    once reaped, what the warden told: {"status", "cpu_s", "peak_memory_bytes"}. "ended" is completed |
    failed | died | time_limit | output_limit | broken_frame | cancelled | not_started.
    """

    worker: socket.socket
    jail: Jail
    limits: dict[str, Any]
    max_frame_bytes: int
    phase: str = "training"
    ended: str = ""
    why: str = ""
    warden: dict[str, Any] = field(default_factory=dict)
    train_wall_s: float = 0.0
    evaluation_wall_s: float = 0.0
    output_bytes: int = 0
    _tail: deque[bytes] = field(default_factory=deque)
    _relayed: int = 0
    _status_text: bytes = b""

    def run(self) -> None:
        self._began = time.monotonic()
        self._deadline = self._began + self.limits["wall_time_s"]
        with selectors.DefaultSelector() as selector:
            selector.register(self.worker, selectors.EVENT_READ, "worker")
            selector.register(self.jail.socket, selectors.EVENT_READ, "jail")
            selector.register(self.jail.stdout, selectors.EVENT_READ, "stdout")
            selector.register(self.jail.status, selectors.EVENT_READ, "status")
            while not self.ended:
                events = selector.select(max(0.0, self._deadline - time.monotonic()))
                if not events and time.monotonic() >= self._deadline:
                    self.ended = "time_limit"
                for key, _ in events:
                    if not self.ended and not getattr(self, f"_on_{key.data}")():
                        selector.unregister(key.fileobj)
        self._mark_time()
        self.jail.cut_lifeline()

    def _mark_time(self) -> None:
        elapsed = time.monotonic() - self._began
        if self.phase == "training":
            self.train_wall_s = elapsed
        elif self.phase == "evaluating":
            self.evaluation_wall_s = elapsed

    def _on_worker(self) -> bool:
        frame = protocol.receive(self.worker, accept_descriptors=True)
        if frame is None:
            self.ended = "cancelled"
            return False
        if frame.kind is Kind.EVALUATE and self.phase == "trained" and len(frame.descriptors) == 1:
            protocol.send(self.jail.socket, Kind.EVALUATE, frame.payload, frame.descriptors)
            self.phase, self._began = "evaluating", time.monotonic()
            self._deadline = self._began + self.limits["evaluation_time_s"]
        for descriptor in frame.descriptors:
            os.close(descriptor)
        return True

    def _on_jail(self) -> bool:
        try:
            frame = protocol.receive(self.jail.socket, max_bytes=self.max_frame_bytes)
            if frame is None:
                return False  # the status pipe will say how it died
            self._check(frame)
        except (ProtocolError, ConnectionError) as error:
            self.ended, self.why = "broken_frame", str(error)
            return False
        self._read_stdout()  # what was printed before this frame belongs to the phase before it
        if frame.kind is Kind.TRAINED:
            self._mark_time()
            self.phase = "trained"
            self._deadline = time.monotonic() + self.limits["evaluation_time_s"]
        elif frame.kind is Kind.SCORES:
            self.ended = "completed"
        elif frame.kind is Kind.FAILED:
            self.ended = "failed"
        protocol.send(self.worker, frame.kind, frame.payload)
        return True

    def _check(self, frame: protocol.Frame) -> None:
        allowed = {
            "training": {Kind.EPOCH, Kind.TRAINED, Kind.FAILED},
            "evaluating": {Kind.SCORES, Kind.FAILED},
        }
        self._relayed += len(frame.payload)
        if frame.kind not in _FROM_JAIL or frame.kind not in allowed.get(self.phase, {Kind.FAILED}):
            raise ProtocolError(f"{frame.kind.name} while {self.phase}")
        if self._relayed > _MAX_RELAYED_BYTES:
            raise ProtocolError("more results than any run can need")

    def _on_stdout(self) -> bool:
        return self._read_stdout()

    def _read_stdout(self) -> bool:
        """Everything the pipe holds now. Evaluation output is thrown away: inputs must not leak by it."""
        while True:
            try:
                data = os.read(self.jail.stdout, 65536)
            except BlockingIOError:
                return True
            if not data:
                return False
            if self.phase != "training":
                continue
            before = self.output_bytes
            self.output_bytes += len(data)
            head = data[: max(0, LOG_HEAD_BYTES - before)]
            if head:
                protocol.send(self.worker, Kind.LOG, head)
            self._keep_tail(data[len(head) :])
            if self.output_bytes > self.limits["output_bytes"]:
                self.ended = "output_limit"
                return False

    def _keep_tail(self, data: bytes) -> None:
        self._tail.append(data)
        while sum(map(len, self._tail)) - len(self._tail[0]) >= LOG_TAIL_BYTES:
            self._tail.popleft()

    def _on_status(self) -> bool:
        data = os.read(self.jail.status, 4096)
        self._status_text += data
        if data and b"\n" not in self._status_text:
            return True
        self._parse_status()
        # The job may have answered and died at once: what it sent still counts.
        self.jail.socket.setblocking(False)
        try:
            while not self.ended and self._on_jail():
                pass
        except (BlockingIOError, OSError):
            pass
        self.jail.socket.setblocking(True)
        self._read_stdout()
        if not self.ended:
            self.ended = "not_started" if "layer" in self.warden else "died"
        return False

    def _parse_status(self) -> None:
        for line in self._status_text.splitlines():
            try:
                self.warden.update(json.loads(line))
            except ValueError:
                continue

    def reap(self) -> None:
        """Wait for the warden's last word; an empty end means that the warden was killed too."""
        while data := os.read(self.jail.status, 4096):
            self._status_text += data
        self._parse_status()

    def facts(self) -> dict[str, Any]:
        tail = b"".join(self._tail)[-LOG_TAIL_BYTES:]
        return {
            "ended": self.ended, "phase": self.phase, "why": self.why,
            "train_wall_s": self.train_wall_s, "evaluation_wall_s": self.evaluation_wall_s,
            "output_bytes": self.output_bytes, "log_tail": tail.decode("utf-8", "replace"),
            **self.warden,
        }  # fmt: skip
