"""Frames between worker, runner and jail: one header, one bounded payload, never a pickle.

A frame is `!IB` (payload bytes, kind) and the payload. File descriptors ride on the header. The reader names
the largest payload it accepts *before* it reads one, so a forged header cannot ask for memory.
"""

from __future__ import annotations

import array
import json
import os
import socket
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

_HEADER = struct.Struct("!IB")
_MAX_DESCRIPTORS = 8
MAX_CONTROL_BYTES = 256 * 1024

# The only arrays that may leave a jail.
SCORE_DTYPES = {"float32": 4, "int64": 8}


class Kind(IntEnum):
    JOB = 1  # worker -> runner -> jail: JSON, with descriptors
    STARTED = 2  # runner -> worker
    LOG = 3  # runner -> worker: bytes the student printed
    EPOCH = 4  # jail -> worker: int16 class ids on the curve sample
    TRAINED = 5  # jail -> worker: JSON claims
    EVALUATE = 6  # worker -> jail: JSON, with one descriptor
    SCORES = 7  # jail -> worker: an array
    FAILED = 8  # jail -> worker: JSON, the student's failure
    ENDED = 9  # runner -> worker: JSON, what the runner saw from outside
    REFUSED = 10  # runner -> worker: JSON, why no job is taken
    STATUS = 11  # worker -> runner, and its answer: JSON
    FORK = 12  # runner -> zygote: JSON of a new jail, with its descriptors


class ProtocolError(Exception):
    """The other side broke the format. From a jail it is the student's doing, from the runner ours."""


@dataclass(frozen=True)
class Frame:
    kind: Kind
    payload: bytes
    descriptors: tuple[int, ...] = ()

    def json(self) -> dict[str, Any]:
        """The payload as a JSON object. Raises ProtocolError when it is anything else.

        NaN and Infinity, which Python would read, are no JSON: PostgreSQL does not take them.
        """
        try:
            value = json.loads(self.payload, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise ProtocolError(f"{self.kind.name}: not JSON") from error
        if not isinstance(value, dict):
            raise ProtocolError(f"{self.kind.name}: not a JSON object")
        return value


def _refuse(constant: str) -> None:
    raise ValueError(constant)


class Decoder:
    """Frames out of a stream that nobody waits for: a sender that stops in the middle holds up no one.

    `most` says which kinds are taken, and the largest payload of each. Descriptors are not: who reads with
    plain `recv` never gets them.
    """

    def __init__(self, most: dict[Kind, int]) -> None:
        self.most = dict(most)
        self._pending = bytearray()

    def feed(self, data: bytes) -> None:
        self._pending += data

    def next(self) -> Frame | None:
        """The next whole frame, or None before it is there.

        Raises ProtocolError for a kind that is not taken or a payload that is too large, as soon as its
        header says so.
        """
        if len(self._pending) < _HEADER.size:
            return None
        length, number = _HEADER.unpack_from(self._pending)
        kind = _known(number)
        if kind not in self.most:
            raise ProtocolError(f"a {kind.name} frame is not taken here")
        if length > self.most[kind]:
            raise ProtocolError(f"{kind.name} of {length} bytes, at most {self.most[kind]} are taken")
        end = _HEADER.size + length
        if len(self._pending) < end:
            return None
        payload = bytes(memoryview(self._pending)[_HEADER.size : end])
        del self._pending[:end]
        return Frame(kind, payload)


def _known(number: int) -> Kind:
    try:
        return Kind(number)
    except ValueError as error:
        raise ProtocolError(f"unknown frame kind {number}") from error


def send(
    connection: socket.socket,
    kind: Kind,
    payload: bytes | dict[str, Any] = b"",
    descriptors: tuple[int, ...] = (),
) -> None:
    """Send one frame. Raises OSError when the other side is gone."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    header = _HEADER.pack(len(body), kind)
    ancillary = []
    if descriptors:
        ancillary.append((socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors)))
    if not hasattr(connection, "sendmsg"):  # Windows, where nothing is in a jail
        connection.sendall(header + body)
        return
    # Together: a receiver that has all it needs may answer and hang up before a second part is sent.
    sent = connection.sendmsg([header, body], ancillary)
    if sent < len(header) + len(body):
        connection.sendall(memoryview(header + body)[sent:])


def receive(
    connection: socket.socket, *, max_bytes: int = MAX_CONTROL_BYTES, accept_descriptors: bool = False
) -> Frame | None:
    """Next frame, or None at the end of the stream.

    Raises ProtocolError for an unknown kind, a payload over `max_bytes`, a cut frame, or descriptors that
    nobody asked for (they are closed).
    """
    descriptors: list[int] = []
    try:
        header = _receive_header(connection, descriptors)
        if not header:
            return None
        kind, length = _checked(header, max_bytes=max_bytes, odd=bool(descriptors) and not accept_descriptors)
        return Frame(kind, _receive_exactly(connection, length), tuple(descriptors))
    except BaseException:
        for descriptor in descriptors:
            os.close(descriptor)
        raise


def _checked(header: bytes, *, max_bytes: int, odd: bool) -> tuple[Kind, int]:
    length, kind = _HEADER.unpack(header)
    if odd:
        raise ProtocolError("descriptors where none are taken")
    if length > max_bytes:
        raise ProtocolError(f"frame of {length} bytes, at most {max_bytes} are taken")
    return _known(kind), length


def _receive_header(connection: socket.socket, descriptors: list[int]) -> bytes:
    """Empty at the end of the stream. What comes along is appended to `descriptors`."""
    header = b""
    if not hasattr(connection, "recvmsg"):  # as above
        return _receive_exactly(connection, _HEADER.size, or_nothing=True)
    while len(header) < _HEADER.size:
        data, ancillary, _, _ = connection.recvmsg(
            _HEADER.size - len(header), socket.CMSG_SPACE(_MAX_DESCRIPTORS * 4), socket.MSG_CMSG_CLOEXEC
        )
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                received = array.array("i")
                received.frombytes(content[: len(content) - len(content) % received.itemsize])
                descriptors.extend(received)
        if not data:
            if header or descriptors:
                raise ProtocolError("stream ended inside a header")
            return b""
        header += data
    return header


def _receive_exactly(connection: socket.socket, length: int, *, or_nothing: bool = False) -> bytes:
    """`or_nothing`: empty where the stream has ended before it."""
    body = bytearray(length)
    view = memoryview(body)
    while view:
        count = connection.recv_into(view)
        if not count and or_nothing and len(view) == length:
            return b""
        if not count:
            raise ProtocolError("stream ended inside a frame")
        view = view[count:]
    return bytes(body)


def pack_scores(dtype: str, shape: tuple[int, ...], data: bytes) -> bytes:
    """Payload of a SCORES frame: one line of JSON, then raw C-order little-endian bytes."""
    return json.dumps({"dtype": dtype, "shape": list(shape)}).encode() + b"\n" + data


def unpack_scores(payload: bytes, *, rows: int, classes: int) -> tuple[str, tuple[int, ...], bytes]:
    """Inverse of `pack_scores`, checked against what was asked: float32 (rows, classes) or int64 (rows,).

    Raises ProtocolError for any other dtype, shape or length.
    """
    head, _, data = payload.partition(b"\n")
    try:
        description = json.loads(head[:4096])
        dtype, shape = description["dtype"], tuple(description["shape"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ProtocolError("SCORES: no description") from error
    allowed = {"float32": (rows, classes), "int64": (rows,)}
    if not isinstance(dtype, str) or dtype not in SCORE_DTYPES or shape != allowed[dtype]:
        raise ProtocolError(f"SCORES: {str(dtype)[:20]} {str(shape)[:60]} is not an answer to {rows} rows")
    expected = SCORE_DTYPES[dtype] * rows * (classes if dtype == "float32" else 1)
    if len(data) != expected:
        raise ProtocolError(f"SCORES: {len(data)} bytes, {expected} were declared")
    return dtype, shape, data
