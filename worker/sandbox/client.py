"""The worker's side of the runner's socket: hand over sealed data, collect what comes back."""

from __future__ import annotations

import contextlib
import mmap
import os
import socket
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from worker.sandbox import protocol
from worker.sandbox.protocol import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

if sys.platform == "linux":
    import fcntl

    from worker.harness.mapping import gather_in_huge_pages

Array = npt.NDArray[Any]
_CONNECT_S = 5
MAX_FRAME_BYTES = 65 * 1024 * 1024


class SandboxUnavailableError(Exception):
    """No runner answers, or it refuses: our fault, the run goes back to the queue."""


def _memory(name: str) -> int:
    if sys.platform == "linux":
        return os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _seal(descriptor: int) -> None:
    if sys.platform == "linux":
        seals = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)


class Sealed:
    """Bytes in anonymous memory that nobody can change any more; closed with the object.

    On systems other than Linux, which have no jails: in a file without a name.
    """

    descriptor: int
    spec: dict[str, Any]  # {"dtype", "shape"}; empty for plain bytes

    def __init__(self, name: str, data: bytes | Array) -> None:
        self.descriptor, self.spec = _memory(name), {}
        if isinstance(data, np.ndarray):
            self.spec = {"dtype": data.dtype.str, "shape": list(data.shape)}
            view = np.ascontiguousarray(data).data.cast("B")
        else:
            view = memoryview(data)
        while view:
            view = view[os.write(self.descriptor, view) :]
        _seal(self.descriptor)

    @classmethod
    def scattered(
        cls, name: str, pieces: Sequence[Array], positions: npt.NDArray[np.int64], *, dtype: str
    ) -> Sealed:
        """Row i of all pieces together lies at row positions[i], a permutation; written in one pass.

        Equal to concatenating and reordering, at a third of the memory traffic: it runs beside a training.
        """
        sealed = cls.__new__(cls)
        sealed.descriptor = _memory(name)
        shape = (sum(len(piece) for piece in pieces), *pieces[0].shape[1:])
        sealed.spec = {"dtype": np.dtype(dtype).str, "shape": list(shape)}
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        os.ftruncate(sealed.descriptor, size)
        with mmap.mmap(sealed.descriptor, size) as mapped:
            rows = np.frombuffer(mapped, dtype=dtype).reshape(shape)
            start = 0
            for piece in pieces:
                rows[positions[start : start + len(piece)]] = piece
                start += len(piece)
            del rows  # the map cannot be closed under it, nor sealed while it is open
        _seal(sealed.descriptor)
        return sealed

    def gather(self) -> Sealed:
        """Into huge pages, where the kernel does: a jail that reads rows in random order trains faster.

        As much as copying it once: for what many jails read. Another holder of the bytes sees no change.
        """
        if sys.platform == "linux":
            gather_in_huge_pages(self.descriptor, os.fstat(self.descriptor).st_size)
        return self

    def copy_to(self, path: Path) -> None:
        """Its bytes as a file, for who cannot be given descriptors."""
        size = os.fstat(self.descriptor).st_size
        with path.open("wb") as file:
            if size:
                with mmap.mmap(self.descriptor, size, access=mmap.ACCESS_READ) as mapped:
                    file.write(mapped)

    def __del__(self) -> None:
        os.close(self.descriptor)


@dataclass(frozen=True, kw_only=True)
class Job:
    """One training. `lab` is what the `lab` object tells the student; `limits` as in graders.spec.Limits.

    `device`: cpu or gpu, what the jail is given; `lab` tells the student of it. `name`: what the runner's log
    calls it, which finds its lines by that of the worker; nothing in the jail is told.
    """

    framework: str
    source: bytes
    train_x: Sealed
    train_y: Sealed
    curve_x: Sealed
    lab: dict[str, Any]
    limits: dict[str, Any]
    device: str = "cpu"
    name: str = ""


@dataclass(kw_only=True)
class Outcome:
    """Everything that came out of one jail. `ended` is the runner's word, the rest is a claim of the jail."""

    epochs: list[Array] = field(default_factory=list)  # int16 (curve rows,) each
    claims: dict[str, Any] = field(default_factory=dict)
    scores: Array | None = None
    failure: dict[str, Any] | None = None
    ended: dict[str, Any] = field(default_factory=dict)
    log: bytes = b""


class Calls:
    """The conversations about one run, which can all be broken off from outside: its jails then end."""

    def __init__(self) -> None:
        self._lock, self._open, self._broken_off = threading.Lock(), set[socket.socket](), False

    @contextlib.contextmanager
    def one(self, path: Path) -> Iterator[socket.socket]:
        """Raises SandboxUnavailableError when no runner listens there, and once they were broken off."""
        with connect(path) as connection, self.holding(connection):
            yield connection

    @contextlib.contextmanager
    def holding(self, connection: socket.socket) -> Iterator[None]:
        """Raises SandboxUnavailableError once they were broken off."""
        with self._lock:
            if self._broken_off:
                raise SandboxUnavailableError("broken off")
            self._open.add(connection)
        try:
            yield
        finally:
            with self._lock:
                self._open.discard(connection)

    @property
    def broken_off(self) -> bool:
        return self._broken_off

    def break_off(self) -> None:
        with self._lock:
            self._broken_off = True
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


def connect(path: Path) -> socket.socket:
    """Raises SandboxUnavailableError when no runner listens there."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(_CONNECT_S)
    try:
        with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # a short name: socket paths end at 107 bytes
            link = Path(folder) / "d"
            link.symlink_to(path.parent.resolve())
            connection.connect(str(link / path.name))
    except OSError as error:
        connection.close()
        raise SandboxUnavailableError(f"no runner listens at {path}: {error}") from error
    connection.settimeout(None)
    return connection


def status(path: Path, *, within_s: float | None = None) -> dict[str, Any]:
    """What the runner says of itself. Raises SandboxUnavailableError, as when it says nothing `within_s`."""
    with connect(path) as connection:
        connection.settimeout(within_s)
        try:
            protocol.send(connection, Kind.STATUS)
            frame = protocol.receive(connection)
        except (protocol.ProtocolError, OSError) as error:
            raise SandboxUnavailableError(f"the runner broke off: {error}") from error
        if frame is None:
            raise SandboxUnavailableError("the runner hung up")
        return frame.json()


def run(
    path: Path,
    job: Job,
    evaluation_inputs: Callable[[], Sealed],
    *,
    on_phase: Callable[[str], None] = lambda _: None,
    on_epoch: Callable[[int, Array], None] = lambda _number, _ids: None,
    self_test: bool = False,
    calls: Calls | None = None,
) -> Outcome:
    """Run one job to its end. `evaluation_inputs` is called once training has begun, float32 rows.

    Raises SandboxUnavailableError when the runner refuses, vanishes, or does not speak as it should.
    """
    with (calls or Calls()).one(path) as connection:
        conversation = Conversation(
            job, evaluation_inputs, on_phase, on_epoch, examine=partial(_examine, connection)
        )
        try:
            _ask(connection, job, self_test=self_test)
            while not conversation.outcome.ended:
                frame = protocol.receive(connection, max_bytes=MAX_FRAME_BYTES)
                if frame is None:
                    raise SandboxUnavailableError("the runner hung up in the middle of a job")
                conversation.take(frame)
        except (protocol.ProtocolError, OSError) as error:
            raise SandboxUnavailableError(f"the runner broke off: {error}") from error
        return conversation.outcome


def _ask(connection: socket.socket, job: Job, *, self_test: bool) -> None:
    request = {
        "framework": job.framework, "lab": job.lab, "limits": job.limits, "device": job.device,
        "self_test": self_test, "name": job.name,
        "arrays": {"train_x": job.train_x.spec, "train_y": job.train_y.spec, "curve_x": job.curve_x.spec},
    }  # fmt: skip
    source = Sealed("source", job.source)
    data = (source.descriptor, job.train_x.descriptor, job.train_y.descriptor, job.curve_x.descriptor)
    protocol.send(connection, Kind.JOB, request, data)


def _examine(connection: socket.socket, inputs: Sealed) -> None:
    # A jail that has died meanwhile asks no more; the next frame says so.
    with contextlib.suppress(OSError):
        protocol.send(connection, Kind.EVALUATE, {"shape": inputs.spec["shape"]}, (inputs.descriptor,))


@dataclass
class Conversation:
    """What is made of the frames that come of one job. `examine` hands over the evaluation rows."""

    job: Job
    evaluation_inputs: Callable[[], Sealed]
    on_phase: Callable[[str], None]
    on_epoch: Callable[[int, Array], None]
    examine: Callable[[Sealed], None]
    outcome: Outcome = field(default_factory=Outcome)
    inputs: Sealed | None = None

    def take(self, frame: protocol.Frame) -> None:
        """Raises ProtocolError for what no runner sends, SandboxUnavailableError where it refuses."""
        match frame.kind:
            case Kind.REFUSED:
                raise SandboxUnavailableError(f"the runner refuses: {frame.json()}")
            case Kind.STARTED:
                self.on_phase("training")
                self.inputs = self.evaluation_inputs()
            case Kind.LOG:
                self.outcome.log += frame.payload
            case Kind.EPOCH:
                self._record(frame.payload)
            case Kind.TRAINED:
                self.outcome.claims = frame.json()
                self._ask_rows()
            case Kind.SCORES if self.inputs is not None:
                rows, classes = self.inputs.spec["shape"][0], self.job.lab["n_classes"]
                self.outcome.scores = _scores(frame.payload, rows=rows, classes=classes)
            case Kind.FAILED:
                self.outcome.failure = frame.json()
            case Kind.ENDED:
                self.outcome.ended = _ended(frame.json())
            case _:
                raise protocol.ProtocolError(f"{frame.kind.name} is not to be expected")

    def _record(self, payload: bytes) -> None:
        rows, classes = self.job.curve_x.spec["shape"][0], self.job.lab["n_classes"]
        if len(payload) != 2 * rows:
            raise protocol.ProtocolError(f"EPOCH of {len(payload)} bytes")
        ids = np.frombuffer(payload, dtype="<i2")
        # Others are forged: no curve point.
        if ((ids >= 0) & (ids < classes)).all():
            self.outcome.epochs.append(ids)
            self.on_epoch(len(self.outcome.epochs), ids)

    def _ask_rows(self) -> None:
        if self.inputs is None:
            raise protocol.ProtocolError("TRAINED before STARTED")
        self.on_phase("evaluating")
        self.examine(self.inputs)


def _ended(told: dict[str, Any]) -> dict[str, Any]:
    """Raises ProtocolError where it lacks what every ending has."""
    wanted = {
        "ended": str, "phase": str, "train_wall_s": float, "evaluation_wall_s": float, "output_bytes": int,
    }  # fmt: skip
    for name, kind in wanted.items():
        if not isinstance(told.get(name), kind):
            raise protocol.ProtocolError(f"ENDED without {name}")
    return told


def _scores(payload: bytes, *, rows: int, classes: int) -> Array | None:
    """None when what came is not an answer to what was asked; the harness never sends such a thing."""
    try:
        dtype, shape, data = protocol.unpack_scores(payload, rows=rows, classes=classes)
    except protocol.ProtocolError:
        return None
    array = np.frombuffer(data, dtype="<f4" if dtype == "float32" else "<i8").reshape(shape)
    if dtype == "float32":
        return array
    return array if ((array >= 0) & (array < classes)).all() else None
