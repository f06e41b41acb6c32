"""One job seen from outside: relays frames, counts bytes, keeps time, and says how it ended."""

from __future__ import annotations

import json
import os
import select
import selectors
import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from worker.sandbox import protocol
from worker.sandbox.protocol import Kind, ProtocolError

if TYPE_CHECKING:
    from worker.sandbox.jails import Jail

LOG_HEAD_BYTES = LOG_TAIL_BYTES = 64 * 1024
MAX_EPOCHS = 2000
_CLAIMS_BYTES = 64 * 1024
# A pipe holds 64 KiB: so much was printed before we looked, and what comes after may wait its turn.
_READS_AT_ONCE = 4
_RECEIVED_AT_ONCE = 1024 * 1024
# Scores of a row and class take 4 bytes, a class id 8; one line of description goes before.
_DESCRIPTION_BYTES = 4096
# Which frames a jail may send while it is where.
_FROM_JAIL = {
    "training": {Kind.EPOCH, Kind.TRAINED, Kind.FAILED},
    "trained": {Kind.FAILED},
    "evaluating": {Kind.SCORES, Kind.FAILED},
}


@dataclass
class Watch:
    """Drives one job in its jail. `worker` is a stream socket.

    `run` goes on until the job has ended, `reap` until nothing is left of it. `facts` are those of the ENDED
    frame: {"ended", "phase", "train_wall_s", "evaluation_wall_s", "output_bytes", "log_tail", "why"} and,
    once reaped, what the warden told: {"status", "cpu_s", "peak_memory_bytes"}. "ended" is completed |
    failed | died | time_limit | output_limit | broken_frame | cancelled | not_started.

    Nothing here waits for a jail: neither half a frame nor endless output keeps a limit from being noticed.
    """

    worker: socket.socket
    jail: Jail
    limits: dict[str, Any]
    curve_rows: int
    n_classes: int
    phase: str = "training"
    ended: str = ""
    why: str = ""
    warden: dict[str, Any] = field(default_factory=dict)
    train_wall_s: float = 0.0
    evaluation_wall_s: float = 0.0
    output_bytes: int = 0
    _unheard_bytes: int = 0
    _epochs: int = 0
    _tail: bytearray = field(default_factory=bytearray)
    _status_text: bytes = b""

    def __post_init__(self) -> None:
        self._decoder = protocol.Decoder(
            {Kind.EPOCH: 2 * self.curve_rows, Kind.TRAINED: _CLAIMS_BYTES, Kind.FAILED: _CLAIMS_BYTES}
        )

    def run(self) -> None:
        self._began = time.monotonic()
        self._deadline = self._began + self.limits["wall_time_s"]
        with selectors.DefaultSelector() as selector:
            selector.register(self.worker, selectors.EVENT_READ, "worker")
            selector.register(self.jail.socket, selectors.EVENT_READ, "jail")
            selector.register(self.jail.stdout, selectors.EVENT_READ, "stdout")
            selector.register(self.jail.status, selectors.EVENT_READ, "status")
            while not self.ended:
                for key, _ in selector.select(max(0.0, self._deadline - time.monotonic())):
                    if not self.ended and not getattr(self, f"_on_{key.data}")():
                        selector.unregister(key.fileobj)
                if not self.ended and time.monotonic() >= self._deadline:
                    self.ended = "time_limit"
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
            rows = int(frame.json()["shape"][0])
            self._decoder.most[Kind.SCORES] = rows * max(4 * self.n_classes, 8) + _DESCRIPTION_BYTES
            try:
                protocol.send(self.jail.socket, Kind.EVALUATE, frame.payload, frame.descriptors)
            except OSError as error:  # it has shut its ear: that is no fault of the worker's or ours
                self._broken(error)
            self.phase, self._began = "evaluating", time.monotonic()
            self._deadline = self._began + self.limits["evaluation_time_s"]
        for descriptor in frame.descriptors:
            os.close(descriptor)
        return True

    def _on_jail(self) -> bool:
        """Read what is there. False: nothing more will come; the status pipe will say how it died."""
        try:
            data = self.jail.socket.recv(_RECEIVED_AT_ONCE, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        except OSError as error:
            self._broken(error)
            return False
        self._decoder.feed(data)
        try:
            while not self.ended and (frame := self._decoder.next()) is not None:
                self._take(frame)
        except ProtocolError as error:
            self._broken(error)
        return bool(data)

    def _broken(self, error: Exception) -> None:
        self.ended, self.why = "broken_frame", str(error)

    def _take(self, frame: protocol.Frame) -> None:
        """Raises ProtocolError for what no harness sends: then student code has sent it."""
        if frame.kind not in _FROM_JAIL[self.phase]:
            raise ProtocolError(f"{frame.kind.name} while {self.phase}")
        if frame.kind in {Kind.TRAINED, Kind.FAILED}:
            frame.json()
        self._read_stdout()  # what was printed before this frame belongs to the phase before it
        if frame.kind is Kind.EPOCH:
            self._epochs += 1
            if self._epochs > MAX_EPOCHS or len(frame.payload) != 2 * self.curve_rows:
                raise ProtocolError(f"EPOCH {self._epochs} of {len(frame.payload)} bytes")
        elif frame.kind is Kind.TRAINED:
            self._mark_time()
            self.phase = "trained"
            self._deadline = time.monotonic() + self.limits["evaluation_time_s"]
        elif frame.kind is Kind.SCORES:
            self.ended = "completed"
        elif frame.kind is Kind.FAILED:
            self.ended = "failed"
        protocol.send(self.worker, frame.kind, frame.payload)

    def _on_stdout(self) -> bool:
        return self._read_stdout()

    def _read_stdout(self) -> bool:
        """What the pipe holds. Evaluation output is thrown away: inputs must not leak by it."""
        for _ in range(_READS_AT_ONCE):
            try:
                data = os.read(self.jail.stdout, 65536)
            except BlockingIOError:
                return True
            if not data:
                return False
            if self.phase == "training":
                self._hear(data)
            else:
                self._unheard_bytes += len(data)
            if self.output_bytes + self._unheard_bytes > self.limits["output_bytes"]:
                self.ended = self.ended or "output_limit"
                return False
        return True

    def _hear(self, data: bytes) -> None:
        head = data[: max(0, LOG_HEAD_BYTES - self.output_bytes)]
        self.output_bytes += len(data)
        if head:
            protocol.send(self.worker, Kind.LOG, head)
        self._keep_tail(data[len(head) :])

    def _keep_tail(self, data: bytes) -> None:
        """Cut now and then only: output may come byte by byte."""
        self._tail += data
        if len(self._tail) > 2 * LOG_TAIL_BYTES:
            del self._tail[:-LOG_TAIL_BYTES]

    def _on_status(self) -> bool:
        data = os.read(self.jail.status, 4096)
        self._status_text += data
        if data and b"\n" not in self._status_text:
            return True
        self._parse_status()
        # The job may have answered and died at once: what it sent still counts.
        while not self.ended and self._on_jail():
            if not select.select([self.jail.socket], [], [], 0)[0]:
                break
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
        tail = self._tail[-LOG_TAIL_BYTES:]
        return {
            "ended": self.ended, "phase": self.phase, "why": self.why,
            "train_wall_s": self.train_wall_s, "evaluation_wall_s": self.evaluation_wall_s,
            "output_bytes": self.output_bytes, "log_tail": tail.decode("utf-8", "replace"),
            **self.warden,
        }  # fmt: skip
